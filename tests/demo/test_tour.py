"""The demo's tour and its reset, in a real browser: what fails really fails, and nothing is left on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Route, expect

from devkit.journal import RequestEntry
from tests.demo.conftest import Demo
from tests.demo.user import User

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEEN = {
    "expired-token": r"2 calls were refused with 401\. One refresh renewed the session",
    "maintenance": r"asked once in vain\. The list came back without a reload",
    "lost-answer": r"sent 2 times, under one Idempotency-Key, and is there once",
    "upload-stalls": r"stood still at \d+ %.*Now it is stored",
    "chat-stream-cut": r"After 8 words the connection broke.*Asked once more, it came whole",
}
LONG = 60_000


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(bypass_csp=True)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert errors == []


async def test_it_plays_five_failures_of_which_none_is_left_on(page: Page, demo: Demo) -> None:
    user = User(page)
    await user.open(demo.origin)
    # It signs in by itself, and has the focus: a keyboard is enough.
    await page.locator("demo-entrance").get_by_role("button", name="Watch five failures").press("Enter")
    tour = page.locator("demo-tour")
    for scenario, seen in SEEN.items():
        await expect(tour.locator(".on")).to_have_text(f"{scenario} comes next", timeout=LONG)
        assert _on(demo) == []
        await expect(tour.get_by_role("button", name="Next")).to_be_focused()
        # Words are not waited for here; what the page does is.
        await page.keyboard.press("Enter")
        await expect(tour).to_have_attribute("data-phase", "seen", timeout=LONG)
        assert _on(demo) == []
        assert any(rule.startswith(f"{scenario}/") for rule in _struck(demo)), "it really failed"
        await expect(tour.get_by_role("status")).to_have_text(re.compile(seen))
        if scenario == "expired-token":
            found = (await Axe().run(page)).response["violations"]
            assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
        await page.keyboard.press("Enter")
    await expect(tour.locator("h2")).to_have_text("That was the tour")
    await tour.get_by_role("button", name="Close").press("Enter")
    await expect(tour).to_be_hidden()
    await expect(page.locator("demo-director button").first).to_be_focused()
    await page.goto(f"{demo.origin}/presenter")
    lost = page.locator("#asked li", has_text="lost-answer: write.ack_lost")
    await expect(lost.first.locator("strong")).to_have_text("no answer")
    # Chromium repeats a write by itself whose kept connection breaks before the answer; the page knows nothing of it.
    await expect(lost.filter(has_text="repeated by the browser itself").first).to_be_visible()


async def test_nothing_stays_on_when_it_is_stopped_or_the_page_goes_in_the_middle(page: Page, demo: Demo) -> None:
    held: list[Route] = []
    user = User(page)

    async def hold(route: Route) -> None:
        held.append(route)

    async def in_the_middle() -> None:
        held.clear()
        await user.open(demo.origin)
        await page.get_by_role("button", name="Watch five failures").locator("visible=true").first.click()
        await page.locator("demo-tour[data-phase=about]").wait_for()
        await user.sees_tasks()
        await page.route("**/api/tasks?*", hold)
        while await page.locator("demo-tour").get_attribute("data-phase") != "acting":
            await page.get_by_role("button", name="Next").click()
        await _until(lambda: _on(demo) != [] and held != [])
        (activation,) = demo.sandbox.engine.active()
        assert activation.until is not None, "whatever becomes of the page, the server ends it"
        await page.unroute_all(behavior="ignoreErrors")

    await in_the_middle()
    await page.get_by_role("button", name="Stop").click()
    await _until(lambda: _on(demo) == [])
    await expect(page.locator("demo-tour")).to_be_hidden()

    for leave in (page.reload, lambda: page.goto("about:blank")):
        await in_the_middle()
        await leave()
        await _until(lambda: _on(demo) == [])


async def test_a_reset_brings_everything_back_and_who_was_signed_in_stays_so(page: Page, demo: Demo) -> None:
    user = User(page)
    await user.open(demo.origin)
    await user.sign_in()
    await user.adds("Made by hand")
    await demo.app.library.ready()
    await demo.sandbox.engine.use(demo.app.library.get("server-errors"))
    await page.get_by_role("button", name="Reset …").click()
    await page.get_by_role("button", name="Reset", exact=True).click()
    await expect(page.get_by_text("Everything is as it was in the beginning.")).to_be_visible(timeout=LONG)
    await user.sees_tasks()
    await expect(page.get_by_text("20 of 57")).to_be_visible()
    await expect(page.get_by_label("Made by hand")).to_have_count(0)
    assert _on(demo) == []


def _on(demo: Demo) -> list[str]:
    return [activation.scenario.name for activation in demo.sandbox.engine.active()]


def _struck(demo: Demo) -> list[str]:
    requests = (entry for entry in demo.sandbox.journal if isinstance(entry, RequestEntry))
    return [fault.rule for entry in requests for fault in entry.faults]


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.05)
