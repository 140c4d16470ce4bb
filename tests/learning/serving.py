"""A backend.yaml that is served from its own folder, as `devkit serve` does there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from devkit.config import Settings
from devkit.server.hosting.app import running
from devkit.server.hosting.backends import backend_for
from devkit.server.hosting.opening import template_of


@asynccontextmanager
async def graduated(file: Path) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    """A client of it, and its address."""
    folder = file.parent
    settings = Settings(
        port=0,
        memory=True,
        state_dir=folder / ".devkit",
        scenario_dir=folder / "scenarios",
        seed_dir=folder / "seed",
        contract=(str(file),),
    )
    backend = await asyncio.to_thread(backend_for, settings)
    template = await asyncio.to_thread(template_of, settings)
    jar = aiohttp.DummyCookieJar()
    async with running(settings, template, backend) as (_, ready), aiohttp.ClientSession(cookie_jar=jar) as http:
        yield http, ready.url
