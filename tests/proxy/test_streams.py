"""Faults of a connection's bytes act on a body that comes as it is there, while it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import Client, StartServer
from tests.faults.conftest import scenario
from tests.faults.raw import Line
from tests.proxy.backend import Backend, backend

FIRST = b"data: 1\n\n"
"""The event that the backend sends at once; another one waits to be released."""


@pytest.fixture
async def real() -> AsyncIterator[Backend]:
    async with backend() as found:
        yield found


@pytest.fixture
async def proxy(start: StartServer, real: Backend) -> AsyncIterator[Client]:
    async with start(upstream=real.url) as client:
        yield client


async def broken(client: Client, kind: str, **parameters: Any) -> None:
    await client.sandbox.engine.use(scenario({"match": {"path": "/*"}, "fault": {"type": kind, **parameters}}))


async def listened(client: Client, path: str = "/stream") -> tuple[bytes, str | None]:
    """What arrives before the connection breaks, and the faults that the head names."""
    got = b""
    async with asyncio.timeout(10), client.http.get(path) as response:
        try:
            async for data in response.content.iter_any():
                got += data
        except aiohttp.ClientError:
            return got, response.headers.get("X-Devkit-Fault")
    raise AssertionError(f"it came to a good end: {got!r}")


@pytest.mark.parametrize(
    ("kind", "parameters", "arrives"),
    [
        ("conn.truncate", {"fraction": 0.5}, FIRST[:4]),
        ("conn.truncate", {"fraction": 0}, b""),
        ("conn.reset", {"at": "body"}, FIRST[:4]),
        ("conn.reset", {"at": "body", "bytes": 2}, FIRST[:2]),
    ],
)
async def test_a_stream_breaks_while_the_backend_has_more_to_say(
    proxy: Client, real: Backend, kind: str, parameters: dict[str, Any], arrives: bytes
) -> None:
    """Of what has no length its first event stands for the whole."""
    await broken(proxy, kind, **parameters)

    got, told = await listened(proxy)

    assert got == arrives
    assert kind in (told or "")
    # Nobody reads on, and the backend is told so.
    await asyncio.wait_for(real.left.wait(), 10)


async def test_behind_the_first_event_stands_what_is_no_chunk(proxy: Client) -> None:
    await broken(proxy, "conn.malformed_chunk")
    with Line(proxy) as line:
        received = await line.call("GET", "/stream", silence=10)
    assert (received.body, received.end) == (b"9\r\n" + FIRST + b"\r\noops\r\n", "fin")


async def test_of_a_stream_only_so_many_bytes_arrive(proxy: Client) -> None:
    await broken(proxy, "conn.limit_data", bytes=1000)
    got, _ = await listened(proxy, "/ticking")
    assert 300 < len(got) < 1000
    assert got.startswith(b"data: 0\n\ndata: 1\n\n")


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("bandwidth", {"down_kbps": 1000}),
        ("conn.dribble", {"chunks": 3, "duration": "30ms"}),
        ("conn.keepalive_drop", {}),
        ("conn.half_open", {}),
        ("conn.slow_close", {"delay": "10ms"}),
    ],
)
async def test_a_stream_that_is_made_slow_arrives_while_it_runs(
    proxy: Client, real: Backend, kind: str, parameters: dict[str, Any]
) -> None:
    await broken(proxy, kind, **parameters)
    async with asyncio.timeout(10), proxy.http.get("/stream") as response:
        assert kind in response.headers["X-Devkit-Fault"]
        got = b""
        while len(got) < len(FIRST):
            got += await response.content.readany()
        assert got == FIRST
        real.release.set()
        assert await response.content.read() == b"data: 2\n\ndata: [DONE]\n\n"


async def test_a_fault_that_may_be_felt_at_the_end_alone_leaves_a_stream_alone(proxy: Client, real: Backend) -> None:
    """Chunks have no length that could be wrong."""
    await broken(proxy, "conn.content_length", delta=10)
    real.release.set()
    answer = await proxy.send("GET", "/stream")
    assert (answer.body[: len(FIRST)], answer.headers.get("X-Devkit-Fault")) == (FIRST, None)


@pytest.mark.parametrize(
    ("kind", "parameters", "arrives"),
    [("conn.truncate", {"fraction": 0.25}, 250_000), ("conn.reset", {"at": "body", "bytes": 10_000}, 10_000)],
)
async def test_what_says_how_long_it_is_breaks_where_it_should(
    proxy: Client, kind: str, parameters: dict[str, Any], arrives: int
) -> None:
    await broken(proxy, kind, **parameters)
    assert len((await listened(proxy, "/large"))[0]) == arrives


async def test_a_download_keeps_its_length_on_a_slow_line(proxy: Client) -> None:
    await broken(proxy, "bandwidth", down_kbps=100_000)
    answer = await proxy.send("GET", "/large")
    assert (answer.headers["Content-Length"], len(answer.body)) == ("1000000", 1_000_000)


async def test_what_a_fault_does_to_a_head_alone_lets_the_connection_go_on(proxy: Client) -> None:
    """HEAD has no body to break, and the backend's connection is free again."""
    await broken(proxy, "conn.truncate", fraction=0.5)
    for _ in range(3):
        answer = await proxy.send("HEAD", "/large")
        assert (answer.status, answer.headers.get("X-Devkit-Fault")) == (200, None)


async def test_the_journal_tells_of_a_stream_when_it_has_ended(proxy: Client, real: Backend) -> None:
    await broken(proxy, "conn.truncate", fraction=0.5)
    await listened(proxy)
    await asyncio.wait_for(real.left.wait(), 10)
    (entry, *_) = (await proxy.send("GET", "/_devkit/api/journal")).json["data"]
    assert (entry["path"], entry["faults"][0]["kind"]) == ("/stream", "conn.truncate")
