"""Exchanges written down as they pass: the loop only remembers them, and a thread has them made into lines elsewhere
(`scribe.py`) and writes these.
"""

from __future__ import annotations

import logging
import queue
import threading
from pathlib import Path
from typing import Any, Literal

from devkit.effects import machine_now, stopwatch
from devkit.errors import FileError
from devkit.recording.base import Pairs, Timing
from devkit.recording.journal import begun
from devkit.recording.scribe import SWITCHED, ScribeBeside, comes_in_pieces

log = logging.getLogger("devkit")

_WAITING = 64 * 1024 * 1024
"""Bytes that wait for the disk, or for their end; what comes beyond that is not recorded."""
_BODY = 32 * 1024 * 1024
"""Bytes of one body that is recorded; a larger one is noted without its bytes."""
_HEADS = 2 * 1024
"""What an exchange takes besides its bodies, roughly."""
_AT_ONCE = 4 * 1024 * 1024
"""Bytes of exchanges that are written together."""
_SECONDS = 0.02
"""What comes within that is written together: to hand over each by itself would cost more than the rest."""


class FolderRecorder:
    """Records into a folder; a `Recorder`. Raises FileError where that cannot be written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self._file = begun(folder)
        self._scribe = ScribeBeside(self._file)
        self._queue: queue.SimpleQueue[tuple[tuple[Any, ...], int] | None] = queue.SimpleQueue()
        # Each is counted in one thread alone: the loop's, and the writing one.
        self._taken = self._released = 0
        self._passed_over = self._lost = 0
        self._open: set[Exchange] = set()
        self._told: set[str] = set()
        self._ending = threading.Event()
        self.epoch = machine_now() / 1000 - stopwatch()
        """Seconds since 1970 when the stopwatch said 0."""
        self._thread = threading.Thread(target=self._run, name="devkit-recorder", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> int:
        """Exchanges that could not be recorded."""
        return self._passed_over + self._lost

    def begin(self, method: str, origin: str, target: str, fields: Pairs, *, began: float | None = None) -> Exchange:
        exchange = Exchange(self, (method, origin, target, fields), stopwatch() if began is None else began)
        self._open.add(exchange)
        return exchange

    def passed(
        self,
        began: float,
        request: tuple[str, str, str, Pairs, bytes | None],
        answer: tuple[int, str, Pairs, bytes],
        wait: float,
    ) -> None:
        method, origin, target, fields, body = request
        status, reason, said, data = answer
        told = (
            self.epoch + began, method, origin, target, fields, (body,) if body else (), status, reason, said,
            (data,) if data else (), (0.0,), (), (0.0, wait, 0.0), "",
        )  # fmt: skip
        self._put(told, len(data) + (len(body) if body else 0))

    def close(self) -> None:
        """Write what is left, and end: what is under way is recorded as far as it came. It waits for the disk: in a
        loop, call it in a thread.
        """
        for exchange in tuple(self._open):
            exchange.give_up()
        if self._thread.is_alive():
            self._ending.set()
            self._queue.put(None)
            self._thread.join()
            if self.lost:
                log.warning("%s: %d exchanges could not be recorded", self.folder, self.lost)
        self._scribe.close()
        self._file.close()

    def fits(self, size: int) -> bool:
        """Whether so many bytes more may wait."""
        if self._taken - self._released + size > _WAITING:
            self._tell("exchanges come faster than they can be written: some are recorded without their bodies")
            return False
        self._taken += size
        return True

    def put(self, exchange: Exchange) -> None:
        self.discard(exchange)
        self._put(exchange.told(), exchange.size)

    def _put(self, told: tuple[Any, ...], size: int) -> None:
        """Have it written, as `Told` has it; its bodies have that size."""
        size += _HEADS
        if self.fits(size):
            self._queue.put((told, size))
        else:
            self._passed_over += 1

    def discard(self, exchange: Exchange) -> None:
        self._open.discard(exchange)
        self._taken -= exchange.size

    def _run(self) -> None:
        ended = False
        while not ended:
            found = [self._queue.get()]
            self._ending.wait(_SECONDS)
            size = 0
            while size < _AT_ONCE and not self._queue.empty():
                found.append(one := self._queue.get())
                size += one[1] if one else 0
            ended = found[-1] is None
            exchanges = [*filter(None, found)]
            if exchanges:
                self._write(exchanges)

    def _write(self, exchanges: list[tuple[tuple[Any, ...], int]]) -> None:
        try:
            taken = self._scribe.take([told for told, _ in exchanges])
            self.count += taken.written
            self._lost += taken.lost
            for warning in taken.warnings:
                self._tell(warning)
        finally:
            self._released += sum(size for _, size in exchanges)

    def _tell(self, told: str) -> None:
        if told not in self._told:
            self._told.add(told)
            log.warning("%s: %s", self.folder, told)


class Exchange:
    """One that is under way; a `Draft`."""

    __slots__ = (
        "_began", "_ended", "_frames", "_head", "_recorder", "_said", "_times", "_what", "failure",
        "received_pieces", "sent_pieces", "size", "status", "timing",
    )  # fmt: skip

    def __init__(self, recorder: FolderRecorder, what: tuple[str, str, str, Pairs], began: float) -> None:
        """`what` is as `begin` is told."""
        self._recorder, self._what = recorder, what
        self._began = self._head = began
        # None where nobody knows the body.
        self.sent_pieces: list[bytes] | None = []
        self.received_pieces: list[bytes] | None = []
        self._times: list[float] = []
        self._frames: list[tuple[float, Literal["sent", "received"], str | bytes, int | None]] = []
        self.status, self.failure = 0, ""
        self._said: tuple[str, Pairs] = "", ()
        self.timing: Timing | None = None
        self.size = 0
        self._ended = False

    def told(self) -> tuple[Any, ...]:
        """As `Told` has it."""
        timing = self.timing
        return (
            self._recorder.epoch + self._began, *self._what, self.sent_pieces, self.status, *self._said,
            self.received_pieces, self._times, self._frames,
            (timing.connect, timing.wait, timing.receive) if timing else (0.0, 0.0, 0.0), self.failure,
        )  # fmt: skip

    def sent(self, data: bytes) -> None:
        pieces = self.sent_pieces
        if data and pieces is not None:
            if self._fits(len(data)):
                pieces.append(bytes(data))
            else:
                # The half of a body is none.
                self.sent_pieces = None

    def answered(self, status: int, reason: str, fields: Pairs) -> None:
        self.status, self._said, self._head = status, (reason, fields), stopwatch()

    def received(self, data: bytes) -> None:
        pieces = self.received_pieces
        if data and pieces is not None:
            if self._fits(len(data)):
                pieces.append(bytes(data))
                self._times.append((stopwatch() - self._head) * 1000)
            else:
                self.received_pieces = None

    def framed(self, direction: Literal["sent", "received"], data: str | bytes, code: int | None = None) -> None:
        if self._fits(len(data)):
            self._frames.append(((stopwatch() - self._head) * 1000, direction, data, code))

    def end(self, timing: Timing, failure: str = "") -> None:
        if not self._ended:
            self._ended = True
            self.timing, self.failure = timing, failure
            self._recorder.put(self)

    def give_up(self) -> None:
        """Nobody waits for its end: a stream and a socket are what they were so far, half a body is none."""
        if not self.status:
            self._ended = True
            self._recorder.discard(self)
            return
        if self.status != SWITCHED and not comes_in_pieces(self._said[1]):
            self.received_pieces = None
        self.end(Timing())

    def _fits(self, size: int) -> bool:
        if self.size + size > _BODY or not self._recorder.fits(size):
            return False
        self.size += size
        return True


def recorder_of(folder: Path) -> FolderRecorder:
    """A recorder into that folder. Raises FileError, in a sentence that names it."""
    if folder.exists() and not folder.is_dir():
        raise FileError(folder, "is a file: a recording is a folder", remedy="Name a folder: `-o recordings/shop`.")
    return FolderRecorder(folder)
