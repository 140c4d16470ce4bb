"""Writing to the terminal without waiting for it."""

from __future__ import annotations

import threading
from collections import deque
from typing import TextIO

_CAPACITY = 10_000
_GATHERING = 0.02
"""Seconds in which lines are gathered, to be written in one go: waking a thread for each would cost more than all else
that a quick request takes, and nobody reads faster.
"""


class Printer:
    """Writes lines on a thread of its own: a stopped terminal (Ctrl-S) or a stalled pipe must not stop the server.

    What does not fit into the queue is counted and left out; a reader that has gone is not written to any more.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()
        self._lost = 0
        self._awake = False
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="devkit-printer", daemon=True)
        self._thread.start()

    def line(self, text: str) -> None:
        """Write `text` and a newline, soon."""
        if len(self._waiting) >= _CAPACITY:
            self._lost += 1
            return
        self._waiting.append(text)
        if not self._awake:
            self._awake = True
            self._wake.set()

    def close(self, timeout: float = 1.0) -> None:
        """Write what waits, for at most `timeout` seconds."""
        self._closing.set()
        self._wake.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._wake.wait()
                self._wake.clear()
                self._closing.wait(_GATHERING)
                # Before the lines are taken: one that comes in between wakes the thread once for nothing.
                self._awake = False
                self._write()
            self._write()
        except (OSError, ValueError):
            return

    def _write(self) -> None:
        lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if self._lost:
            lines.append(f"({self._lost} lines were left out: the terminal was too slow)")
            self._lost = 0
        if lines:
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()
