"""Connections that break, and answers that are no HTTP.

Of a body whose length nobody knows before it has ended, an event stream say, the first piece that comes (an event)
stands for the whole where a fault is about a part of it.

All but `conn.refuse`, `conn.empty` and a reset at `accept` let the work happen first: what the client is told of it
is what breaks.

A browser whose kept connection ends before it has the headers of an answer repeats the call on a new one by itself,
POST included, and tells the page nothing. Such a repeat belongs to the strike before and is struck again without being
counted, so that the page meets a single strike (`times: 1`) too; the work of a reset within the headers is done twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from devkit.contract.fields import rejected
from devkit.dialects.replies import PassedBody, StreamBody
from devkit.faults.base import Fault
from devkit.faults.matter import Broken, Close, Reset, Send, SendBody, Wait
from devkit.faults.parameters import Duration, Size

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from devkit.dialects.replies import Reply
    from devkit.faults.hit import Hit
    from devkit.faults.matter import Preflight, Step, Wire


class ResetConnection(Fault):
    """The connection is reset (a real RST): `fetch` fails with a TypeError, sockets with ECONNRESET. `at` says when:
    `accept`, before any byte of an answer, as soon as the request's head is known, and nothing is done (with `phase:
    after_commit`, it is); `headers`, within the headers; `body`, within the body, when the client knows the status.
    `bytes` says how many bytes of the headers or the body arrive (what is shorter gets through); left out, half of
    them. A repeat that a browser sends by itself belongs to the same strike.
    """

    kind = "conn.reset"
    terminal = True
    breaks = True
    example = {"at": "body", "bytes": 20}
    cases = {
        "at accept": {"at": "accept"},
        "within the headers": {"at": "headers"},
        "within the body": {"at": "body"},
    }

    at: Literal["accept", "headers", "body"] = "accept"
    count: Annotated[Size | None, Field(alias="bytes")] = None

    @model_validator(mode="after")
    def _counts_something(self) -> ResetConnection:
        if self.at == "accept" and self.count is not None:
            raise rejected("`bytes` goes with `at: headers` or `at: body`")
        return self

    @property
    def case(self) -> str:
        return next(name for name, given in self.cases.items() if given["at"] == self.at)

    async def on_request(self, hit: Hit) -> None:
        if self.at == "accept":
            raise Broken(reset=True)

    def on_wire(self, hit: Hit, wire: Wire) -> AsyncIterator[Step] | None:
        if self.at == "accept":
            return None
        head, size = len(wire.head), wire.size
        if size is None:
            if self.at == "body":
                return _cut_within(wire.steps(), 0.5 if self.count is None else self.count, Reset())
            size = 1
        before, part = (0, head) if self.at == "headers" else (head, size)
        count = part // 2 if self.count is None else min(self.count, part)
        if before + count >= head + size:
            # All of it has arrived by then.
            return None
        return _cut(wire.steps(), before + count, Reset())


class Empty(Fault):
    """The connection is closed without a byte of an answer, and nothing is done (with `phase: after_commit`, it is):
    ERR_EMPTY_RESPONSE in a browser (which may repeat the call once by itself), "server disconnected" elsewhere.
    """

    kind = "conn.empty"
    terminal = True
    breaks = True

    async def on_request(self, hit: Hit) -> None:
        raise Broken(reset=False)


class Truncate(Fault):
    """Status and headers are right, but the connection is closed when only this part of the body is there:
    Content-Length promised more, and reading the body fails.
    """

    kind = "conn.truncate"
    terminal = True
    breaks = True
    example = {"fraction": 0.5}

    fraction: Annotated[float, Field(ge=0, lt=1)]

    def on_wire(self, hit: Hit, wire: Wire) -> AsyncIterator[Step] | None:
        if wire.size is None:
            return _cut_within(wire.steps(), self.fraction, Close())
        return _cut(wire.steps(), len(wire.head) + int(wire.size * self.fraction), Close()) if wire.size else None


class ContentLength(Fault):
    """Content-Length is wrong by so many bytes, and the connection is closed behind the body. Too much, and reading
    fails; too little, and the client takes a body that is cut off for the whole of it. The body is not compressed. One
    that comes in chunks has no Content-Length to be wrong.
    """

    kind = "conn.content_length"
    terminal = True
    breaks = True
    example = {"delta": 10}
    cases = {"too much": {"delta": 10}, "too little": {"delta": -10}}

    delta: int

    @property
    def case(self) -> str:
        return "too much" if self.delta > 0 else "too little"

    @model_validator(mode="after")
    def _is_wrong(self) -> ContentLength:
        if self.delta == 0:
            raise rejected("a `delta` of 0 changes nothing")
        return self

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        hit.notes["plain"] = reply.has_body and hit.subject.method != "HEAD" and not _comes(reply)
        if hit.notes["plain"]:
            # What ends a gzip stream is a checksum: without a few bytes of it, browsers still show the whole.
            reply.headers["Content-Encoding"] = "identity"
        return reply

    def on_headers(self, hit: Hit, headers: Any) -> None:
        if hit.notes.get("plain"):
            headers.popall("Content-Encoding", None)

    def on_wire(self, hit: Hit, wire: Wire) -> AsyncIterator[Step] | None:
        if not wire.size:
            return None
        wire.set_header("Content-Length", str(max(0, wire.size + self.delta)))
        return closed(wire.steps())


class Garbage(Fault):
    """Random bytes instead of an answer, and the connection is closed: the client finds no HTTP in them."""

    kind = "conn.garbage"
    terminal = True
    breaks = True

    def on_wire(self, hit: Hit, wire: Wire) -> AsyncIterator[Step] | None:
        return self._garbage(hit)

    async def _garbage(self, hit: Hit) -> AsyncIterator[Step]:
        # Bytes from 0x80 on: by chance alone they could begin like a status line, or hold a line's end.
        yield Send(bytes(byte | 0x80 for byte in hit.chance.bytes(256)))
        yield Close()


class MalformedChunk(Fault):
    """The body comes in chunks, and behind the first half of it stands a chunk whose size is no number: reading fails
    (ERR_INVALID_CHUNKED_ENCODING) though status and headers were right.
    """

    kind = "conn.malformed_chunk"
    terminal = True
    breaks = True

    def on_wire(self, hit: Hit, wire: Wire) -> AsyncIterator[Step] | None:
        if wire.size == 0:
            return None
        wire.set_header("Content-Length", None)
        wire.set_header("Transfer-Encoding", "chunked")
        return self._chunks(wire)

    async def _chunks(self, wire: Wire) -> AsyncIterator[Step]:
        left = None if wire.size is None else (wire.size + 1) // 2
        sent = wire.head
        async for step in wire.coming or _at_once(wire.body):
            if not isinstance(step, SendBody):
                yield step
                continue
            piece = step.data[:left]
            sent += b"%x\r\n%b\r\n" % (len(piece), piece)
            left = 0 if left is None else left - len(piece)
            if not left:
                break
            yield Send(sent)
            sent = b""
        # In one piece with what is right: what comes alone behind that, some clients never look at.
        yield Send(sent + b"oops\r\n")
        yield Close()


class Dribble(Fault):
    """Headers come at once, the body in so many pieces, spread evenly over `duration`. All of it arrives: it is the
    client's patience that is tried, and whatever parses a body in pieces. Of a stream, each event comes so.
    """

    kind = "conn.dribble"
    example = {"chunks": 5, "duration": "2s"}

    chunks: Annotated[int, Field(ge=1, le=10_000)]
    duration: Duration

    def on_wire(self, hit: Hit, wire: Wire) -> AsyncIterator[Step] | None:
        start, size = len(wire.head), wire.size
        if size is None:
            return self._each(wire.steps())
        if not size:
            return None
        marks = sorted({start + size * number // self.chunks for number in range(self.chunks)})
        return self._pieces(wire.steps(), marks)

    async def _each(self, steps: AsyncIterator[Step]) -> AsyncIterator[Step]:
        async for step in steps:
            if not isinstance(step, SendBody) or not step.data:
                yield step
                continue
            size = max(1, -(-len(step.data) // self.chunks))
            starts, waited = range(0, len(step.data), size), 0
            for number, start in enumerate(starts, 1):
                due = self.duration * number // len(starts)
                yield Wait(due - waited)
                yield replace(step, data=step.data[start : start + size])
                waited = due

    async def _pieces(self, steps: AsyncIterator[Step], marks: list[int]) -> AsyncIterator[Step]:
        waited = 0
        async for sent, step in _split(steps, marks):
            yield step
            if isinstance(step, Send) and sent in marks:
                due = self.duration * (marks.index(sent) + 1) // len(marks)
                yield Wait(due - waited)
                waited = due


class LimitData(Fault):
    """Of each answer only so many bytes arrive, status line and headers included; then the connection is closed. What
    is shorter gets through.
    """

    kind = "conn.limit_data"
    terminal = True
    breaks = True
    example = {"bytes": "1KiB"}

    most: Annotated[Size, Field(alias="bytes")]

    def on_wire(self, hit: Hit, wire: Wire) -> AsyncIterator[Step] | None:
        if wire.size is not None and len(wire.head) + wire.size <= self.most:
            return None
        return _cut(wire.steps(), self.most, Close())


class Refuse(Fault):
    """For this long (the sandbox's clock) from the first call on, every call, preflight and WebSocket that matches is
    reset before any byte of an answer, as if nothing listened; afterwards all is well. The listener itself stays open,
    because other sandboxes and the control plane live behind it: the client sees ECONNRESET where a closed port would
    give ECONNREFUSED, and in a browser both are `TypeError: Failed to fetch`, or close code 1006.
    """

    kind = "conn.refuse"
    terminal = True
    example = {"for": "5s"}

    for_: Annotated[Duration, Field(alias="for")]

    async def on_request(self, hit: Hit) -> None:
        self._refuse(hit)

    async def on_preflight(self, hit: Hit, preflight: Preflight) -> None:
        self._refuse(hit)

    async def on_handshake(self, hit: Hit) -> None:
        self._refuse(hit)

    def _refuse(self, hit: Hit) -> None:
        now = hit.levers.clock.straight()
        if now - hit.memory.setdefault("since", now) < self.for_:
            raise Broken(reset=True)


def _comes(reply: Reply) -> bool:
    """Whether it is sent as it comes, and in the coding that it comes in."""
    return isinstance(reply.body, PassedBody) or (isinstance(reply.body, StreamBody) and reply.body.endless)


async def closed(steps: AsyncIterator[Step], *, after: int = 0) -> AsyncIterator[Step]:
    """The steps, and then, after so many milliseconds, the end."""
    async for step in steps:
        yield step
    if after:
        yield Wait(after)
    yield Close()


async def _cut(steps: AsyncIterator[Step], count: int, end: Step) -> AsyncIterator[Step]:
    """Only the first `count` bytes, and then the end."""
    if count:
        async for sent, step in _split(steps, [count]):
            yield step
            if sent >= count:
                break
    yield end


async def _cut_within(steps: AsyncIterator[Step], part: float, end: Step) -> AsyncIterator[Step]:
    """Of a body whose length nobody knows, that part of its first piece (below 1), or so many bytes; then the end."""
    left: int | None = part if isinstance(part, int) else None
    async for step in steps:
        if not isinstance(step, SendBody):
            yield step
            continue
        if left is None:
            left = int(len(step.data) * part)
        if piece := step.data[:left]:
            yield replace(step, data=piece)
        left -= len(piece)
        if not left:
            break
    yield end


async def _at_once(body: bytes) -> AsyncIterator[Step]:
    yield SendBody(body)


async def _split(steps: AsyncIterator[Step], marks: list[int]) -> AsyncIterator[tuple[int, Step]]:
    """The steps, each with how many bytes were sent behind it; none sends across one of the marks (rising)."""
    sent = 0
    async for step in steps:
        if not isinstance(step, Send):
            yield sent, step
            continue
        ends = [mark for mark in marks if sent < mark < sent + len(step.data)]
        for start, stop in zip([sent, *ends], [*ends, sent + len(step.data)], strict=True):
            yield stop, replace(step, data=step.data[start - sent : stop - sent])
        sent += len(step.data)


KINDS = (
    ResetConnection, Empty, Truncate, ContentLength, Garbage, MalformedChunk, Dribble, LimitData, Refuse,
)  # fmt: skip
