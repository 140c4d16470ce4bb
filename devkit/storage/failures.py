"""A disk that fails: as a client of the mock sees it, and as the person at the terminal does."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shlex
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from devkit.contract.errors import DomainError
from devkit.errors import StorageError

T = TypeVar("T")

_FAILURES = tuple(f"SQLITE_{name}" for name in ("READONLY", "IOERR", "CANTOPEN", "BUSY", "CORRUPT", "NOTADB"))


DAMAGED = "The database is damaged; the terminal says what to do"
"""What a client is told of it."""

GONE = "What this belongs to was deleted, or reset, in the meantime: try again"
"""What a call is told that its own account, or what it adds to, was taken away from."""

_CLOSED = "Cannot operate on a closed database."
"""What Python says of a connection that was closed: a request outlived its sandbox."""


@contextlib.contextmanager
def client_errors(full: str | None = None) -> Iterator[None]:
    """What fails in the block fails as `tell_client` has it."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        tell_client(error, full)
        raise


def there(row: T | None) -> T:
    """A row that is there unless somebody has just deleted what it belongs to. Raises DomainError
    `service_unavailable`.
    """
    if row is None:
        raise DomainError("service_unavailable", GONE)
    return row


@contextlib.contextmanager
def taken(**errors: DomainError) -> Iterator[None]:
    """Where the block stores a value that another row has already, and its column must not repeat itself, raises the
    error that is named as that column. Any other constraint that fails is nobody's but ours, and raised as it is.
    """
    try:
        yield
    except sqlite3.IntegrityError as error:
        failed = _NOT_UNIQUE.fullmatch(str(error))
        known = errors.get(failed[1]) if failed else None
        if known is None:
            raise
        raise known from None


_NOT_UNIQUE = re.compile(r"UNIQUE constraint failed: \w+\.(\w+)")
"""What SQLite says of it."""


def tell_client(error: sqlite3.DatabaseError, full: str | None = None) -> None:
    """Raise DomainError `insufficient_storage` or `service_unavailable` where the disk is to blame, or somebody who has
    deleted what the call was about; `full` says that there is no room, where that is not the disk's.
    """
    # Errors that Python's module raises by itself have no name.
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_FULL":
        raise DomainError("insufficient_storage", full) from error
    if name.startswith("SQLITE_CORRUPT"):
        raise DomainError("service_unavailable", DAMAGED) from error
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        raise DomainError("service_unavailable", GONE) from error
    if name.startswith(_FAILURES) or str(error) == _CLOSED:
        raise DomainError("service_unavailable", "The database cannot be used right now") from error


NO_DESCRIPTORS = (
    "devkit has no file descriptors left: what needs a file or a connection fails. Close connections, or allow more "
    "with `ulimit -n` before the next start."
)

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_USED_UP = {errno.EMFILE, errno.ENFILE}
_GONE = {errno.ENOENT, errno.ENOTDIR}


