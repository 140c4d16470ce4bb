"""The file that a recording is written to: a HAR file that is whole at each moment, whatever happens to its writer.

Each exchange is a line, written over the last line, which closes the file, together with a new last line. Whoever is
killed within that leaves a line that is not whole, and all before it; a full disk has the old last line put back.
"""

from __future__ import annotations

import contextlib
import os
import sys
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
    """An open HAR file of ours."""

    def __init__(self, folder: Path) -> None:
        """Begin one in that folder, which is made; what was there is kept as `previous.har`. Raises FileError."""
        try:
            (folder / BODIES).mkdir(parents=True, exist_ok=True)
            self.path = folder / SESSION
            self._file = _locked(self.path)
            self._rename_previous(folder)
            self._append(b"", HEAD)
        except OSError as error:
            told = error.strerror or str(error)
            raise FileError(folder, f"cannot be recorded into: {told}", remedy=_REMEDY) from None
        with contextlib.suppress(OSError), (folder / SETTINGS).open("x") as settings:
            settings.write(_TEMPLATE)

    def _rename_previous(self, folder: Path) -> None:
        if self._file.seek(0, os.SEEK_END) > len(HEAD) + len(_TAIL) + _EMPTY:
            self.path.replace(folder / PREVIOUS)
            self._file.close()
            self._file = _locked(self.path)
        self._file.truncate(0)
        self._tail = 0
        self._is_empty = True

    def append(self, lines: list[bytes]) -> None:
        """Write entries. Raises OSError where they cannot be written; the file is then as it was before."""
        text = b",\n".join(lines)
        self._append(b"\n" if self._is_empty else b",\n", text)
        self._is_empty = False

    def _append(self, before: bytes, text: bytes) -> None:
        data = before + text + _TAIL
        try:
            self._write(data)
        except OSError:
            with contextlib.suppress(OSError):
                self._file.seek(self._tail)
                self._file.truncate()
                self._write(_TAIL)
            raise
        self._tail += len(data) - len(_TAIL)

    def _write(self, data: bytes) -> None:
        self._file.seek(self._tail)
        view = memoryview(data)
        while view:
            # Without a buffer: what is written is the system's, and no longer this process's.
            view = view[self._file.write(view) :]

    def close(self) -> None:
        self._file.close()


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
