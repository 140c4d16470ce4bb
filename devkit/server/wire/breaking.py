"""Answers as faults send them: byte by byte, cut short, or not at all."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

from aiohttp import hdrs, web
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
    Step,
)
from devkit.records import dataclass
from devkit.server.http.files import FileResponse
from devkit.server.http.protocol import connection_of
from devkit.server.http.request import Request
from devkit.server.http.streaming import StreamedResponse
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
        async for step in self._plan:
            match step:
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
        return True

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to send."""


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
    """An answer taken apart, for faults to send. `response` is what goes out where none does."""

    response: web.StreamResponse
    headers: CIMultiDict[str]
    body: bytes

    @classmethod
    async def of(cls, request: Request, response: web.StreamResponse) -> Wiring:
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

    @property
    def head(self) -> bytes:
        lines = [
            f"HTTP/1.1 {self.response.status} {self.response.reason or ''}",
            *(f"{key}: {field}" for key, field in self.headers.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")

    def struck(self, strikes: Strikes) -> web.StreamResponse:
        """The answer as the faults send it, or as it is."""
        head = self.head
        plan = strikes.on_wire(head, self.body)
        return self.response if plan is None else WireResponse(self.response.status, self.headers, plan, len(head))


async def _body_of(response: web.StreamResponse) -> bytes:
    if isinstance(response, FileResponse | StreamedResponse):
        return await response.content()
    body = response.body if isinstance(response, web.Response) else b""
    return bytes(body) if isinstance(body, (bytes, bytearray)) else b""