@contextlib.contextmanager
def file_errors() -> Iterator[None]:
    """What fails with a file in the block is told to the client: DomainError `insufficient_storage` for a full disk,
    `service_unavailable` for any other trouble.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DomainError("insufficient_storage") from error
        raise DomainError("service_unavailable", "Files cannot be stored right now; the terminal says why") from error


def of_files(error: OSError) -> str:
    """What a person should know where a file could not be stored while the server runs."""
    if error.errno in _USED_UP:
        return NO_DESCRIPTORS
    place = Path(str(error.filename)).parent if error.filename else "for uploads"
    if error.errno in _GONE:
        return f"The folder {place} was removed while devkit runs: make it again, or start devkit anew"
    return f"The folder {place} cannot be used: {error.strerror or error}"


def removed(path: Path) -> StorageError:
    """What the terminal, health and `devkit doctor` say of a database whose file is not there any more."""
    return StorageError(
        f"The database {path} was removed, or replaced, while devkit runs: what is stored from now on is gone when it "
        "ends.",
        remedy="Start devkit anew: it makes a new one where there is none.",
    )


def unusable(path: Path, error: BaseException | None, *, what: str = "") -> StorageError:
    """What a person should know when SQLite, or the disk, does not let us use a file, which is a database unless it is
    called `what`: a sentence for each cause.
    """
    what = what or f"The database {path}"
    name = getattr(error, "sqlite_errorname", "")
    number = error.errno if isinstance(error, OSError) else None
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")) or "not a database" in str(error):
        return broken(path)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StorageError(
            f"{what} is held by another program, which is no devkit.",
            remedy="Close what has it open (a database browser, a backup), or name another file with --db PATH.",
        )
    if name == "SQLITE_FULL" or number in _NO_ROOM or (name.startswith("SQLITE_IOERR") and _is_full(path)):
        return StorageError(
            f"{what} cannot be written: the disk is full.",
            remedy="Free some room, name another place with --db PATH, or use --memory.",
        )
    if path.is_dir():
        return StorageError(f"{what} is a folder.", remedy="Name a file with --db PATH, or use --memory.")
    if (told := _unwritable(path, what)) is not None:
        return told
    reason = (error.strerror if isinstance(error, OSError) else None) or error
    return StorageError(
        f"{what} cannot be used: {reason}.", remedy="Name another file with --db PATH, or use --memory."
    )


def _is_full(path: Path) -> bool:
    """Whether there is hardly any room: SQLite calls it a failure of the disk where it could not grow a file that it
    maps into memory.
    """
    return shutil.disk_usage(path.parent).free < _HARDLY


_HARDLY = 256 * 1024


def _unwritable(path: Path, what: str) -> StorageError | None:
    """What must be made writable, all at once; None where nothing has to be. Files that were left beside a database
    belong to it: it cannot be used before all of them are writable.
    """
    beside = (path.with_name(path.name + ending) for ending in ("", "-wal", "-shm", ".lock"))
    blocked = [file for file in beside if file.exists() and not os.access(file, os.R_OK | os.W_OK)]
    folder = path.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        blocked.insert(0, folder)
    if not blocked:
        return None
    names = ", ".join(str(one) for one in blocked)
    elsewhere = "name another place with --db PATH, or use --memory"
    if sys.platform == "win32":
        remedy = f"Allow yourself to write there; or {elsewhere}."
    elif os.statvfs(folder).f_flag & os.ST_RDONLY:
        return StorageError(
            f"{what} cannot be written: its disk is mounted read-only.",
            remedy=f"Mount it writable; or {elsewhere}.",
        )
    else:
        owned = all(one.stat().st_uid == os.geteuid() for one in blocked)
        quoted = shlex.join(str(one) for one in blocked)
        command = f"chmod u+rwX {quoted}" if owned else f"sudo chown {os.geteuid()} {quoted}"
        remedy = f"Give yourself permission with `{command}`; or {elsewhere}."
    return StorageError(f"{what} cannot be written: you may not write {names}.", remedy=remedy)


def broken(path: Path) -> StorageError:
    return StorageError(
        f"The database {path} is not a sound SQLite database.",
        remedy="Move it away (devkit makes a new one), or name another with --db.",
    )


def damaged(path: str, finding: str) -> StorageError:
    """What the terminal, health and `devkit doctor` say of a database that is damaged somewhere."""
    return StorageError(
        f"The database {path} is damaged: {finding}.",
        remedy="Stop devkit and move it away, with its -wal and -shm: a new one is made, and `devkit snapshot restore` "
        "brings back what was put aside.",
    )


def unusable_folder(path: Path, error: OSError) -> StorageError:
    """What a person should know when uploads cannot be kept in a folder."""
    if error.errno in _NO_ROOM:
        return StorageError(
            f"The folder {path} cannot hold the seeded uploads: the disk is full.",
            remedy="Free some room, choose another place with --db PATH, or use --memory.",
        )
    if isinstance(error.filename, str) and not Path(error.filename).is_relative_to(path):
        # The seeded uploads come from elsewhere.
        return StorageError(
            f"The file {error.filename} cannot be read: {error.strerror}.",
            remedy="See that it is a file that you may read, or take it out of the seed's uploads.yaml.",
        )
    return StorageError(
        f"The folder {path} cannot be used: {error.strerror or error}.",
        remedy="See that it is a folder that you may write, or choose another place with --db PATH.",
    )
