from __future__ import annotations

import asyncio
import contextlib
import statistics
from collections.abc import AsyncIterator

import pytest
from pydantic import ValidationError

from devkit.faults import latency
from devkit.faults.registry import fault_of
from tests.conftest import Client
from tests.faults.conftest import Break, scenario

TASKS = "/api/tasks"


async def timed(client: Client, path: str = TASKS, status: int = 200) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await client.send("GET", path)).status == status
    return loop.time() - began


async def untouched(client: Client) -> bool:
    """Whether nothing broke the call, by the header that names what did: a machine may be slow by itself."""
    return "X-Devkit-Fault" not in (await client.send("GET", TASKS)).headers


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The milliseconds that faults would have waited; they do not."""
    asked: list[float] = []

    async def sleep(_: object, milliseconds: float) -> None:
        asked.append(milliseconds)

    monkeypatch.setattr("devkit.faults.hit.Hit.sleep", sleep)
    return asked


async def test_a_fixed_delay_comes_before_the_answer(signed_in: Client, breaks: Break) -> None:
    await breaks("delay.fixed", delay="150ms")
    assert await timed(signed_in) >= 0.15
    assert not await untouched(signed_in)
    await signed_in.sandbox.engine.off("broken")
    assert await untouched(signed_in)


async def test_a_uniform_delay_lies_between_its_bounds_and_repeats(signed_in: Client, breaks: Break) -> None:
    await breaks("delay.uniform", lower="40ms", upper="120ms")
    first = [await timed(signed_in) for _ in range(4)]
    assert all(seconds >= 0.04 for seconds in first)
    assert max(first) - min(first) > 0.005
    await signed_in.sandbox.engine.off("broken")
    assert await untouched(signed_in)


async def test_the_same_calls_meet_the_same_delays(signed_in: Client, breaks: Break, waits: list[float]) -> None:
    for _ in range(2):
        await breaks("delay.uniform", lower="0", upper="10s")
        for _ in range(5):
            await timed(signed_in)
    assert waits[:5] == waits[5:]
    assert len(set(waits)) == 5


async def test_normal_delays_spread_around_their_mean(signed_in: Client, breaks: Break, waits: list[float]) -> None:
    await breaks("delay.normal", mean="500ms", stddev="50ms")
    for _ in range(60):
        await timed(signed_in)
    assert 480 < statistics.mean(waits) < 520
    assert 30 < statistics.stdev(waits) < 70


async def test_a_normal_delay_is_felt(signed_in: Client, breaks: Break) -> None:
    await breaks("delay.normal", mean="100ms", stddev="5ms")
    assert await timed(signed_in) > 0.07
    await signed_in.sandbox.engine.off("broken")
    assert await untouched(signed_in)


async def test_lognormal_delays_have_a_long_tail_with_an_end(
    signed_in: Client, breaks: Break, waits: list[float]
) -> None:
    await breaks("delay.lognormal", median="100ms", sigma=1, max="400ms")
    for _ in range(80):
        await timed(signed_in)
    assert 70 < statistics.median(waits) < 140
    assert max(waits) == 400


async def test_a_lognormal_delay_is_felt(signed_in: Client, breaks: Break) -> None:
    await breaks("delay.lognormal", median="100ms", sigma=0.1)
    assert await timed(signed_in) > 0.06


async def test_a_ramp_rises_on_the_sandboxs_clock(signed_in: Client, breaks: Break, waits: list[float]) -> None:
    signed_in.sandbox.clock.freeze()
    await breaks("delay.ramp", **{"from": "100ms", "to": "1100ms", "over": "10s"})
    for _ in range(4):
        await timed(signed_in)
        signed_in.sandbox.clock.advance(4_000)
    assert waits == [100, 500, 900, 1100]


async def test_a_ramp_may_fall(signed_in: Client, breaks: Break) -> None:
    await breaks("delay.ramp", **{"from": "120ms", "to": "0", "over": "1m"})
    assert await timed(signed_in) >= 0.11
    signed_in.sandbox.clock.advance(60_000)
    assert await untouched(signed_in)


async def test_the_first_byte_is_late_though_the_work_is_done(signed_in: Client, breaks: Break) -> None:
    await breaks("delay.first_byte", delay="300ms", match={"operation": "tasks.create"})
    call = asyncio.create_task(signed_in.send("POST", TASKS, json={"title": "Done early"}))
    await asyncio.sleep(0.1)
    assert (await signed_in.send("GET", TASKS)).json["data"][0]["title"] == "Done early"
    assert not call.done()
    assert (await call).status == 201


@contextlib.asynccontextmanager
async def waiting(client: Client, path: str = TASKS) -> AsyncIterator[asyncio.Task[float]]:
    """A call that is under way and not answered yet."""
    call = asyncio.create_task(timed(client, path))
    await asyncio.sleep(0.1)
    assert not call.done()
    yield call
    await asyncio.wait_for(call, 2)


async def test_a_hanging_call_goes_on_when_the_scenario_is_switched_off(signed_in: Client, breaks: Break) -> None:
    await breaks("hang", match={"operation": "tasks.list"})
    async with waiting(signed_in):
        await signed_in.sandbox.engine.off("broken")


async def test_calls_wait_at_a_barrier_until_it_is_released(signed_in: Client, breaks: Break) -> None:
    await breaks("barrier", name="gate")
    levers = signed_in.sandbox.levers
    async with waiting(signed_in) as first, waiting(signed_in) as second:
        assert not levers.release("another")
        assert levers.release("gate")
    assert first.done()
    assert second.done()
    async with waiting(signed_in):
        levers.release("gate")
    async with waiting(signed_in):
        await signed_in.sandbox.engine.off("broken")


async def test_a_later_answer_overtakes_an_earlier_one(signed_in: Client, breaks: Break) -> None:
    await breaks("reorder", operations=["tasks.list"])
    arrived: list[str] = []

    async def search(text: str) -> None:
        await signed_in.send("GET", f"{TASKS}?q={text}")
        arrived.append(text)

    calls = []
    for text in ("a", "ab", "abc", "abcd"):
        calls.append(asyncio.create_task(search(text)))
        await asyncio.sleep(0.05)
        # What is not among the operations is left alone.
        await signed_in.send("GET", "/api/auth/me")
    await asyncio.wait_for(asyncio.gather(*calls), 2)
    assert arrived == ["ab", "a", "abcd", "abc"]


async def test_an_answer_that_none_overtakes_comes_in_the_end(
    signed_in: Client, breaks: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    await breaks("reorder")
    monkeypatch.setattr(latency, "OVERTAKEN_AT_MOST", 150)
    assert await timed(signed_in) >= 0.15
    monkeypatch.setattr(latency, "OVERTAKEN_AT_MOST", 60_000)
    async with waiting(signed_in):
        await signed_in.sandbox.engine.off("broken")


async def test_a_call_that_was_given_up_overtakes_nobody(
    signed_in: Client, breaks: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latency, "OVERTAKEN_AT_MOST", 60_000)
    await breaks("reorder", match={"operation": "tasks.list"})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(timed(signed_in), 0.1)
    await asyncio.sleep(0.05)
    async with waiting(signed_in):
        assert await timed(signed_in) < 60


async def test_delays_add_up(signed_in: Client) -> None:
    delay = {"type": "delay.fixed", "delay": "60ms"}
    await signed_in.sandbox.engine.use(scenario({"fault": delay}, {"fault": delay}))
    assert await timed(signed_in) >= 0.12


@pytest.mark.parametrize(
    "written",
    [
        {"type": "delay.uniform", "lower": "2s", "upper": "1s"},
        {"type": "delay.lognormal", "median": "1s", "sigma": 0},
        {"type": "delay.ramp", "first": "1s", "to": "2s", "over": "3s"},
        {"type": "barrier", "name": ""},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        fault_of(written)


async def test_a_delay_behind_an_error_in_the_file_delays_it(signed_in: Client) -> None:
    error, delay = {"type": "http.abort", "status": 503}, {"type": "delay.fixed", "delay": "80ms"}
    await signed_in.sandbox.engine.use(scenario({"fault": error}, {"fault": delay}))
    assert await timed(signed_in, status=503) >= 0.08


async def test_spikes_come_and_go_on_the_sandboxs_clock(signed_in: Client, breaks: Break, waits: list[float]) -> None:
    signed_in.sandbox.clock.freeze()
    await breaks("delay.spike", delay="2s", lasts="5s", every="30s", match={"operation": "tasks.list"})
    for step in (0, 4, 2, 23, 4, 3):
        signed_in.sandbox.clock.advance(step * 1000)
        await signed_in.send("GET", TASKS)
        waits.append(-1)
    # At 0 and 4 s a spike, at 6 and 29 s none, at 33 s the next one, at 36 s none.
    assert waits == [2000, -1, 2000, -1, -1, -1, 2000, -1, -1]


def test_a_spike_must_end() -> None:
    with pytest.raises(ValidationError, match="`lasts` must be shorter"):
        fault_of({"type": "delay.spike", "delay": "1s", "lasts": "5s", "every": "5s"})


async def test_a_cold_start_is_waited_for_by_all_and_comes_again_after_a_pause(
    signed_in: Client, breaks: Break
) -> None:
    await breaks("delay.cold_start", delay="300ms", idle="5m", match={"operation": "tasks.list"})
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(timed(signed_in) for _ in range(3)))
    assert asyncio.get_running_loop().time() - began >= 0.3
    signed_in.sandbox.clock.advance(4 * 60_000)
    assert await untouched(signed_in)
    signed_in.sandbox.clock.advance(5 * 60_000)
    assert await timed(signed_in) >= 0.3
