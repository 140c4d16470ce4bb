from __future__ import annotations

import asyncio
import json
import logging
import socket as sockets_of_the_system
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import WSMsgType, web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devkit.contract.entities import Health, Principal, User
from devkit.contract.errors import DomainError
from devkit.contract.events import ModelUpdate, Notification, UploadProgress
from devkit.contract.shipped import CONTRACT
from devkit.dialects.frames import EVENT_SOCKET
from devkit.dialects.sockets import enveloped
from devkit.effects import Clock, Randomness, isoformat
from devkit.excerpts import FRAME_KEPT, parted
from devkit.journal import Journal, SocketEntry
from devkit.realtime.hub import Event, Hub
from devkit.server.sockets.messages import Voice
from devkit.server.sockets.roster import Sockets
from devkit.server.sockets.session import FRAME_CEILING, SocketSession, serve_socket
from tests.contract.wire import opened

NOW = "2026-01-20T10:00:00.000Z"
ADA = Principal(User("ada", "ada@example.com", "Ada", "L", True, "user", 0), session_id="s-ada")
BOB = Principal(User("bob", "bob@example.com", "Bob", "B", True, "user", 0), session_id="s-bob")
PRINCIPALS = {"ada": ADA, "bob": BOB}


def spell(event: Event, topic: str, voice: Voice) -> str:
    head = {"id": event.id, "type": event.type, "topic": topic, "timestamp": isoformat(event.at)}
    return json.dumps(enveloped({**head, **asdict(event.payload)}, EVENT_SOCKET))  # type: ignore[call-overload]


def may_hear(principal: Principal, topic: str) -> bool:
    if topic == "model:crash":
        raise RuntimeError("a bug")
    if topic == "model:down":
        raise DomainError("service_unavailable")
    return topic in {*CONTRACT.topics, f"upload:{principal.user_id}-1", "model:llama2"}


class Rig:
    """A server of its own on a free port, with one sandbox's sockets at every path."""

    def __init__(
        self, *, heartbeat: int = 60_000, grace: float = 0.3, patience: float = 20, queue_limit: int = 1_000
    ) -> None:
        self.clock = Clock()
        self.clock.freeze(1_768_903_200_000)
        self.journal = Journal(100_000)
        self.hub = Hub(self.clock, CONTRACT.events, queue_limit=queue_limit)
        self.spelt = 0
        self.spell: Callable[[Event, str, Voice], str] = spell
        self.sockets = Sockets(
            hub=self.hub,
            clock=self.clock,
            journal=self.journal,
            sandbox="main",
            ids=Randomness(1).uuid,
            may_hear=may_hear,
            spell=self._spell,
            health=self._health,
            heartbeat=heartbeat,
            grace=grace,
            patience=patience,
        )
        self.port = 0
        self.client: aiohttp.ClientSession

    def _spell(self, event: Event, topic: str, voice: Voice) -> str:
        self.spelt += 1
        return self.spell(event, topic, voice)

    async def _health(self) -> Health:
        return Health("healthy", "1", self.clock.now())

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        def authenticate() -> Principal:
            token = request.query.get("token")
            if token is None:
                raise DomainError("unauthorized")
            if token not in PRINCIPALS:
                raise DomainError(token)
            return PRINCIPALS[token]

        try:
            return await serve_socket(request, SocketSession(sockets=self.sockets, authenticate=authenticate))
        except DomainError as error:
            return web.json_response({"error": error.code}, status=error.kind.status)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Rig]:
        before = asyncio.all_tasks()
        runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as self.client:
                try:
                    yield self
                finally:
                    await self.sockets.close(1.0)
        finally:
            await runner.cleanup()
        assert len(self.sockets) == 0
        assert self.hub.subscribers() == []
        for _ in range(20):
            left = asyncio.all_tasks() - before - {asyncio.current_task()}
            if not left:
                break
            await asyncio.sleep(0.01)
        assert not left

    async def open(self, who: str | None = "ada", *topics: str, **options: Any) -> aiohttp.ClientWebSocketResponse:
        query = "" if who is None else f"?token={who}"
        ws: aiohttp.ClientWebSocketResponse = await self.client.ws_connect(
            f"http://127.0.0.1:{self.port}/ws{query}", timeout=CLOSE, **options
        )
        if topics:
            await hear(ws)
            await ws.send_json({"type": "subscribe", "topics": topics})
            assert (await hear(ws))["status"] == "subscribed"
        return ws

    async def open_raw(self, *, receive_buffer: int | None = None) -> sockets_of_the_system.socket:
        """A handshake by hand, on a socket that reads only when told to."""
        raw = sockets_of_the_system.socket()
        if receive_buffer is not None:
            raw.setsockopt(sockets_of_the_system.SOL_SOCKET, sockets_of_the_system.SO_RCVBUF, receive_buffer)
        raw.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(raw, ("127.0.0.1", self.port))
        await loop.sock_sendall(
            raw,
            b"GET /ws?token=ada HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )
        assert b"101" in await loop.sock_recv(raw, 4096)
        return raw

    def entries(self) -> list[SocketEntry]:
        return [entry for entry in self.journal if isinstance(entry, SocketEntry)]

    def note(self, text: str = "hello", user_id: str = "ada") -> Event:
        return self.hub.publish("notification", Notification("test", text), user_id=user_id)


CLOSE = aiohttp.ClientWSTimeout(ws_close=2.0)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with Rig().running() as rig:
        yield rig


async def hear(ws: aiohttp.ClientWebSocketResponse) -> Any:
    return opened(json.loads(await ws.receive_str(timeout=5)))


async def ask(ws: aiohttp.ClientWebSocketResponse, message: object) -> Any:
    await ws.send_str(message if isinstance(message, str) else json.dumps(message))
    return await hear(ws)


async def closing(ws: aiohttp.ClientWebSocketResponse) -> int | None:
    """The code it is closed with; whatever comes before is passed over."""
    while True:
        message = await ws.receive(timeout=5)
        if message.type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR}:
            return ws.close_code


