"""Answers as faults send them: byte by byte, cut short, or not at all."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator, AsyncIterator

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE
from multidict import CIMultiDict

from devkit.faults.hit import Absent
from devkit.faults.matter import (
    Abandon,
    Broken,
    Close,
    Reset,
    Send,
    SendBody,
    Step,
    Wire,
)
from devkit.records import dataclass
from devkit.server.http.files import FileResponse
from devkit.server.http.protocol import connection_of, gone_of
from devkit.server.http.request import Request
from devkit.server.http.streaming import BODILESS, LastingResponse, StreamedResponse, next_step
from devkit.server.wire.strikes import Strikes, closed
from devkit.server.wire.tcp import flushed, reset_connection


class WireResponse(web.StreamResponse):
    """An answer that wire faults send themselves, byte by byte."""

    def __init__(self, status: int, headers: CIMultiDict[str], plan: AsyncIterator[Step], head: int) -> None:
        """`headers` are what the journal tells of it, `head` how many bytes all of its head has."""
        super().__init__(status=status, headers=headers)
        self._plan = plan
        self._head = head
        self._sent = 0
        self._was_reset = False
        self.force_close()

    @property
    def broke_in_head(self) -> bool:
        """Whether the client was left without an answer: a head that merely ends early is taken for a whole one."""
        return self._sent < self._head and (self._was_reset or not self._sent)

    @property
    def said_nothing(self) -> bool:
        """Whether not one byte of an answer was sent."""
        return not self._sent

    def count(self, data: bytes) -> None:
        """These bytes of a body that comes were sent."""

    async def prepare(self, request: web.BaseRequest) -> None:
        transport = request.transport
        if transport is None:
            return
        try:
            async with closed(self._plan):
                if await self._send(request, transport):
                    self._keep_alive = request.keep_alive
        except (Absent, ConnectionError):
            transport.abort()

    async def _send(self, request: web.BaseRequest, transport: asyncio.Transport) -> bool:
        """Take the plan's steps; returns whether the connection is kept."""
        gone = gone_of(request)
        while (step := await next_step(self._plan, gone)) is not None:
            match step:
                case SendBody(data, chunked):
                    transport.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
                    self._sent += len(data)
                    self.count(data)
                    await request.protocol._drain_helper()
                case Send(data):
                    transport.write(data)
                    self._sent += len(data)
                    await request.protocol._drain_helper()
                case Abandon():
                    if connection := connection_of(request):
                        connection.abandoned = step
                case Reset():
                    self._was_reset = True
                    await flushed(transport, request.protocol)
                    reset_connection(transport)
                    return False
                case Close():
                    return False
        if gone is not None and gone.done():
            raise Absent
        return True

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to send."""


class LastingWireResponse(WireResponse, LastingResponse):
    """The same of an answer that is sent as it comes."""

    def __init__(self, wiring: Wiring, comes: LastingResponse, plan: AsyncIterator[Step]) -> None:
        super().__init__(comes.status, wiring.headers, plan, len(wiring.head))
        self._comes, self._steps = comes, wiring.coming
        self.endless = comes.endless

    def count(self, data: bytes) -> None:
        LastingResponse.count(self, data)

    async def prepare(self, request: web.BaseRequest) -> None:
        try:
            await super().prepare(request)
        finally:
            if self._steps is not None:
                await self._steps.aclose()
            await self._comes.release()
            self.note = self._comes.note or f"sent {self.size} bytes as they came"
            self.end()


class NoResponse(web.StreamResponse):
    """No answer at all: the connection ends here, with an RST or a FIN."""

    def __init__(self, *, reset: bool) -> None:
        # 499 is what logs call a request without an answer; nobody is sent it.
        super().__init__(status=499)
        self._reset = reset
        self.force_close()

    async def prepare(self, request: web.BaseRequest) -> None:
        if request.transport is None:
            return
        if self._reset:
            reset_connection(request.transport)
        else:
            request.transport.close()

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is sent."""


def response_of(broken: Broken | Absent) -> NoResponse:
    return NoResponse(reset=broken.reset if isinstance(broken, Broken) else False)


@dataclass(slots=True)
class Wiring:
    """An answer taken apart, for faults to send. `response` is what goes out where none does. `coming` is its body,
    where that is sent as it comes.
    """

    response: web.StreamResponse
    headers: CIMultiDict[str]
    body: bytes = b""
    coming: AsyncGenerator[Step, None] | None = None

    @classmethod
    async def of(cls, request: Request, response: web.StreamResponse) -> Wiring:
        if isinstance(response, LastingResponse) and (response.endless or not isinstance(response, StreamedResponse)):
            return cls._coming(request, response)
        body = await _body_of(response)
        headers = response.headers.copy()
        if response.compression and body:
            body = await asyncio.to_thread(gzip.compress, body, 6)
            headers[hdrs.CONTENT_ENCODING] = "gzip"
            headers.popall(hdrs.CONTENT_LENGTH, None)
        if hdrs.CONTENT_LENGTH not in headers and response.status not in {204, 304}:
            headers[hdrs.CONTENT_LENGTH] = str(len(body))
        for name, value in ((hdrs.DATE, rfc822_formatted_time()), (hdrs.SERVER, SERVER_SOFTWARE)):
            if name not in request.lacking:
                headers.setdefault(name, value)
        if not request.keep_alive:
            headers.setdefault(hdrs.CONNECTION, "close")
        if isinstance(response, StreamedResponse):
            # It was taken in, and cannot come again.
            response = web.Response(status=response.status, body=body, headers=headers)
        return cls(response, headers, b"" if request.method == "HEAD" else body)

    @classmethod
    def _coming(cls, request: web.BaseRequest, response: LastingResponse) -> Wiring:
        headers = response.headers.copy()
        has_body = request.method != "HEAD" and response.status not in BODILESS
        if has_body and response.length is None and request.version >= HttpVersion11:
            headers[hdrs.TRANSFER_ENCODING] = "chunked"
        elif not request.keep_alive or (has_body and response.length is None):
            headers[hdrs.CONNECTION] = "close"
        return cls(response, headers, coming=response.steps() if has_body else None)

    @property
    def head(self) -> bytes:
        lines = [
            f"HTTP/1.1 {self.response.status} {self.response.reason or ''}",
            *(f"{key}: {field}" for key, field in self.headers.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")

    def plan(self, strikes: Strikes) -> AsyncIterator[Step] | None:
        """How the faults send it, if they do."""
        length = self.response.length if isinstance(self.response, LastingResponse) else None
        return strikes.on_wire(Wire(self.head, self.body, self.coming, length))

    def struck(self, strikes: Strikes) -> web.StreamResponse:
        """The answer as the faults send it, or as it is."""
        plan = self.plan(strikes)
        if plan is None:
            return self.response
        if isinstance(self.response, LastingResponse):
            return LastingWireResponse(self, self.response, plan)
        return WireResponse(self.response.status, self.headers, plan, len(self.head))


async def _body_of(response: web.StreamResponse) -> bytes:
    if isinstance(response, FileResponse | StreamedResponse):
        return await response.content()
    body = response.body if isinstance(response, web.Response) else b""
    return bytes(body) if isinstance(body, (bytes, bytearray)) else b""
