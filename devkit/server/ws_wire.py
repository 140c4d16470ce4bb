"""One WebSocket's way out: every frame, close and drop passes here, so that a fault can stand in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from aiohttp import WSMsgType, web

from devkit.server.ws_messages import Frame

Socket = web.WebSocketResponse[Literal[False]]
"""A WebSocket that hands out texts as the bytes that came: whether they are UTF-8 is ours to say."""

_OPCODES = {"text": WSMsgType.TEXT, "ping": WSMsgType.PING, "pong": WSMsgType.PONG}


class Wire:
    """`record(direction, frame, code)` is told what passes: `out` and the frame's text, or `close` and its code.

    After a close or a drop nothing more is sent. `send` and `close` raise ConnectionError where the peer is gone.
    """

    __slots__ = ("_protocol", "_record", "_room", "_socket", "_transport", "code")

    def __init__(
        self, socket: Socket, request: web.BaseRequest, record: Callable[[str, str | None, int | None], None]
    ) -> None:
        self._socket = socket
        self._protocol = request.protocol
        self._room = request.writer.drain
        # Kept here, because aiohttp forgets the transport when it starts to close it, long before it is gone.
        self._transport = request.transport
        self._record = record
        self.code: int | None = None
        """The code it was closed with, by either side; 1006 for a drop; None while it is open."""

    async def send(self, frame: Frame) -> None:
        """Send a frame, and return when the transport has room for the next: never, if the peer does not read."""
        if self.code is not None:
            return
        if frame.noted is not None:
            self._record("out", frame.noted, None)
        await self._socket.send_frame(frame.data, _OPCODES[frame.kind])
        if self._protocol.writing_paused:
            # Shielded, because all who wait for room on a connection share one future in aiohttp: cancelling one of
            # them would cancel the others, now and later.
            await asyncio.shield(self._room())

    async def close(self, code: int) -> None:
        """Send a close frame, behind what is still to be sent; wait for nothing.

        Not aiohttp's own close: that one hangs up at once while another task is reading, and what the peer has sent
        meanwhile then makes its system throw our close frame away.
        """
        if self.code is None:
            self.closed(code)
            await self._socket.send_frame(code.to_bytes(2, "big"), WSMsgType.CLOSE)

    async def answer_close(self, code: int) -> None:
        """Answer the peer's close frame with its own code (0: it gave none)."""
        if self.code is None:
            self.closed(code or 1005)
            await self._socket.send_frame(code.to_bytes(2, "big") if code else b"", WSMsgType.CLOSE)

    def closed(self, code: int) -> None:
        """Note that it is closed; the first code counts."""
        if self.code is None:
            self.code = code
            self._record("close", None, code)

    def drop(self) -> None:
        """End the connection now, whatever is still to be sent."""
        self.closed(1006)
        if self._transport is not None:
            self._transport.abort()

    def hang_up(self, grace: float) -> None:
        """End the connection when everything is sent, after `grace` seconds at the latest."""
        if self._transport is None:
            return
        self._transport.close()
        if self._transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(grace, self._transport.abort)
