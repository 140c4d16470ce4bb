"""The page for a second screen, in a real browser: left open, it shows what goes on by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from devkit.sandbox import Template
from tests.demo.conftest import Demo, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def ask(demo: Demo, path: str) -> None:
    """A call of the backend's, by whoever it may be."""
    import aiohttp

    async with aiohttp.ClientSession() as session, session.get(f"{demo.backend.url}{path}") as answer:
        await answer.read()


async def test_it_shows_what_is_on_and_what_is_asked_and_comes_back_after_a_restart(
    browser: Browser, tmp_path: Path, template: Template
) -> None:
    context = await browser.new_context(color_scheme="light")
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    async with serving(tmp_path, template, demo_title="Acme & Söhne") as demo:
        port = int(demo.origin.rpartition(":")[2])
        await page.goto(f"{demo.origin}/presenter")
        await expect(page).to_have_title("Second screen · Acme & Söhne")
        await expect(page.locator("#nothing")).to_be_visible()
        await demo.app.library.ready()
        await demo.sandbox.engine.use(demo.app.library.get("maintenance"))
        await ask(demo, "/api/health?first")
        await expect(page.locator("#on")).to_contain_text("The backend is down for maintenance")
        await expect(page.locator("#on .struck")).to_contain_text("struck once")
        row = page.locator("#asked li")
        await expect(row).to_have_count(1)
        await expect(row).to_contain_text("GET /api/health?first")
        await expect(row).to_contain_text("503")
        await expect(row.locator(".faults")).to_have_text("maintenance: http.maintenance")
    await expect(page.locator("#pulse")).to_have_attribute("data-state", "waiting")
    await expect(row).to_have_count(1)
    async with serving(tmp_path, template, port) as demo:
        # Numbers of the journal begin anew in another process, and nothing of the old one is left.
        await ask(demo, "/api/health?second")
        await expect(row).to_contain_text("second")
        await expect(row).to_have_count(1)
        await expect(page.locator("#nothing")).to_be_visible()
        await expect(page.locator("#pulse")).to_have_attribute("data-state", "live")
    await page.get_by_role("button", name="Dark").click()
    assert await page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    await expect(page.get_by_role("button", name="Light")).to_be_focused()
    assert errors == []
