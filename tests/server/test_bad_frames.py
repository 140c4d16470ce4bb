"""WebSocket abuse through the whole server; every other client goes on as if nothing happened."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.conftest import Client
from tests.wire import HOST, exchange


async def _connect(client: Client) -> aiohttp.ClientWebSocketResponse:
    socket = await client.http.ws_connect("/ws", params={"token": client.token})
    assert (await socket.receive_json(timeout=5))["type"] == "connection"
    return socket


@pytest.mark.parametrize(
    "frame",
    ["", "{", "[]", "1", "null", "{}", '{"type": 7}', '{"type": "dance"}', "[" * 10_000, '{"type": "\\ud800"}', "\x00"],
)
async def test_a_frame_of_nonsense_is_told_and_the_socket_lives_on(signed_in: Client, frame: str) -> None:
    socket = await _connect(signed_in)
    await socket.send_str(frame)
    answer = await socket.receive_json(timeout=5)
    assert answer["type"] == "error"
    assert answer["error"] != "internal_error"
    await socket.send_json({"type": "ping"})
    assert (await socket.receive_json(timeout=5))["type"] == "pong"
    await socket.close()


async def test_a_frame_that_is_not_text_is_told(signed_in: Client) -> None:
    socket = await _connect(signed_in)
    await socket.send_bytes(b"\xff\x00")
    assert (await socket.receive_json(timeout=5))["error"] == "unsupported_frame"
    await socket.close()


async def test_ten_mebibytes_in_a_frame_hurt_nobody_else(signed_in: Client) -> None:
    bystander, socket = await _connect(signed_in), await _connect(signed_in)
    try:
        await socket.send_str("x" * 10 * 2**20)
        message = await socket.receive(timeout=10)
        assert message.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.CLOSE}
    except ConnectionError:
        pass  # hung up on while it was still sending
    await bystander.send_json({"type": "ping"})
    assert (await bystander.receive_json(timeout=5))["type"] == "pong"
    await bystander.close()
    await socket.close()


async def test_a_thousand_frames_at_once_are_all_answered_and_starve_nobody(signed_in: Client) -> None:
    socket = await _connect(signed_in)

    async def flood() -> None:
        for _ in range(1000):
            await socket.send_json({"type": "ping"})

    flooding = asyncio.create_task(flood())
    pongs = 0
    async with asyncio.timeout(10):
        assert (await signed_in.send("GET", "/api/tasks")).status == 200
        while pongs < 1000:
            assert (await socket.receive_json(timeout=5))["type"] == "pong"
            pongs += 1
    await flooding
    await socket.close()


@pytest.mark.parametrize(
    "headers",
    [
        b"",
        b"Upgrade: websocket\r\n",
        b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\nSec-WebSocket-Key: x\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \xff\r\n",
    ],
)
async def test_a_handshake_that_is_none_is_told_in_json(signed_in: Client, headers: bytes) -> None:
    answer = await exchange(signed_in.ready.port, b"GET /ws HTTP/1.1\r\n" + HOST + headers + b"\r\n")
    assert 400 <= answer.status < 500
    assert answer.json["error"]
