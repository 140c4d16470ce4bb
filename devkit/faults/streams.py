"""Streamed answers (server-sent events) that hesitate, stop, break off, or are no longer what they should be.

`after` counts the pieces of the answer, of which each is an event. A call that did not ask for a stream is not touched.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from devkit.contract.operations import Need
from devkit.faults.base import Fault
from devkit.faults.matter import Close, Send, SendEvent
from devkit.faults.parameters import Duration, ErrorStatus

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from devkit.faults.hit import Hit
    from devkit.faults.matter import StreamStep

    Steps = AsyncGenerator[StreamStep, None]

After = Annotated[int, Field(ge=0, le=1_000_000)]

_LEAF = "\N{SEEDLING}"


class _Streamed(Fault):
    """A fault of streamed answers; `play` is what is left to say."""

    needs = (Need.STREAM,)

    def on_stream(self, hit: Hit, steps: Steps) -> Steps:
        return self._closing(hit, steps)

    async def _closing(self, hit: Hit, steps: Steps) -> Steps:
        async with contextlib.aclosing(steps), contextlib.aclosing(self.play(hit, steps)) as played:
            async for step in played:
                yield step

    def play(self, hit: Hit, steps: Steps) -> Steps:
        """What is sent instead."""
        raise NotImplementedError


class FirstToken(_Streamed):
    """The headers come at once, with status 200, and then for this long nothing: the model seems to think."""

    kind = "stream.first_token"
    example = {"delay": "3s"}

    delay: Duration

    async def play(self, hit: Hit, steps: Steps) -> Steps:
        await hit.sleep(self.delay)
        async for step in steps:
            yield step


class Stall(_Streamed):
    """After so many pieces nothing more comes, and the connection stays open, until the scenario is switched off or the
    client gives up; neither an error nor an end tells of it.
    """

    kind = "stream.stall"
    terminal = True
    example = {"after": 5}

    after: After = 5

    async def play(self, hit: Hit, steps: Steps) -> Steps:
        async for number, step in _numbered(steps):
            if number == self.after:
                await hit.hang()
            yield step


class Cut(_Streamed):
    """After so many pieces the connection is closed in the middle of the answer: the chunked body has no end, so that
    reading it fails (`net::ERR_INCOMPLETE_CHUNKED_ENCODING`, a TypeError for `fetch`). The model stops; what it said
    until then is in the conversation.
    """

    kind = "stream.cut"
    terminal = True
    example = {"after": 5}

    after: After = 5

    async def play(self, hit: Hit, steps: Steps) -> Steps:
        async for number, step in _numbered(steps):
            if number == self.after:
                break
            yield step
        yield Close()


class ErrorEvent(_Streamed):
    """After so many pieces comes an event of type `error` whose data is an error in the dialect's shape, and the stream
    ends, without `[DONE]`: the status was 200 long before.
    """

    kind = "stream.error_event"
    terminal = True
    example = {"after": 5, "status": 503}

    after: After = 5
    status: ErrorStatus = 503

    async def play(self, hit: Hit, steps: Steps) -> Steps:
        async for number, step in _numbered(steps):
            if number == self.after:
                break
            yield step
        body = json.dumps(hit.error(self.status).body, ensure_ascii=False)
        yield Send(f"event: error\ndata: {body}\n\n".encode())


class NoDone(_Streamed):
    """The answer is complete, with its usage figures, and the stream ends; only the `[DONE]` at the end is missing."""

    kind = "stream.no_done"

    async def play(self, hit: Hit, steps: Steps) -> Steps:
        async for step in steps:
            if not (isinstance(step, SendEvent) and step.kind == "done"):
                yield step


class Buffered(_Streamed):
    """The answer is not streamed: headers come at once, and all events together when the last one is there, as with a
    proxy in between that buffers.
    """

    kind = "stream.buffered"

    async def play(self, hit: Hit, steps: Steps) -> Steps:
        held = bytearray()
        async for step in steps:
            if isinstance(step, Send):
                held += step.data
                continue
            yield Send(bytes(held))
            held.clear()
            yield step
        if held:
            yield Send(bytes(held))


class BadFrame(_Streamed):
    """After so many pieces comes an event whose data is no JSON: it is cut in half. All others are right."""

    kind = "stream.bad_frame"
    example = {"after": 5}

    after: After = 5

    async def play(self, hit: Hit, steps: Steps) -> Steps:
        async for number, step in _numbered(steps):
            if number == self.after and isinstance(step, SendEvent):
                yield Send(step.data[: len(step.data) // 2] + b"\n\n")
            else:
                yield step


class SplitUtf8(_Streamed):
    """What arrives together ends in the middle of a character, wherever the answer has one of several bytes; the first
    piece begins with a seedling emoji, so that there is one. Who decodes each part by itself, not as a stream, shows
    replacement characters.
    """

    kind = "stream.split_utf8"

    pause: ClassVar[int] = 30
    """Milliseconds between the two halves, so that they are read apart."""

    async def play(self, hit: Hit, steps: Steps) -> Steps:
        planted = False
        async for step in steps:
            if not isinstance(step, SendEvent):
                yield step
                continue
            data = step.data
            if step.kind == "token" and not planted:
                data, planted = _with_content(data, _LEAF), True
            middle = next((place for place, byte in enumerate(data) if byte >= 0x80), None)
            if middle is None:
                yield step
                continue
            yield Send(data[: middle + 1])
            await hit.sleep(self.pause)
            yield Send(data[middle + 1 :])


class DuplicateChunk(_Streamed):
    """Every so many pieces one comes twice: who puts them together as they come has words twice."""

    kind = "stream.duplicate_chunk"
    example = {"every": 3}

    every: Annotated[int, Field(ge=1, le=1_000_000)] = 3

    async def play(self, hit: Hit, steps: Steps) -> Steps:
        async for number, step in _numbered(steps):
            yield step
            if isinstance(step, SendEvent) and step.kind == "token" and (number + 1) % self.every == 0:
                yield step


class Comments(_Streamed):
    """Between the events stand comments (`: keep-alive`), as proxies and servers send them to keep a connection open.
    They mean nothing (HTML standard, "Interpreting an event stream"), but some clients hand them out as messages.
    """

    kind = "stream.comments"
    example = {"every": 2}

    every: Annotated[int, Field(ge=1, le=1_000_000)] = 1

    async def play(self, hit: Hit, steps: Steps) -> Steps:
        async for number, step in _numbered(steps):
            if isinstance(step, SendEvent) and number % self.every == 0:
                yield Send(b": keep-alive\n\n")
            yield step


class NoLastBlank(_Streamed):
    """The stream ends in good order, but without the empty line behind its last event: an event without one is not
    told (HTML standard), so that who waits for `[DONE]` never sees it. Some clients tell it all the same.
    """

    kind = "stream.no_last_blank"

    async def play(self, hit: Hit, steps: Steps) -> Steps:
        held: StreamStep | None = None
        async for step in steps:
            if held is not None:
                yield held
            held = step
        if isinstance(held, Send):
            yield Send(held.data.rstrip(b"\n") + b"\n")
        elif held is not None:
            yield held


async def _numbered(steps: Steps) -> AsyncGenerator[tuple[int, StreamStep], None]:
    """Each step, with how many pieces of the answer were there before it; from 0 to the last piece's successor."""
    count = 0
    async for step in steps:
        yield count, step
        count += isinstance(step, SendEvent) and step.kind == "token"


def _with_content(event: bytes, before: str) -> bytes:
    """The event with that text in front of its content, where it has one."""
    head, mark, data = event.partition(b"data: ")
    value = json.loads(data)
    if not isinstance(value, dict) or not isinstance(value.get("content"), str):
        return event
    value["content"] = before + value["content"]
    return head + mark + f"{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


KINDS = (
    FirstToken, Stall, Cut, ErrorEvent, NoDone, Buffered, BadFrame, SplitUtf8, DuplicateChunk, Comments,
    NoLastBlank,
)  # fmt: skip
