"""Exchanges written down as they pass: the loop only remembers them; a thread packs, hashes and writes."""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from devkit.effects import machine_now, stopwatch
from devkit.errors import FileError
from devkit.recording.base import Fields, RecordedEvent, RecordedFrame, Timing
from devkit.recording.har.bodies import field
from devkit.recording.har.writing import INLINE, Written, line_of
from devkit.recording.journal import BODIES, HarFile
from devkit.recording.secrets import Secrets

log = logging.getLogger("devkit")

_WAITING = 64 * 1024 * 1024
"""Bytes of bodies that wait for the disk, or for their end; what comes beyond that is not recorded."""
_BODY = 32 * 1024 * 1024
"""Bytes of one body that is recorded; a larger one is noted without its bytes."""
_AT_ONCE = 64
"""Exchanges that are written together."""
_PIECES = (
    "text/event-stream",
    "application/x-ndjson",
    "application/jsonl",
    "application/stream+json",
    "text/x-component",
)
"""What is streamed for its pieces, and not because it is long."""

_Side = Literal["request", "answer"]


class FolderRecorder:
    """Records into a folder; a `Recorder`. Raises FileError where that cannot be written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self._file = HarFile(folder)
        self._secrets = Secrets()
        self._queue: queue.SimpleQueue[Exchange | None] = queue.SimpleQueue()
        self._taken = self._released = 0  # each counted in one thread alone
        self._open: set[Exchange] = set()
        self._told: set[str] = set()
        self.lost = 0
        self._epoch = machine_now() / 1000 - stopwatch()
        self._thread = threading.Thread(target=self._run, name="devkit-recorder", daemon=True)
        self._thread.start()

    def begin(self, method: str, origin: str, target: str, fields: Fields) -> Exchange:
        exchange = Exchange(self, stopwatch(), method, origin, target, fields)
        self._open.add(exchange)
        return exchange

    def close(self) -> None:
        """Write what is left, and end: what is under way is recorded as far as it came. It waits for the disk: in a
        loop, call it in a thread.
        """
        for exchange in tuple(self._open):
            exchange.give_up()
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        self._file.close()
        if self.lost:
            log.warning("%s: %d exchanges could not be recorded", self.folder, self.lost)

    def fits(self, size: int) -> bool:
        """Whether so many bytes more may wait."""
        if self._taken - self._released + size > _WAITING:
            self._tell("bodies come faster than the disk takes them: some are recorded without their bytes")
            return False
        self._taken += size
        return True

    def put(self, exchange: Exchange) -> None:
        self._open.discard(exchange)
        self._queue.put(exchange)

    def discard(self, exchange: Exchange) -> None:
        self._open.discard(exchange)

    def _run(self) -> None:
        ended = False
        while not ended:
            found = [self._queue.get()]
            while len(found) < _AT_ONCE and not self._queue.empty():
                found.append(self._queue.get())
            ended = found[-1] is None
            lines = [line for line in map(self._line, filter(None, found)) if line]
            if lines:
                self._append(lines)

    def _line(self, exchange: Exchange) -> bytes | None:
        try:
            return line_of(self._written(exchange))
        except Exception:
            # Whatever it is, the next exchange may be all right.
            self.lost += 1
            log.exception("%s: an exchange could not be recorded", self.folder)
            return None
        finally:
            self._released += exchange.size

    def _append(self, lines: list[bytes]) -> None:
        try:
            self._file.append(lines)
            self.count += len(lines)
        except OSError as error:
            self.lost += len(lines)
            self._tell(f"cannot be written: {error.strerror or error}. What was recorded is kept, and traffic goes on")

    def _tell(self, told: str) -> None:
        if told not in self._told:
            self._told.add(told)
            log.warning("%s: %s", self.folder, told)

    def _written(self, one: Exchange) -> Written:
        secrets, unknown = self._secrets, list(one.unknown)
        is_socket = one.status == 101
        sent, _ = self._decoded(one.sent_pieces, one.fields, "request", unknown)
        said, events = self._decoded(one.received_pieces, one.answer_fields, "answer", unknown, one.times)
        kind = field(one.answer_fields, "content-type")
        if events:
            # Piece by piece: a placeholder is as long as it likes.
            events = [RecordedEvent(event.after, secrets.body(event.data, kind)) for event in events]
            said = b"".join(event.data for event in events)
        elif said is not None:
            said = secrets.body(said, kind)
        if sent is not None:
            sent = secrets.body(sent, field(one.fields, "content-type"))
        frames = [
            RecordedFrame(frame.after, frame.direction, secrets.text(frame.data), frame.code)
            if isinstance(frame.data, str)
            else frame
            for frame in one.frames
        ]
        return Written(
            at=self._epoch + one.began,
            method=one.method,
            origin=one.origin,
            target=secrets.address(one.target),
            request_fields=secrets.fields(one.fields),
            request_body=self._kept(sent),
            status=one.status,
            reason=one.reason,
            answer_fields=secrets.fields(one.answer_fields),
            answer_body=self._kept(said),
            timing=one.timing,
            events=events or (),
            frames=frames if is_socket else None,
            failure=one.failure,
            unknown=unknown,
        )

    def _decoded(
        self, pieces: list[bytes], fields: Fields, side: _Side, unknown: list[_Side], times: list[float] | None = None
    ) -> tuple[bytes | None, list[RecordedEvent] | None]:
        """The body without its content coding, and its pieces with their times, where they count."""
        if side in unknown or not pieces:
            return None, None
        coding = field(fields, "content-encoding").lower()
        undo = _undoing(coding)
        if undo is None:
            # What cannot be read cannot be searched for secrets.
            unknown.append(side)
            self._tell(f"bodies in {coding} are recorded without their bytes: nobody can look for secrets in them")
            return None, None
        try:
            plain = [undo(piece) for piece in pieces]
        except zlib.error:
            unknown.append(side)
            return None, None
        if not times:
            return b"".join(plain), None
        return b"".join(plain), [RecordedEvent(after, data) for after, data in zip(times, plain, strict=True) if data]

    def _kept(self, body: bytes | None) -> bytes | str | None:
        """The body, or the name of the file that has it. Raises OSError."""
        if body is None or len(body) <= INLINE:
            return body
        name = f"{BODIES}/{hashlib.sha256(body).hexdigest()}"
        path = self.folder / name
        if not path.exists():
            unfinished = path.with_suffix(".part")
            try:
                unfinished.write_bytes(body)
                unfinished.replace(path)
            except OSError as error:
                unfinished.unlink(missing_ok=True)
                self._tell(
                    f"cannot be written: {error.strerror or error}. What was recorded is kept, and traffic goes on"
                )
                raise
        return name


class Exchange:
    """One that is under way; a `Draft`."""

    def __init__(
        self, recorder: FolderRecorder, began: float, method: str, origin: str, target: str, fields: Fields
    ) -> None:
        self._recorder = recorder
        self.began, self.method, self.origin, self.target, self.fields = began, method, origin, target, fields
        self.sent_pieces: list[bytes] = []
        self.received_pieces: list[bytes] = []
        self.times: list[float] | None = None
        self.frames: list[RecordedFrame] = []
        self.status, self.reason, self.failure = 0, "", ""
        self.answer_fields: Fields = ()
        self.timing = Timing()
        self.size = 0
        self.unknown: list[_Side] = []
        self._head = began
        self._ended = False

    def sent(self, data: bytes) -> None:
        self._keep(data, self.sent_pieces, "request")

    def answered(self, status: int, reason: str, fields: Fields) -> None:
        self.status, self.reason, self.answer_fields, self._head = status, reason, fields, stopwatch()
        if field(fields, "content-type").lower().startswith(_PIECES):
            self.times = []

    def received(self, data: bytes) -> None:
        if self._keep(data, self.received_pieces, "answer") and self.times is not None:
            self.times.append((stopwatch() - self._head) * 1000)

    def framed(self, direction: Literal["sent", "received"], data: str | bytes, code: int | None = None) -> None:
        if self._fits(len(data)):
            self.frames.append(RecordedFrame((stopwatch() - self._head) * 1000, direction, data, code))

    def end(self, timing: Timing, failure: str = "") -> None:
        if not self._ended:
            self._ended = True
            self.timing, self.failure = timing, failure
            self._recorder.put(self)

    def give_up(self) -> None:
        """Nobody waits for its end: a stream and a socket are what they were so far, half a body is none."""
        if not self.status:
            self._recorder.discard(self)
            return
        if self.status != 101 and self.times is None:
            self.unknown.append("answer")
            self.received_pieces.clear()
        self.end(self.timing)

    def _keep(self, data: bytes, pieces: list[bytes], side: _Side) -> bool:
        if side in self.unknown or not data:
            return False
        if self._fits(len(data)):
            pieces.append(bytes(data))
            return True
        # The half of a body is none.
        self.unknown.append(side)
        pieces.clear()
        return False

    def _fits(self, size: int) -> bool:
        if self.size + size > _BODY or not self._recorder.fits(size):
            return False
        self.size += size
        return True


def _undoing(coding: str) -> Callable[[bytes], bytes] | None:
    """What undoes a content coding, piece by piece; None where nothing here does."""
    if coding in {"", "identity"}:
        return bytes
    if coding in {"gzip", "x-gzip", "deflate"}:
        undo: Any = zlib.decompressobj(zlib.MAX_WBITS | 32)
        return undo.decompress  # type: ignore[no-any-return]
    return None


def recorder_of(folder: Path) -> FolderRecorder:
    """A recorder into that folder. Raises FileError, in a sentence that names it."""
    if folder.exists() and not folder.is_dir():
        raise FileError(folder, "is a file: a recording is a folder", remedy="Name a folder: `-o recordings/shop`.")
    return FolderRecorder(folder)
