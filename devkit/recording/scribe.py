"""Exchanges written down as lines of a recording: bodies unpacked, secrets replaced, everything told as HAR tells it.

That is most of the work of recording, and a process of its own does it: the loop's would have to wait for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import orjson

from devkit import beside
from devkit.recording.base import Fields, Pairs, RecordedEvent, RecordedFrame, Timing
from devkit.recording.har.bodies import field
from devkit.recording.har.writing import (
    INLINE,
    Address,
    Body,
    Head,
    Written,
    address_of,
    body_of,
    filed,
    head_of,
    line_of,
)
from devkit.recording.journal import BODIES, HarFile
from devkit.recording.secrets import Secrets

_PIECES = (
    b"text/event-stream",
    b"application/x-ndjson",
    b"application/jsonl",
    b"application/stream+json",
    b"text/x-component",
)
"""What is streamed for its pieces, and not because it is long."""
SWITCHED = 101
_ROOM = 16 * 1024 * 1024
"""Bytes of what is remembered: most heads, and many bodies, come again and again."""
_COST = 1024
"""What something remembered takes besides its bytes, roughly."""

_T = TypeVar("_T")


class Told(NamedTuple):
    """An exchange, with nothing but what `marshal` knows. Pieces that are None are a body that nobody knows; `times`
    are when those of the answer came, in milliseconds after its head, and `frames` are (after, direction, data, code).
    """

    at: float
    method: str
    origin: str
    target: str
    fields: Pairs
    sent: Sequence[bytes] | None
    status: int
    reason: str
    answer_fields: Pairs
    received: Sequence[bytes] | None
    times: Sequence[float]
    frames: Sequence[tuple[float, Literal["sent", "received"], str | bytes, int | None]]
    timing: tuple[float, float, float]
    failure: str


class Taken(NamedTuple):
    """What became of exchanges: how many are `written`, and how many are `lost`; what the user is to know of that. And
    how far it all is: the end of the last entry, and placeholders so far.
    """

    written: int
    lost: int
    warnings: list[str]
    end: int
    placeholders: int


class _Side:
    """What the fields of a request, or of an answer, say of its body; and their `head`, as it was made when secrets had
    changed so often.
    """

    __slots__ = ("changes", "coding", "head", "in_pieces", "kind")

    def __init__(self, pairs: Pairs) -> None:
        fields = _fields(pairs)
        self.coding, self.kind = field(fields, "content-encoding").lower(), field(fields, "content-type")
        self.in_pieces = comes_in_pieces(pairs)
        self.head: Head | None = None
        self.changes = 0


class Scribe:
    """Writes exchanges down."""

    def __init__(self, file: HarFile, placeholders: int = 0) -> None:
        """So many placeholders are taken."""
        self._file = file
        self._secrets = Secrets(placeholders)
        self._remembered: dict[Hashable, Any] = {}
        self._size = self._secret_count = 0
        self._warnings: list[str] = []

    def take(self, told: Sequence[Told]) -> Taken:
        self._warnings = []
        lines = [line for line in map(self._line, told) if line]
        written = len(lines)
        if lines:
            try:
                self._file.append(lines)
            except OSError as error:
                self._unwritten(error)
                written = 0
        return Taken(written, len(told) - written, self._warnings, self._file.end, self._secrets.count)

    def _line(self, one: Told) -> bytes | None:
        try:
            return line_of(self._written(one))
        except OSError as error:
            self._unwritten(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next exchange may be all right
            self._warnings.append(f"an exchange could not be recorded ({type(error).__name__}: {error})"[:300])
        return None

    def _unwritten(self, error: OSError) -> None:
        told = f"cannot be written: {error.strerror or error}. What was recorded is kept, and traffic goes on"
        self._warnings.append(told)

    def _written(self, one: Told) -> Written:
        unknown: list[str] = []
        asked, said = self._side(one.fields), self._side(one.answer_fields)
        events: list[RecordedEvent] = []
        if one.received and said.in_pieces:
            events, answer_body = self._streamed(one.received, one.times, said, unknown)
        else:
            answer_body = self._body(one.received, said, "answer", unknown)
        request_body = self._body(one.sent, asked, "request", unknown)
        connect, wait, receive = one.timing
        return Written(
            at=one.at,
            method=one.method,
            address=self._once((one.origin, one.target), 2 * len(one.target), self._address, one.origin, one.target),
            request=self._head(asked, one.fields),
            request_body=request_body,
            status=one.status,
            reason=one.reason,
            answer=self._head(said, one.answer_fields),
            answer_body=answer_body,
            timing=Timing(connect=connect, wait=wait, receive=receive),
            events=events,
            frames=self._frames(one) if one.status == SWITCHED else None,
            failure=one.failure,
            unknown=unknown,
        )

    def _side(self, pairs: Pairs) -> _Side:
        return self._once(tuple(pairs), _COST, _Side, pairs)

    def _head(self, side: _Side, pairs: Pairs) -> Head:
        """After the bodies: what is secret in these is known then."""
        changes = self._secrets.changes
        if side.head is not None and side.changes == changes:
            return side.head
        made = head_of(self._secrets.fields(_fields(pairs)))
        side.head, side.changes = Head(_packed(made.fields), made.kind, made.location), changes
        return side.head

    def _frames(self, one: Told) -> list[RecordedFrame]:
        text = self._secrets.text
        return [
            RecordedFrame(after, way, text(data) if isinstance(data, str) else data, code)
            for after, way, data, code in one.frames
        ]

    def _once(self, key: Hashable, size: int, make: Callable[..., _T], *given: Any) -> _T:
        """What was made of it before, as long as no secret is known since that would be looked for in it."""
        if self._secret_count != self._secrets.changes:
            self._remembered.clear()
            self._size, self._secret_count = 0, self._secrets.changes
        found: _T | None = self._remembered.get(key)
        if found is None:
            found = make(*given)
            if self._secret_count == self._secrets.changes:
                self._size += size + _COST
                if self._size > _ROOM:
                    self._remembered.clear()
                    self._size = size + _COST
                self._remembered[key] = found
        return found

    def _address(self, origin: str, target: str) -> Address:
        made = address_of(origin, self._secrets.address(target))
        return Address(made.url, _packed(made.query))

    def _body(self, pieces: Sequence[bytes] | None, side: _Side, which: str, unknown: list[str]) -> Body | None:
        """A body as HAR says it, or the name of its file. Raises OSError."""
        if pieces is None:
            unknown.append(which)
        if not pieces:
            return None
        data, coding, kind = b"".join(pieces) if len(pieces) > 1 else pieces[0], side.coding, side.kind
        try:
            if len(data) > INLINE:
                return self._masked(data, coding, kind)
            return self._once((coding, kind, data), 2 * len(data), self._masked, data, coding, kind)
        except _Unknown:
            unknown.append(which)
            return None

    def _masked(self, data: bytes, coding: str, kind: str) -> Body:
        """Raises _Unknown, OSError."""
        body = self._secrets.body(self._undoing(coding)(data), kind)
        if len(body) > INLINE:
            return self._filed(body)
        made = body_of(body, kind)
        return Body(made.size, {**made.said, "text": _packed(made.said["text"])})

    def _streamed(
        self, pieces: Sequence[bytes], times: Sequence[float], side: _Side, unknown: list[str]
    ) -> tuple[list[RecordedEvent], Body | None]:
        kind = side.kind
        try:
            undo = self._undoing(side.coding)
            plain = [undo(piece) for piece in pieces]
        except _Unknown:
            unknown.append("answer")
            return [], None
        # Piece by piece: a placeholder is as long as it likes.
        events = [
            RecordedEvent(after, self._secrets.body(data, kind))
            for after, data in zip(times, plain, strict=True)
            if data
        ]
        body = b"".join(event.data for event in events)
        return events, self._filed(body) if len(body) > INLINE else body_of(body, kind)

    def _undoing(self, coding: str) -> Callable[[bytes], bytes]:
        """What undoes a content coding, piece by piece. It, or what it gives, raises _Unknown."""
        if coding in {"", "identity"}:
            return bytes
        if coding not in {"gzip", "x-gzip", "deflate"}:
            # What cannot be read cannot be searched for secrets.
            told = f"bodies in {coding} are recorded without their bytes: nobody can look for secrets in them"
            self._warnings.append(told)
            raise _Unknown
        decoder = zlib.decompressobj(zlib.MAX_WBITS | 32)

        def undo(piece: bytes) -> bytes:
            try:
                return decoder.decompress(piece)
            except zlib.error:
                raise _Unknown from None

        return undo

    def _filed(self, body: bytes) -> Body:
        """Raises OSError."""
        name = f"{BODIES}/{hashlib.sha256(body).hexdigest()}"
        path = self._file.folder / name
        if not path.exists():
            unfinished = path.with_suffix(".part")
            try:
                unfinished.write_bytes(body)
                unfinished.replace(path)
            except OSError:
                with contextlib.suppress(OSError):
                    unfinished.unlink(missing_ok=True)
                raise
        return filed(name)


class ScribeBeside:
    """The same in a process of its own; in this one where there can be no other, or it has ended."""

    def __init__(self, file: HarFile) -> None:
        self._file = file
        self._last = Taken(0, 0, [], file.end, 0)
        self._here: Scribe | None = None
        self._process: subprocess.Popen[bytes] | None = None
        if sys.platform != "win32":  # where a file that is open is not simply another's too
            told, descriptor = [str(file.folder), str(file.fileno()), str(file.end)], file.fileno()
            with contextlib.suppress(OSError):
                self._process = beside.started(__name__, "serve", *told, asked=True, keeps=(descriptor,))

    def take(self, told: Sequence[tuple[Any, ...]]) -> Taken:
        """Exchanges, each with what `Told` has, in its order."""
        if self._process is not None:
            try:
                beside.send(self._process.stdin, told)
                self._last = Taken(*beside.receive(self._process.stdout))
            except (OSError, EOFError):
                # What it has written of these is written anew.
                self.close()
            else:
                return self._last
        if self._here is None:
            with contextlib.suppress(OSError):
                self._file.go_back(self._last.end)
            self._here = Scribe(self._file, self._last.placeholders)
        return self._here.take([Told(*one) for one in told])

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.communicate()


def serve(folder: str, descriptor: str, end: str) -> None:
    """What the other process does until nobody asks any more."""
    file = os.fdopen(int(descriptor), "r+b", buffering=0)
    scribe = Scribe(HarFile(Path(folder), file, int(end)))
    with contextlib.suppress(EOFError, OSError):
        while True:
            told = [Told(*one) for one in beside.receive(sys.stdin.buffer)]
            beside.send(sys.stdout.buffer, tuple(scribe.take(told)))


def comes_in_pieces(fields: Pairs) -> bool:
    """Whether an answer with these fields is streamed for its pieces."""
    kind = next((value for name, value in fields if name.lower() == b"content-type"), b"")
    return kind.lower().startswith(_PIECES)


class _Unknown(Exception):
    """A body that nobody can read."""


def _fields(pairs: Pairs) -> Fields:
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs])


def _packed(value: Any) -> Any:
    return orjson.Fragment(orjson.dumps(value))
