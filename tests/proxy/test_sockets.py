"""WebSockets of a real backend, through devkit: as they are, and struck by scenarios (RFC 6455)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from devkit.journal import SocketEntry
from devkit.upstream.sockets import frame
from tests.conftest import Client, StartServer
from tests.faults.conftest import scenario
from tests.proxy.sockets import (
    MASK,
    RawBackend,
    asked,
    asks,
    closes,
    fronting,
    opened,
    raw_backend,
    said,
)


@pytest.fixture
async def real() -> AsyncIterator[RawBackend]:
    async with raw_backend() as found:
        yield found


@pytest.fixture
async def proxy(start: StartServer, real: RawBackend) -> AsyncIterator[Client]:
    async with fronting(start, real.url) as client:
        yield client


async def strike(client: Client, kind: str, match: dict[str, Any] | None = None, **parameters: Any) -> None:
    rule = {"fault": {"type": kind, **parameters}} | ({"match": match} if match else {})
    await client.sandbox.engine.use(scenario(rule))


async def heal(client: Client) -> None:
    await client.sandbox.engine.off("broken")


def entries(client: Client) -> list[tuple[str, Any]]:
    """What the journal tells of sockets: direction, and the frame or the code."""
    found = [entry for entry in client.sandbox.journal if isinstance(entry, SocketEntry)]
    return [(entry.direction, entry.code if entry.frame is None else entry.frame) for entry in found]


async def ended(client: Client) -> None:
    """Return when no socket is open."""
    async with asyncio.timeout(15):
        while client.sandbox.hub.subscribers():
            await asyncio.sleep(0.005)


async def test_a_handshake_reaches_the_backend_as_it_was_asked_but_for_extensions(
    proxy: Client, real: RawBackend
) -> None:
    near = await asked(
        proxy,
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        "Sec-WebSocket-Protocol: graphql-transport-ws, chat",
        "Origin: http://localhost:5173",
        "Cookie: sid=1",
        "X-Devkit-Sandbox: main",
        target="/live?token=t&devkit_sandbox=main",
    )
    far = await real.next()
    first, *fields = await far.head()
    assert first == "GET /live?token=t HTTP/1.1"
    named = dict(field.split(": ", 1) for field in fields)
    assert named.pop("Via").startswith("1.1 devkit-")
    assert named == {
        "Host": real.url.removeprefix("http://"),
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "graphql-transport-ws, chat",
        "Origin": real.url,
        "Cookie": "sid=1",
    }
    near.close()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await far.head()


async def test_an_agreement_comes_back_as_it_was_given(proxy: Client, real: RawBackend) -> None:
    near = await asked(proxy)
    far = await real.next()
    await far.head()
    far.write(
        b"HTTP/1.1 101 Let's Talk\r\nupgrade: WebSocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: x\r\n"
        b"Sec-WebSocket-Protocol: chat\r\nSet-Cookie: a=1; Domain=shop.test\r\n\r\n" + said("at once")
    )
    assert await near.head() == [
        "HTTP/1.1 101 Let's Talk",
        "upgrade: WebSocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: x",
        "Sec-WebSocket-Protocol: chat",
        "Set-Cookie: a=1",
        "X-Devkit-Kept-By: real",
    ]
    assert await near.text() == "at once"
    (entry, *_) = [entry for entry in proxy.sandbox.journal if isinstance(entry, SocketEntry)]
    assert (entry.direction, entry.note) == (
        "open",
        "kept by the real backend; cookie a: without Domain=shop.test, for which browsers refuse it from 127.0.0.1"
        " itself",
    )


async def test_bytes_pass_as_they_are_in_both_directions(proxy: Client, real: RawBackend) -> None:
    """Fragments, pings between them, empty messages, text that is not UTF-8, frames that nobody knows: each is for the
    other end to judge.
    """
    near, far = await opened(proxy, real)
    sent = b"\x01\x03abc\x89\x02hi\x00\x00\x80\x01d\x82\x00\x8a\x00\x81\x02\xff\xfe\xf3\x01x" + frame(
        "binary", b"x" * 70_000
    )
    far.write(sent)
    assert await near.bytes(len(sent)) == sent
    back = asks("hello") + frame("ping", b"?", MASK) + frame("binary", b"y" * 70_000, MASK) + b"\x81\x00"
    near.write(back)
    assert await far.bytes(len(back)) == back


async def test_what_passes_is_in_the_journal(proxy: Client, real: RawBackend) -> None:
    near, far = await opened(proxy, real)
    far.write(said('{"type": "hello", "token": "s3cr3t"}') + frame("ping", b"") + frame("binary", b"x" * 9))
    assert await near.text()
    near.write(asks("x" * 10_000))
    await far.message()
    far.write(closes(4001, "bye"))
    assert [(await near.message()).kind for _ in range(3)] == ["ping", "binary", "close"]
    near.write(closes(4001, "bye", MASK))
    assert (await far.message()).code == 4001
    far.close()
    await ended(proxy)
    assert entries(proxy) == [
        ("open", None),
        ("out", '{"type": "hello", "token": "***"}'),
        ("out", "(9 bytes, binary)"),
        ("in", "x" * 2048 + "…[10000 bytes]"),
        ("close", 4001),
    ]


@pytest.mark.parametrize("first", ["client", "backend"])
async def test_close_codes_and_reasons_are_those_that_were_sent(proxy: Client, real: RawBackend, first: str) -> None:
    near, far = await opened(proxy, real)
    if first == "backend":
        far.write(closes(1013, "later"))
        found = await near.message()
        near.write(closes(1013, "", MASK))
        other = await far.message()
    else:
        near.write(closes(3999, "enough", MASK))
        found = await far.message()
        far.write(closes(3999))
        other = await near.message()
    assert (found.code, found.reason) in {(1013, "later"), (3999, "enough")}
    assert (other.code, other.reason) in {(1013, ""), (3999, "")}
    far.close()
    assert await near.rest() == b""


async def test_a_goodbye_arrives_though_the_backend_has_not_heard_all(proxy: Client, real: RawBackend) -> None:
    """As `ws` ends where a message is too big (1009): with the rest of that unread, which its system calls a reset."""
    near, far = await opened(proxy, real)
    near.write(b"\x82\xff" + (1 << 24).to_bytes(8, "big") + MASK + bytes(1 << 20))
    await far.bytes(64)
    far.write(closes(1009, "too big"))
    await asyncio.sleep(0.05)
    far.reset()
    near.write(bytes(1 << 20))
    assert await near.rest() == closes(1009, "too big")
    near.close()
    await ended(proxy)
    assert entries(proxy)[-1] == ("close", 1009)


async def test_a_backend_that_vanishes_is_no_good_end(proxy: Client, real: RawBackend) -> None:
    """No close frame is made up: to the client it is 1006 (section 7.1.5)."""
    near, far = await opened(proxy, real)
    far.write(said("last words"))
    far.close()
    assert await near.rest() == said("last words")
    await ended(proxy)
    assert entries(proxy)[-1] == ("close", 1006)


async def test_a_backend_that_resets_is_a_reset(proxy: Client, real: RawBackend) -> None:
    near, far = await opened(proxy, real)
    far.write(said("a"))
    assert await near.text() == "a"
    far.reset()
    with pytest.raises(ConnectionResetError):
        await near.rest()


async def test_a_client_that_vanishes_is_gone_for_the_backend_too(proxy: Client, real: RawBackend) -> None:
    near, far = await opened(proxy, real)
    near.write(asks("last words"))
    near.close()
    assert await far.text() == "last words"
    with pytest.raises(ConnectionResetError):
        await far.message()
    await ended(proxy)


async def test_a_refused_handshake_is_passed_as_it_is(proxy: Client, real: RawBackend) -> None:
    near = await asked(proxy)
    far = await real.next()
    await far.head()
    far.write(b"HTTP/1.1 401 Who?\r\nX-Why: no token\r\nSet-Cookie: a=1\r\nContent-Length: 7\r\n\r\nsign in")
    first, *fields = await near.head()
    assert first == "HTTP/1.1 401 Who?"
    assert {"X-Why: no token", "Set-Cookie: a=1", "Content-Length: 7", "X-Devkit-Kept-By: real"} <= set(fields)
    assert await near.bytes(7) == b"sign in"
    (entry,) = [entry for entry in proxy.sandbox.journal if isinstance(entry, SocketEntry)]
    assert (entry.direction, entry.code, entry.note) == ("refused", 401, "refused by the real backend")
    # The connection is good for more, as the client's are.
    near.write(b"GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (await far.head())[0] == "GET /next HTTP/1.1"


async def test_a_backend_without_an_answer_is_told(proxy: Client, real: RawBackend) -> None:
    near = await asked(proxy)
    (await real.next()).reset()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await near.head()
    assert entries(proxy)[-1] == ("refused", None)


async def test_a_backend_that_is_not_there_is_502(start: StartServer) -> None:
    async with raw_backend() as gone:
        url = gone.url
    async with fronting(start, url) as client:
        first, *_ = await (await asked(client)).head()
        assert first.startswith("HTTP/1.1 502 ")
        assert entries(client)[-1] == ("refused", 502)


async def test_a_page_of_a_foreign_origin_is_refused_before_the_backend_hears_of_it(
    proxy: Client, real: RawBackend
) -> None:
    """Section 10.2. CORS does not reach so far: nothing else keeps such a page out."""
    near = await asked(proxy, "Origin: https://evil.test")
    assert (await near.head())[0].startswith("HTTP/1.1 403 ")
    assert real.came.empty()


async def test_where_cors_passes_through_the_backend_judges_origins(start: StartServer, real: RawBackend) -> None:
    async with fronting(start, real.url, proxy_cors="passthrough") as client:
        await asked(client, "Origin: https://evil.test")
        assert "Origin: https://evil.test" in await (await real.next()).head()


async def test_what_is_no_websocket_passes_unread(proxy: Client, real: RawBackend) -> None:
    asks_other = ("Host: localhost", "Connection: Upgrade", "Upgrade: tus-ng/2")
    near = await asked(proxy, asks=asks_other)
    far = await real.next()
    assert {"Upgrade: tus-ng/2", "Connection: Upgrade"} <= set(await far.head())
    far.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tus-ng/2\r\n\r\nhello \x00")
    await near.head()
    assert await near.bytes(7) == b"hello \x00"
    near.write(b"GET / HTTP/1.1\r\n\r\n")
    assert await far.bytes(18) == b"GET / HTTP/1.1\r\n\r\n"
    far.close()
    assert await near.rest() == b""


async def test_http_2_is_not_spoken_on_the_way(proxy: Client, real: RawBackend) -> None:
    asks_http_2 = ("Host: localhost", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAM")
    await asked(proxy, asks=asks_http_2)
    fields = await (await real.next()).head()
    assert not [field for field in fields if field.lower().startswith(("upgrade", "http2", "connection"))]


async def test_sockets_may_be_left_to_the_mock(start: StartServer, real: RawBackend) -> None:
    async with fronting(start, real.url, contract=("agreed",), keep=(("*", "mock"),)) as client:
        near = await asked(client, target="/ws")
        assert (await near.head())[0].startswith("HTTP/1.1 101 ")
        assert real.came.empty()


async def test_a_socket_that_the_backend_has_not_may_fall_back_to_the_mock(
    start: StartServer, real: RawBackend
) -> None:
    async with fronting(start, real.url, contract=("agreed",), keep=(("*", "fallback"),)) as client:
        near = await asked(client, target="/ws")
        far = await real.next()
        await far.head()
        far.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        assert (await near.head())[0].startswith("HTTP/1.1 101 ")


async def test_a_slow_reader_slows_the_other_end(proxy: Client, real: RawBackend) -> None:
    """Nothing is piled up: whoever does not read stops whoever writes."""
    near, far = await opened(proxy, real)
    piece, count = frame("binary", b"x" * 60_000), 2_000
    far.writer.transport.set_write_buffer_limits(0)

    async def write() -> None:
        for _ in range(count):
            far.write(piece)
            await far.writer.drain()

    writing = asyncio.create_task(write())
    (connection,) = proxy.app.sandboxes.main.sockets._live
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(writing), 1)
    assert connection._client.transport.get_write_buffer_size() < 2_000_000
    total = 0
    async with asyncio.timeout(60):
        while total < count * len(piece):
            total += len(await near.reader.read(1 << 20))
        await writing


# Faults


async def test_a_message_is_lost_by_what_it_says_it_is(proxy: Client, real: RawBackend) -> None:
    near, far = await opened(proxy, real)
    await strike(proxy, "ws.msg_drop", {"event": "order.*"})
    far.write(said('{"type":"order.made"}') + said('{"type":"price"}') + said('{"event":"order.sent"}') + said("plain"))
    assert await near.text() == '{"type":"price"}'
    assert await near.text() == "plain"
    assert [found for found in entries(proxy) if found[0] == "lost"] == [
        ("lost", '{"type":"order.made"}'),
        ("lost", '{"event":"order.sent"}'),
    ]
    await heal(proxy)
    far.write(said('{"type":"order.made"}'))
    assert await near.text() == '{"type":"order.made"}'


async def test_what_no_fault_changes_keeps_its_fragments_while_a_scenario_is_on(
    proxy: Client, real: RawBackend
) -> None:
    near, far = await opened(proxy, real)
    await strike(proxy, "ws.msg_drop", {"event": "never"})
    sent = b"\x01\x03abc" + b"\x80\x01d" + frame("ping", b"?") + b"\x81\x02\xff\xfe" + frame("binary", b"\x00\x01")
    far.write(sent)
    assert await near.bytes(len(sent)) == sent


@pytest.mark.parametrize(
    ("kind", "parameters", "made"),
    [
        ("ws.msg_duplicate", {}, [said('{"type":"a","n":1}')] * 2),
        ("ws.msg_malformed", {}, [said('{"type":"a",')]),
        ("ws.rename", {"to": "b"}, [said('{"type":"b","n":1}')]),
        ("ws.binary", {}, [frame("binary", b'{"type":"a","n":1}')]),
        ("ws.fragment", {"size": 10}, [b'\x01\x0a{"type":"a', b'\x80\x08","n":1}']),
        ("ws.stale_replay", {}, [said('{"type":"a","n":1}')]),
        ("ws.msg_delay", {"delay": "20ms"}, [said('{"type":"a","n":1}')]),
        ("ws.slow", {"kbps": 64}, [said('{"type":"a","n":1}')]),
    ],
)
async def test_kinds_of_frames_act_on_the_backends(
    proxy: Client, real: RawBackend, kind: str, parameters: dict[str, Any], made: list[bytes]
) -> None:
    near, far = await opened(proxy, real)
    await strike(proxy, kind, **parameters)
    far.write(said('{"type":"a","n":1}'))
    sent = b"".join(made)
    assert await near.bytes(len(sent)) == sent


@pytest.mark.parametrize(
    ("told", "copies"),
    [
        ('{"type":"a","id":7}', ['{"type":"a","id":8}', '{"type":"a","id":9}']),
        ('{"type":"a","id":"x"}', ['{"type":"a","id":"x"}'] * 2),
        ("plain", ["plain"] * 2),
    ],
)
async def test_a_burst_counts_on_from_the_backends_own_ids(
    proxy: Client, real: RawBackend, told: str, copies: list[str]
) -> None:
    near, far = await opened(proxy, real)
    await strike(proxy, "ws.burst", count=2)
    far.write(said(told))
    assert [await near.text() for _ in range(3)] == [told, *copies]


async def test_a_gap_in_ids_needs_the_mock(proxy: Client, real: RawBackend) -> None:
    """Forced, it does nothing."""
    near, far = await opened(proxy, real)
    await strike(proxy, "ws.gap", count=5)
    far.write(said('{"type":"a","id":7}') + said("plain"))
    assert [await near.text(), await near.text()] == ['{"type":"a","id":7}', "plain"]
    await heal(proxy)
    draft = {"name": "gap", "title": "A gap", "rules": [{"id": "one", "fault": {"type": "ws.gap", "count": 5}}]}
    refused = await proxy.send("POST", "/_devkit/api/scenarios/try", json={"scenario": draft})
    assert refused.json["error"] == "needs_mock"
    assert "ids of the real backend's messages are its own" in refused.json["message"]


async def test_a_session_that_runs_out_closes_the_backends_socket_too(proxy: Client, real: RawBackend) -> None:
    near, far = await opened(proxy, real, "Authorization: Bearer t-1")
    await strike(proxy, "ws.auth_expired", code=4401)
    assert (await near.message()).code == 4401
    near.write(closes(4401, "", MASK))
    assert (await far.message()).code == 4401
    await asked(proxy, "Authorization: Bearer t-1")
    assert not [field for field in await (await real.next()).head() if field.startswith("Authorization")]


async def test_the_backends_close_comes_behind_what_faults_hold_up(proxy: Client, real: RawBackend) -> None:
    near, far = await opened(proxy, real)
    await strike(proxy, "ws.slow", kbps=8)
    far.write(said("x" * 100) * 3 + closes(4000, "done"))
    assert [(await near.message()).kind for _ in range(4)] == ["text", "text", "text", "close"]
    far.close()
    assert await near.rest() == b""
    assert entries(proxy)[-1] == ("close", 4000)


async def test_a_burst_beyond_the_queue_waits_at_the_backend(proxy: Client, real: RawBackend) -> None:
    near, far = await opened(proxy, real)
    await strike(proxy, "ws.msg_drop", {"event": "never"})
    sent = b"".join(said(str(number)) for number in range(5_000))
    far.write(sent)
    assert await near.bytes(len(sent)) == sent
    assert proxy.sandbox.hub.subscribers()[0].ending is None


async def test_a_scenario_closes_with_its_code_and_the_backend_hears_it(proxy: Client, real: RawBackend) -> None:
    near, far = await opened(proxy, real)
    await strike(proxy, "ws.close", code=1012, reason="Restarting")
    found = await near.message()
    assert (found.code, found.reason) == (1012, "Restarting")
    near.write(asks("not heard any more") + closes(1012, "", MASK))
    assert (await far.message()).code == 1012
    with pytest.raises(ConnectionResetError):
        await far.message()


async def test_a_scenario_drops_both_ends(proxy: Client, real: RawBackend) -> None:
    near, far = await opened(proxy, real)
    await strike(proxy, "ws.drop")
    assert await near.rest() == b""
    with pytest.raises(ConnectionResetError):
        await far.message()
    assert entries(proxy)[-1] == ("close", 1006)


async def test_a_half_open_socket_holds_both_directions_until_it_is_over(proxy: Client, real: RawBackend) -> None:
    near, far = await opened(proxy, real)
    await strike(proxy, "ws.half_open")
    far.write(said("late"))
    near.write(asks("late too"))
    for end in (near, far):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(end.reader.read(1), 0.1)
    await heal(proxy)
    assert await near.text() == "late"
    assert await far.text() == "late too"
    far.write(said("again"))
    assert await near.text() == "again"


async def test_a_ping_is_not_answered(proxy: Client, real: RawBackend) -> None:
    near, far = await opened(proxy, real)
    await strike(proxy, "ws.no_pong")
    near.write(frame("ping", b"1", MASK))
    assert (await far.message()).kind == "ping"
    far.write(frame("pong", b"1") + said('{"type": "pong"}') + said('{"type": "other"}'))
    assert await near.text() == '{"type": "other"}'


async def test_a_handshake_is_refused_by_a_scenario_before_the_backend_hears_of_it(
    proxy: Client, real: RawBackend
) -> None:
    await strike(proxy, "ws.reject", status=503)
    assert (await (await asked(proxy)).head())[0].startswith("HTTP/1.1 503 ")
    assert real.came.empty()


async def test_a_scenario_selects_another_subprotocol(proxy: Client, real: RawBackend) -> None:
    await strike(proxy, "ws.subprotocol_mismatch", value="v2")
    near = await asked(proxy, "Sec-WebSocket-Protocol: chat")
    far = await real.next()
    await far.head()
    far.write(b"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: chat\r\n\r\n")
    fields = await near.head()
    assert [field for field in fields if field.startswith("Sec-WebSocket-Protocol")] == ["Sec-WebSocket-Protocol: v2"]


async def test_a_server_that_stops_says_so_to_both(start: StartServer, real: RawBackend) -> None:
    async with start(upstream=real.url) as client:
        near, far = await opened(client, real)

        async def leave() -> tuple[int, int]:
            code = (await near.message()).code
            near.write(closes(code, "", MASK))
            return code, (await far.message()).code

        leaving = asyncio.create_task(leave())
    assert await leaving == (1001, 1001)


# Real servers


@pytest.fixture
async def echoing() -> AsyncIterator[str]:
    """aiohttp's own server, which agrees on compression where it is offered."""

    async def echo(request: web.BaseRequest) -> web.StreamResponse:
        ws: web.WebSocketResponse = web.WebSocketResponse(protocols=("chat",), autoping=True)
        await ws.prepare(request)
        await ws.send_json({"compressed": bool(ws.compress)})
        async for message in ws:
            if message.type is WSMsgType.BINARY:
                await ws.send_bytes(message.data)
            else:
                await ws.send_str(message.data)
        return ws

    runner = web.ServerRunner(web.Server(echo))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_libraries_talk_through_it(start: StartServer, echoing: str) -> None:
    async with start(upstream=echoing) as client:
        async with client.http.ws_connect("/live", protocols=("other", "chat"), compress=15, heartbeat=0.05) as ws:
            assert (ws.protocol, ws.compress) == ("chat", 0)
            assert await ws.receive_json(timeout=10) == {"compressed": False}
            for size in (0, 1, 126, 70_000):
                await ws.send_bytes(b"x" * size)
                assert len(await ws.receive_bytes(timeout=10)) == size
            await ws.send_str(json.dumps({"type": "hi"}))
            await asyncio.sleep(0.15)
            assert await ws.receive_json(timeout=10) == {"type": "hi"}
            await ws.close(code=4002, message=b"done")
            # Which aiohttp's server answers with, whatever it heard.
            assert ws.close_code == 1000


@pytest.mark.parametrize(
    ("target", "more", "arrives"),
    [
        ("/live?token=t-1&room=3", (), ("/live?room=3", [])),
        ("/live?access%5Ftoken=t%2D1", (), ("/live", [])),
        ("/live?room=3", ("Sec-WebSocket-Protocol: bearer, t-1",), ("/live?room=3", ["bearer"])),
    ],
)
async def test_a_token_that_has_ended_is_left_out_wherever_a_socket_can_bring_it(
    proxy: Client, real: RawBackend, target: str, more: tuple[str, ...], arrives: tuple[str, list[str]]
) -> None:
    """A browser's WebSocket has no header field of the page's own (WHATWG WebSockets, section 3.1)."""
    proxy.sandbox.levers.withheld.end(["t-1"])
    await asked(proxy, *more, target=target)
    line, *fields = await (await real.next()).head()
    named = [field.partition(": ")[2] for field in fields if field.lower().startswith("sec-websocket-protocol")]
    assert (line.split(" ")[1], named) == arrives
