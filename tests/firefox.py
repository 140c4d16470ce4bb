"""A Firefox of a test's own, with a fresh profile, that shows one page: what the page finds out, it posts."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

NAMES = ("firefox-esr", "firefox")
PREFERENCES = {
    "browser.shell.checkDefaultBrowser": "false",
    "browser.aboutwelcome.enabled": "false",
    "datareporting.policy.dataSubmissionEnabled": "false",
    "network.captive-portal-service.enabled": "false",
    "network.connectivity-service.enabled": "false",
    "toolkit.telemetry.enabled": "false",
    "app.update.enabled": "false",
}
"""Nothing asks anybody but the page's own servers."""


def executable() -> str:
    """Where the browser is; the test is skipped where there is none, unless DEVKIT_TEST_BROWSER=require."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    reason = f"no browser: none of {', '.join(NAMES)} is on PATH"
    if os.environ.get("DEVKIT_TEST_BROWSER") == "require":
        pytest.fail(reason)
    pytest.skip(reason)


@asynccontextmanager
async def showing(address: str) -> AsyncIterator[None]:
    """A headless Firefox shows that page until the block is left."""
    profile = Path(tempfile.mkdtemp(prefix="devkit-firefox-"))
    try:
        lines = (f'user_pref("{name}", {value});\n' for name, value in PREFERENCES.items())
        (profile / "user.js").write_text("".join(lines), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            executable(),
            "--headless",
            "--no-remote",
            "--profile",
            str(profile),
            address,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            process.terminate()
            await process.wait()
    finally:
        shutil.rmtree(profile, ignore_errors=True)
