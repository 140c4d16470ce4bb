"""What the pages do in a browser, as printed: drills, Playwright's fixtures, the README's lines.

The frontend is the demo, and its user a few lines in the place of comments such as `// … sign in, work …`.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.chromium import ARGUMENTS, executable
from tests.demo.user import User
from tests.docs.blocks import BLOCKS, Block
from tests.docs.place import Place

pytestmark = [pytest.mark.browser, pytest.mark.slow]

USER = """
export async function signIn(page) {
  await page.getByRole('button', {name: 'Sign in', exact: true}).click();
  await look(page, 0);
}
export async function look(page, times) {
  const shown = page.locator('demo-tasks:not([aria-busy])').locator('visible=true');
  await shown.waitFor();
  for (let number = 0; number < times; number++) {
    await page.locator('#reload').click();
    await shown.waitFor();
  }
}
"""
SPEC = """
import {test} from '@playwright/test';
import {look, signIn} from './user.js';

test('the list can be looked at', async ({page}) => {
  await page.goto(`http://${process.env.DEVKIT_SANDBOX}.localhost:5173`);
  await signIn(page);
  await look(page, 3);
});
"""
WATCHING = """
import {expect, test} from './sandboxes.js';
import {signIn} from './user.js';

const journal = 'http://localhost:8000/_devkit/api/journal';
const main = {headers: {'X-Devkit-Sandbox': 'main'}};

test('by a header, sockets reach the sandbox and preflights main', async ({page, request}) => {
  await request.post('http://localhost:8000/_devkit/api/reset');
  await request.delete(journal, main);
  await page.goto('/');
  await signIn(page);
  const entries = async (options) => (await (await request.get(`${journal}?limit=100`, options)).json()).data;
  await expect.poll(async () => (await entries()).map(({type}) => type)).toContain('socket');
  expect(new Set((await entries()).map(({method}) => method))).not.toContain('OPTIONS');
  const astray = (await entries(main)).map(({type, method}) => `${type} ${method}`);
  expect([...new Set(astray)]).toEqual(['request OPTIONS']);
});
"""
FILLED = {
    "sign in, work": "await signIn(page); await look(page, 3);",
    "sign in": "await signIn(page);",
    "look at the list, and expect the banner":
        "await page.locator('#reload').click(); await expect(page.getByText(/maintenance/i).first()).toBeVisible();",
    "sign in, look at the list, and expect no second sign-in":
        "await signIn(page); await look(page, 3); await expect(page.locator('demo-entrance')).toBeHidden();",
}  # fmt: skip
"""Comment between dots → what its reader would write there, for the demo."""
PYTHON_PAGE = """
import pytest
from playwright.sync_api import sync_playwright

@pytest.fixture
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path={executable!r}, args={arguments!r})
        yield browser.new_page()
        browser.close()
"""
PYTHON_USER = """
    page.get_by_role("button", name="Sign in", exact=True).click()
    shown = page.locator("demo-tasks:not([aria-busy])").locator("visible=true")
    for _ in range(3):
        shown.wait_for()
        page.locator("#reload").click()
    shown.wait_for()
