"""A backend.yaml that is served, and a client of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from devkit.config import Settings
from devkit.records import dataclass
from devkit.sandbox import Template
from devkit.server.hosting.app import running
from devkit.server.hosting.backends import backend_for


@dataclass(frozen=True)
class Served:
    http: aiohttp.ClientSession
    url: str

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        """Status and body."""
        if body is not None:
            options["json"] = body
        async with self.http.request(method, path, **options) as response:
            text = await response.read()
            return response.status, await response.json(content_type=None) if text else None


@asynccontextmanager
async def served(file: Path, text: str, template: Template, **more: Any) -> AsyncIterator[Served]:
    """`more` are settings."""
    file.write_text(text)
    folder = file.parent
    given = {"memory": True, "state_dir": folder, "scenario_dir": folder / "scenarios", "contract": (str(file),)}
    settings = Settings(port=0, **given, **more)
    backend = await asyncio.to_thread(backend_for, settings)
    async with running(settings, template, backend) as (_, ready), aiohttp.ClientSession(ready.url) as http:
        yield Served(http, ready.url)
