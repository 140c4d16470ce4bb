"""A page on an origin of its own, and a server that lists that origin."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page

from devkit.config import Settings
from devkit.sandbox import Template
from devkit.server.hosting.app import running
from tests.browser.stage import Stage
from tests.chromium import Chromium
from tests.conftest import Client, StartServer
from tests.firefox import Firefox

AGREED_PORTS = (3000, 5173, 5174)
"""Ports of `http://localhost` that the contract lists: one of them unless all are taken."""


def is_free(port: int) -> bool:
    """Whether nobody listens there, by neither family: a browser takes either for `localhost`."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError), socket.socket(family) as probe:
            if probe.connect_ex((address, port)) == 0:
                return False
    return True


@dataclass(frozen=True)
class Frontend:
    """A page's origin, where the frontend's files would be served."""

    origin: str


async def _blank(_: web.BaseRequest) -> web.Response:
    return web.Response(text="<!doctype html><title>A frontend</title>", content_type="text/html")


@asynccontextmanager
async def serving(ports: tuple[int, ...]) -> AsyncIterator[Frontend]:
    """Serve an empty page at the first free port."""
    runner = web.ServerRunner(web.Server(_blank))
    await runner.setup()
    try:
        for port in ports:
            if port and not is_free(port):
                continue
            try:
                await web.TCPSite(runner, "127.0.0.1", port).start()
            except OSError:
                continue
            break
        yield Frontend(f"http://localhost:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


@pytest.fixture
async def frontend() -> AsyncIterator[Frontend]:
    """The frontend at `http://localhost:3000`, or the next listed port that is free."""
    async with serving((*AGREED_PORTS, 0)) as frontend:
        yield frontend


@pytest.fixture
async def stranger() -> AsyncIterator[Frontend]:
    """A page whose origin nobody has listed."""
    async with serving((0,)) as frontend:
        yield frontend


@pytest.fixture
async def devkit(start: StartServer, frontend: Frontend) -> AsyncIterator[Client]:
    """A server that is reached as `http://localhost:<port>`."""
    async with start(origins=(frontend.origin,)) as client:
        yield client


@pytest.fixture
async def page(browser: Browser, frontend: Frontend) -> Page:
    """An empty page of the frontend."""
    page = await browser.new_page()
    await page.goto(frontend.origin)
    return page


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["chromium", "firefox"])
async def whole_stage(
    request: pytest.FixtureRequest,
    chromium: Chromium,
    firefox: Firefox,
    template: Template,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stage]:
    """One page and one server for all tests of a module: the page is loaded once and never again."""
    state = tmp_path_factory.mktemp("browser")
    judge = chromium if request.param == "chromium" else firefox
    async with serving((*AGREED_PORTS, 0)) as frontend, judge.lent() as browser:
        settings = Settings(port=0, memory=True, state_dir=state, origins=(frontend.origin,))
        async with running(settings, template) as (app, ready), Client(app, ready) as client:
            context = await browser.new_context()
            page = await context.new_page()
            await page.goto(frontend.origin)
            stage = Stage(request.param, page, client)
            if request.param == "chromium":
                page.on("console", stage.listen)
            yield stage


@pytest.fixture
async def stage(whole_stage: Stage) -> AsyncIterator[Stage]:
    """The stage, cleared."""
    whole_stage.console.clear()
    whole_stage.client.sandbox.journal.clear()
    yield whole_stage
    await whole_stage.heal()
    await whole_stage.page.context.clear_cookies()
