"""`python -m tests.reliability.fuzzing.watched …`: `python -m devkit …` that tells which steps of its loop were long.

A step's processor time is measured, so that a machine that is busy elsewhere makes no difference. uvloop makes its
steps where nobody can look: the loop is asyncio's own here. Each long step is a line of JSON in the file that `STEPS`
names, with where it was when a look was taken at it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import time
from types import FrameType
from typing import Any

LONG = 0.02
"""Seconds from which on a step is told."""

_EVERY = 0.01
"""Seconds of processor time between two looks at where the process is."""

_FRAMES = 8


class _Watch:
    def __init__(self, path: str) -> None:
        # Open for as long as the process lives.
        self._file = open(path, "a", encoding="utf-8", buffering=1)  # noqa: SIM115, PTH123
        self._collector = self._began = 0.0
        self._seen: dict[str, int] = {}

    def install(self) -> None:
        gc.callbacks.append(self._collected)
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
        run, watch = asyncio.Handle._run, self

        def measured(self: Any) -> None:
            watch._seen.clear()
            collector, began = watch._collector, time.thread_time()
            run(self)
            taken = time.thread_time() - began
            if taken >= LONG:
                watch._tell(taken, watch._collector - collector)

        asyncio.Handle._run = measured  # type: ignore[attr-defined]

    def _collected(self, phase: str, _: dict[str, int]) -> None:
        now = time.thread_time()
        if phase == "start":
            self._began = now
        else:
            self._collector += now - self._began

    def _look(self, _: int, frame: FrameType | None) -> None:
        places: list[str] = []
        while frame is not None and frame.f_code.co_name != "measured":
            code = frame.f_code
            places.append(f"{'/'.join(code.co_filename.split('/')[-2:])}:{frame.f_lineno} {code.co_qualname}")
            frame = frame.f_back
        # The innermost ones say what took the time, and the outermost whose it was.
        shown = places if len(places) <= 2 * _FRAMES else [*places[:_FRAMES], "…", *places[-_FRAMES:]]
        where = " < ".join(shown)
        self._seen[where] = self._seen.get(where, 0) + 1

    def _tell(self, taken: float, collector: float) -> None:
        where = max(self._seen, key=lambda place: self._seen[place], default="nobody looked")
        self._file.write(json.dumps({"seconds": taken, "collector": collector, "step": where}) + "\n")


def main() -> None:
    from devkit.cli import run, serving

    serving.loop_factory = lambda: None
    if path := os.environ.get("STEPS"):
        _Watch(path).install()
    try:
        run()
    finally:
        # Nobody is there to take its signals once the interpreter ends.
        signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    main()
