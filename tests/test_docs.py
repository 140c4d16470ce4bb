"""The documentation is complete and says what the code says."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest

from devkit import yamlfile
from devkit.cli.app import COMMANDS
from devkit.config import OTHER_VARIABLES, SETTINGS
from devkit.contract.errors import ERRORS
from devkit.contract.shipped import CONTRACT
from devkit.control.table import OPERATIONS as CONTROL
from devkit.dialects.shipped import BACKEND, DIALECTS
from devkit.faults.registry import FAULTS
from devkit.scenario.loading import understand
from devkit.scenario.model import ExpectedCalls, ExpectedSocket, Match, Rule, Scenario, Then, When

ROOT = Path(__file__).resolve().parents[1]
WRITTEN = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
PAGES = [*WRITTEN, *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reference(name: str) -> str:
    return (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")


def commands_of_the_readme() -> list[str]:
    """The two commands that the README begins with."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [block.strip() for block in re.findall(r"^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[:2]]


def test_the_reference_is_current(generate: ModuleType) -> None:
    assert generate.stale() == [], "run python docs/generate.py"


def test_everything_registered_is_in_the_reference() -> None:
    assert [row.name for row in SETTINGS if f"`{row.name}`" not in reference("settings.md")] == []
    assert [kind.code for kind in ERRORS if f"`{kind.code}`" not in reference("errors.md")] == []
    assert [event.name for event in CONTRACT.events if f"`{event.name}`" not in reference("events.md")] == []
    assert [name for name in COMMANDS if f"## `devkit {name}`" not in reference("cli.md")] == []
    assert [row.path for row in CONTROL if f"`{row.path}`" not in reference("control.md")] == []
    assert [kind.kind for kind in FAULTS if f"## `{kind.kind}`" not in reference("faults.md")] == []
    operations = {route.operation.id for dialect in DIALECTS for route in dialect.routes()}
    assert [name for name in operations if f"`{name}`" not in reference("routes.md")] == []


def test_the_readme_begins_with_one_line_that_serves_and_one_that_tests() -> None:
    serve, test = commands_of_the_readme()
    assert "\n" not in serve + test
    assert shlex.split(serve) == ["python3", "docs/install.py", "&&", ".venv/bin/devkit", "serve"]
    assert shlex.split(test) == ["python3", "docs/install.py", "--tests", "&&", ".venv/bin/python", "-m", "pytest"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_commands_and_settings_that_are_written_about_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"`devkit ([a-z]+)", text)) | set(re.findall(r"bin/devkit ([a-z]+)", text))
    assert named <= set(COMMANDS)
    tests = {f"DEVKIT_TEST_{name}" for name in ("BROWSER", "NODE", "OTHERS", "PROXIES", "THROUGH_PROXY", "URL")}
    variables = {row.variable for row in SETTINGS} | {*OTHER_VARIABLES} | tests
    assert set(re.findall(r"\bDEVKIT_[A-Z_]+\b", text)) - {"DEVKIT_"} <= variables
    flags = set(re.findall(r"devkit serve (--[a-z-]+)", text))
    assert flags <= {row.flag for row in SETTINGS}


def test_the_worked_example_of_a_scenario_is_valid_and_every_key_is_explained() -> None:
    text = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert understand(yamlfile.parse(Path("my-outage.yaml"), example), BACKEND).warnings == ()
    models = (Scenario, Rule, Match, When, Then, ExpectedCalls, ExpectedSocket)
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert sorted(key for key in keys if f"`{key}`" not in text and f"{key}:" not in example) == []


def test_the_readme_counts_the_shipped_scenarios() -> None:
    count = len(list(ROOT.glob("scenarios/*.yaml")))
    assert f"[{count} of them](docs/reference/scenarios.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_file_that_the_contributing_guide_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:devkit|tests|docs|seed)/[\w/.-]+)`", text))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
    assert named


def test_every_module_on_a_requests_way_exists() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    way = guide.partition("## A request's way")[2].partition("\n## ")[0]
    named = re.findall(r"`((?:express|hosting|http|sockets|wire)/\w+\.py)`", way)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / "devkit" / "server" / name).is_file()] == []
