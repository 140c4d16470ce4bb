"""Each example below docs/examples/, run as its own `npm test` with @devkit/test from the tarball."""

from __future__ import annotations

import base64
import json
import re
import shutil
import socket
from typing import Any

import pytest

from tests.clients.js.conftest import PACKAGE, Project
from tests.docs.blocks import BLOCKS, Block
from tests.process import ROOT

EXAMPLES = ROOT / "docs" / "examples"
TESTS = {"playwright": "tasks.spec.js", "vitest": "tasks.test.js", "jest": "tasks.test.js", "msw": "tasks.test.js"}
TYPED = {"cypress": "cypress/e2e/tasks.cy.ts"}

slow = pytest.mark.slow


def free_port() -> str:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return str(server.getsockname()[1])


@pytest.mark.parametrize(("name", "file"), [*TESTS.items(), *TYPED.items()])
def test_an_example_is_short_and_has_a_failing_backend_and_a_drill(name: str, file: str) -> None:
    text = (EXAMPLES / name / file).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 30
    assert re.search(r"maintenance", text)
    assert re.search(r"\.(drill|devkitDrill)\(", text)


@slow
@pytest.mark.parametrize("name", TESTS)
def test_an_example_passes(project: Project, chromium: str, name: str) -> None:
    told = project.done("npm", "test", at=f"examples/{name}", CHROMIUM=chromium, FRONTEND_PORT=free_port())
    assert re.search(r"\b([2-9])( tests)? passed|Tests\s+([2-9]) passed|Tests:\s+([2-9]) passed", told), told


@slow
def test_cypress_own_compiler_takes_its_example(project: Project) -> None:
    """The commands against Cypress' own types: its binary comes from its makers' server, which is no registry."""
    project.done("tsc", "-p", ".", at="examples/cypress")


@slow
def test_cypress_commands_do_what_they_say(project: Project) -> None:
    """In a queue that stands in for Cypress' own."""
    shutil.copy(PACKAGE / "test" / "cypress.test.mjs", project.folder)
    project.done("node", "--test", "cypress.test.mjs")


PAGE = "docs/javascript.md"
SHOWN = {(PAGE, f"{name}/{file}") for name, file in [
    ("playwright", "playwright.config.js"), ("frontend", "vite.config.js"), ("vitest", "vitest.config.js"),
    ("cypress", "cypress.config.ts"), ("ssr", "server.mjs"), *TESTS.items(), *TYPED.items(),
]}  # fmt: skip
"""Blocks of the page, which are parts of the files that they name."""


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.page == PAGE], ids=lambda block: block.title)
def test_what_the_page_shows_stands_in_the_example(block: Block) -> None:
    assert block.key in SHOWN
    assert block.text.partition("\n")[2].strip("\n") in (EXAMPLES / block.title).read_text(encoding="utf-8")


FAILING = {
    "playwright": "import {expect, test} from '@devkit/test/playwright';",
    "vitest": "import {expect, test} from '@devkit/test/vitest';",
    "jest": "import {test} from '@devkit/test/jest';",
}


@slow
@pytest.mark.parametrize("name", FAILING)
def test_a_failing_tests_report_has_the_journal(project: Project, chromium: str, name: str) -> None:
    outcome = failing(project, chromium, name, "")
    if name == "playwright":
        [journal] = [one for one in results(outcome)[0]["attachments"] if one["name"] == "devkit journal"]
        assert SAID in base64.b64decode(journal["body"]).decode()
    else:
        assert SAID in outcome


SAID = "GET /api/tasks  503  tasks.list  test@example.com  ↯ http.maintenance"
FOUR = """
for (const number of [1, 2, 3, 4]) {
  test(`is beside others ${number}`, async ({devkitServer}, info) => {
    info.annotations.push({type: 'server', description: String(devkitServer.status.pid)});
  });
}
"""


@slow
def test_all_workers_of_playwright_have_one_server(project: Project, chromium: str) -> None:
    found = results(failing(project, chromium, "playwright", FOUR))[1:]
    assert len({one["workerIndex"] for one in found}) > 1
    assert len({note["description"] for one in found for note in one["annotations"]}) == 1


def failing(project: Project, chromium: str, name: str, more: str) -> str:
    """What a runner says of a file with a test that fails, and of what is in it besides."""
    file = project.folder / "examples" / name / TESTS[name].replace("tasks", "failing")
    file.write_text(
        f"{FAILING[name]}\n"
        "test('fails', async ({devkit}) => {\n"
        "  await devkit.scenario.use('maintenance');\n"
        "  expect((await devkit.fetch('/api/tasks')).status).toBe(200);\n"
        f"}});\n{more}"
    )
    words = ["--reporter=json"] if name == "playwright" else []
    try:
        outcome = project.run(
            "npm", "test", "--", file.name, *words,
            at=f"examples/{name}", CHROMIUM=chromium, FRONTEND_PORT=free_port(),
        )  # fmt: skip
    finally:
        file.unlink()
    assert outcome.returncode == 1, outcome.stdout
    return outcome.stdout


def results(told: str) -> list[Any]:
    """Of Playwright's report each test's result."""
    report = json.loads(told[told.index("{\n") :])
    return [one["tests"][0]["results"][0] for one in report["suites"][0]["specs"]]
