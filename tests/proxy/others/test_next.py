"""Next 16's production server behind devkit, driven by Chromium: streamed pages, navigation by React's own format, and
a server action, which is refused where Origin and Host do not fit.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import StartServer
from tests.node import locked_modules
from tests.proxy.others.conftest import VARIABLE
from tests.proxy.others.playing import HERE, PAGE, program, visiting

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.slow

ICON = "Failed to load resource"
"""Chromium asks for an icon once, whoever serves the page then."""


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if os.environ.get(VARIABLE) != "1":
        pytest.skip(f"{VARIABLE}=1 runs servers of npm's")
    folder = locked_modules(request.config.cache, HERE / "next")  # type: ignore[arg-type]
    shutil.copytree(HERE / "next" / "app", folder / "app", dirs_exist_ok=True)
    quiet = {"NEXT_TELEMETRY_DISABLED": "1", "NODE_ENV": "production"}
    command = ["node", "node_modules/next/dist/bin/next", "build"]
    built = subprocess.run(command, cwd=folder, env=os.environ | quiet, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    with program("node", "serve.mjs", folder=Path(folder), **quiet) as address:
        yield address


async def seen(browser: Browser, url: str) -> list[Any]:
    """What a visitor comes to see, and what was asked on the way."""
    context = await browser.new_context()
    page = await context.new_page()
    found: list[Any] = []
    flights: list[Any] = []
    page.on("pageerror", lambda error: found.append(f"error: {error}"))
    page.on("console", lambda said: found.append(said.text) if said.type == "error" and ICON not in said.text else None)

    def asked(response: Any) -> None:
        if response.request.method == "POST" or response.request.headers.get("rsc"):
            fields = response.headers
            flights.append((response.request.method, response.status, fields.get("content-type")))

    page.on("response", asked)
    await page.goto(url)
    found.append(await page.inner_text("h1"))
    await page.fill("input[name=name]", "Ada")
    await page.click("button")
    found.append(await page.inner_text("#slow"))
    found.append(page.url.replace(url, "<origin>"))
    await page.click("text=Back")
    await page.wait_for_selector("h1")
    found.append(await page.inner_text("h1"))
    await page.click("text=On")
    await page.wait_for_selector("#slow")
    await page.reload()
    found.append(await page.inner_text("#slow"))
    kept = await context.cookies()
    found.append([(one["name"], one["value"], one["httpOnly"], one["secure"], one["sameSite"]) for one in kept])
    await context.close()
    return [*found, sorted(set(flights))]


@pytest.mark.browser
async def test_an_app_of_it_is_the_same_through_devkit(start: StartServer, url: str, browser: Browser) -> None:
    async with asyncio.timeout(120):
        direct = await seen(browser, url)
        async with start(upstream=url) as client:
            through = await seen(browser, client.url)
    assert through == direct
    assert through[:4] == ["Hello nobody", "slow part for Ada", "<origin>/second", "Hello Ada"]
    assert through[5] == [("name", "Ada", True, True, "Lax")]
    assert ("POST", 200, "text/x-component") in through[6]


async def test_a_page_comes_in_pieces(start: StartServer, url: str) -> None:
    """What waits is sent when it is there; what is known before is there before it (React's streams)."""
    async with start(upstream=url) as client, visiting(client.url, PAGE, through=True) as visitor:
        async with visitor.http.get(client.url + "/second", headers={"Accept-Encoding": "identity"}) as response:
            pieces = [piece async for piece in response.content.iter_any()]
    first = next(place for place, piece in enumerate(pieces) if b"waiting" in piece)
    last = next(place for place, piece in enumerate(pieces) if b"slow part" in piece)
    assert first < last
