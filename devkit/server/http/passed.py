"""The real backend's answer on its way to the client: as it came, piece by piece, and ending as it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import TYPE_CHECKING, Any

from aiohttp import HttpVersion11, hdrs, web

from devkit.faults.matter import Close, Reset, SendBody
from devkit.server.http.protocol import gone_of
from devkit.server.http.streaming import BODILESS, LastingResponse
from devkit.server.wire.tcp import flushed, reset_connection
from devkit.upstream.connection import BrokeOff

if TYPE_CHECKING:
    from devkit.dialects.replies import PassedBody, Source
    from devkit.faults.matter import Step
    from devkit.upstream.fields import Pairs


class PassedResponse(LastingResponse):
    """Writes head and body itself: aiohttp would name a server, a type and a date where the backend named none."""

    def __init__(self, body: PassedBody, status: int) -> None:
        super().__init__(status=status, reason=body.reason, headers={})
        self._passed = body

    async def prepare(self, request: web.BaseRequest) -> None:
        gone, source = gone_of(request), self._passed.source
        if gone is not None:
            # Whoever waits for the backend then is told, and the backend is.
            gone.add_done_callback(self._left)
        try:
            await self._send(request)
        except ConnectionError:
            self._left()
            raise
        finally:
            source.close()
            if gone is not None:
                gone.remove_done_callback(self._left)
            self.end()

    @property
    def length(self) -> int | None:
        return self._passed.length

    async def steps(self) -> AsyncGenerator[Step, None]:
        source, size = self._passed.source, 0
        try:
            while data := await source.piece():
                size += len(data)
                yield SendBody(data)
        except BrokeOff as broken:
            self.note = broken_off(broken, size)
            yield Reset() if broken.reset else Close()

    async def release(self) -> None:
        self._passed.source.close()

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to send."""

    def _left(self, _: object = None) -> None:
        self.note = self.note or f"the client left after {self.size} bytes of the answer"
        self._passed.source.close()

    async def _send(self, request: web.BaseRequest) -> None:
        transport, source = request.transport, self._passed.source
        if transport is None:
            raise ConnectionResetError("the client is gone")
        bare = request.method == "HEAD" or self.status in BODILESS
        chunked = self._framed(request, bare=bare)
        try:
            await pump(request.protocol, source, self._head(), self.count, chunked=chunked, bare=bare)
        except BrokeOff as broken:
            await self._break(request, transport, broken)

    def _framed(self, request: web.BaseRequest, *, bare: bool) -> bool:
        """Say how the body is framed; whether it goes in chunks."""
        self._keep_alive = request.keep_alive if self._keep_alive is None else self._keep_alive
        chunked = not bare and self._passed.length is None and request.version >= HttpVersion11
        if chunked:
            self.headers[hdrs.TRANSFER_ENCODING] = "chunked"
        elif not bare and self._passed.length is None:
            # Of HTTP/1.0 nothing else tells where it ends.
            self._keep_alive = False
        if not self._keep_alive:
            self.headers[hdrs.CONNECTION] = "close"
        return chunked

    def _head(self) -> bytes:
        return start_of(self.status, self.reason, self.headers.items()) + b"\r\n"

    async def _break(self, request: web.BaseRequest, transport: asyncio.Transport, broken: BrokeOff) -> None:
        if request.transport is None:
            return
        self.note = broken_off(broken, self.size)
        self.force_close()
        await end_as(transport, request.protocol, broken)


def start_of(status: int, reason: str | None, fields: Iterable[tuple[str, str]]) -> bytes:
    """An answer's head without the empty line behind it."""
    lines = [f"HTTP/1.1 {status} {reason}\r\n", *(f"{name}: {value}\r\n" for name, value in fields)]
    return "".join(lines).encode("utf-8", "surrogateescape")


def interim(status: int, reason: str, pairs: Pairs) -> bytes:
    """What comes before an answer (RFC 9110, section 15.2), as it goes out."""
    start = f"HTTP/1.1 {status} {reason}\r\n".encode("latin-1", "replace")
    return b"%b%b\r\n" % (start, b"".join(b"%b: %b\r\n" % pair for pair in pairs))


def broken_off(broken: BrokeOff, size: int) -> str:
    """What is said of an answer that ended behind so many bytes of its body."""
    how = "reset the connection" if broken.reset else "broke off"
    return f"the real backend {how} after {size} bytes of the answer"


async def end_as(transport: asyncio.Transport, protocol: Any, broken: BrokeOff) -> None:
    """End as the backend did: a client must not take half of an answer for a whole one."""
    if broken.reset:
        await flushed(transport, protocol)
        reset_connection(transport)
    else:
        transport.close()


async def pump(
    protocol: Any, source: Source, head: bytes, count: Callable[[bytes], None], *, chunked: bool, bare: bool = False
) -> None:
    """Write an answer as its body comes, as fast as the client reads it; `count` is told of each piece. One that is
    `bare` has none.

    Raises BrokeOff, when what came before is written, and ConnectionError where the client is gone.
    """
    transport, pending = protocol.transport, head
    try:
        while True:
            if pending and not source.ready():
                transport.write(pending)
                pending = b""
            data = await source.piece()
            if not data:
                break
            count(data)
            transport.write(pending + (b"%x\r\n%b\r\n" % (len(data), data) if chunked else data))
            pending = b""
            await protocol._drain_helper()
    except BrokeOff:
        if pending and protocol.transport is not None:
            transport.write(pending)
        raise
    if chunked and not bare:
        pending += b"0\r\n\r\n"
    if pending:
        transport.write(pending)
        await protocol._drain_helper()
