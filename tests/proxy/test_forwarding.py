"""Requests are handed on to a real backend as they came, and so are its answers (RFC 9110, section 7.6)."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import Client, StartServer
from tests.proxy.backend import Backend, backend


@pytest.fixture
async def real() -> AsyncIterator[Backend]:
    async with backend() as found:
        yield found


@pytest.fixture
async def proxy(start: StartServer, real: Backend) -> AsyncIterator[Client]:
    async with start(upstream=real.url) as client:
        yield client


async def raw(client: Client, sent: bytes) -> bytes:
    """All that comes back on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.ready.port)
    writer.write(sent)
    try:
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


async def entry(client: Client) -> dict[str, Any]:
    """The newest entry of the journal."""
    found: dict[str, Any] = (await client.send("GET", "/_devkit/api/journal")).json["data"][0]
    return found


async def test_a_request_reaches_it_as_it_was_written(proxy: Client, real: Backend) -> None:
    sent = (
        b"PUT /a%2Fb/?q=1&q=2&devkit_scenario= HTTP/1.1\r\nHost: localhost\r\nx-ODD: 1\r\nX-Odd: 2\r\n"
        b"Cookie: a=1\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-Devkit-Sandbox: main\r\n"
        b"Content-Length: 3\r\n\r\na\xff\x00"
    )
    await raw(proxy, sent)
    method, target, fields, body = real.seen[0]
    assert (method, target, body) == ("PUT", "/a%2Fb/?q=1&q=2", b"a\xff\x00")
    assert [pair for pair in fields if pair[0].lower() == "x-odd"] == [("x-ODD", "1"), ("X-Odd", "2")]
    assert {name.lower() for name, _ in fields} == {"host", "x-odd", "cookie", "content-length", "via"}
    assert real.fields("Host") == [real.url.removeprefix("http://")]