async def eventually(condition: Callable[[], bool], seconds: float = 3) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def masked(opcode: int, payload: bytes) -> bytes:
    """A short client frame, masked with zeros."""
    assert len(payload) < 126
    return bytes([0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0]) + payload


# The table of the protocol


async def test_a_connection_is_greeted(rig: Rig) -> None:
    ws = await rig.open()
    greeting = await hear(ws)
    assert len(greeting.pop("connection_id")) == 36
    assert greeting == {"type": "connection", "status": "connected", "user_id": "ada", "timestamp": NOW}


@pytest.mark.parametrize("code", ["unauthorized", "token_invalid", "token_expired", "token_revoked"])
async def test_a_refusal_is_told_on_the_open_socket_and_closes_with_4401(rig: Rig, code: str) -> None:
    ws = await rig.open(None if code == "unauthorized" else code)
    refusal = await hear(ws)
    assert refusal.pop("message")
    assert refusal == {"type": "error", "error": code}
    assert await closing(ws) == 4401
    await eventually(lambda: [entry.direction for entry in rig.entries()] == ["open", "out", "close"])
    assert rig.entries()[-1].code == 4401


async def test_subscribing_repeats_the_topics_asked_for_and_events_come(rig: Rig) -> None:
    ws = await rig.open()
    await hear(ws)
    topics = ["uploads", "tasks", "upload:ada-1", "tasks"]
    answer = await ask(ws, {"type": "subscribe", "topics": topics})
    assert answer == {"type": "subscription", "status": "subscribed", "topics": topics, "timestamp": NOW}
    rig.hub.publish("upload_progress", UploadProgress("ada-1", 1, 4, 25), user_id="ada")
    assert await hear(ws) == {
        "id": 1,
        "type": "upload_progress",
        "topic": "upload:ada-1",
        "timestamp": NOW,
        "upload_id": "ada-1",
        "received": 1,
        "total": 4,
        "percent": 25,
    }


