"""A stream of events, read as it comes (WHATWG HTML, "Interpreting an event stream")."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import field, replace
from typing import Any

import orjson

from devkit.dialects.base import Route
from devkit.effects import stopwatch
from devkit.records import dataclass
from devkit.verify.exchange import Answer, Exchange
from devkit.verify.visitor import Visitor
from devkit.verify.wire import WireError

MEDIA_TYPE = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Event:
    """One that is told; `at` is in seconds from the request on. `id` is None where it has none of its own."""

    data: str
    kind: str
    id: str | None
    at: float

    @property
    def json(self) -> Any:
        try:
            return orjson.loads(self.data)
        except orjson.JSONDecodeError:
            return None


@dataclass(kw_only=True)
class Streamed:
    """What was read: `events` that are told, `comments`, fields that the standard does not know (`strange`), what stood
    behind the last empty line (`rest`), the id to come back with (`last_id`), when something arrived (`arrivals`).
    `trouble`: how it broke off.
    """

    answer: Answer
    events: list[Event] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    rest: str = ""
    last_id: str = ""
    arrivals: list[float] = field(default_factory=list)
    trouble: str = ""

    @property
    def is_stream(self) -> bool:
        return self.answer.ok and self.answer.media_type == MEDIA_TYPE


class Parser:
    """Bytes to events; `at` is when they came."""

    def __init__(self, into: Streamed) -> None:
        self._into, self._buffer, self._first = into, b"", True
        self._data: list[str] = []
        self._kind = ""
        self._id: str | None = None

    def feed(self, data: bytes, at: float) -> None:
        self._buffer += data
        if self._first and len(self._buffer) >= 3:
            self._buffer, self._first = self._buffer.removeprefix(b"\xef\xbb\xbf"), False
        text = self._buffer.replace(b"\r\n", b"\n")
        # A CR at the end may be half of a line's end.
        held = text.endswith(b"\r")
        *lines, self._buffer = (text[:-1] if held else text).replace(b"\r", b"\n").split(b"\n")
        if held:
            self._buffer += b"\r"
        for line in lines:
            self._line(line.decode("utf-8", "replace"), at)
        self._into.rest = self._pending()

    def _pending(self) -> str:
        return "\n".join([*self._data, self._buffer.decode("utf-8", "replace")]).strip()

    def _line(self, line: str, at: float) -> None:
        if not line:
            if self._data:
                self._into.events.append(Event("\n".join(self._data), self._kind or "message", self._id, at))
            self._data, self._kind, self._id = [], "", None
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "":
                self._into.comments.append(value)
            case "data":
                self._data.append(value)
            case "event":
                self._kind = value
            case "id":
                self._id = self._into.last_id = value
            case "retry":
                pass
            case _:
                self._into.strange.append(line)


async def streamed(
    visitor: Visitor,
    route: Route,
    given: Mapping[str, Any],
    *,
    headers: Mapping[str, str | None] | None = None,
    most: int = 10_000,
    seconds: float = 20.0,
) -> Streamed:
    """Read until it ends, so many events are there, or so many seconds are over."""
    call = visitor.spelled(route, given)
    sent = {"Accept": MEDIA_TYPE, **call.headers, **(headers or {})}
    request = visitor.request(call.method, call.target, sent, call.body)
    exchange = visitor.note(Exchange(request=request))
    line = await visitor.line()
    began = stopwatch()
    try:
        answer = await line.ask(request)
        found, body = Streamed(answer=answer), bytearray()
        if not found.is_stream:
            found.answer = exchange.answer = await line.whole(answer)
            return found
        exchange.answer = answer
        parser = Parser(found)
        try:
            async with aclosing(line.pieces()) as pieces:
                async for piece in pieces:
                    at = stopwatch() - began
                    body += piece
                    found.arrivals.append(at)
                    parser.feed(piece, at)
                    if len(found.events) >= most or at > seconds:
                        break
        except WireError as error:
            found.trouble = str(error)
        found.answer = exchange.answer = replace(answer, body=bytes(body), took=stopwatch() - began)
        exchange.frames += [("server", one.data[:500]) for one in found.events]
    except WireError as error:
        exchange.trouble = str(error)
        raise
    finally:
        await line.close()
    return found
