"""Answers that came in pieces, and the messages of WebSockets, as writers of HAR files put them down."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

import orjson

from devkit.recording.base import RecordedEvent, RecordedFrame
from devkit.recording.har.bodies import Beside

_MILLISECONDS = 1e11
"""A time above this is in milliseconds since 1970 (Playwright), below it in seconds (Chromium, mitmproxy)."""
_BLANK = re.compile(rb"(?:\r\n\r\n|\n\n|\r\r)")
_CLOSE = 8
"""The opcode of a close frame (RFC 6455, section 5.2)."""


class Sanitized(Exception):
    """Messages without their data: what DevTools calls a sanitized export has none of a stream."""


def milliseconds(time: object) -> float:
    """A time of a message, in milliseconds since 1970."""
    if not isinstance(time, int | float) or isinstance(time, bool):
        raise TypeError("a message's time is no number")
    return float(time) if time > _MILLISECONDS else time * 1000


def events_of(messages: Sequence[Mapping[str, Any]], body: bytes | None, head: float) -> tuple[RecordedEvent, ...]:
    """The pieces of a stream, from what DevTools says of its messages and the text of the whole. `head` is when the
    answer's head came, in milliseconds since 1970. Raises Sanitized where neither has data.
    """
    times = [max(0.0, milliseconds(message.get("time")) - head) for message in messages]
    if body and messages and all("_size" in message for message in messages):
        # Ours: not only of server-sent events.
        ends = [*accumulate(message["_size"] for message in messages)]
        return tuple(
            RecordedEvent(after, body[start:end]) for after, start, end in zip(times, [0, *ends], ends, strict=False)
        )
    if body:
        pieces = [*_pieces(body)]
        # Comments and pings are pieces of the text, and no messages.
        told = [number for number, piece in enumerate(pieces) if _is_message(piece)]
        when = dict(zip(told, times, strict=False)) if len(told) == len(times) else {}
        after, found = 0.0, []
        for number, piece in enumerate(pieces):
            after = max(after, when.get(number, after))
            found.append(RecordedEvent(after, piece))
        return tuple(found)
    if messages and not any(message.get("data") for message in messages):
        raise Sanitized
    return tuple(RecordedEvent(after, _written(one)) for after, one in zip(times, messages, strict=True))


def _pieces(body: bytes) -> Iterator[bytes]:
    start = 0
    for blank in _BLANK.finditer(body):
        yield body[start : blank.end()]
        start = blank.end()
    if start < len(body):
        yield body[start:]


def _is_message(piece: bytes) -> bool:
    return any(line.startswith(b"data") for line in piece.splitlines())


def _written(message: Mapping[str, Any]) -> bytes:
    lines = []
    if (name := message.get("eventName")) and name != "message":
        lines.append(f"event: {name}")
    if ident := message.get("eventId"):
        lines.append(f"id: {ident}")
    lines += [f"data: {line}" for line in str(message.get("data") or "").split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def messages_of(entry: Mapping[str, Any], content: Mapping[str, Any], beside: Beside) -> list[dict[str, Any]] | None:
    """A socket's messages; None where the writer kept none (Firefox). Playwright's `attach` has a file of lines."""
    given = entry.get("_webSocketMessages")
    if isinstance(given, list):
        return given
    name = content.get("_file")
    if isinstance(name, str) and name.endswith(".jsonl"):
        data = beside(name)
        return None if data is None else [orjson.loads(line) for line in data.splitlines() if line.strip()]
    return None


def frames_of(messages: Sequence[Mapping[str, Any]], began: float) -> tuple[RecordedFrame, ...]:
    """`began` is when the handshake was done, in milliseconds since 1970."""
    found = []
    for message in messages:
        direction = "sent" if message.get("type") in {"send", "request", "sent"} else "received"
        after = max(0.0, milliseconds(message.get("time")) - began)
        opcode, data = message.get("opcode", 1), message.get("data")
        code = message.get("_code")
        if not isinstance(data, str):
            raise TypeError("a message has no data")
        value: str | bytes = data
        if opcode == 2:  # a binary frame, RFC 6455, section 5.2
            try:
                value = base64.b64decode(data, validate=True)
            except binascii.Error:
                value = data.encode("latin-1", "replace")
        elif opcode == _CLOSE and code is None:
            code = 1000
        elif opcode not in {1, _CLOSE}:
            continue
        found.append(RecordedFrame(after, direction, value, code))  # type: ignore[arg-type]
    return tuple(found)
