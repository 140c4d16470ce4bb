"""One server for a module's questions, and one session of each dialect on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from devkit.config import Settings
from devkit.dialects.shipped import DIALECTS
from devkit.sandbox import Template
from devkit.server.hosting.app import running
from devkit.verify.case import Account, World
from devkit.verify.entering import signed_in
from devkit.verify.target import Target
from devkit.verify.wire import Door, Pool
from tests.conftest import EMAIL, PASSWORD, Client

USERS = (Account(EMAIL, PASSWORD), Account("other@example.com", PASSWORD))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ours(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """Our own server."""
    folder: Path = tmp_path_factory.mktemp("verify")
    settings = Settings(port=0, memory=True, state_dir=folder / ".devkit", cookies_secure=True)
    async with running(settings, template) as (app, ready), Client(app, ready) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worlds(ours: Client) -> AsyncIterator[dict[str, World]]:
    """By dialect, what all cases share."""
    found = {}
    for dialect in DIALECTS:
        target = Target(Door.of(ours.url), dialect)
        found[dialect.name] = world = World(target, Pool(target.door))
        await signed_in(world, USERS, read_only=False)
    yield found
    for world in found.values():
        await world.pool.close()
