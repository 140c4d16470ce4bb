"""The real thing, as far as it is quick: a page behind Vite's proxy. What all four dev servers make of all faults is
measured by `python -m tests.devservers.measure`.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from devkit.faults.registry import DEV_SERVERS
from tests.conftest import Client
from tests.devservers.starting import VITE, DevServer, started
from tests.faults.conftest import scenario
from tests.node import node_modules


@pytest.fixture
async def vite(signed_in: Client, cache: pytest.Cache) -> AsyncIterator[DevServer]:
    modules = node_modules(cache, "vite", *VITE.packages)
    node = shutil.which("node")
    assert node is not None
    async with started(VITE, modules, node, signed_in.url) as server:
        yield server


def test_the_version_is_the_one_that_was_measured() -> None:
    assert str(DEV_SERVERS.servers["vite"]) == f"Vite {VITE.version}"


async def _tasks(vite: DevServer, client: Client) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession(headers=client.bearer) as http,
        http.get(f"{vite.url}/api/tasks", timeout=aiohttp.ClientTimeout(60)) as response,
    ):
        return response.status, await response.read()


async def test_calls_through_it_are_recognised(signed_in: Client, vite: DevServer) -> None:
    assert (await _tasks(vite, signed_in))[0] == 200
    assert [proxy.name for proxy in signed_in.sandbox.proxies] == ["vite"]


async def _break(client: Client, **fault: Any) -> None:
    await client.sandbox.engine.use(scenario({"fault": fault, "match": {"operation": "tasks.list"}}))


async def test_a_connection_that_is_reset_arrives_as_it_was_measured(signed_in: Client, vite: DevServer) -> None:
    await _break(signed_in, type="conn.reset", at="accept")
    told = DEV_SERVERS.kinds["conn.reset"]["at accept"]["request"]["vite"]
    assert str((await _tasks(vite, signed_in))[0]) == told


async def test_it_outlives_what_would_end_it(signed_in: Client, vite: DevServer) -> None:
    await _break(signed_in, type="conn.malformed_chunk")
    assert (await _tasks(vite, signed_in))[0] == 200
    assert await vite.lives()
