"""No block of the pages is run by nobody, and devkit understands every command that they name in passing."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from devkit import yamlfile
from devkit.cli.app import app
from devkit.dialects.shipped import BACKEND
from devkit.scenario.loading import understand
from tests.browser import test_frontends_guide
from tests.clients import test_data_providers
from tests.clients.js import test_examples
from tests.docs import test_installing, test_pages, test_recipes, test_recording, test_shell, test_your_backend
from tests.docs.blocks import BLOCKS, PAGES, ROOT, Block, blocks_of
from tests.proxy import test_command

CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
GUIDE = "docs/frontends.md"
CYPRESS = ("docs/drills.md", "drill.cy.js")
NEXT = (GUIDE, "next.config.mjs")

ELSEWHERE = {
    **{block.key: "`.ci/run` runs it" for block in BLOCKS if block.page == "README.md" and block.language == "bash"},
    **dict.fromkeys(test_installing.TYPED, "`.ci/run` types it, beside the tests"),
    ("README.md", "devkit 0.1.0"): "output of `devkit serve`, which .ci/run prints",
    **{(GUIDE, name): "tests/browser/test_frontends_guide.py" for name in test_frontends_guide.SNIPPETS},
    **{(GUIDE, f"admin/{name}.js"): "tests/clients/test_data_providers.py" for name in test_data_providers.LINES},
    (GUIDE, ".env.development"): "tests/browser/test_frontends_guide.py writes that file",
    (GUIDE, "$ devkit scenario use my-broken-chunks"): "output; tests/devservers and tests/cli see it refused",
    (GUIDE, "npm install better-auth"): "tests/browser/test_frontends_guide.py installs it, pinned",
    ("docs/drills.md", "devkit drill --tag auth -- npx cypress run"):
        "Cypress brings a browser of its own from its makers' server, which is no package registry",
    CYPRESS: "the same; its syntax is checked below",
    NEXT: "its addresses are checked below",
    ("docs/verify.md", "http://localhost:8000  devkit, as agreed has it"):
        "output of `devkit verify`; tests/verify has the same findings",
    (
        "docs/graduate.md",
        "devkit graduate recording            # writes backend.yaml, backend/ and seed/users.yaml",
    ): "tests/learning/test_graduate.py",
    ("docs/assistants.md", "{"): "tests/cli/test_agents.py compares it with what is written",
    ("docs/fleet.md", "# three replicas on one machine, and HAProxy before them"): "tests/fleet/test_proxies.py",
    (
        "docs/fleet.md",
        "# take no new sandboxes, write those there are into a folder, and bring them back later",
    ): "tests/fleet/test_moving.py, tests/cli/test_every_command.py",
    ("docs/scenarios.md", "name: my-outage                      # the file's name"): "loaded below",
}  # fmt: skip
"""Block → who runs it, or why nobody can."""
BELOW = (
    test_command.RUN
    | test_shell.RUN
    | test_recipes.RUN
    | test_pages.RUN
    | test_installing.RUN
    | test_your_backend.RUN
    | test_recording.RUN
    | test_examples.SHOWN
)


def test_every_block_is_run_once() -> None:
    keys = [block.key for block in BLOCKS]
    assert [key for key in keys if keys.count(key) > 1] == []
    assert [block.id for block in BLOCKS if block.key not in {*BELOW, *ELSEWHERE}] == []
    assert [
        key for key in {*BELOW, *ELSEWHERE} if key not in keys and key[1] not in test_frontends_guide.SNIPPETS
    ] == []
    assert BELOW & {*ELSEWHERE} == set()


def test_what_the_guide_has_for_vite_and_the_dialects_is_run_by_its_own_test() -> None:
    """Its app is made of all of them, but for those that a framework of its own reads."""
    printed = {block.title for block in BLOCKS if block.page == GUIDE and block.language == "js"}
    framed = {"next.config.mjs"} | {name for name in printed if name.startswith("admin/")}
    assert printed - framed <= {*test_frontends_guide.SNIPPETS}


def test_what_ci_is_said_to_run_stands_there() -> None:
    assert CI.count('bash -c "$(readme_command 1)"') == CI.count('bash -c "$(readme_command 2)"') == 1
    assert re.findall(r'(?:printed|serve_as_printed) "\$page" "(# [^"]*)"', CI) == [
        title for _, title in test_installing.TYPED
    ]


def test_a_block_ends_where_its_fence_does() -> None:
    text = "```sh\none\n```\n\n1. a list\n\n   ```js\n   // a.js\n   two\n   ```\n\n````md\n```sh\nthree\n```\n````\n"
    found = [(block.language, block.line, block.title) for block in blocks_of("x.md", text)]
    assert found == [("sh", 1, "one"), ("js", 7, "a.js"), ("md", 12, "```sh")]


@pytest.mark.parametrize(
    "block",
    [
        one
        for one in BLOCKS
        if one.language == "yaml"
        and one.key not in test_installing.RUN | test_your_backend.RUN | test_recording.RUN | test_command.RUN
    ],
    ids=lambda block: block.id,
)
def test_a_scenario_that_is_printed_is_loaded_without_a_warning(block: Block) -> None:
    name = re.match(r"name: (\S+)", block.text)
    assert name is not None
    assert understand(yamlfile.parse(Path(f"{name[1]}.yaml"), block.text), BACKEND).warnings == ()


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_what_only_a_framework_can_run_is_javascript(tmp_path: Path) -> None:
    [cypress] = [block for block in BLOCKS if block.key == CYPRESS]
    file = tmp_path / "drill.cy.mjs"
    file.write_text(cypress.text, encoding="utf-8")
    done = subprocess.run(["node", "--check", str(file)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_nexts_rewrites_lead_to_the_backend(tmp_path: Path) -> None:
    [block] = [one for one in BLOCKS if one.key == NEXT]
    (tmp_path / "next.config.mjs").write_text(block.text, encoding="utf-8")
    script = """
        const {default: config} = await import(`file://${process.argv[1]}`);
        for (const {source, destination} of await config.rewrites()) console.log(source, destination);
    """
    command = ["node", "--input-type=module", "--eval", script, "--", str(tmp_path / "next.config.mjs")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows
    assert all(destination == f"http://localhost:8000{source}" for source, destination in rows)


def named_in_passing() -> list[tuple[str, str]]:
    """Page and command line, of each `devkit …` between backquotes that has something behind the command."""
    found = []
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        lines = re.findall(r"`(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?devkit ([^`]+)`", text)
        found += [(page, " ".join(line.split())) for line in lines]
    return found


@pytest.mark.parametrize(("page", "line"), sorted({*named_in_passing()}))
def test_a_command_that_is_named_in_passing_is_understood(page: str, line: str) -> None:
    """Nothing is run, and no option that acts at once is parsed: `--install-completion` would change the reader's own
    shell. `NAME` and its kin are words like any other; a group of commands may stand alone.
    """
    command: Any = get_command(app)
    words = shlex.split(line)
    context = command.make_context("devkit", [], resilient_parsing=True)
    if words[0].startswith("-"):
        known = {*context.help_option_names, *(name for option in command.params for name in option.opts)}
        assert {*words} <= known, f"{page}: devkit {line}"
        return
    while hasattr(command, "list_commands") and words and not words[0].startswith("-"):
        assert words[0] in command.list_commands(context), f"{page}: devkit {line}"
        command, words = command.get_command(context, words[0]), words[1:]
        context = command.make_context(command.name, [], context, resilient_parsing=True)
    if not words or {*words} & {*context.help_option_names}:
        return
    try:
        command.make_context(command.name, words, parent=context.parent)
    except Exception as error:  # noqa: BLE001 - typer has its own copies of click's errors
        pytest.fail(f"{page}: `devkit {line}`: {error}")


def test_a_command_that_is_not_there_would_be_noticed() -> None:
    for line in ("scenario uze flaky", "serve --orgin http://localhost", "nothing", "clock advance 1h 2h"):
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            test_a_command_that_is_named_in_passing_is_understood("x.md", line)