async def test_an_answer_comes_back_as_it_was_written(proxy: Client) -> None:
    head, _, body = (await raw(proxy, b"GET /odd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).partition(
        b"\r\n\r\n"
    )
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 299 Rather Fine"
    assert lines[1:6] == [
        b"x-ONE: 1",
        b"X-One: 2",
        b"Set-Cookie: a=1; Path=/",
        b"set-cookie: b=2",
        b"Content-Length: 4",
    ]
    assert b"X-Devkit-Kept-By: real" in lines
    assert not any(line.lower().startswith((b"keep-alive", b"x-hop", b"date", b"server")) for line in lines)
    assert body == b"\x00\xff\r\n"


async def test_codings_of_content_stay(proxy: Client, real: Backend) -> None:
    async with proxy.http.get("/packed", auto_decompress=False) as response:
        packed = await response.read()
    assert (response.headers["Content-Encoding"], packed[:2]) == ("gzip", b"\x1f\x8b")
    assert real.fields("Accept-Encoding") == [response.request_info.headers["Accept-Encoding"]]


async def test_events_of_a_stream_come_one_by_one(proxy: Client, real: Backend) -> None:
    async with proxy.http.get("/stream") as response:
        assert await asyncio.wait_for(response.content.readuntil(b"\n\n"), 5) == b"data: 1\n\n"
        real.release.set()
        assert await response.content.read() == b"data: 2\n\ndata: [DONE]\n\n"


@pytest.mark.parametrize("path", ["/stream", "/slow"])
async def test_whoever_leaves_is_missed_by_the_backend_too(proxy: Client, real: Backend, path: str) -> None:
    task = asyncio.create_task(raw(proxy, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()))
    while not real.seen:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait_for(real.left.wait(), 10)


async def test_an_answer_that_breaks_off_is_no_whole_one(proxy: Client) -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        await proxy.send("GET", "/broken")
    assert "broke off after 4 bytes" in (await entry(proxy))["note"]


async def test_no_answer_is_no_answer(proxy: Client) -> None:
    """Not a 502: a client that sees the connection end does what it would do in front of the backend itself."""
    assert await raw(proxy, b"POST /mute HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n") == b""
    assert (await entry(proxy))["status"] == 499


async def test_a_body_that_ends_with_the_connection_is_whole(proxy: Client) -> None:
    answer = await proxy.send("GET", "/endless")
    assert (answer.body, answer.headers["Transfer-Encoding"]) == (b"all of it", "chunked")
    old = await raw(proxy, b"GET /endless HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert old.endswith(b"\r\n\r\nall of it")
    assert b"chunked" not in old


async def test_hints_come_before_the_answer(proxy: Client) -> None:
    """RFC 8297."""
    answer = await raw(proxy, b"GET /hints HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n")


async def test_leave_to_send_a_body_is_the_backends_to_give(proxy: Client, real: Backend) -> None:
    """RFC 9110, section 10.1.1."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.ready.port)
    writer.write(b"POST /orders HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"{}")
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), 10)).startswith(b"HTTP/1.1 201")
    writer.write(b"POST /refuse HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    writer.close()
    assert real.fields("Expect") == ["100-continue"]


async def test_a_refusal_need_not_wait_for_the_body(proxy: Client) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.ready.port)
    writer.write(b"POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000)
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), 10)) == b"HTTP/1.1 413 Request Entity Too Large\r\n"
    writer.close()


async def test_a_body_in_chunks_stays_in_chunks(proxy: Client, real: Backend) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"title"'
        yield b': "x"}'

    answer = await proxy.send("POST", "/orders", data=pieces(), headers={"Content-Type": "application/json"})
    assert answer.status == 201
    assert (real.seen[0][3], real.fields("Transfer-Encoding")) == (b'{"title": "x"}', ["chunked"])


async def test_addresses_of_the_backend_become_ours(proxy: Client, real: Backend) -> None:
    moved = await proxy.send("GET", "/moved", allow_redirects=False)
    assert moved.headers["Location"] == f"{proxy.url}/orders?page=2"
    made = await proxy.send("POST", "/orders", json={"title": "x"}, headers={"Origin": proxy.url})
    assert made.headers["Location"] == f"{proxy.url}/orders/31"
    assert real.fields("Origin") == [real.url]


async def test_its_cookies_are_kept_by_a_browser_at_our_address(proxy: Client) -> None:
    answer = await proxy.send("POST", "/login", json={"email": "a@b.test"})
    # A client that is no browser sends no Secure cookie over http (RFC 6265, section 5.4).
    assert answer.set_cookies == ["sid=s-1; Path=/; HttpOnly"]
    assert any("Domain" in change for change in (await entry(proxy))["leg"]["changes"])
    browser = await proxy.send("POST", "/login", json={"email": "a@b.test"}, headers={"User-Agent": "Mozilla/5.0"})
    assert browser.set_cookies == ["sid=s-1; Path=/; HttpOnly; Secure; SameSite=None"]


async def test_devkit_tells_browsers_who_may_call(proxy: Client, real: Backend) -> None:
    page = {"Origin": "http://localhost:5173"}
    asked = await proxy.send("OPTIONS", "/orders", headers=page | {"Access-Control-Request-Method": "POST"})
    assert (asked.status, asked.headers["Access-Control-Allow-Origin"], real.seen) == (204, page["Origin"], [])
    answer = await proxy.send("GET", "/orders", headers=page)
    assert answer.headers["Access-Control-Allow-Origin"] == page["Origin"]
    assert "Origin" in answer.headers["Vary"]


async def test_or_the_backend_does(start: StartServer, real: Backend) -> None:
    async with start(upstream=real.url, proxy_cors="passthrough") as client:
        page = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}
        asked = await client.send("OPTIONS", "/orders", headers=page)
        answer = await client.send("GET", "/orders", headers=page)
    assert [call[0] for call in real.seen] == ["OPTIONS", "GET"]
    assert not [name for name in (*asked.headers, *answer.headers) if name.lower().startswith("access-control-")]


async def test_a_backend_that_is_down_is_a_502_that_says_so(start: StartServer, real: Backend) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with start(upstream=f"http://127.0.0.1:{port}") as client:
        first, second = await client.send("GET", "/x"), await client.send("GET", "/x")
    assert first.status == second.status == 502
    assert f"The real backend at http://127.0.0.1:{port} takes no connections (since 20" in first.json["detail"]
    assert first.json["detail"] == second.json["detail"]


async def test_what_is_no_http_is_a_502(proxy: Client) -> None:
    answer = await proxy.send("GET", "/gibberish")
    assert (answer.status, "no HTTP/1.1" in answer.json["detail"]) == (502, True)


async def test_a_loop_is_seen(proxy: Client, real: Backend) -> None:
    await proxy.send("GET", "/orders")
    answer = await proxy.send("GET", "/orders", headers={"Via": real.fields("Via")[0]})
    assert answer.status == 508


async def test_operations_are_learned_and_faults_find_them(proxy: Client) -> None:
    for path in ("/orders?page=1", "/orders/3", "/orders/4"):
        await proxy.send("GET", path)
    await proxy.send("POST", "/orders", json={"title": "x"})
    async with asyncio.timeout(10):
        # What was learned is taken in beside the calls.
        while not {"orders.list", "orders.get", "orders.create"} <= {
            one.id for one in proxy.sandbox.contract.operations
        }:
            await asyncio.sleep(0.01)
    await proxy.send("GET", "/orders/5")
    assert (await entry(proxy))["operation"] == "orders.get"
    await proxy.send("POST", "/_devkit/api/scenarios/server-errors/use", json={})
    assert (await proxy.send("GET", "/orders/5")).status >= 500


async def test_each_operation_may_be_kept_by_another(start: StartServer, real: Backend) -> None:
    keep = (("tasks.*", "mock"), ("auth.*", "mock"), ("uploads.list", "fallback"))
    async with start(upstream=real.url, contract=("agreed",), keep=keep) as client:
        await client.sign_in()
        ours, theirs = await client.send("GET", "/api/tasks"), await client.send("GET", "/orders")
        fallback = await client.send("GET", "/api/uploads")
        missing = await client.send("GET", "/api/notifications")
    kept = [answer.headers["X-Devkit-Kept-By"] for answer in (ours, theirs, fallback, missing)]
    assert kept == ["mock", "real", "mock", "real"]
    assert (ours.status, theirs.status, fallback.status, missing.status) == (200, 200, 200, 404)


async def test_a_fallback_reads_what_the_backend_was_sent(start: StartServer, real: Backend) -> None:
    async with start(upstream=real.url, contract=("agreed",), keep=(("auth.*", "mock"), ("*", "fallback"))) as client:
        await client.sign_in()
        made = await client.send("POST", "/api/tasks", json={"title": "Both saw it"})
    assert (made.status, made.json["title"]) == (201, "Both saw it")
    assert json.loads(real.seen[-1][3]) == {"title": "Both saw it"}


async def test_a_thousand_fields_and_a_huge_cookie_pass(proxy: Client, real: Backend) -> None:
    headers = {f"X-Field-{number}": "v" for number in range(90)} | {"Cookie": f"big={'x' * 12_000}"}
    assert (await proxy.send("GET", "/orders", headers=headers)).status == 200
    assert len(real.fields("Cookie")[0]) == 12_004
