"""The real backend's answer as faults see it: read as a whole, or event by event where it is a stream."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Literal, Protocol

import orjson

from devkit.contract.shapes import is_json
from devkit.dialects.replies import BytesBody, PassedBody, Reply, Source, StreamBody, StreamEvent
from devkit.faults.matter import Broken
from devkit.upstream.connection import BrokeOff

if TYPE_CHECKING:
    from devkit.upstream.client import Pairs


class Coming(Source, Protocol):
    """An answer that is not ours, as it comes."""

    @property
    def reason(self) -> str: ...
    @property
    def fields(self) -> Pairs: ...


_MOST_TAKEN = 64 * 1024 * 1024
"""Bytes of an answer that are read for a fault to see; of a longer one it sees nothing."""

_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding"})


async def taken(reply: Reply, answer: Coming) -> Reply:
    """The same answer, read for faults to see. Raises Broken where it breaks off."""
    fields = list(reply.fields or ())
    media = next((value for name, value in fields if name.lower() == "content-type"), "")
    fields = [pair for pair in fields if pair[0].lower() not in _FRAMING]
    if media.partition(";")[0].strip().lower() == "text/event-stream":
        return Reply(reply.status, StreamBody(_events(answer), media, endless=True), fields=fields)
    pieces, size = [], 0
    try:
        while size < _MOST_TAKEN and (data := await answer.piece()):
            pieces.append(data)
            size += len(data)
    except BrokeOff as broken:
        raise Broken(reset=broken.reset) from None
    data, begun = b"".join(pieces), size >= _MOST_TAKEN
    if begun:
        assert isinstance(reply.body, PassedBody)  # noqa: S101 - it was made so a moment ago
        return Reply(
            reply.status, PassedBody(_Begun(data, answer), answer.reason, reply.body.length), fields=reply.fields
        )
    coding = b"".join(value for name, value in answer.fields if name.lower() == b"content-encoding")
    plain = decoded(data, coding.decode("latin-1").strip().lower())
    if plain is None:
        # A coding that nobody asked for: it goes on as it came.
        body = PassedBody(_Begun(data, None), answer.reason, len(data))
        return Reply(reply.status, body, fields=reply.fields)
    if is_json(media):
        try:
            return Reply(reply.status, orjson.loads(plain), media_type=media, fields=fields, source=plain)
        except ValueError:
            pass
    return Reply(reply.status, BytesBody(plain, media or "application/octet-stream"), fields=fields)


class _Begun:
    """What was read already, and what is still to come."""

    def __init__(self, data: bytes, answer: Coming | None) -> None:
        self._data, self._answer = data, answer

    async def piece(self) -> bytes:
        data, self._data = self._data, b""
        return data or (await self._answer.piece() if self._answer is not None else b"")

    def ready(self) -> bool:
        return bool(self._data) or self._answer is None or self._answer.ready()

    def close(self) -> None:
        if self._answer is not None:
            self._answer.close()


def decoded(data: bytes, coding: str) -> bytes | None:
    """The content without its coding; None where that is none that is known."""
    if coding in {"", "identity"}:
        return data
    if coding not in {"gzip", "x-gzip", "deflate"}:
        return None
    try:
        return zlib.decompress(data, wbits=47)
    except zlib.error:
        return None


async def _events(answer: Coming) -> AsyncGenerator[StreamEvent, None]:
    """The events of a stream, each with the empty line behind it (WHATWG HTML, section 9.2.5)."""
    rest = b""
    try:
        while data := await answer.piece():
            rest += data
            while (cut := _end_of_event(rest)) > 0:
                event, rest = rest[:cut], rest[cut:]
                yield StreamEvent(event, _kind(event))
        if rest:
            yield StreamEvent(rest, "aside")
    except BrokeOff:
        return
    finally:
        answer.close()


def _end_of_event(data: bytes) -> int:
    found = [at + len(mark) for mark in (b"\n\n", b"\r\n\r\n", b"\r\r") if (at := data.find(mark)) >= 0]
    return min(found, default=0)


def _kind(event: bytes) -> Literal["token", "done", "aside"]:
    if all(line.startswith(b":") or not line for line in event.splitlines()):
        return "aside"
    return "done" if event.startswith(b"data: [DONE]") else "token"
