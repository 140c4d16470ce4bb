"""The file that a recording is written to: a HAR file that is whole at each moment, whatever happens to its writer.

Each exchange is a line, written over the last line, which closes the file, together with a new last line. Whoever is
killed within that leaves a line that is not whole, and all before it; a full disk has the old last line put back.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from devkit.errors import FileError
from devkit.recording.har.scanning import END
from devkit.recording.har.writing import HEAD
from devkit.recording.sources import SESSION

PREVIOUS = "previous.har"
"""What was recorded before that: what differs between the two is volatile."""
BODIES = "bodies"
SETTINGS = "replay.yaml"

_TAIL = b"\n" + END + b"\n"
_EMPTY = 1
_REMEDY = "Name a folder that may be written to: `devkit record URL -o FOLDER`."

_TEMPLATE = """\
# How this recording is replayed (docs/recording.md). This file is yours: recording again leaves it as it is.

# What differs each time, and is not compared: names of members (anywhere), of parameters (`query.name`) or paths of
# members (`body.client.nonce`). What two recordings disagree on is found by itself.
# volatile: [request_id, query.cacheBuster]

# Operations that are matched by less than everything.
# match:
#   "POST /search": {body: false}

# What a request gets that was not recorded: fail, mock, proxy or record.
# on-miss: fail

# Whether answers take as long as they did.
# time-as-delay: false
"""


class HarFile:
    """An open HAR file of ours, in a folder for recordings."""

    def __init__(self, folder: Path, file: BinaryIO, end: int = 0) -> None:
        """`end` is that of the last entry; 0 for a file that is yet to be begun. Raises OSError."""
        self.folder, self.end = folder, end
        self._file = file
        if not end:
            self._append(HEAD)

    def append(self, lines: Sequence[bytes]) -> None:
        """Write entries. Raises OSError where they cannot be written; the file is then as it was before."""
        parts = [part for line in lines for part in (b",\n", line)]
        if self.end == len(HEAD):
            parts[0] = b"\n"
        self._append(*parts)

    def go_back(self, end: int) -> None:
        """Have nothing behind that. Raises OSError."""
        self._file.seek(end)
        self._file.truncate()
        self.end = end
        self._write(_TAIL)

    def _append(self, *parts: bytes) -> None:
        try:
            self._write(*parts, _TAIL)
        except OSError:
            with contextlib.suppress(OSError):
                self.go_back(self.end)
            raise
        self.end += sum(map(len, parts))

    def _write(self, *parts: bytes) -> None:
        self._file.seek(self.end)
        left = [memoryview(part) for part in parts]
        while left:
            # Without a buffer: what is written is the system's, and no longer this process's.
            written, whole = _WRITE(self._file.fileno(), left[:_MOST]), 0
            while whole < len(left) and written >= len(left[whole]):
                written -= len(left[whole])
                whole += 1
            left = left[whole:]
            if written:
                left[0] = left[0][written:]

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()


def begun(folder: Path) -> HarFile:
    """A file in that folder, which is made; what was there is kept as `previous.har`. Raises FileError."""
    try:
        (folder / BODIES).mkdir(parents=True, exist_ok=True)
        path = folder / SESSION
        file = _locked(path)
        if file.seek(0, os.SEEK_END) > len(HEAD) + len(_TAIL) + _EMPTY:
            path.replace(folder / PREVIOUS)
            file.close()
            file = _locked(path)
        file.truncate(0)
        made = HarFile(folder, file)
    except OSError as error:
        told = error.strerror or str(error)
        raise FileError(folder, f"cannot be recorded into: {told}", remedy=_REMEDY) from None
    with contextlib.suppress(OSError), (folder / SETTINGS).open("x") as settings:
        settings.write(_TEMPLATE)
    return made


_MOST = 1024
"""Parts that are written at once: what Linux and macOS take (IOV_MAX)."""


def _write_first(file: int, parts: list[memoryview]) -> int:
    return os.write(file, parts[0])


_WRITE = getattr(os, "writev", _write_first)
"""All at once, and nothing copied for that, where the system has it: a kill leaves nothing between."""


def _locked(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    file = os.fdopen(descriptor, "r+b", buffering=0)
    if sys.platform != "win32":  # where two that write one file refuse each other by themselves
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise FileError(path.parent, "is being recorded into by another devkit", remedy=_REMEDY) from None
    return file
