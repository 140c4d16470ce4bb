"""The panel in a real Chromium: what its console said, and what it asked of others, must be nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.conftest import Client, StartServer


class Panel:
    """A page of the panel, and the server behind it."""

    def __init__(self, page: Page, client: Client) -> None:
        self.page, self.client = page, client
        self.said: list[str] = []
        self.elsewhere: list[str] = []
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self.client.url}/", "data:", "about:")):
            self.elsewhere.append(url)

    async def open(self, route: str = "", *, sandbox: str | None = None) -> Page:
        """Go to a view, such as `traffic/12`, and wait until the panel has heard from its server."""
        query = f"?devkit_sandbox={sandbox}" if sandbox else ""
        await self.page.goto(f"{self.client.url}/_devkit/{query}#/{route}")
        await self.page.locator("#pulse[data-state=up]").wait_for(state="attached")
        return self.page

    async def copied(self) -> str:
        """What was copied since this was asked before: a toast may still tell of the copy before."""
        await self.page.locator(".toast.good", has_text="Copied").last.wait_for()
        async with asyncio.timeout(10):
            while not (text := str(await self.page.evaluate("navigator.clipboard.readText()"))):
                await asyncio.sleep(0.05)
        await self.page.evaluate("navigator.clipboard.writeText('')")
        return text

    async def confirm(self, label: str) -> None:
        await self.page.get_by_role("dialog").get_by_role("button", name=label, exact=True).click()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The user's own folder of scenarios."""
    return tmp_path / "scenarios"


@pytest.fixture
async def client(start: StartServer, folder: Path) -> AsyncIterator[Client]:
    async with start(scenario_dir=folder) as client:
        yield client


OpenPanel = Callable[..., Any]


@pytest.fixture
def open_panel(browser: Browser, client: Client) -> OpenPanel:
    """`async with open_panel(scheme="dark", width=390) as panel`: a page in a profile of its own."""

    @asynccontextmanager
    async def open_panel(*, scheme: str = "light", width: int = 1440, quiet: bool = True) -> AsyncIterator[Panel]:
        context = await browser.new_context(
            color_scheme=scheme,  # type: ignore[arg-type]  # light or dark
            viewport={"width": width, "height": 900},
            permissions=["clipboard-read", "clipboard-write"],
        )
        panel = Panel(await context.new_page(), client)
        yield panel
        await context.close()
        assert panel.elsewhere == []
        assert panel.said == [] or not quiet

    return open_panel


@pytest.fixture
async def panel(open_panel: OpenPanel) -> AsyncIterator[Panel]:
    async with open_panel() as panel:
        yield panel
