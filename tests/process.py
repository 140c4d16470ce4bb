"""`python -m devkit serve` as a process of its own: what can only be seen, limited or killed from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


class Process:
    """A server that is ready."""

    def __init__(self, process: subprocess.Popen[bytes], ready: dict[str, Any], log: Path) -> None:
        self._process = process
        self.ready = ready
        self.url: str = ready["url"]
        self.port: int = ready["port"]
        self.log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def output(self) -> str:
        """Everything that it said so far, on both streams."""
        return self.log.read_text() + self.log.with_suffix(".err").read_text()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to stop; its exit status."""
        self._process.terminate()
        return self._process.wait(timeout=20)


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """The caller's environment without its own settings of devkit."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("DEVKIT_")}
    return found | {"PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(folder / "data")} | variables


@contextmanager
def started(
    folder: Path,
    *arguments: str,
    module: str = "devkit",
    before: Callable[[], None] | None = None,
    **variables: str,
) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m devkit …` in a folder, where its streams go to `server.log` and `server.err`; `before` runs in the new
    process ahead of it. `module`: one that runs devkit in its own way.
    """
    log = folder / "server.log"
    with log.open("wb") as out, log.with_suffix(".err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=environment(folder, **variables),
            stdout=out,
            stderr=err,
            preexec_fn=before,  # noqa: PLW1509 - nothing in it needs a lock that another thread may hold
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@contextmanager
def serving(
    folder: Path,
    *arguments: str,
    command: str = "serve",
    module: str = "devkit",
    before: Callable[[], None] | None = None,
    **variables: str,
) -> Iterator[Process]:
    """Serve in a folder, on a free port, until the block is left. `command`: or `demo`; the rest as for `started`."""
    told = (command, "--port", "0", "--json", *arguments)
    with started(folder, *told, module=module, before=before, **variables) as process:
        log = folder / "server.log"
        yield Process(process, _ready(process, log), log)


def _ready(process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        lines = log.read_text().splitlines(keepends=True)
        if lines and lines[0].endswith("\n"):
            found: dict[str, Any] = json.loads(lines[0])
            assert found["event"] == "ready"
            return found
        assert process.poll() is None, log.with_suffix(".err").read_text()
        time.sleep(0.02)
    raise AssertionError("the server did not get ready")
