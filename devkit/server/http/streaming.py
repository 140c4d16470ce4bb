"""Answers that are sent as they come: server-sent events over HTTP/1.1 chunks, until their end or the client's."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import Any, TypeVar

import orjson
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from devkit.contract.errors import DomainError
from devkit.dialects.replies import Reply, StreamBody
from devkit.excerpts import BODY_KEPT
from devkit.faults.hit import Absent
from devkit.faults.matter import Close, Reset, Send, SendBody, SendEvent, Step, StreamStep
from devkit.server.http.protocol import gone_of
from devkit.server.wire.tcp import flushed, reset_connection

log = logging.getLogger("devkit")

UNTRANSFORMED = "no-cache, no-transform"
"""What a stream tells caches. A proxy that may compress holds events back until it has enough of them: those of
webpack-dev-server and Next heed nothing but `no-transform` (RFC 9111, section 5.2.2.6).
"""

BODILESS = frozenset({204, 205, 304})
"""Statuses of answers that have no body."""

S = TypeVar("S")
SpellError = Callable[[DomainError], Reply]


class LastingResponse(web.StreamResponse):
    """An answer that is sent as it comes. `on_end` is called when nothing more is sent; `sent` is the beginning of what
    was (`kept` bytes at the most), `size` how much, `note` how it ended. One that is `endless` keeps nobody waiting.
    """

    def __init__(self, *, status: int, headers: Mapping[str, str], reason: str | None = None) -> None:
        super().__init__(status=status, reason=reason, headers=headers)
        self.endless = False
        self.on_end: Callable[[], None] | None = None
        self.note = ""
        self.sent = bytearray()
        self.kept = BODY_KEPT
        self.size = 0

    def end(self) -> None:
        """Nothing more is sent; nothing that belongs to it is held any longer."""
        on_end, self.on_end = self.on_end, None
        if on_end is not None:
            on_end()

    @property
    def length(self) -> int | None:
        """Bytes that will be sent; None where nobody knows before it has ended."""
        return None

    def steps(self) -> AsyncGenerator[Step, None]:
        """How its body would be sent, for faults to send it otherwise: it is not prepared then. To be closed."""
        raise NotImplementedError

    async def release(self) -> None:
        """It is sent no further, or never was."""

    def count(self, data: bytes) -> None:
        """These bytes of the body were sent."""
        self.size += len(data)
        if len(self.sent) < self.kept:
            self.sent += data[: self.kept - len(self.sent)]


class StreamedResponse(LastingResponse):
    """The events of a stream, each sent when it is there. What is sent waits for the client to read it. `spell_error`
    spells what goes wrong on the way, since the status was sent before.
    """

    def __init__(self, body: StreamBody, status: int, wrap: Callable[[Any], Any]) -> None:
        """`wrap` is given the steps that send the stream, and returns those that are taken."""
        headers = {
            "Content-Type": body.content_type,
            "Cache-Control": UNTRANSFORMED,
            # nginx and its like hold answers back otherwise.
            "X-Accel-Buffering": "no",
        }
        super().__init__(status=status, headers=headers)
        self._steps: AsyncGenerator[StreamStep, None] = wrap(_steps(body))
        self.endless = body.endless
        self._broken = False
        self.spell_error: SpellError | None = None

    async def steps(self) -> AsyncGenerator[Step, None]:
        async with contextlib.aclosing(self._told()) as steps:
            async for step in steps:
                yield SendBody(step.data) if isinstance(step, Send) else step

    async def release(self) -> None:
        await self._steps.aclose()

    async def content(self) -> bytes:
        """All that it would send, at once; what would end the connection ends the content."""
        whole = bytearray()
        async with contextlib.aclosing(self._steps), contextlib.aclosing(self._told()) as steps:
            async for step in steps:
                if not isinstance(step, Send):
                    break
                whole += step.data
        return bytes(whole)

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        try:
            writer = await super().prepare(request)
            await self._send(request)
        except ConnectionError:
            # It left between two events, or before the first one.
            self._left()
            raise
        finally:
            await self._steps.aclose()
            self.end()
            self.spell_error = None
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        if not self._broken:
            await super().write_eof(data)

    async def _send(self, request: web.BaseRequest) -> None:
        gone, events = gone_of(request), 0
        async with contextlib.aclosing(self._told()) as steps:
            while (step := await next_step(steps, gone)) is not None:
                if not isinstance(step, Send):
                    return await self._break(request, step)
                await self.write(step.data)
                events += 1
                self.count(step.data)
        if gone is not None and gone.done():
            self._left()
        else:
            self.note = f"streamed {self.size} bytes"
        return None

    def _left(self) -> None:
        self._broken = True
        self.force_close()
        self.note = f"the client left after {self.size} bytes of the stream"

    async def _break(self, request: web.BaseRequest, step: Reset | Close) -> None:
        self._broken = True
        self.force_close()
        self.note = f"the connection was ended after {self.size} bytes of the stream"
        transport = request.transport
        if transport is None:
            return
        if isinstance(step, Reset):
            await flushed(transport, request.protocol)
            reset_connection(transport)
        else:
            transport.close()

    async def _told(self) -> AsyncGenerator[StreamStep, None]:
        """The steps; what goes wrong on the way is told as an event, behind which the stream ends."""
        try:
            async for step in self._steps:
                yield step
        except Absent:
            return
        except DomainError as error:
            yield Send(self._spelled(error))
        except Exception:
            log.exception("a streamed answer failed")
            yield Send(self._spelled(DomainError("internal_error")))

    def _spelled(self, error: DomainError) -> bytes:
        body = self.spell_error(error).body if self.spell_error else {"error": error.code}
        return b"event: error\ndata: %s\n\n" % orjson.dumps(body)


async def _steps(body: StreamBody) -> AsyncGenerator[StreamStep, None]:
    async with contextlib.aclosing(body.events) as events:
        async for event in events:
            yield Send(event.data) if event.kind == "aside" else SendEvent(event.data, event.kind)


async def next_step(steps: AsyncIterator[S], gone: asyncio.Future[None] | None) -> S | None:
    """The next step; None at the end, and where the client leaves before it is there: then the step is given up."""
    coming: asyncio.Future[Any] = asyncio.ensure_future(anext(steps, None))
    try:
        await asyncio.wait([coming, gone] if gone is not None else [coming], return_when="FIRST_COMPLETED")
        found: S | None = coming.result() if coming.done() else None
        return found
    finally:
        if not coming.done():
            coming.cancel()
            # Whatever it made of that, nobody is there any more to be told.
            await asyncio.gather(coming, return_exceptions=True)
