"""`devkit init --agents`: what it writes is true, and what others wrote stays."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from devkit import yamlfile
from devkit.cli.agents import BEGIN, END, facts_of
from devkit.cli.app import COMMANDS
from devkit.dialects.shipped import BACKEND
from devkit.errors import ExitCode
from devkit.mcp import guides, resources
from devkit.mcp.table import TOOLS
from devkit.scenario.loading import understand
from tests.cli.conftest import Run
from tests.mcp.talking import files

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"- \[[^\]]+\]\(([^)\s]+)\)(: .+)?")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def written(run: Run) -> dict[str, str]:
    """Path → outcome."""
    status, out, err = run("init --agents --json")
    assert (status, err) == (ExitCode.DONE, "")
    return {one["path"]: one["outcome"] for one in json.loads(out)}


def test_both_files_are_written_and_then_current(project: Path, run: Run) -> None:
    assert written(run) == {"AGENTS.md": "wrote", "llms.txt": "wrote"}
    before = files(project)
    assert written(run) == {"AGENTS.md": "kept (current)", "llms.txt": "kept (current)"}
    assert files(project) == before


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_a_team_wrote_around_it_stays(project: Path, run: Run, newline: str) -> None:
    for name in ("AGENTS.md", "llms.txt"):
        (project / name).write_bytes(f"# Shop{newline}{newline}> Ours.{newline}".encode())
    assert set(written(run).values()) == {"added to"}
    for name, old in (("AGENTS.md", "### Commands"), ("llms.txt", "Control API")):
        path = project / name
        text = path.read_bytes().decode()
        assert text.startswith(f"# Shop{newline}{newline}> Ours.{newline}{newline}")
        assert text.count("\n") == text.count(newline)
        path.write_bytes((text.replace(old, "Old") + f"{newline}## Ours too{newline}").encode())
    assert set(written(run).values()) == {"renewed"}
    for name, new in (("AGENTS.md", "### Commands"), ("llms.txt", "Control API")):
        text = (project / name).read_bytes().decode()
        assert (new in text, "Old" in text) == (True, False)
        assert text.endswith(f"{newline}## Ours too{newline}")
        assert text.startswith(f"# Shop{newline}{newline}> Ours.{newline}")
    assert set(written(run).values()) == {"kept (current)"}


@pytest.mark.parametrize(
    "text", [f"{BEGIN}\nhalf", f"half\n{END}", f"{END}\n{BEGIN}", f"{BEGIN}\n{END}\n{BEGIN}\n{END}"]
)
def test_marks_that_are_no_pair_are_told_and_nothing_is_written(project: Path, run: Run, text: str) -> None:
    (project / "AGENTS.md").write_text(text)
    status, out, err = run("init --agents")
    assert (status, out) == (ExitCode.USAGE, "")
    assert err.startswith("error: AGENTS.md has one mark")
    assert (project / "AGENTS.md").read_text() == text


def test_a_file_of_another_encoding_is_told(project: Path, run: Run) -> None:
    (project / "AGENTS.md").write_bytes("Größe".encode("latin-1"))
    status, _, err = run("init --agents")
    assert status == ExitCode.USAGE
    assert "no UTF-8 text" in err


def test_it_and_from_exclude_each_other(project: Path, run: Run) -> None:
    status, _, err = run("init --agents --from openapi.json")
    assert (status, "exclude each other" in err) == (ExitCode.USAGE, True)
    assert files(project) == {}


def test_what_it_says_of_the_agreed_contract_is_true(project: Path) -> None:
    text = guides.agents(facts_of(project))
    assert "`test@example.com` with `TestPass123!` at `POST /api/auth/login`" in text
    assert set(re.findall(r"`devkit ([a-z]+)", text)) <= set(COMMANDS)
    [scenario] = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert understand(yamlfile.parse(Path("list-is-down.yaml"), scenario), BACKEND).warnings == ()
    [snippet] = re.findall(r"^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert json.loads(snippet)["mcpServers"]["devkit"]["args"][-1] == "mcp"


def test_it_is_about_the_contract_and_the_scenarios_of_the_folder(project: Path) -> None:
    (project / "devkit.yaml").write_text("port: 9321\ncontract: [backend.yaml]\n")
    (project / "backend.yaml").write_text(
        "contract: shop\nbase: /api\nresources:\n  customers:\n    fields: {name: string}\n"
    )
    (project / "scenarios").mkdir()
    (project / "scenarios" / "mine.yaml").write_text("name: mine\n")
    text, links = guides.agents(facts_of(project)), guides.llms(facts_of(project))
    assert "devkit contract check backend.yaml" in text
    assert "http://localhost:9321" in text
    assert re.search(r"It has \d+ operations \(.*\bcustomers\b.*\)\.", text)
    assert "`mine`" in text
    assert "Nobody has to sign in." in text
    assert "[backend.yaml](backend.yaml)" in links


def test_the_devkit_of_the_projects_own_environment_is_the_one_that_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = project / ".venv" / "bin" / "devkit"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.setattr("sys.argv", [str(program), "init"])
    monkeypatch.setattr("sys.platform", "linux")
    assert facts_of(project).command == (".venv/bin/devkit",)


@pytest.mark.parametrize(
    "text", [(ROOT / "docs" / "llms.txt").read_text(encoding="utf-8"), None], ids=["ours", "yours"]
)
def test_an_llms_txt_is_as_its_readers_expect_it(project: Path, run: Run, text: str | None) -> None:
    """llmstxt.org, "Format": a title, then sections that hold links and nothing else."""
    if text is None:
        written(run)
        text = (project / "llms.txt").read_text(encoding="utf-8")
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    assert head.startswith("# ")
    assert sections
    for section in sections:
        _, *lines = [line for line in section.splitlines() if line]
        assert [line for line in lines if not LINK.fullmatch(line)] == []


def test_our_own_leads_to_pages_that_are_there() -> None:
    text = (ROOT / "docs" / "llms.txt").read_text(encoding="utf-8")
    targets = {target for target, _ in re.findall(LINK, text)}
    assert len(targets) > 20
    assert [target for target in targets if not (ROOT / "docs" / target).is_file()] == []


def test_the_page_prints_what_the_tool_says(project: Path) -> None:
    page = (ROOT / "docs" / "assistants.md").read_text(encoding="utf-8")
    [snippet] = re.findall(r"^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert snippet == guides.snippet(guides.Facts()) + "\n"
    for tool in TOOLS:
        assert f"`{tool.name}`" in page


def test_where_there_is_no_checkout_short_pages_take_the_place_of_the_long_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(resources, "_DOCS", tmp_path)
    uris = [one.uri for one in resources.all_of_them()]
    assert "devkit://docs/your-backend" in uris
    assert all(text.startswith("# ") for text in guides.pages().values())
