"""WebSocket messages as they pass (RFC 6455, section 5): read beside the bytes, which stay as they are.

No extension is agreed on with either side (`without_extensions`), so what a frame says is what it holds. What upstream
compresses for a browser would have to be undone and done again, with a window for each direction of each socket (some
300 kB), only for loopback to be spared a few bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import orjson

from devkit.records import dataclass

Pairs = Sequence[tuple[bytes, bytes]]
Kind = Literal["text", "binary", "close", "ping", "pong"]

ALL = 1 << 62
"""Bytes of a message that are kept where all of it is wanted."""

_KINDS: Mapping[int, Kind] = {1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}
_OPCODES = {kind: opcode for opcode, kind in _KINDS.items()}
_CONTROL = 8
_LAST, _MASKED = 0x80, 0x80
_EXTENDED = {126: 2, 127: 8}
"""By the length that the second byte tells: how many bytes behind it tell the real one (section 5.2)."""
_NAMES = ("type", "event")
"""Members of a message that say what it is."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message, or a control frame, that has passed as a whole. `data` is what it holds, without a mask, or as much of
    that as was to be kept; `size` is that of all. `raw` is how it came, in its fragments; empty where that was not to
    be kept. `end` is where it ends in the bytes that were read with it.
    """

    kind: Kind
    data: bytes
    size: int
    raw: bytes
    end: int

    @property
    def code(self) -> int:
        """Of a close frame; 1005 where it gives none (section 7.1.5)."""
        return int.from_bytes(self.data[:2], "big") if len(self.data) >= 2 else 1005

    @property
    def reason(self) -> str:
        return self.data[2:].decode("utf-8", "replace")


class Messages:
    """Reads one direction. What is no frame that anybody knows is not judged: the other side does that."""

    __slots__ = ("_head", "_left", "_mask", "_message", "_now", "is_raw_kept", "kept")

    def __init__(self, kept: int) -> None:
        """Of each message that begins from now on so many bytes are `kept`, and where `is_raw_kept` all as it came."""
        self.kept = kept
        self.is_raw_kept = False
        self._head = bytearray()
        self._left: int | None = None
        """Bytes of the frame that are still to come; None between frames, and within the head of one."""
        self._mask = b""
        self._message: _Passing | None = None
        self._now: _Passing | None = None
        """What the frame that is coming belongs to: the message, or itself, where it is a control frame."""

    @property
    def is_between(self) -> bool:
        """Whether no message and no frame has begun."""
        return self._message is None and self._now is None and not self._head

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that end in `data`. To be exhausted."""
        place = 0
        while place < len(data) or self._left == 0:
            if self._now is None or self._left is None:
                place = self._begin(data, place)
                continue
            step = min(self._left, len(data) - place)
            self._now.take(data, place, place + step, self._mask)
            place += step
            self._left -= step
            if not self._left and (passed := self._end(place)) is not None:
                yield passed

    def _begin(self, data: bytes, place: int) -> int:
        """Read on in the head of a frame; where in `data` that ends."""
        head = self._head
        while (missing := _size_of(head) - len(head)) > 0:
            part = data[place : place + missing]
            if not part:
                return place
            head += part
            place += len(part)
        extended = _EXTENDED.get(head[1] & 0x7F, 0)
        self._left = int.from_bytes(head[2 : 2 + extended], "big") if extended else head[1] & 0x7F
        self._mask = bytes(head[2 + extended :])
        opcode = head[0] & 0x0F
        passing = self._message
        if passing is None or opcode:
            # A message that begins within another is for the other side to refuse.
            passing = _Passing(opcode, self.kept, self.is_raw_kept)
            if opcode < _CONTROL:
                self._message = passing
        passing.begin(head)
        self._now = passing
        head.clear()
        return place

    def _end(self, place: int) -> Message | None:
        passing, self._now, self._left = self._now, None, None
        assert passing is not None  # noqa: S101 - its frame has just ended
        if passing is self._message:
            if not passing.is_last:
                return None
            self._message = None
        kind = _KINDS.get(passing.opcode)
        return None if kind is None else Message(kind, bytes(passing.data), passing.size, bytes(passing.raw), place)


def _size_of(head: bytearray) -> int:
    """How many bytes a head has, as far as what has come of it tells."""
    if len(head) < 2:
        return 2
    return 2 + _EXTENDED.get(head[1] & 0x7F, 0) + (4 if head[1] & _MASKED else 0)


class _Passing:
    """A message that is coming."""

    __slots__ = ("_at", "_is_raw_kept", "_kept", "data", "is_last", "opcode", "raw", "size")

    def __init__(self, opcode: int, kept: int, is_raw_kept: bool) -> None:
        self.opcode, self._kept, self._is_raw_kept = opcode, kept, is_raw_kept
        self.data, self.raw, self.size, self.is_last = bytearray(), bytearray(), 0, False
        self._at = 0
        """Bytes of the frame that have come, for its mask."""

    def begin(self, head: bytearray) -> None:
        self._at, self.is_last = 0, bool(head[0] & _LAST)
        if self._is_raw_kept:
            self.raw += head

    def take(self, data: bytes, start: int, end: int, mask: bytes) -> None:
        if self._is_raw_kept:
            self.raw += data[start:end]
        if (room := self._kept - len(self.data)) > 0:
            self.data += unmasked(data[start : min(end, start + room)], mask, self._at)
        self.size += end - start
        self._at += end - start


def unmasked(data: bytes, mask: bytes, at: int = 0) -> bytes:
    """Without its mask, which begins `at` so many bytes before it; or with it (section 5.3)."""
    if not mask or not data:
        return data
    turn = at % 4
    repeated = (mask[turn:] + mask[:turn]) * (len(data) // 4 + 1)
    mixed = int.from_bytes(data, "little") ^ int.from_bytes(repeated[: len(data)], "little")
    return mixed.to_bytes(len(data), "little")


def frame(kind: Kind, data: bytes, mask: bytes = b"") -> bytes:
    """A frame of our own; towards upstream it is masked, with four bytes of chance."""
    masked = _MASKED if mask else 0
    first = _LAST | _OPCODES[kind]
    if len(data) < 126:
        head = bytes((first, masked | len(data)))
    elif len(data) < 1 << 16:
        head = bytes((first, masked | 126)) + len(data).to_bytes(2, "big")
    else:
        head = bytes((first, masked | 127)) + len(data).to_bytes(8, "big")
    return head + mask + unmasked(data, mask)


def without_extensions(pairs: Pairs) -> list[tuple[bytes, bytes]]:
    """Fields of a handshake's request: what is not asked for is not agreed on (section 9.1)."""
    return [pair for pair in pairs if pair[0].lower() != b"sec-websocket-extensions"]


def told(data: bytes) -> tuple[str | None, dict[str, Any]]:
    """What a text says it is (`type`, else `event`), and what it holds, where it is a JSON object."""
    if data.lstrip()[:1] != b"{":
        return None, {}
    try:
        found = orjson.loads(data)
    except ValueError:
        return None, {}
    name = next((found[name] for name in _NAMES if isinstance(found.get(name), str)), None)
    return name, found
