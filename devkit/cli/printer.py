"""Writing to the terminal without waiting for it."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TextIO

_CAPACITY = 10_000


class Printer:
    """Writes lines on a thread of its own: a stopped terminal (Ctrl-S) or a stalled pipe must not stop the server.

    What does not fit into the queue is counted and left out; a reader that has gone is not written to any more.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._queue: queue.Queue[str | None] = queue.Queue(_CAPACITY)
        self._lost = 0
        self._thread = threading.Thread(target=self._write, name="devkit-printer", daemon=True)
        self._thread.start()

    def line(self, text: str) -> None:
        """Write `text` and a newline, soon."""
        try:
            self._queue.put_nowait(text)
        except queue.Full:
            self._lost += 1

    def close(self, timeout: float = 1.0) -> None:
        """Write what waits, for at most `timeout` seconds."""
        with contextlib.suppress(queue.Full):
            self._queue.put(None, timeout=timeout)
            self._thread.join(timeout)

    def _write(self) -> None:
        while (text := self._queue.get()) is not None:
            lines = [text]
            ended = self._gather(lines)
            if self._lost:
                lines.append(f"({self._lost} lines were left out: the terminal was too slow)")
                self._lost = 0
            try:
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                return
            if ended:
                return

    def _gather(self, lines: list[str]) -> bool:
        """Add what else waits to `lines`; True when the end was reached."""
        with contextlib.suppress(queue.Empty):
            while len(lines) < 500:
                text = self._queue.get_nowait()
                if text is None:
                    return True
                lines.append(text)
        return False
