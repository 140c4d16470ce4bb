"""A lock that says "this file is in use": held by a process, and gone with it, however it dies."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from devkit.errors import StorageError
from devkit.storage.failures import unusable

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """An exclusive lock on a file that is made for it, and that names the process that holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, what: str) -> None:
        """Take the lock. Raises StorageError when another process has it; `what` begins that sentence."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise unusable(self._path.with_suffix(""), error, what=what) from None
        try:
            _lock(descriptor)
        except OSError:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise StorageError(
                f"{what} is in use by another devkit{holder}.",
                remedy="Stop the other one, or name another file with --db PATH.",
            ) from None
        # Who holds it is told where there is room for that; the lock is what counts.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _holder(descriptor: int) -> str:
    """Who has the lock, as far as the file tells: ` (pid 4711)`, or nothing."""
    try:
        written = os.read(descriptor, 20)
    except OSError:
        # Windows lets nobody read what another process has locked.
        return ""
    return f" (pid {int(written)})" if written.isdigit() else ""
