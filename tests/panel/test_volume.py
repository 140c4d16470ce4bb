"""A hundred thousand entries, arriving and there: what exists in the page stays bounded, and keys are answered."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from devkit.journal import RequestEntry
from tests.conftest import Client
from tests.panel.conftest import Panel

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ALL = 110_000
KEPT = 100_000
AT_ONCE = 500


def entry(client: Client, number: int) -> RequestEntry:
    sandbox = client.sandbox
    return RequestEntry(
        number=number, at=sandbox.clock.now(), sandbox="main", request_id=f"r-{number}", method="GET",
        path=f"/api/tasks?page={number}", dialect="agreed", operation="tasks.list", status=200 if number % 10 else 503,
        duration=0.001, user="test@example.com",
    )  # fmt: skip


async def pour(client: Client, count: int) -> None:
    journal = client.sandbox.journal
    for number in range(count):
        journal.add(entry(client, journal.next_number()))
        if number % AT_ONCE == 0:
            # As the followers' queue has bounds, whoever pours leaves them time to drink.
            while any(len(follower._queue) > AT_ONCE for follower in journal._followers):
                await asyncio.sleep(0.002)
            await asyncio.sleep(0)


async def test_a_hundred_thousand_entries_leave_the_page_small_and_quick(client: Client, panel: Panel) -> None:
    page = await panel.open("traffic")
    pouring = asyncio.create_task(pour(client, ALL))
    await expect(page.locator("dk-virtual-list .entry").first).to_be_visible()
    # While they arrive, keys act: a view is left and found again, and a filter is typed.
    await page.keyboard.press("2")
    await page.locator("main[data-view=scenarios]").wait_for()
    await page.keyboard.press("3")
    await page.locator("main[data-view=traffic]").wait_for()
    await page.keyboard.press("/")
    await page.keyboard.type("status:503")
    await expect(page.locator("dk-virtual-list .entry .mark").first).to_have_text("503")
    await pouring
    newest = page.locator("dk-virtual-list .entry .path", has_text=f"page={ALL - ALL % 10}")
    await expect(newest).to_be_visible(timeout=60_000)
    await page.get_by_role("searchbox").fill("")
    await expect(page.locator("dk-virtual-list .entry .path", has_text=f"page={ALL}")).to_be_visible()
    kept, drawn = await page.evaluate(
        "import('/_devkit/panel/traffic/journal.js').then(({ journal }) => "
        "[journal.entries.length, document.querySelectorAll('dk-virtual-list .entry').length])"
    )
    assert KEPT - 10_000 <= kept <= KEPT
    assert drawn < 80
    await page.locator("dk-virtual-list").focus()
    await page.keyboard.press("Home")
    await page.locator("dk-entry").wait_for()
    await expect(page.locator("dk-virtual-list .entry[aria-selected=true]")).to_be_visible()
    assert await page.locator("dk-virtual-list .entry").count() < 80
