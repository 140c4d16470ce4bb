"""Bytes both ways between a client and the real backend, at the pace of whoever reads them, until either side ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp.base_protocol import BaseProtocol

from devkit.server.wire.tcp import flushed, reset_connection
from devkit.upstream.connection import was_reset

if TYPE_CHECKING:
    from aiohttp import web

    from devkit.upstream.client import Answer


_GRACE = 2.0
"""Seconds that a client has for taking what came before a reset."""


class Tunnel:
    """Nothing of what passes is read."""

    def __init__(self, request: web.BaseRequest, answer: Answer) -> None:
        """Raises ConnectionError where either is gone already."""
        client, backend = request.protocol, answer.connection
        if client.transport is None or backend is None or backend.transport is None:
            raise ConnectionResetError("one of them is gone")
        self._answer, self._connection = answer, backend
        self._client = Side(client, client.transport, client.set_parser, self.from_client, self.client_lost)
        self._backend = Side(backend, backend.transport, self._set_parser, self.from_backend, self.backend_lost)
        self._over, self._left = asyncio.Event(), asyncio.Event()

    def _set_parser(self, parser: Any) -> None:
        self._connection.set_parser(parser, None)

    async def run(self, head: bytes) -> None:
        """Answer the client with that head, and serve it until its end."""
        self._client.write(head)
        self._client.listen()
        self._backend.listen()
        try:
            await self._over.wait()
            await self._end_client()
        finally:
            self._answer.let_go(self.failure())
            self._client.forget()
            self._backend.forget()

    async def _end_client(self) -> None:
        """As the backend ended: what was reset is no good end."""
        if self._was_reset() and not self._client.is_lost:
            await self._client.reset()

    def _was_reset(self) -> bool:
        error = self._connection.exception()
        return self._backend.is_lost and error is not None and was_reset(error)

    def failure(self) -> str:
        """How it ended, as in `Recorded`."""
        return "reset" if self._was_reset() else ""

    def from_client(self, data: bytes) -> None:
        self._backend.write(data)
        self._backend.slow_down(self._client)

    def from_backend(self, data: bytes) -> None:
        self._client.write(data)
        self._client.slow_down(self._backend)

    async def _linger(self) -> None:
        """Take what the client still sends until it has seen the end: what is closed with bytes unread is reset, and a
        reset takes away what it has not read yet (RFC 9112, section 9.6).
        """
        transport = self._client.transport
        with contextlib.suppress(OSError, RuntimeError):
            if transport.can_write_eof():
                transport.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await self._left.wait()

    def client_lost(self) -> None:
        self._left.set()
        self._over.set()

    def backend_lost(self) -> None:
        self._over.set()


class Side:
    """One end. It is aiohttp's parser of what comes from there."""

    __slots__ = ("_draining", "_hear", "_listen", "_lost", "_pauses", "_protocol", "is_lost", "transport")

    def __init__(
        self,
        protocol: BaseProtocol,
        transport: asyncio.Transport,
        listen: Callable[[Any], None],
        hear: Callable[[bytes], None],
        lost: Callable[[], None],
    ) -> None:
        """`listen` has what comes, and has come since the head, given to a parser: so to `hear`."""
        self._protocol, self.transport, self._listen = protocol, transport, listen
        self._hear, self._lost = hear, lost
        self.is_lost = False
        self._pauses = 0
        self._draining: asyncio.Task[None] | None = None

    def listen(self) -> None:
        self._listen(self)
        if self._protocol.transport is None and not self.is_lost:
            self.feed_eof()

    def forget(self) -> None:
        """It is over: whom it told, and what holds it in turn, is gone at once."""
        self._listen = self._hear = self._lost = _nobody

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self._hear(data)
        return False, b""

    def feed_eof(self) -> None:
        self.is_lost = True
        self._lost()

    def write(self, data: bytes) -> None:
        if not self.is_lost and not self.transport.is_closing():
            self.transport.write(data)

    def pause(self) -> None:
        """Read no further, until `resume` was called as often."""
        self._pauses += 1
        if self._pauses == 1 and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume(self) -> None:
        self._pauses -= 1
        if not self._pauses and not self.transport.is_closing():
            self.transport.resume_reading()

    def slow_down(self, source: Side) -> None:
        """Where what was written here is not taken, read no further from `source` until it is."""
        if self._protocol.writing_paused and self._draining is None:
            source.pause()
            self._draining = asyncio.get_running_loop().create_task(self._drain(source))

    async def _drain(self, source: Side) -> None:
        with contextlib.suppress(ConnectionError):
            await self._protocol._drain_helper()
        self._draining = None
        source.resume()

    async def reset(self) -> None:
        """End it with a reset, behind what was written."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(_GRACE):
                await flushed(self.transport, self._protocol)
        reset_connection(self.transport)


def _nobody(*_: object) -> None:
    """Hears what comes behind the end."""
