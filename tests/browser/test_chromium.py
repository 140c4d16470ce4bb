"""The browser that tests share: nothing of one test is there in the next, not even what broke it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Error

from tests.browser.conftest import Frontend
from tests.chromium import Chromium, executable

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
async def another() -> AsyncIterator[Chromium]:
    """One that nobody else is in."""
    another = Chromium(executable())
    yield another
    await another.stop()


async def crash(browser: Browser) -> None:
    gone = asyncio.Event()
    browser.on("disconnected", lambda _: gone.set())
    session = await browser.new_browser_cdp_session()
    with pytest.raises(Error):
        await session.send("Browser.crash")
    await gone.wait()


async def test_a_crashed_browser_is_replaced(another: Chromium, frontend: Frontend) -> None:
    async with another.lent() as first:
        await (await first.new_page()).goto(frontend.origin)
        await crash(first)

    async with another.lent() as second:
        page = await second.new_page()
        await page.goto(frontend.origin)
        assert await page.title() == "A frontend"
    assert second is not first


async def test_what_a_test_leaves_open_is_closed_and_forgotten(another: Chromium, frontend: Frontend) -> None:
    async with another.lent() as browser:
        kept = await browser.new_context()
        async with another.lent() as same:
            assert same is browser
            page = await same.new_page()
            await page.goto(frontend.origin)
            await page.evaluate("document.cookie = 'left=over'; localStorage.left = 'over'")
        assert browser.contexts == [kept]
        assert page.is_closed()

        page = await kept.new_page()
        await page.goto(frontend.origin)
        assert await page.evaluate("[document.cookie, localStorage.length]") == ["", 0]