async def test_after_unsubscribing_no_events_come(rig: Rig) -> None:
    ws = await rig.open("ada", "notifications", "upload:ada-1")
    answer = await ask(ws, {"type": "unsubscribe", "topics": ["notifications", "models"]})
    assert answer == {
        "type": "subscription",
        "status": "unsubscribed",
        "topics": ["notifications", "models"],
        "timestamp": NOW,
    }
    rig.note()
    assert (await ask(ws, {"type": "ping"}))["type"] == "pong"


@pytest.mark.parametrize("topic", ["upload:bob-1", "upload:", "nonsense", "tasks:1", "session:ada-1", "", "😀"])
async def test_a_topic_that_is_not_theirs_is_forbidden_and_nothing_of_the_request_is_done(rig: Rig, topic: str) -> None:
    ws = await rig.open()
    await hear(ws)
    for request in ("subscribe", "unsubscribe"):
        answer = await ask(ws, {"type": request, "topics": ["notifications", topic]})
        assert (answer["type"], answer["error"], answer["timestamp"]) == ("error", "forbidden_topic", NOW)
        assert topic in answer["message"]
    rig.note()
    assert (await ask(ws, {"type": "ping"}))["type"] == "pong"


async def test_a_topic_can_be_given_up_when_its_thing_is_gone(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = await rig.open("ada", "upload:ada-1")
    monkeypatch.setattr(rig.sockets, "may_hear", lambda principal, topic: False)
    answer = await ask(ws, {"type": "unsubscribe", "topics": ["upload:ada-1"]})
    assert answer["status"] == "unsubscribed"


async def test_a_ping_gets_a_pong(rig: Rig) -> None:
    ws = await rig.open()
    await hear(ws)
    assert await ask(ws, {"type": "ping"}) == {"type": "pong", "timestamp": NOW}


async def test_a_protocol_ping_gets_a_protocol_pong_with_its_payload(rig: Rig) -> None:
    ws = await rig.open(autoping=False)
    await hear(ws)
    await ws.ping(b"are you there?")
    message = await ws.receive(timeout=5)
    assert (message.type, message.data) == (WSMsgType.PONG, b"are you there?")


async def test_an_event_reaches_its_user_only_and_is_rendered_once(rig: Rig) -> None:
    mine = [await rig.open("ada", "notifications") for _ in range(3)]
    other = await rig.open("bob", "notifications")
    rig.note("for ada")
    assert [(await hear(ws))["message"] for ws in mine] == ["for ada"] * 3
    assert (await ask(other, {"type": "ping"}))["type"] == "pong"
    assert rig.spelt == 1


async def test_replay_comes_after_the_answer_and_before_what_happens_next(rig: Rig) -> None:
    first, second = rig.note("1"), rig.note("2")
    rig.note("not yours", "bob")
    third = rig.note("3")
    ws = await rig.open()
    await hear(ws)
    answer = await ask(ws, {"type": "subscribe", "topics": ["notifications"], "since": first.id})
    assert answer["type"] == "subscription"
    fourth = rig.note("4")
    assert [(await hear(ws))["id"] for _ in range(3)] == [second.id, third.id, fourth.id]


async def test_a_replay_of_a_full_history_does_not_overflow_the_queue(rig: Rig) -> None:
    for number in range(1_000):
        rig.note(str(number))
    ws = await rig.open()
    await hear(ws)
    await ask(ws, {"type": "subscribe", "topics": ["notifications"], "since": 0})
    rig.note("now")
    assert [(await hear(ws))["id"] for _ in range(1_001)] == list(range(1, 1_002))


@pytest.mark.parametrize("since", [999, 10**30])
async def test_what_cannot_be_replayed_is_a_resync_and_the_subscription_holds(rig: Rig, since: int) -> None:
    ws = await rig.open()
    await hear(ws)
    answer = await ask(ws, {"type": "subscribe", "topics": ["notifications"], "since": since})
    assert answer["status"] == "subscribed"
    assert await hear(ws) == {"type": "resync"}
    rig.note("after")
    assert (await hear(ws))["message"] == "after"


# Bad input


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", "invalid_json"),
        ("hello", "invalid_json"),
        ('{"type": "ping"', "invalid_json"),
        ('{"type": "ping"} x', "invalid_json"),
        ('{"type": "ping", "type": "ping"}', "invalid_json"),
        ('{"type": "ping", "n": NaN}', "invalid_json"),
        ('{"type": "\\ud800"}', "invalid_json"),
        ("[" * 10_000 + "]" * 10_000, "invalid_json"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "invalid_json"),
        ("1" * 5_000, "invalid_json"),
        ("[]", "validation_error"),
        ("null", "validation_error"),
        ('"ping"', "validation_error"),
        ("{}", "unknown_type"),
        ('{"type": null}', "unknown_type"),
        ('{"type": ["ping"]}', "unknown_type"),
        ('{"type": "Ping"}', "unknown_type"),
        ('{"type": "subscribe"}', "validation_error"),
        ('{"type": "subscribe", "topics": "tasks"}', "validation_error"),
        ('{"type": "subscribe", "topics": []}', "validation_error"),
        ('{"type": "subscribe", "topics": [1]}', "validation_error"),
        (json.dumps({"type": "subscribe", "topics": ["tasks"] * 101}), "validation_error"),
        ('{"type": "unsubscribe", "topics": {}}', "validation_error"),
        ('{"type": "subscribe", "topics": ["tasks"], "since": -1}', "validation_error"),
        ('{"type": "subscribe", "topics": ["tasks"], "since": true}', "validation_error"),
        ('{"type": "subscribe", "topics": ["tasks"], "since": 1.0}', "validation_error"),
        ('{"type": "subscribe", "topics": ["tasks"], "since": "1"}', "validation_error"),
        ('{"type": "subscribe", "topics": ["model:down"]}', "service_unavailable"),
        ('{"type": "' + "ping" * 400_000 + '"}', "message_too_large"),
    ],
    ids=lambda value: value[:40],
)
async def test_a_message_that_makes_no_sense_gets_an_error_and_the_socket_lives_on(
    rig: Rig, message: str, code: str
) -> None:
    ws = await rig.open()
    await hear(ws)
    answer = await ask(ws, message)
    assert sorted(answer) == ["error", "message", "timestamp", "type"]
    assert (answer["type"], answer["error"]) == ("error", code)
    assert len(answer["message"]) < 200
    assert (await ask(ws, {"type": "ping"}))["type"] == "pong"


