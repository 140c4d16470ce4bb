"""An answer that comes while the client is still sending: what it sends is read and dropped, until it has seen it.

A connection that is closed with bytes unread is reset, and a reset takes away the answer that the client has not read
yet (RFC 9112, section 9.6). Browsers read none before they have sent the whole body.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import hdrs, web
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler

from devkit.records import dataclass
from devkit.server.http.body import CONTINUED, allow_silence, expects_leave


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How much of a body is read after its answer: so many bytes, for so many seconds, `idle` without any."""

    bytes: int = 4 * 2**30
    seconds: float = 600.0
    idle: float = 10.0


PATIENCE = Patience()


class LingeringHandler(RequestHandler):
    """aiohttp's, which reads on for some seconds after an answer, however much is still coming; that is switched off
    by `lingering_time=0`.
    """

    __slots__ = ("_rest", "_unreadable")

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._rest: StreamReader | None = None
        self._unreadable: StreamReader | None = None
        """What comes after something that is no request: nothing of it can be one."""

    def data_received(self, data: bytes) -> None:
        if self._unreadable is not None:
            self._unreadable.feed_data(data)
        else:
            super().data_received(data)

    def stop_understanding(self) -> None:
        """Nothing that comes from here on is a request."""
        if self._unreadable is None:
            # Never full: the parser, which it would ask to hold back, has given up.
            self._unreadable = StreamReader(self, PATIENCE.bytes, loop=self._loop)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._rest is not None:
            self._rest.set_exception(ConnectionResetError("the client is gone"))
        waiter, made_by = self._waiter, (self._request_factory, self._request_handler)
        woken = waiter is not None and waiter.done() and not waiter.cancelled()
        super().connection_lost(exc)
        if woken:
            # In this turn of the loop aiohttp's handler goes on with a request that has come, as it would if the client
            # had left a moment later; and it still needs these.
            self._request_factory, self._request_handler = made_by

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        body = request.content
        if _waits_for_leave(request, body):
            resp.force_close()
            resp.headers[hdrs.CONNECTION] = "close"
        response, reset = await super().finish_response(request, resp, start_time)
        rest = self._unreadable or body
        if not (rest.is_eof() or reset or self.transport is None or self.transport.is_closing()):
            if not response.keep_alive and self.transport.can_write_eof():
                # The client learns that nothing more will come, as it would from a close.
                try:
                    self.transport.write_eof()
                except OSError:
                    # It has ended the connection already, and nobody has told us yet.
                    return response, True
            await self._read_on(rest)
        return response, reset

    async def _read_on(self, rest: StreamReader) -> None:
        self._rest, dropped = rest, 0
        allow_silence(rest)
        try:
            async with asyncio.timeout(PATIENCE.seconds):
                while not rest.is_eof() and dropped < PATIENCE.bytes:
                    async with asyncio.timeout(PATIENCE.idle):
                        dropped += len(await rest.readany())
        except (TimeoutError, ConnectionError, web.RequestPayloadError):
            return
        finally:
            self._rest = None


def _waits_for_leave(request: web.BaseRequest, body: StreamReader) -> bool:
    """Whether the client waits for a `100 Continue` that never comes: it may send the body, or its next request, and
    nobody could tell which (RFC 9110, section 10.1.1).
    """
    return expects_leave(request) and CONTINUED not in request and not body.total_bytes and not body.is_eof()
