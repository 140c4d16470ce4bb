"""The server of a test suite, as a process: `python -m devkit.pytest_plugin.serving {…}`.

`devkit serve` in memory, at any free port of this machine's own, with the devkit.yaml, scenarios and seeds of the
folder that pytest runs in. It tells whoever started it where it is, once that is so, and everybody else by a file. It
ends when no worker holds it any more.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from devkit.server.hosting.app import Running

FILE, LOG = "server.json", "server.log"
FIXED: dict[str, Any] = {"host": "127.0.0.1", "port": "0", "memory": True, "https": False, "open": False}
"""Settings that are the same for all, whatever a devkit.yaml says."""


def main(folder: Path, flags: dict[str, Any]) -> None:
    """Serve until nobody holds it. Raises OperatorError where it cannot start."""
    from devkit.cli import complaint
    from devkit.cli.serving import run
    from devkit.config import load

    told = load({**flags, **FIXED, "state_dir": str(folder / "state"), "db": None}, os.environ, Path())
    for warning in told.warnings:
        complaint.warning(warning)
    run(told.settings, beside=lambda _, running: _held(folder, running))


@contextlib.asynccontextmanager
async def _held(folder: Path, running: Running) -> AsyncIterator[None]:
    from devkit.pytest_plugin.holding import Holders, end_this_process

    holders = Holders(end_this_process)
    told = json.dumps({"url": running.url, "hold": await holders.open(), "pid": os.getpid()})
    place = folder / FILE
    beside = place.with_suffix(".new")
    beside.write_text(told, encoding="utf-8")
    beside.replace(place)
    print(told, flush=True)  # noqa: T201 - whoever started this process reads it
    # From here on the pipe may have nobody at its other end.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        yield
    finally:
        place.unlink(missing_ok=True)
        holders.close()


if __name__ == "__main__":
    from devkit.cli import ended

    _told = json.loads(sys.argv[1])
    sys.exit(ended(lambda: main(Path(_told["folder"]), _told["flags"])))
