"""One Chromium for all tests of a process. Each test has a context of its own in it: cookies, storage, cache and
connections are nobody else's, and are gone when the test is over.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Error, Playwright, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WITHOUT = (
    # Pages of the browser's own for its address bar: a process for each window, which takes more than most tests do.
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
    # The argument takes the place of Playwright's, which names these for the sake of pages, navigation and network.
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(WITHOUT)}",
    "--host-resolver-rules=MAP elsewhere.test 127.0.0.1",  # a server of a test's own, which is no loopback by its name
]
LONGEST = 30
"""Seconds that contexts may take to close; then the browser is beyond help."""


def executable() -> str:
    """Where the browser is; the test is skipped where there is none, unless DEVKIT_TEST_BROWSER=require."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    reason = f"no browser: none of {', '.join(NAMES)} is on PATH"
    if os.environ.get("DEVKIT_TEST_BROWSER") == "require":
        pytest.fail(reason)
    pytest.skip(reason)


class Chromium:
    """Started when first lent, and anew when it has crashed. Playwright's driver ends it when this process ends."""

    def __init__(self, executable: str) -> None:
        self._executable = executable
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Browser]:
        """The browser, whose contexts that are made meanwhile are closed in the end."""
        browser = await self._running()
        before = set(browser.contexts)
        try:
            yield browser
        finally:
            try:
                async with asyncio.timeout(LONGEST):
                    for context in set(browser.contexts) - before:
                        await context.close()
            except (Error, TimeoutError):
                await self.stop()

    async def _running(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            await self.stop()
            self._playwright = await async_playwright().start()
            self._browser = await self._playwright.chromium.launch(executable_path=self._executable, args=ARGUMENTS)
        return self._browser

    async def stop(self) -> None:
        playwright, self._playwright, self._browser = self._playwright, None, None
        if playwright is not None:
            await playwright.stop()