"""

BY_HAND = {
    ("docs/demo.md", "devkit drill expired-token"): "",
    ("docs/drills.md", "devkit drill expired-token"): "single-flight",
}
"""Block → the virtue that the page does without: the guide to drills prints a verdict that is none."""
VERDICT = ("docs/drills.md", "FAILED  expired-token – The session expires while the user works  5.7 s, 10 entries seen")
WITH_A_TEST = {
    ("README.md", ".venv/bin/devkit drill expired-token -- npx playwright test"),
    ("docs/drills.md", "devkit drill expired-token -- npx playwright test session.spec.js"),
}
SPECS = {
    ("docs/drills.md", "drill.spec.js"),
    ("docs/tests.md", "api.spec.js"),
    ("docs/tests.md", "tasks.spec.js"),
    ("docs/tests.md", "expired.spec.js"),
}
HELPERS = {("docs/tests.md", "sandboxes.js"), ("docs/tests.md", "fixtures.js")}
"""What specs import."""
PYTHON = ("docs/drills.md", "test_drill.py")
README_PAGE = ("README.md", "const api = 'http://localhost:8000/api';")
RUN = {*BY_HAND, *WITH_A_TEST, *SPECS, *HELPERS, PYTHON, README_PAGE, VERDICT}


def blocks(keys: object) -> list[Block]:
    return [one for one in BLOCKS if one.key in keys]  # type: ignore[operator]


def the(key: tuple[str, str]) -> Block:
    [found] = blocks({key})
    return found


def config() -> str:
    found = {
        "workers": 1,
        "reporter": "line",
        "timeout": 120_000,
        "expect": {"timeout": 60_000},
        "use": {"launchOptions": {"executablePath": executable(), "args": ARGUMENTS}},
    }
    return f"export default {json.dumps(found)};\n"


def filled(text: str) -> str:
    """The spec with a user in it."""
    acted = re.sub(r"// … (.+) …$", lambda found: FILLED[found[1]], text, flags=re.MULTILINE)
    return f"import {{look, signIn}} from './user.js';\n{acted}" if acted != text else text


async def asked(place: Place, method: str, path: str) -> Any:
    """What the control plane says. Lists come without what is around them."""
    found = await asyncio.to_thread(place.call, method, path)
    return found.get("data", found)


def is_decided(drill: dict[str, Any]) -> bool:
    verdicts = {one["verdict"] for one in drill["expectations"]}
    return "inconclusive" not in verdicts and (drill["verdict"] == "passed" or "failed" in verdicts)


def shape(verdict: str) -> list[str]:
    """The lines of a verdict without its numbers and the entries that it names."""
    lines = [re.sub(r"\d+(\.\d+)?", "N", line).replace("calls of", "call of").strip() for line in verdict.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("block", blocks(BY_HAND), ids=lambda block: block.id)
async def test_a_drill_judges_what_somebody_does_with_the_demo(place: Place, browser: Browser, block: Block) -> None:
    place.prepare({})
    without = BY_HAND[block.key]
    context = await browser.new_context()
    user = User(await context.new_page())
    await user.open(place.page, without)
    await user.sign_in()
    drilling = asyncio.create_task(place.shell(block.text))
    while not drilling.done():
        await user.refreshes()
        for drill in await asked(place, "GET", "/_devkit/api/drills"):
            if drill["state"] == "running" and is_decided(
                await asked(place, "GET", f"/_devkit/api/drills/{drill['id']}")
            ):
                # What could only be broken yet is waited for to the end of the minute: to this user it is over.
                await asked(place, "POST", f"/_devkit/api/drills/{drill['id']}/finish")
    done = await drilling
    await context.close()
    assert done.status == bool(without), done.output
    told = done.output[done.output.index("FAILED" if without else "PASSED") :]
    if without:
        assert shape(told) == shape(the(VERDICT).text)


@pytest.mark.parametrize("block", blocks(WITH_A_TEST), ids=lambda block: block.id)
async def test_a_drill_passes_while_an_end_to_end_test_runs(project: Place, block: Block) -> None:
    project.prepare(
        {name: SPEC for name in ("session.spec.js", "smoke.spec.js") if name in block.text or name[:2] == "se"}
        | {"user.js": USER, "playwright.config.js": config()}
    )
    done = await project.shell(block.text)
    assert done.status == 0, done.output
    for report, beginning in (("drills.xml", "<?xml"), ("drills.html", "<!doctype html>")):
        if report in block.text:
            assert (project.folder / report).read_text().lower().startswith(beginning)


async def test_all_specs_pass(project: Place) -> None:
    """Also what "What it cannot do" says in docs/tests.md: Chromium asks leave for a call that has a header of one's
    own (Fetch, "CORS-preflight fetch"), and the question has no such header.
    """
    printed = blocks({*SPECS, *HELPERS})
    project.prepare(
        {one.title: filled(one.text) for one in printed}
        | {"user.js": USER, "playwright.config.js": config(), "watching.spec.js": WATCHING}
    )
    done = await project.run("npx", "playwright", "test")
    assert done.status == 0, done.output
    assert f"{len(SPECS) + 1} passed" in done.output


async def test_a_drill_in_playwright_for_python_passes(place: Place) -> None:
    printed = the(PYTHON)
    text = re.sub(r"^ +\.\.\.  # sign in, work\n", PYTHON_USER, printed.text, flags=re.MULTILINE)
    assert text != printed.text
    page = PYTHON_PAGE.format(executable=executable(), arguments=ARGUMENTS)
    place.prepare({printed.title: text, "conftest.py": page})
    done = await place.run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", printed.title)
    assert done.status == 0, done.output
    assert "1 passed" in done.output


async def test_the_readmes_lines_work_in_a_page_of_another_origin(place: Place, browser: Browser) -> None:
    place.prepare({})
    context = await browser.new_context()
    page = await context.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    # A page with nothing in it, of an origin that may call.
    await page.goto(f"{place.page}/empty")
    told = await page.evaluate(
        "async () => {" + place.localised(the(README_PAGE).text) + "\n"
        "await new Promise((heard) => socket.addEventListener('message', heard)); return [data.length, total]; }"
    )
    assert told == [20, 57]
    while not heard:
        await asyncio.sleep(0.05)
    await context.close()
