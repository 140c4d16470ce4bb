"""Connections that are kept, and what the next request on them meets."""

from __future__ import annotations

import asyncio
import time

from tests.conftest import Client
from tests.faults.conftest import Break
from tests.faults.raw import Line, call

TASKS = "/api/tasks"


async def test_a_kept_connection_is_reset_under_the_next_request(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.keepalive_drop", when={"times": 1})
    with Line(signed_in) as line:
        first = await line.call("GET", TASKS)
        assert (len(first.body), first.end) == (first.promised, "open")
        assert b"Connection: keep-alive" in first.head
        second = await line.call("GET", TASKS)
        assert (second.data, second.end) == (b"", "rst")
    assert (await call(signed_in, "GET", TASKS)).head.startswith(b"HTTP/1.1 200")
    notes = [getattr(entry, "note", None) for entry in signed_in.sandbox.journal]
    assert sum("gave this connection up" in (note or "") for note in notes) == 1


async def test_a_dropped_connection_is_taken_up_again_when_switched_off(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.keepalive_drop")
    with Line(signed_in) as line:
        assert (await line.call("GET", TASKS)).end == "open"
        await signed_in.sandbox.engine.off("broken")
        assert (await line.call("GET", TASKS)).head.startswith(b"HTTP/1.1 200")


async def test_a_half_open_connection_answers_no_second_request_and_a_new_one_does(
    signed_in: Client, breaks: Break
) -> None:
    await breaks("conn.half_open", when={"times": 1})
    with Line(signed_in) as line:
        assert (await line.call("GET", TASKS)).end == "open"
        second = await line.call("GET", TASKS)
        assert (second.data, second.end) == (b"", "open")
        assert (await call(signed_in, "GET", TASKS)).head.startswith(b"HTTP/1.1 200")
    await signed_in.sandbox.engine.off("broken")


async def test_a_half_open_connection_wakes_up_when_switched_off(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.half_open", when={"times": 1})
    with Line(signed_in) as line:
        assert (await line.call("GET", TASKS)).end == "open"
        waiting = asyncio.create_task(line.call("GET", TASKS, silence=5))
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        await signed_in.sandbox.engine.off("broken")
        async with asyncio.timeout(10):
            assert (await waiting).head.startswith(b"HTTP/1.1 200")


async def test_an_answer_without_a_length_ends_when_the_connection_does(signed_in: Client, breaks: Break) -> None:
    """RFC 9112, section 6.3, last case: the body is whole, and only the close tells so."""
    whole = (await call(signed_in, "GET", TASKS, Accept_Encoding="identity")).body
    await breaks("conn.slow_close", delay="700ms")
    began = time.perf_counter()
    received = await call(signed_in, "GET", TASKS, Accept_Encoding="identity", silence=5)
    assert (len(received.body), received.end) == (len(whole), "fin")
    assert b"content-length" not in received.head.lower()
    assert b"connection: close" in received.head.lower()
    assert time.perf_counter() - began >= 0.7
    async with signed_in.http.get(TASKS) as answer:
        assert len(await answer.read()) == len(whole)
