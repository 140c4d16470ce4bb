"""`/ws/health/`: both ways to bring a token, what is said, and how it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from tests.conftest import Client, StartServer
from tests.contract.wire import DAY, INSTANT
from tests.faults.conftest import scenario

PATH = "/ws/health/"
WELL = {"type": "health_check", "status": "healthy", "message": "All components work"}


@asynccontextmanager
async def connected(client: Client, **query: str) -> AsyncIterator[ClientWebSocketResponse]:
    params = query or {"token": client.token}
    async with client.http.ws_connect(PATH, params=params, headers={"Authorization": ""}) as socket:
        yield socket


async def said(socket: ClientWebSocketResponse) -> dict[str, Any]:
    """The next message, without its time."""
    message: dict[str, Any] = await socket.receive_json(timeout=5)
    if "timestamp" in message:
        assert INSTANT.fullmatch(message.pop("timestamp"))
    return message


async def end(socket: ClientWebSocketResponse) -> int | None:
    """Read on until it is closed; the code."""
    while (await socket.receive(timeout=5)).type in {WSMsgType.TEXT, WSMsgType.BINARY}:
        pass
    return socket.close_code


async def test_it_tells_how_the_backend_is_at_once_and_whenever_it_is_asked(signed_in: Client) -> None:
    async with connected(signed_in) as socket:
        assert await said(socket) == WELL
        for _ in range(3):
            await socket.send_json({"type": "ping"})
            assert await said(socket) == WELL


async def test_a_token_may_be_offered_as_a_subprotocol(signed_in: Client) -> None:
    protocols = ("bearer", signed_in.token)
    async with signed_in.http.ws_connect(PATH, protocols=protocols, headers={"Authorization": ""}) as socket:
        assert socket.protocol == "bearer"
        assert await said(socket) == WELL


async def test_a_header_does_as_well(signed_in: Client) -> None:
    async with signed_in.http.ws_connect(PATH) as socket:
        assert await said(socket) == WELL


async def test_a_token_of_another_dialect_opens_it(client: Client) -> None:
    credentials = {"username": "test", "password": "TestPass123!"}
    token = (await client.send("POST", "/api/v2/auth/login/", json=credentials)).json["access"]
    async with connected(client, token=token) as socket:
        assert await said(socket) == WELL


@pytest.mark.parametrize(
    ("offered", "query", "code"),
    [
        ((), {}, "unauthorized"),
        ((), {"token": "nonsense"}, "token_invalid"),
        (("bearer", "nonsense"), {}, "token_invalid"),
        (("bearer",), {}, "unauthorized"),
        (("nonsense", "bearer"), {}, "unauthorized"),
        (("bearer", "nonsense", "more"), {}, "unauthorized"),
    ],
)
async def test_without_a_valid_token_it_says_why_and_closes_with_4401(
    client: Client, offered: tuple[str, ...], query: dict[str, str], code: str
) -> None:
    async with client.http.ws_connect(PATH, protocols=offered, params=query) as socket:
        refusal = await said(socket)
        assert (refusal["type"], refusal["error"]) == ("error", code)
        assert await end(socket) == 4401
        assert socket.protocol == ("bearer" if "bearer" in offered else None)


async def test_an_expired_token_closes_it_with_4401(signed_in: Client) -> None:
    signed_in.sandbox.clock.advance(2 * DAY)
    async with connected(signed_in) as socket:
        assert (await said(socket))["error"] == "token_expired"
        assert await end(socket) == 4401


async def test_it_closes_when_the_session_ends(signed_in: Client) -> None:
    async with connected(signed_in) as socket:
        await said(socket)
        await signed_in.send("POST", "/api/v2/auth/logout/")
        assert (await said(socket))["error"] == "token_revoked"
        assert await end(socket) == 4401


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("{", "invalid_json", "The message is not valid JSON"),
        ("[]", "validation_error", "A message must be a JSON object"),
        ("{}", "unknown_type", "A message needs a type: ping"),
        ('{"type": "subscribe", "topics": ["tasks"]}', "unknown_type", 'There is no message type "subscribe": ping'),
        ('{"type": 5}', "unknown_type", "The type of a message must be a text: ping"),
    ],
)
async def test_what_makes_no_sense_is_told_and_the_socket_lives_on(
    signed_in: Client, text: str, code: str, message: str
) -> None:
    async with connected(signed_in) as socket:
        await said(socket)
        await socket.send_str(text)
        assert await said(socket) == {"type": "error", "error": code, "message": message}
        await socket.send_json({"type": "ping"})
        assert await said(socket) == WELL


async def test_a_binary_message_is_told_and_the_socket_lives_on(signed_in: Client) -> None:
    async with connected(signed_in) as socket:
        await said(socket)
        await socket.send_bytes(b"{}")
        assert (await said(socket))["error"] == "unsupported_frame"
        await socket.send_json({"type": "ping"})
        assert await said(socket) == WELL


async def test_it_knows_no_heartbeat_but_the_protocols_own(start: StartServer) -> None:
    async with start(ws_heartbeat=50) as client:
        await client.sign_in()
        options = {"params": {"token": client.token}, "autoping": False}
        async with client.http.ws_connect(PATH, **options) as socket:
            assert await said(socket) == WELL
            message = await socket.receive(timeout=5)
            assert message.type is WSMsgType.PING


async def test_a_component_that_fails_is_named(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected(signed_in) as socket:
        await said(socket)
        monkeypatch.setattr(signed_in.sandbox.uploads, "room", lambda: 1000)
        await socket.send_json({"type": "ping"})
        message = "storage: 1000 bytes free: less than one upload may have"
        assert await said(socket) == {"type": "health_check", "status": "degraded", "message": message}
        health = await signed_in.send("GET", "/api/v2/core/health/")
        assert (health.status, health.json["status"]) == (200, "degraded")


@pytest.mark.parametrize("state", ["degraded", "down", "healthy"])
async def test_the_fault_health_shows_here_too(signed_in: Client, state: str) -> None:
    async with connected(signed_in) as socket:
        await said(socket)
        await signed_in.sandbox.engine.use(scenario({"fault": {"type": "health", "state": state}}))
        await socket.send_json({"type": "ping"})
        assert (await said(socket))["status"] == state
        await signed_in.sandbox.engine.off_all()
        await socket.send_json({"type": "ping"})
        assert await said(socket) == WELL


async def test_faults_of_frames_strike_here(signed_in: Client) -> None:
    await signed_in.sandbox.engine.use(scenario({"fault": {"type": "ws.msg_duplicate"}}))
    async with connected(signed_in) as socket:
        assert [await said(socket), await said(socket)] == [WELL, WELL]
        await signed_in.sandbox.engine.off_all()
        await signed_in.sandbox.engine.use(scenario({"fault": {"type": "ws.msg_malformed"}}))
        await socket.send_json({"type": "ping"})
        with pytest.raises(ValueError, match="Unterminated"):
            await socket.receive_json(timeout=5)


async def test_faults_of_sockets_strike_here(signed_in: Client) -> None:
    await signed_in.sandbox.engine.use(scenario({"fault": {"type": "ws.close", "code": 1012}}))
    async with connected(signed_in) as socket:
        assert await end(socket) == 1012
    await signed_in.sandbox.engine.off_all()
    await signed_in.sandbox.engine.use(scenario({"fault": {"type": "ws.reject", "status": 503}}))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with connected(signed_in):
            pass
    assert refused.value.status == 503


async def test_a_plain_call_of_it_is_told_so_in_the_dialects_shape(client: Client) -> None:
    answer = await client.send("GET", PATH)
    assert answer.status == 426
    assert list(answer.json) == ["message", "error", "detail"]


async def test_without_the_slash_there_is_nothing_and_the_answer_names_the_one_with_it(client: Client) -> None:
    """A WebSocket follows no redirect: what does not work in the end must not seem to in the beginning."""
    answer = await client.send("GET", "/ws/health")
    assert (answer.status, answer.json["error"]) == (404, "not_found")
    assert f"GET {PATH} (WebSocket)" in answer.json["message"]
