"""Every view, wide and narrow, light and dark: accessible, nothing in the console, nothing sideways."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe

from tests.conftest import EMAIL, Client
from tests.panel.conftest import OpenPanel, Panel

pytestmark = pytest.mark.browser

VIEWS = {
    "overview": "Point your frontend here",
    "scenarios": "The backend is down for maintenance",
    "scenarios/flaky": "What a good frontend does",
    "scenarios/broken": "This file cannot be used",
    "scenarios/new": "Compose a scenario",
    "traffic": "/api/health",
    "traffic/1": "Copy as curl",
    "state/users": "Open sessions",
    "state/tasks": "Tasks",
    "state/uploads": "Under way",
    "state/mail": "Reset your password",
    "state/connections": "Send an event",
    "state/clock": "Turn by",
    "state/keep": "the mock keeps everything",
    "state/recording": "There is no real backend",
    "state/sandboxes": "Make one",
    "state/snapshots": "Reset to the seed",
    "contract": "Sign in with email and password",
    "contract/agreed/tasks.create": "Fields of the body",
    "contract/~/events": "Close codes",
    "contract/~/events/task_created": "Fields of task",
    "drills": "Drills",
    "verify": "Verify the backend",
}


@pytest.fixture
async def used(signed_in: Client) -> Client:
    """A server that has something to show in every view."""
    folder = signed_in.app.settings.scenario_dir
    folder.mkdir()
    (folder / "broken.yaml").write_text("name: broken\ntitle: X\nrulse: []\n")
    await signed_in.send("GET", "/api/health")
    await signed_in.send("GET", "/api/tsaks")
    await signed_in.send("POST", "/api/auth/forgot", json={"email": EMAIL})
    await signed_in.send("POST", "/_devkit/api/scenarios/server-errors/use", json={"ttl": "5m"})
    for _ in range(3):
        await signed_in.send("GET", "/api/tasks")
    await signed_in.send("PUT", "/_devkit/api/snapshots/before", json={})
    await signed_in.send("POST", "/_devkit/api/sandboxes", json={"id": "worker-1"})
    return signed_in


CUT_OFF = """() => [...document.querySelectorAll("body *")]
    .filter((node) => node.clientWidth && !node.closest("pre, .visually-hidden, .skip, .entry, input, textarea, svg"))
    .filter((node) => {
        const clips = getComputedStyle(node).overflowX !== "visible";
        const beyond = !node.children.length && node.getBoundingClientRect().right > innerWidth + 1;
        return clips && node.scrollWidth > node.clientWidth + 1 || beyond;
    })
    .map((node) => `${node.localName} ${node.id || node.className} ${node.textContent.slice(0, 40)}`)"""
"""What is wider than its place. Code may be scrolled, and a line of the journal is told in full when it is opened."""


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_view_is_accessible_quiet_and_fits(
    used: Client, open_panel: OpenPanel, scheme: str, width: int
) -> None:
    async with open_panel(scheme=scheme, width=width) as panel:
        for view, sign in VIEWS.items():
            page = await panel.open(view)
            await page.locator("main").get_by_text(sign).locator("visible=true").first.wait_for()
            # What a mail looks like is nothing of ours; and asking its frame would be said in the console.
            found = (await Axe().run(page, options={"iframes": False})).response["violations"]
            bad = [
                (fault["id"], [node["target"] for node in fault["nodes"]])
                for fault in found
                if fault["impact"] in {"serious", "critical"}
            ]
            assert bad == [], view
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
            assert await page.evaluate(CUT_OFF) == [], view
            assert panel.said == [], view


async def test_dialogs_are_accessible_too(used: Client, panel: Panel) -> None:
    page = await panel.open("overview")
    for key in ("?", "Control+k"):
        await page.keyboard.press(key)
        await page.get_by_role("dialog").wait_for()
        assert (await Axe().run(page)).response["violations"] == []
        await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Reset to the seed…").click()
    await page.get_by_role("dialog").wait_for()
    assert (await Axe().run(page)).response["violations"] == []


async def test_the_theme_is_chosen_and_remembered(client: Client, panel: Panel) -> None:
    page = await panel.open("overview")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = await page.evaluate(ground)
    await page.get_by_role("button", name="Light or dark").click()
    dark = await page.evaluate(ground)
    assert dark != light
    await page.reload()
    assert await page.evaluate(ground) == dark
    assert await page.evaluate("localStorage.getItem('devkit-theme')") == "dark"
    await page.goto(f"{client.url}/_devkit/docs")
    assert await page.evaluate(ground) == dark
