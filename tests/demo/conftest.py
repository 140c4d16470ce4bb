"""The demo as `devkit demo` serves it, in the test's own process."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devkit.config import Settings
from devkit.sandbox import Sandbox, Template
from devkit.server.hosting import demo as page
from devkit.server.hosting.app import App, Running, running


@dataclass(frozen=True)
class Demo:
    """The page's origin, and the backend that it talks to."""

    origin: str
    app: App
    backend: Running

    @property
    def sandbox(self) -> Sandbox:
        return self.app.sandboxes.main.sandbox

    def origin_of(self, sandbox: str) -> str:
        return self.origin.replace("//localhost", f"//{sandbox}.localhost")


@asynccontextmanager
async def serving(folder: Path, template: Template, port: int = 0, **told: Any) -> AsyncIterator[Demo]:
    """`port` is the page's; `told` are settings."""
    settings = Settings(port=0, memory=True, state_dir=folder / ".devkit", auth_transport="both", **told)
    address = page.bind(settings, port)
    with contextlib.closing(address):
        async with running(page.suited(settings, address), template) as (app, ready), page.serving(app, ready, address):
            yield Demo(address.origin, app, ready)


@pytest.fixture
async def demo(tmp_path: Path, template: Template) -> AsyncIterator[Demo]:
    async with serving(tmp_path, template) as demo:
        yield demo