async def test_a_bug_in_a_service_is_an_internal_error_that_shows_no_trace(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    ws = await rig.open()
    await hear(ws)
    with caplog.at_level(logging.ERROR):
        answer = await ask(ws, {"type": "subscribe", "topics": ["model:crash"]})
    assert answer["error"] == "internal_error"
    assert "a bug" not in json.dumps(answer)
    assert "a bug" in caplog.text


async def test_a_binary_frame_gets_an_error_and_the_socket_lives_on(rig: Rig) -> None:
    ws = await rig.open()
    await hear(ws)
    await ws.send_bytes(b'{"type": "ping"}')
    assert (await hear(ws))["error"] == "unsupported_frame"
    assert (await ask(ws, {"type": "ping"}))["type"] == "pong"


async def test_after_a_frame_of_ten_mebibytes_the_socket_lives_on(rig: Rig) -> None:
    ws = await rig.open()
    await hear(ws)
    answer = await ask(ws, "x" * (10 * 1024 * 1024))
    assert answer["error"] == "message_too_large"
    assert (await ask(ws, {"type": "ping"}))["type"] == "pong"
    assert all(len(parted(entry.frame or "")[0]) <= FRAME_KEPT for entry in rig.entries())


async def test_a_frame_beyond_the_ceiling_is_closed_with_1009_before_it_is_read(rig: Rig) -> None:
    raw = await rig.open_raw()
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(raw, bytes([0x81, 0xFF]) + FRAME_CEILING.to_bytes(8, "big") + bytes(4))
    received = b""
    with suppress(ConnectionError):
        while chunk := await asyncio.wait_for(loop.sock_recv(raw, 4096), 3):
            received += chunk
    raw.close()
    assert b"\x88\x02\x03\xf1" in received
    await eventually(lambda: rig.entries()[-1].code == 1009)


async def test_a_client_that_is_no_websocket_is_told_before_anything_is_sent(rig: Rig) -> None:
    async with rig.client.get(f"http://127.0.0.1:{rig.port}/ws") as response:
        assert response.status == 426
        assert await response.json() == {"error": "upgrade_required"}


async def test_a_flood_of_messages_is_answered_and_starves_nobody(rig: Rig) -> None:
    flood, other = await rig.open(), await rig.open("bob")
    await hear(flood)
    await hear(other)

    async def send() -> None:
        for _ in range(2_000):
            await flood.send_str('{"type": "ping"}')

    async def listen() -> int:
        return sum([(await hear(flood))["type"] == "pong" for _ in range(2_000)])

    sending, listening = asyncio.ensure_future(send()), asyncio.ensure_future(listen())
    waits = []
    loop = asyncio.get_running_loop()
    while not listening.done():
        started = loop.time()
        await ask(other, {"type": "ping"})
        waits.append(loop.time() - started)
    await sending
    assert await listening == 2_000
    assert max(waits) < 0.5


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
json_messages = st.fixed_dictionaries(
    {"type": st.sampled_from(["subscribe", "unsubscribe", "ping", "pong"]) | json_values},
    optional={
        "topics": st.lists(st.sampled_from(["tasks", "upload:x"]) | st.text(), max_size=3) | json_values,
        "since": json_values,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(messages=st.lists((json_values | json_messages).map(json.dumps) | st.text(), min_size=1, max_size=20))
def test_no_message_whatsoever_kills_the_socket(messages: list[str]) -> None:
    async def scenario() -> None:
        async with Rig().running() as rig:
            ws = await rig.open()
            await hear(ws)
            for message in messages:
                await ws.send_str(message)
            await ws.send_str('{"type": "ping"}')
            types = []
            for _ in messages:
                types.append((await hear(ws))["type"])  # noqa: PERF401
            while (await hear(ws))["type"] != "pong":
                pass
            assert set(types) <= {"error", "pong", "subscription", "resync"}
            await ws.close()

    asyncio.run(scenario())


# How it ends


async def test_a_close_by_the_client_is_answered_with_its_code(rig: Rig) -> None:
    ws = await rig.open()
    await hear(ws)
    await ws.close(code=4000)
    assert ws.close_code == 4000
    await eventually(lambda: len(rig.sockets) == 0)
    assert (rig.entries()[-1].direction, rig.entries()[-1].code) == ("close", 4000)


async def test_a_client_that_vanishes_leaves_nothing(rig: Rig) -> None:
    raw = await rig.open_raw()
    await eventually(lambda: len(rig.sockets) == 1)
    raw.close()
    await eventually(lambda: len(rig.sockets) == 0)
    assert rig.hub.subscribers() == []
    assert rig.entries()[-1].code == 1006


@pytest.mark.parametrize(("ending", "error"), [("revoked", "token_revoked"), ("expired", "token_expired")])
async def test_the_end_of_a_session_is_told_and_closes_its_connections_with_4401(
    rig: Rig, ending: Any, error: str
) -> None:
    mine, other = await rig.open("ada", "notifications"), await rig.open("bob", "notifications")
    rig.note("one last thing")
    assert rig.hub.end_session("s-ada", ending) == 1
    rig.note("not any more")
    assert (await hear(mine))["message"] == "one last thing"
    assert (await hear(mine))["error"] == error
    assert await closing(mine) == 4401
    assert (await ask(other, {"type": "ping"}))["type"] == "pong"


async def test_the_server_stops_with_1001_in_time_also_where_a_peer_does_not_answer(rig: Rig) -> None:
    polite = [await rig.open("ada", "tasks") for _ in range(3)]
    rude = await rig.open_raw()
    await eventually(lambda: len(rig.sockets) == 4)
    codes = asyncio.gather(*(closing(ws) for ws in polite))
    async with asyncio.timeout(2):
        await rig.sockets.close(0.2)
    assert await codes == [1001, 1001, 1001]
    assert len(rig.sockets) == 0
    rude.close()
    late = await rig.open()
    assert await closing(late) == 1001


async def test_an_event_that_cannot_be_spelt_closes_with_1011(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.spell = lambda event, topic: str(1 // 0)
    async with rig.running():
        ws = await rig.open("ada", "notifications")
        rig.note()
        assert await closing(ws) == 1011
    assert "could not be sent" in caplog.text


async def test_heartbeats_come_at_their_interval_with_protocol_pings() -> None:
    async with Rig(heartbeat=50).running() as rig:
        ws = await rig.open(autoping=False)
        await hear(ws)
        for _ in range(3):
            assert await hear(ws) == {"type": "heartbeat", "server_time": NOW, "timestamp": NOW}
            message = await ws.receive(timeout=5)
            assert message.type is WSMsgType.PING
            await ws.pong(message.data)
        assert [entry.direction for entry in rig.entries()] == ["open", "out"]


async def test_a_peer_that_answers_no_protocol_ping_is_dropped_and_others_stay() -> None:
    async with Rig(heartbeat=100).running() as rig:
        silent, lively = await rig.open(autoping=False), await rig.open("bob")
        reading = asyncio.ensure_future(closing(lively))
        assert await closing(silent) == 1006
        await asyncio.sleep(0.25)
        assert not reading.done()
        reading.cancel()
        assert [entry.code for entry in rig.entries() if entry.direction == "close"] == [1006]


async def overflowed(rig: Rig, fast: aiohttp.ClientWebSocketResponse) -> sockets_of_the_system.socket:
    """A reader that has read nothing until its queue overflowed, while another one heard everything."""
    raw = await rig.open_raw(receive_buffer=4096)
    await asyncio.get_running_loop().sock_sendall(raw, masked(1, b'{"type": "subscribe", "topics": ["notifications"]}'))
    await eventually(lambda: any(s.topics for s in rig.hub.subscribers() if s.user_id == "ada"))
    [slow] = [s for s in rig.hub.subscribers() if s.user_id == "ada"]
    while slow.ending is None:
        event = rig.note("x" * 50_000)
        rig.note("x", user_id="bob")
        assert (await hear(fast))["id"] == event.id + 1
    assert slow.ending == "overflowed"
    return raw


async def test_a_reader_that_is_too_slow_is_closed_with_1013_and_nobody_else_notices() -> None:
    async with Rig(queue_limit=50, grace=2).running() as rig:
        fast = await rig.open("bob", "notifications")
        raw = await overflowed(rig, fast)
        received = b""
        while not received.endswith(b"\x88\x02\x03\xf5"):
            received = received[-4:] + await asyncio.wait_for(asyncio.get_running_loop().sock_recv(raw, 65536), 2)
        raw.close()
        await eventually(lambda: len(rig.sockets) == 1)
        assert [entry.code for entry in rig.entries() if entry.direction == "close"] == [1013]
        assert not fast.closed


async def test_a_slow_reader_hears_1013_as_long_as_it_goes_on_reading() -> None:
    # CONTRACT.md, "`/ws`": "the frame has 30 s to arrive as long as it still reads". Here it reads for four times
    # as long as a peer has that does not.
    async with Rig(queue_limit=50, grace=0.3).running() as rig:
        fast = await rig.open("bob", "notifications")
        raw = await overflowed(rig, fast)
        loop, received, began = asyncio.get_running_loop(), b"", asyncio.get_running_loop().time()
        while loop.time() - began < 1.2:
            received = received[-4:] + await asyncio.wait_for(loop.sock_recv(raw, 4096), 5)
            assert not received.endswith(b"\x88\x02\x03\xf5"), "there was not enough to read"
            await asyncio.sleep(0.02)
        while not received.endswith(b"\x88\x02\x03\xf5"):
            received = received[-4:] + await asyncio.wait_for(loop.sock_recv(raw, 65536), 5)
        raw.close()


async def test_no_reader_is_waited_for_longer_than_patience_has_it() -> None:
    async with Rig(queue_limit=50, grace=0.2, patience=0.6).running() as rig:
        fast = await rig.open("bob", "notifications")
        raw = await overflowed(rig, fast)
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError):
            while len(rig.sockets) == 2:
                await asyncio.wait_for(loop.sock_recv(raw, 2048), 5)
                await asyncio.sleep(0.02)
        await eventually(lambda: len(rig.sockets) == 1)
        raw.close()


@pytest.mark.parametrize(("ending", "code"), [("overflowed", 1013), ("revoked", 1006), ("stopped", 1006)])
async def test_a_reader_that_never_reads_is_dropped_soon_whatever_it_is_closed_for(ending: Any, code: int) -> None:
    async with Rig(queue_limit=50, grace=0.2).running() as rig:
        raw = await rig.open_raw(receive_buffer=4096)
        await asyncio.get_running_loop().sock_sendall(
            raw, masked(1, b'{"type": "subscribe", "topics": ["notifications"]}')
        )
        await eventually(lambda: any(s.topics for s in rig.hub.subscribers()))
        stuck = rig.hub.subscribers()[0]
        while stuck.ending is None:
            rig.note("x" * 50_000)
            await asyncio.sleep(0)
            if ending != "overflowed" and len(stuck) > 40:
                stuck.end(ending)
        assert stuck.ending == ending
        await eventually(lambda: len(rig.sockets) == 0)
        # 1013 went into the transport's buffer; the others' close frame had to wait for a queue that never moved.
        assert rig.entries()[-1].code == code
        raw.close()


async def test_a_thousand_sockets_receive_a_broadcast_while_one_reader_is_stuck() -> None:
    async with Rig(grace=0.5).running() as rig:
        raw = await rig.open_raw(receive_buffer=4096)
        await asyncio.get_running_loop().sock_sendall(
            raw, masked(1, b'{"type": "subscribe", "topics": ["models", "notifications"]}')
        )
        await eventually(lambda: any(s.topics for s in rig.hub.subscribers()))
        stuck = rig.hub.subscribers()[0]
        for _ in range(100):  # fills the window, the system's buffers and some of the queue
            rig.note("x" * 100_000)
        await eventually(lambda: len(stuck) > 0)
        many = await asyncio.gather(*(rig.open("bob", "models") for _ in range(1_000)))
        for number in range(5):
            rig.hub.publish("model_update", ModelUpdate("llama2", "running", {"n": number}), user_id=None)
        for ws in many:
            assert [(await hear(ws))["details"]["n"] for _ in range(5)] == [0, 1, 2, 3, 4]
        assert stuck.ending is None
        assert len(stuck) > 5
        await asyncio.gather(*(ws.close() for ws in many))
        await eventually(lambda: len(rig.sockets) == 1)
        raw.close()


# The journal


async def test_the_journal_has_opening_frames_and_close_in_order_without_secrets(rig: Rig) -> None:
    ws = await rig.open("ada", "tasks")
    await ask(ws, {"type": "auth", "token": "s3cr3t", "refreshToken": "s3cr3t", "password": 'a"s3cr3t'})
    await ws.close()
    await eventually(lambda: len(rig.sockets) == 0)
    entries = rig.entries()
    assert [entry.direction for entry in entries] == ["open", "out", "in", "out", "in", "out", "close"]
    assert {entry.user for entry in entries} == {"ada@example.com"}
    assert len({entry.connection_id for entry in entries}) == 1
    assert [entry.number for entry in entries] == list(range(1, 8))
    assert orjson.loads(entries[2].frame or "") == {"type": "subscribe", "topics": ["tasks"]}
    assert "s3cr3t" not in repr(entries)
