"""Take the pictures below docs/images/ anew: serve from a fresh state, and look with a real browser.

    python docs/screenshots.py

Needs the `test` extra and Chromium or Chrome on PATH.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

import aiohttp
from playwright.async_api import Page, async_playwright

from devkit.config import Settings
from devkit.server.app import App, running

IMAGES = Path(__file__).resolve().parent / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIZE = {"width": 1200, "height": 760}


async def panel(page: Page, url: str) -> None:
    """The overview, after somebody used the mock for a moment."""
    await page.goto(f"{url}/_devkit/")
    await page.wait_for_load_state("networkidle")


async def reference(page: Page, url: str) -> None:
    """The reference of the contract, with one operation opened."""
    await page.goto(f"{url}/_devkit/docs")
    operation = page.locator("#operations-tasks-tasks_create")
    await operation.locator(".opblock-summary-control").click()
    await operation.get_by_role("button", name="Try it out").wait_for()
    await page.locator("#operations-tag-tasks").evaluate("heading => heading.scrollIntoView()")
    await page.wait_for_timeout(500)  # the section unfolds


PICTURES = {"panel.png": panel, "reference.png": reference}


async def use(url: str, app: App) -> None:
    """What the overview then has to tell of: sign-in, tasks, a mail, an error."""
    email, password = app.sandboxes.main.sandbox.test_user
    async with aiohttp.ClientSession(url) as session:
        signed_in = await session.post("/api/auth/login", json={"email": email, "password": password})
        token = signed_in.cookies["auth-token"].value
        headers = {"Authorization": f"Bearer {token}"}
        await session.get("/api/tasks?page=1&limit=20", headers=headers)
        await session.post("/api/tasks", json={"title": "Buy milk", "priority": "high"}, headers=headers)
        await session.post("/api/tasks", json={"title": ""}, headers=headers)
        await session.post("/api/auth/forgot", json={"email": email})
        await session.get("/api/task", headers=headers)


async def main() -> None:
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        raise SystemExit(f"There is no browser: none of {', '.join(BROWSERS)} is on PATH.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(port=8000, memory=True, state_dir=Path(folder), seed_dir=Path(folder, "seed"))
        async with running(settings) as (app, ready), async_playwright() as playwright:
            await use(ready.url, app)
            browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
            for name, show in PICTURES.items():
                page = await browser.new_page(viewport=SIZE, color_scheme="light")
                await show(page, ready.url)
                await page.screenshot(path=IMAGES / name)
                print(f"wrote docs/images/{name}")
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
