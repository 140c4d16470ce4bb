from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.conftest import Answer, Client
from tests.faults.conftest import Break

ASKED = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "GET"}


async def preflight(client: Client, path: str = "/api/tasks", **options: Any) -> Answer:
    return await client.send("OPTIONS", path, headers=ASKED, allow_redirects=False, **options)


async def test_a_preflight_has_another_status_and_the_call_is_untouched(signed_in: Client, breaks: Break) -> None:
    await breaks("preflight.status", status=500, match={"operation": "tasks.list"})
    asked = await preflight(signed_in)
    assert (asked.status, asked.body) == (500, b"")
    assert asked.headers["Access-Control-Allow-Origin"] == ASKED["Origin"]
    assert (await preflight(signed_in, "/api/auth/me")).status == 204
    assert (await signed_in.send("GET", "/api/tasks")).status == 200
    await signed_in.sandbox.engine.off("broken")
    assert (await preflight(signed_in)).status == 204


async def test_a_preflight_is_redirected(signed_in: Client, breaks: Break) -> None:
    await breaks("preflight.redirect", location="https://www.example.com/login")
    asked = await preflight(signed_in)
    assert (asked.status, asked.headers["Location"]) == (307, "https://www.example.com/login")


async def test_a_preflight_comes_late(signed_in: Client, breaks: Break) -> None:
    await breaks("preflight.delay", delay="150ms")
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await preflight(signed_in)).status == 204
    assert loop.time() - began >= 0.15


async def test_a_preflight_hangs_until_the_scenario_is_switched_off(signed_in: Client, breaks: Break) -> None:
    await breaks("preflight.hang")
    call = asyncio.create_task(preflight(signed_in))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(call), 0.15)
    await signed_in.sandbox.engine.off("broken")
    assert (await asyncio.wait_for(call, 2)).status == 204


async def test_a_hanging_preflight_is_let_go_when_the_client_leaves(signed_in: Client, breaks: Break) -> None:
    await breaks("preflight.hang")
    noted = asyncio.Event()
    signed_in.sandbox.journal.listen(lambda entry: noted.set())
    with pytest.raises(TimeoutError):
        await preflight(signed_in, timeout=aiohttp.ClientTimeout(total=0.1))
    await asyncio.wait_for(noted.wait(), 2)


async def test_a_preflight_may_be_kept(signed_in: Client, breaks: Break) -> None:
    assert (await preflight(signed_in)).headers["Access-Control-Max-Age"] == "0"
    await breaks("preflight.max_age", seconds=600)
    assert (await preflight(signed_in)).headers["Access-Control-Max-Age"] == "600"
