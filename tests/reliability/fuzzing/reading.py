"""What comes back, read strictly: an answer of ours that a strict reader cannot read is a fault of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d) [\t\x20-\x7e\x80-\xff]*")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\x20-\x7e\x80-\xff]*)")
_NO_BODY = {204, 304}


class Unreadable(Exception):
    """What came is no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def get(self, name: str) -> str:
        return next((value for given, value in self.fields if given.lower() == name), "")

    @property
    def ends(self) -> bool:
        """Whether nothing comes behind it."""
        return "close" in self.get("connection").lower()


def answers(data: bytes, methods: Sequence[str], *, ended: bool) -> tuple[list[Answer], bytes]:
    """The answers to requests of these methods (GET, beyond those), and what is left; `ended`: nothing more comes.

    Raises Unreadable.
    """
    found: list[Answer] = []
    while data:
        method = methods[len(found)] if len(found) < len(methods) else "GET"
        one = _answer(data, method, ended=ended)
        if one is None:
            break
        answer, data = one
        if answer.status == 101:
            return [*found, answer], data
        if answer.status >= 200:
            found.append(answer)
    return found, data


def _answer(data: bytes, method: str, *, ended: bool) -> tuple[Answer, bytes] | None:
    head, separator, rest = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    first, *lines = head.split(b"\r\n")
    if (status_line := _STATUS.fullmatch(first)) is None:
        raise Unreadable(f"no status line: {first[:100]!r}")
    status = int(status_line[1])
    fields = []
    for line in lines:
        if (field := _FIELD.fullmatch(line)) is None:
            raise Unreadable(f"no header field: {line[:100]!r}")
        fields.append((field[1].decode(), field[2].decode("latin-1")))
    answer = Answer(status, tuple(fields), b"")
    if status < 200 or status in _NO_BODY or method == "HEAD":
        return answer, rest
    if answer.get("transfer-encoding").lower() == "chunked":
        chunked = _chunked(rest)
        return None if chunked is None else (Answer(status, answer.fields, chunked[0]), chunked[1])
    if not (size := answer.get("content-length")):
        return (Answer(status, answer.fields, rest), b"") if ended else None
    if len(rest) < int(size):
        return None
    return Answer(status, answer.fields, rest[: int(size)]), rest[int(size) :]


def _chunked(data: bytes) -> tuple[bytes, bytes] | None:
    """A body in chunks, and what is behind it; None where it has not ended."""
    body = b""
    while True:
        line, separator, data = data.partition(b"\r\n")
        if not separator:
            return None
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            raise Unreadable(f"no size of a chunk: {line[:100]!r}") from None
        if not size:
            return (body, data.removeprefix(b"\r\n")) if data.startswith(b"\r\n") else None
        if len(data) < size + 2:
            return None
        body, data = body + data[:size], data[size + 2 :]


def wrong_with(answer: Answer) -> str | None:
    """What a client could not make sense of."""
    if answer.status >= 500 and answer.status != 505:
        return f"it was answered with {answer.status}: {answer.body[:200]!r}"
    if b"Traceback" in answer.body:
        return "a traceback was sent"
    if answer.get("content-encoding") or not answer.get("content-type").startswith("application/json"):
        return None
    try:
        if answer.body:
            json.loads(answer.body)
    except ValueError:
        return f"the answer says that it is JSON, and is not: {answer.body[:200]!r}"
    return None


def wrong_with_frames(data: bytes) -> str | None:
    """What is wrong with the frames that a server sent (RFC 6455, section 5); the last one may be cut off."""
    while len(data) >= 2:
        opcode, size = data[0] & 0x0F, data[1] & 0x7F
        if data[0] & 0x70 or data[1] & 0x80 or opcode not in {0, 1, 2, 8, 9, 10}:
            return f"no frame of a server's: {data[:20]!r}"
        if opcode >= 8 and (size > 125 or not data[0] & 0x80):
            return f"a control frame is too long, or in pieces: {data[:20]!r}"
        extended = {126: 2, 127: 8}.get(size, 0)
        size = int.from_bytes(data[2 : 2 + extended], "big") if extended else size
        payload, data = data[2 + extended : 2 + extended + size], data[2 + extended + size :]
        if len(payload) < size:
            return None
        if opcode == 8:
            return f"there is something behind the close frame: {data[:20]!r}" if data else None
        if opcode == 1 and b"internal_error" in payload:
            return f"a frame says {payload[:200]!r}"
    return None
