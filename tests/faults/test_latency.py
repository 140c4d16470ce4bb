from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Client
from tests.faults.conftest import Break


async def test_a_fixed_delay_comes_before_the_answer(signed_in: Client, breaks: Break) -> None:
    await breaks("delay.fixed", delay="150ms")
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await signed_in.send("GET", "/api/tasks")).status == 200
    assert loop.time() - began >= 0.15


async def test_a_hanging_call_goes_on_when_the_scenario_is_switched_off(signed_in: Client, breaks: Break) -> None:
    await breaks("hang", match={"operation": "tasks.list"})
    call = asyncio.create_task(signed_in.send("GET", "/api/tasks"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(call), 0.2)
    await signed_in.sandbox.engine.off("broken")
    assert (await asyncio.wait_for(call, 2)).status == 200
