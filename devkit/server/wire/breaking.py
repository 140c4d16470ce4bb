"""The faults that strike one exchange, hook by hook. What strikes nothing costs nothing: the pipeline asks only where
a scenario is on.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from aiohttp import hdrs, web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE
from multidict import CIMultiDict

from devkit.contract.entities import Lifetimes
from devkit.dialects.base import Reply
from devkit.dialects.reading import RawRequest
from devkit.dialects.spelling import WireContext
from devkit.faults.base import HOOKS
from devkit.faults.hit import Absent, Fingerprint, Hit
from devkit.faults.matter import (
    Abandon,
    Arrival,
    Broken,
    Close,
    Frame,
    Preflight,
    Reset,
    Send,
    Stay,
    Step,
    StreamStep,
    Wait,
    Wire,
)
from devkit.scenario.engine import Strike
from devkit.server.http.files import FileResponse
from devkit.server.http.protocol import connection_of
from devkit.server.http.streaming import StreamedResponse
from devkit.server.wire.tcp import flushed, reset_connection


class Strikes:
    """What strikes one exchange, in file order."""

    def __init__(self, strikes: list[Strike]) -> None:
        self._strikes = strikes

    def __bool__(self) -> bool:
        return bool(self._strikes)

    def __iter__(self) -> Iterator[Strike]:
        return iter(self._strikes)

    @property
    def fingerprints(self) -> tuple[Fingerprint, ...]:
        """What the journal tells of them."""
        return tuple(Fingerprint.of(strike.hit) for strike in self._strikes)

    async def on_request(self, *, after_commit: bool = False) -> None:
        """May raise Answered, Broken or Absent. What ends the call comes last: a delay behind it in the file counts."""
        for strike in sorted(self._with("on_request"), key=lambda strike: strike.fault.terminal):
            if strike.hit.after_commit == after_commit:
                await strike.fault.on_request(strike.hit)

    async def on_credentials(self) -> None:
        for strike in self._with("on_credentials"):
            await strike.fault.on_credentials(strike.hit)

    def on_lifetimes(self, lifetimes: Lifetimes) -> Lifetimes:
        for strike in self._with("on_lifetimes"):
            lifetimes = strike.fault.on_lifetimes(strike.hit, lifetimes)
        return lifetimes

    async def on_raw(self, raw: RawRequest) -> RawRequest:
        for strike in self._with("on_raw"):
            raw = await strike.fault.on_raw(strike.hit, raw)
        return raw

    async def around(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Run the service with the faults around it; the first in file order is the outermost."""
        for strike in reversed(list(self._with("around"))):
            call = partial(strike.fault.around, strike.hit, call)
        return await call()

    def on_context(self, context: WireContext) -> WireContext:
        for strike in self._with("on_context"):
            context = strike.fault.on_context(strike.hit, context)
        return context

    async def on_reply(self, reply: Reply) -> Reply:
        for strike in self._with("on_reply"):
            reply = await strike.fault.on_reply(strike.hit, reply)
        return reply

    def on_headers(self, status: int, headers: CIMultiDict[str]) -> None:
        for strike in self._strikes:
            strike.hit.status = status
        for strike in self._with("on_headers"):
            strike.fault.on_headers(strike.hit, headers)

    def on_body(self, body: bytes) -> bytes:
        for strike in self._with("on_body"):
            body = strike.fault.on_body(strike.hit, body)
        return body

    def on_wire(self, head: bytes, body: bytes) -> AsyncIterator[Step] | None:
        """The steps that send the answer: each wire fault is given what those before it have planned."""
        wire = Wire(head, body)
        for strike in self._with("on_wire"):
            plan = strike.fault.on_wire(strike.hit, wire)
            if plan is not None:
                wire.plan = _waiting(plan, strike.hit)
        return wire.plan

    @property
    def touch_wire(self) -> bool:
        return any(True for _ in self._with("on_wire"))

    def on_stream(self, steps: AsyncGenerator[StreamStep, None]) -> AsyncGenerator[StreamStep, None]:
        """The steps that send a streamed answer: each fault is given what those before it make of it."""
        for strike in self._with("on_stream"):
            steps = strike.fault.on_stream(strike.hit, steps)
        return steps

    async def on_chunk(self, arrival: Arrival) -> None:
        for strike in self._with("on_chunk"):
            await strike.fault.on_chunk(strike.hit, arrival)

    @property
    def touch_chunks(self) -> bool:
        return any(True for _ in self._with("on_chunk"))

    async def on_preflight(self, preflight: Preflight) -> None:
        for strike in self._with("on_preflight"):
            await strike.fault.on_preflight(strike.hit, preflight)

    async def on_handshake(self) -> None:
        for strike in self._with("on_handshake"):
            await strike.fault.on_handshake(strike.hit)

    async def on_frame(self, frame: Frame) -> list[Frame]:
        """What goes out instead of a frame: each fault is given what the one before it made of it."""
        frames = [frame]
        for strike in self._with("on_frame"):
            frames = [made for one in frames for made in await strike.fault.on_frame(strike.hit, one)]
        return frames

    def _with(self, hook: str) -> Iterator[Strike]:
        moment = HOOKS[hook]
        return (strike for strike in self._strikes if strike.moment is moment and hook in type(strike.fault).hooks())


