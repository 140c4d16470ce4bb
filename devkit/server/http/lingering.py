"""An answer that comes while the client is still sending: what it sends is read and dropped, until it has seen it.

A connection that is closed with bytes unread is reset, and a reset takes away the answer that the client has not read
yet (RFC 9112, section 9.6). Browsers read none before they have sent the whole body.
"""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.streams import StreamReader

from devkit.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How much of a body is read after its answer: so many bytes, for so many seconds, `idle` without any."""

    bytes: int = 4 * 2**30
    seconds: float = 600.0
    idle: float = 10.0


PATIENCE = Patience()


class Lingering:
    """The end of a request that was answered before it was there."""

    def __init__(self, patience: Patience = PATIENCE) -> None:
        self._patience = patience
        self._rest: StreamReader | None = None
        self._nameless: StreamReader | None = None

    @property
    def is_unreadable(self) -> bool:
        """Whether what comes is no request any more."""
        return self._nameless is not None

    def takes(self, data: bytes) -> bool:
        """Whether these bytes belong to something that could not be read as a request, and are dropped."""
        if self._nameless is None:
            return False
        self._nameless.feed_data(data)
        return True

    def give_up_reading(self, protocol: BaseProtocol, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing that comes from here on is a request."""
        if self._nameless is None:
            # Never full: the parser, which it would ask to hold back, has given up.
            self._nameless = StreamReader(protocol, self._patience.bytes, loop=loop)

    def lost(self) -> None:
        """The client is gone."""
        if self._rest is not None:
            self._rest.set_exception(ConnectionResetError("the client is gone"))

    async def read_on(self, transport: asyncio.Transport, body: StreamReader, *, keeps: bool) -> None:
        """Read what is left of the body; one that `keeps` its connection may send another request then.

        What is left of an unreadable request ends when the client closes.
        """
        rest = self._rest = self._nameless or body
        if not keeps and transport.can_write_eof():
            # The client learns that nothing more will come, as it would from a close.
            transport.write_eof()
        patience, dropped = self._patience, 0
        try:
            async with asyncio.timeout(patience.seconds):
                while not rest.is_eof() and dropped < patience.bytes:
                    async with asyncio.timeout(patience.idle):
                        dropped += len(await rest.readany())
        except (TimeoutError, ConnectionError, web.RequestPayloadError):
            return
        finally:
            self._rest = None


def ends_unasked(request: web.BaseRequest, body: StreamReader) -> bool:
    """Whether the client waits for a `100 Continue` that never comes: it may send the body, or its next request, and
    nobody could tell which (RFC 9110, section 10.1.1).
    """
    expects = request.headers.get("Expect", "").lower() == "100-continue"
    return expects and not request.get("continued") and not body.total_bytes and not body.is_eof()
