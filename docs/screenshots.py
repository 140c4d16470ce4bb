"""Take the pictures below docs/images/ anew: serve from a fresh state, and look with a real browser.

    python docs/screenshots.py
    python docs/screenshots.py drill.png

Needs the `test` extra and Chromium or Chrome on PATH.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

import aiohttp
from playwright.async_api import Page, async_playwright

from devkit.config import Settings
from devkit.server.hosting import demo as frontend
from devkit.server.hosting.app import App, running

IMAGES = Path(__file__).resolve().parent / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PORT = 8000
"""The one that readers know; a page of it stands in the pictures."""
SIZE = {"width": 1320, "height": 820}

WAIT = 600
"""Milliseconds for what is drawn once an answer is there, or unfolds."""


async def view(page: Page, url: str, route: str, sign: str) -> None:
    """A view of the control panel, once `sign` can be read in it."""
    await page.goto(f"{url}/_devkit/#/{route}")
    await page.locator("main").get_by_text(sign).first.wait_for()
    await page.wait_for_timeout(WAIT)


async def scenarios(page: Page, url: str) -> None:
    """Two scenarios are on; one of them is read."""
    await view(page, url, "scenarios/flaky", "What a good frontend does")


async def traffic(page: Page, url: str) -> None:
    """A call that was broken on purpose."""
    await view(page, url, "traffic", "/api/tasks")
    await page.locator(".entry", has_text="http.abort").last.click()
    await page.locator(".part.struck").wait_for()
    await page.wait_for_timeout(WAIT)


async def compose(page: Page, url: str) -> None:
    """A scenario in the form, its YAML beside it."""
    await view(page, url, "scenarios/new", "Valid.")


async def mailbox(page: Page, url: str) -> None:
    """A mail as its recipient sees it, on a dark screen."""
    await page.emulate_media(color_scheme="dark")
    await view(page, url, "state/mail", "Reset your password")


async def reference(page: Page, url: str) -> None:
    """One operation of the reference, with what it answers."""
    await view(page, url, "contract/agreed/tasks.create", "Fields of the body")
    await page.get_by_text("Fields of the body").click()
    await page.wait_for_timeout(WAIT)


async def drill(page: Page, url: str) -> None:
    """A drill's report, of a frontend that refreshes once for each call that failed."""
    drills = f"{url}/_devkit/api/drills"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        made = await (await session.post(drills, json={"scenario": "expired-token", "fresh": True})).json()
        session.headers.update(made["sandbox"]["header"])
        answer = await session.post(f"{url}/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
        session.headers["Cookie"] = "; ".join(f"{name}={one.value}" for name, one in answer.cookies.items())

        async def fetch(path: str) -> None:
            if (await session.get(f"{url}/api{path}")).status == 401:
                await asyncio.sleep(0.05)
                answer = await session.post(f"{url}/api/auth/refresh", json={})
                new = "; ".join(f"{name}={one.value}" for name, one in answer.cookies.items())
                await session.get(f"{url}/api{path}", headers={"Cookie": new})

        for path in ("/auth/me", "/tasks"):
            await fetch(path)
            await asyncio.sleep(0.15)
        await asyncio.gather(*(fetch(path) for path in ("/tasks", "/auth/me", "/tasks?page=2")))
        await session.post(f"{drills}/{made['id']}/finish", json={})
    await page.set_viewport_size({"width": 1000, "height": 800})
    await page.goto(f"{drills}/{made['id']}/report.html")
    size = await page.evaluate("document.querySelector('figure').getBoundingClientRect().bottom")
    await page.set_viewport_size({"width": 1000, "height": int(size) + 12})


async def demo(page: Page, _: str) -> None:
    """The demo's tour in the middle of a maintenance, with a backend of its own."""
    await page.set_viewport_size({"width": 1440, "height": 900})
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(port=0, memory=True, auth_transport="both", seed_dates="relative", state_dir=Path(folder))
        address = frontend.bind(settings, None)
        settings = frontend.suited(settings, address)
        async with running(settings) as (app, ready), frontend.serving(app, ready, address):
            await page.goto(address.origin)
            await page.get_by_role("button", name="Sign in").click()
            await page.get_by_role("textbox", name="New task").fill("Buy milk")
            await page.get_by_role("button", name="Add", exact=True).click()
            await page.get_by_label("Buy milk").first.wait_for()
            await page.get_by_label("Your question").fill("How do I begin a herb garden?")
            await page.get_by_role("button", name="Ask", exact=True).click()
            await page.locator(".assistant[data-state=whole]").wait_for()
            await page.get_by_role("button", name="Watch five failures").locator("visible=true").click()
            while not await page.locator("demo-tour .failing", has_text="maintenance").is_visible():
                await page.get_by_role("button", name="Next").click()
                await page.wait_for_timeout(WAIT)
            await page.locator("demo-pause span").wait_for()
            await page.screenshot(path=IMAGES / "demo.png")


EMAIL, PASSWORD = "test@example.com", "TestPass123!"
PICTURES = {
    "scenarios.png": scenarios,
    "traffic.png": traffic,
    "compose.png": compose,
    "mailbox.png": mailbox,
    "reference.png": reference,
    "drill.png": drill,
    "demo.png": demo,
}


async def use(url: str, app: App) -> None:
    """What the panel then has to tell of: sign-in, tasks, a mail, errors of both kinds."""
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
        for name in ("flaky", "rate-limited"):
            await session.post(f"/_devkit/api/scenarios/{name}/use", json={"ttl": "30m"})
        for page in range(1, 13):
            await session.get(f"/api/tasks?page={page % 3 + 1}", headers=headers)


async def main() -> None:
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        raise SystemExit(f"There is no browser: none of {', '.join(BROWSERS)} is on PATH.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder, "scenarios")
        settings = Settings(
            port=PORT, memory=True, state_dir=Path(folder), seed_dir=Path(folder, "seed"), scenario_dir=own
        )
        async with running(settings) as (app, ready), async_playwright() as playwright:
            await use(ready.url, app)
            browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
            for name in sys.argv[1:] or PICTURES:
                page = await browser.new_page(viewport=SIZE, color_scheme="light")
                await PICTURES[name](page, ready.url)
                if PICTURES[name] is not demo:  # its backend is gone, and with it what it showed
                    await page.screenshot(path=IMAGES / name)
                print(f"wrote docs/images/{name}")
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