NONE = Strikes([])


async def _waiting(plan: AsyncIterator[Step], hit: Hit) -> AsyncIterator[Step]:
    """The plan's steps, where its waits are done as waits of the strike that they belong to."""
    async with _closed(plan):
        async for step in plan:
            match step:
                case Wait(milliseconds):
                    await hit.sleep(milliseconds)
                case Stay():
                    await hit.hang()
                case _:
                    yield step


@contextlib.asynccontextmanager
async def _closed(plan: AsyncIterator[Step]) -> AsyncIterator[None]:
    """What a plan holds on to is let go when it is not taken to its end."""
    try:
        yield
    finally:
        if isinstance(plan, AsyncGenerator):
            await plan.aclose()


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

    async def prepare(self, request: web.BaseRequest) -> None:
        transport = request.transport
        if transport is None:
            return
        try:
            async with _closed(self._plan):
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


async def wired(request: web.BaseRequest, response: web.StreamResponse, strikes: Strikes) -> web.StreamResponse:
    """The response as it is, or as a wire fault sends it."""
    if not strikes.touch_wire:
        return response
    body = await _body_of(response)
    headers = response.headers.copy()
    if response.compression and body:
        body = await asyncio.to_thread(gzip.compress, body, 6)
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        headers.popall(hdrs.CONTENT_LENGTH, None)
    if hdrs.CONTENT_LENGTH not in headers and response.status not in {204, 304}:
        headers[hdrs.CONTENT_LENGTH] = str(len(body))
    headers.setdefault(hdrs.DATE, rfc822_formatted_time())
    headers.setdefault(hdrs.SERVER, SERVER_SOFTWARE)
    if not request.keep_alive:
        headers.setdefault(hdrs.CONNECTION, "close")
    lines = [
        f"HTTP/1.1 {response.status} {response.reason or ''}",
        *(f"{key}: {field}" for key, field in headers.items()),
    ]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")
    plan = strikes.on_wire(head, b"" if request.method == "HEAD" else body)
    if plan is not None:
        return WireResponse(response.status, headers, plan, len(head))
    # A stream was taken in, and cannot come again.
    return (
        web.Response(status=response.status, body=body, headers=headers)
        if isinstance(response, StreamedResponse)
        else response
    )


async def _body_of(response: web.StreamResponse) -> bytes:
    if isinstance(response, FileResponse | StreamedResponse):
        return await response.content()
    body = response.body if isinstance(response, web.Response) else b""
    return bytes(body) if isinstance(body, (bytes, bytearray)) else b""
