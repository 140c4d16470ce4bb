from __future__ import annotations

import asyncio
import contextlib
import time

import aiohttp
import pytest

from tests.conftest import Client
from tests.faults.conftest import Break, scenario
from tests.faults.raw import call

TASKS = "/api/tasks"
PLAIN = {"Accept-Encoding": "identity"}


async def heals(client: Client) -> None:
    await client.sandbox.engine.off("broken")
    received = await call(client, "GET", TASKS)
    assert received.head.startswith(b"HTTP/1.1 200")
    assert len(received.body) == received.promised
    assert received.end == "open"


async def titles(client: Client) -> list[str]:
    await client.sandbox.engine.off("broken")
    return [task["title"] for task in (await client.send("GET", TASKS)).json["data"]]


async def test_a_reset_at_accept_is_an_rst_before_any_byte(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.reset", match={"operation": "tasks.*"})
    received = await call(signed_in, "POST", TASKS, b'{"title": "Never stored"}')
    assert (received.data, received.end) == (b"", "rst")
    with pytest.raises(aiohttp.ClientConnectionError):
        await signed_in.send("POST", TASKS, json={"title": "Never stored"})
    assert (await call(signed_in, "GET", "/api/auth/me")).head.startswith(b"HTTP/1.1 200")
    assert "Never stored" not in await titles(signed_in)
    await heals(signed_in)


async def test_a_reset_after_commit_leaves_the_work_done(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.reset", phase="after_commit")
    received = await call(signed_in, "POST", TASKS, b'{"title": "Stored anyway"}')
    assert (received.data, received.end) == (b"", "rst")
    assert "Stored anyway" in await titles(signed_in)


async def test_a_reset_within_the_headers_shows_only_so_many_bytes(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.reset", at="headers", bytes=9)
    received = await call(signed_in, "GET", TASKS)
    assert (received.data, received.end) == (b"HTTP/1.1 ", "rst")
    with pytest.raises(aiohttp.ClientConnectionError):
        await signed_in.send("GET", TASKS)


async def test_a_reset_within_the_body_comes_after_the_status(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.reset", at="body", bytes=20)
    received = await call(signed_in, "GET", TASKS)
    assert received.head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (len(received.body), received.end) == (20, "rst")
    async with signed_in.http.get(TASKS) as response:
        assert response.status == 200
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await response.read()
    await breaks("conn.reset", at="body")
    received = await call(signed_in, "GET", TASKS)
    assert len(received.body) == received.promised // 2
    await heals(signed_in)


async def test_an_empty_answer_is_a_fin_without_a_byte(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.empty")
    received = await call(signed_in, "GET", TASKS)
    assert (received.data, received.end) == (b"", "fin")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await signed_in.send("POST", TASKS, json={"title": "Lost"})
    await heals(signed_in)


async def test_a_truncated_body_breaks_its_promise(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.truncate", fraction=0.25)
    received = await call(signed_in, "GET", TASKS)
    assert received.end == "fin"
    assert len(received.body) == int(received.promised * 0.25)
    with pytest.raises(aiohttp.ClientPayloadError):
        await signed_in.send("GET", TASKS)
    await heals(signed_in)


async def test_a_compressed_answer_is_cut_in_its_compressed_bytes(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.truncate", fraction=0.5)
    received = await call(signed_in, "GET", TASKS, Accept_Encoding="gzip")
    assert b"Content-Encoding: gzip" in received.head
    assert received.body.startswith(b"\x1f\x8b")
    assert len(received.body) == received.promised // 2


@pytest.mark.parametrize("delta", [7, -7])
async def test_content_length_is_wrong(signed_in: Client, breaks: Break, delta: int) -> None:
    await breaks("conn.content_length", delta=delta)
    received = await call(signed_in, "GET", TASKS)
    assert (received.promised, received.end) == (len(received.body) + delta, "fin")
    assert received.json["page"] == 1
    if delta > 0:
        with pytest.raises(aiohttp.ClientPayloadError):
            await signed_in.send("GET", TASKS)
    else:
        # A client may notice the bytes too many; one that does not, takes the cut body for the whole.
        with contextlib.suppress(aiohttp.ClientError):
            await signed_in.send("GET", TASKS)
    await heals(signed_in)


async def test_garbage_is_no_http(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.garbage")
    received = await call(signed_in, "GET", TASKS)
    assert (len(received.data), received.end) == (256, "fin")
    assert b"HTTP" not in received.data
    with pytest.raises(aiohttp.ClientError):
        await signed_in.send("GET", TASKS)
    await breaks("conn.garbage")
    assert (await call(signed_in, "GET", TASKS)).data == received.data
    await heals(signed_in)


async def test_a_malformed_chunk_stands_behind_the_first_half(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.malformed_chunk")
    received = await call(signed_in, "GET", TASKS)
    assert b"Transfer-Encoding: chunked" in received.head
    assert b"content-length" not in received.head.lower()
    size, _, rest = received.body.partition(b"\r\n")
    assert rest[int(size, 16) :] == b"\r\noops\r\n"
    assert received.end == "fin"
    with pytest.raises(aiohttp.ClientError):
        await signed_in.send("GET", TASKS)
    await heals(signed_in)


async def test_a_dribbled_body_comes_whole_in_pieces(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.dribble", chunks=4, duration="1s")
    received = await call(signed_in, "GET", TASKS, silence=2)
    assert received.json["page"] == 1
    assert (len(received.body), received.end) == (received.promised, "open")
    assert received.pieces[-1][0] >= 1
    # The head and four pieces; a client that was busy finds some of them together.
    assert 1 < len(received.pieces) <= 5
    assert (await signed_in.send("GET", TASKS)).status == 200
    await heals(signed_in)


async def test_a_dribble_goes_on_at_once_when_switched_off(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.dribble", chunks=3, duration="30s")
    async with signed_in.http.get(TASKS, headers=PLAIN) as response:
        await signed_in.sandbox.engine.off("broken")
        async with asyncio.timeout(2):
            assert len(await response.read()) == response.content_length


async def test_limited_data_ends_what_is_longer(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.limit_data", bytes="2KiB")
    received = await call(signed_in, "GET", TASKS)
    assert (len(received.data), received.end) == (2048, "fin")
    assert (await signed_in.send("GET", "/api/auth/me")).json["user"]
    await heals(signed_in)


async def test_refused_calls_are_reset_for_a_while(signed_in: Client, breaks: Break) -> None:
    await breaks("conn.refuse", **{"for": "10s"})
    preflight = {"Origin": "http://localhost:3000", "Access_Control_Request_Method": "GET"}
    for _ in range(2):
        assert (await call(signed_in, "GET", TASKS)).end == "rst"
    assert (await call(signed_in, "OPTIONS", TASKS, **preflight)).end == "rst"
    assert (await call(signed_in, "GET", "/_devkit/api/journal")).head.startswith(b"HTTP/1.1")
    signed_in.sandbox.clock.advance(10_000)
    assert (await call(signed_in, "GET", TASKS)).head.startswith(b"HTTP/1.1 200")
    assert (await call(signed_in, "OPTIONS", TASKS, **preflight)).head.startswith(b"HTTP/1.1 204")
    await breaks("conn.refuse", **{"for": "10s"})
    assert (await call(signed_in, "GET", TASKS)).end == "rst"
    await heals(signed_in)


async def test_a_file_is_broken_off_too(signed_in: Client, breaks: Break) -> None:
    upload = (await signed_in.send("GET", "/api/uploads")).json["data"][0]
    await breaks("conn.reset", at="body", match={"operation": "uploads.content"})
    received = await call(signed_in, "GET", f"/api/uploads/{upload['id']}/content")
    assert (len(received.body), received.end) == (upload["size"] // 2, "rst")


async def test_wire_faults_add_up(signed_in: Client) -> None:
    await signed_in.sandbox.engine.use(
        scenario(
            {"fault": {"type": "conn.dribble", "chunks": 2, "duration": "200ms"}},
            {"fault": {"type": "conn.truncate", "fraction": 0.75}},
        )
    )
    began = time.perf_counter()
    received = await call(signed_in, "GET", TASKS)
    assert (len(received.body), received.end) == (int(received.promised * 0.75), "fin")
    assert time.perf_counter() - began >= 0.2
