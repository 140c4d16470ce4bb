"""What comes in on a WebSocket, before aiohttp reads it: aiohttp's server takes frames that are not masked."""

from __future__ import annotations

import asyncio
from typing import Literal

from aiohttp import WebSocketError, WSCloseCode, hdrs, web
from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader
from aiohttp._websocket.writer import WebSocketWriter
from multidict import CIMultiDict

_MASKED = 0x80
_EXTENDED = {126: 2, 127: 8}
"""By the length that the second byte tells: how many bytes behind it tell the real one (RFC 6455, section 5.2)."""
_MASK = 4

_SENT_BY_NOBODY = {1004, 1005, 1006, 1015}


def is_sendable(code: int) -> bool:
    """Whether a close frame may carry that code (RFC 6455, section 7.4, and IANA's registry of close codes)."""
    return (1000 <= code <= 1014 and code not in _SENT_BY_NOBODY) or 3000 <= code <= 4999


class Gate:
    """Stands before aiohttp's reader, and lets frames through to it as long as they are masked (section 5.1)."""

    def __init__(self, reader: WebSocketReader, queue: WebSocketDataQueue) -> None:
        self.gone = asyncio.Event()
        """The connection is lost."""
        self._reader, self._queue = reader, queue
        self._head = bytearray()
        self._left = 0
        self._is_shut = False

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Returns whether the connection takes nothing more, as aiohttp's reader does."""
        if self._is_shut:
            return True, b""
        end = self._first_unmasked(data)
        if end is None:
            return self._reader.feed_data(data)
        self._is_shut = True
        self._reader.feed_data(data[:end])
        if self._queue.exception() is None:
            self._queue.set_exception(WebSocketError(WSCloseCode.PROTOCOL_ERROR, "A client's frame must be masked"))
        return True, b""

    def feed_eof(self) -> None:
        self.gone.set()
        self._reader.feed_eof()

    def _first_unmasked(self, data: bytes) -> int | None:
        """Where the first frame begins that is not masked; 0 if that was before `data`."""
        position, head = 0, self._head
        while position < len(data):
            if self._left:
                step = min(self._left, len(data) - position)
                self._left -= step
                position += step
                continue
            begun = max(0, position - len(head))
            wanted = 2 if len(head) < 2 else 2 + _EXTENDED.get(head[1] & 0x7F, 0)
            part = data[position : position + wanted - len(head)]
            head += part
            position += len(part)
            if len(head) < 2:
                continue
            if not head[1] & _MASKED:
                return begun
            extended = _EXTENDED.get(head[1] & 0x7F, 0)
            if len(head) == 2 + extended:
                self._left = _MASK + (int.from_bytes(head[2:], "big") if extended else head[1] & 0x7F)
                head.clear()
        return None


class Socket(web.WebSocketResponse[Literal[False]]):
    """A WebSocket that hands out texts as the bytes that came: whether they are UTF-8 is ours to say. Close frames are
    ours to send as well (`devkit.server.sockets.wire`).
    """

    _gate: Gate | None = None

    async def gone(self) -> None:
        """Return when the connection is lost; what comes until then, once reading has failed, is thrown away."""
        if self._gate is not None:
            await self._gate.gone.wait()

    def select(self, subprotocol: str) -> None:
        """Answer the handshake with this subprotocol, whatever was offered."""
        self._protocols = ()
        self.headers[hdrs.SEC_WEBSOCKET_PROTOCOL] = subprotocol

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        # aiohttp's own sends a close frame behind ours, and hangs up at once: what the peer has sent meanwhile then
        # makes its system throw ours away.
        self._set_closed()
        return False

    def _handshake(self, request: web.BaseRequest) -> tuple[CIMultiDict[str], str | None, int, bool]:
        # aiohttp writes into the log what is offered and not taken, and that may be a token: so it takes all.
        taken, self._protocols = self._protocols, _offered(request)
        try:
            headers, _, compress, alone = super()._handshake(request)
        finally:
            self._protocols = taken
        chosen = next((name for name in _offered(request) if name in taken), None)
        headers.pop(hdrs.SEC_WEBSOCKET_PROTOCOL, None)
        if chosen is not None:
            headers[hdrs.SEC_WEBSOCKET_PROTOCOL] = chosen
        return headers, chosen, compress, alone

    def _post_start(self, request: web.BaseRequest, protocol: str | None, writer: WebSocketWriter) -> None:
        connection = request.protocol
        # What came right behind the handshake passes the gate too.
        early, connection._message_tail = connection._message_tail, b""
        super()._post_start(request, protocol, writer)
        assert self._parser is not None  # noqa: S101 - it was just made
        assert self._reader is not None  # noqa: S101
        self._gate = connection._payload_parser = Gate(self._parser, self._reader)
        if early:
            self._gate.feed_data(early)


def _offered(request: web.BaseRequest) -> list[str]:
    return [name.strip() for name in request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "").split(",")]
