"""A WebSocket client for the tests of faults."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType

from tests.conftest import Client

PATIENCE = 3.0


async def open_socket(client: Client, path: str = "/ws") -> ClientWebSocketResponse:
    """An open socket that has told of its connection."""
    ws: ClientWebSocketResponse = await client.http.ws_connect(path)
    assert (await hear(ws))["type"] == "connection"
    return ws


async def listen(client: Client, *topics: str) -> ClientWebSocketResponse:
    """An open socket that is subscribed."""
    ws = await open_socket(client)
    if topics:
        await ws.send_json({"type": "subscribe", "topics": topics})
        assert (await hear(ws))["type"] == "subscription"
    return ws


async def hear(ws: ClientWebSocketResponse) -> Any:
    """The next message."""
    return await ws.receive_json(timeout=PATIENCE)


async def closed(ws: ClientWebSocketResponse) -> int | None:
    """The code that the socket closes with, whatever comes before."""
    while True:
        message = await ws.receive(PATIENCE)
        if message.type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR}:
            return message.data if message.type is WSMsgType.CLOSE else 1006
