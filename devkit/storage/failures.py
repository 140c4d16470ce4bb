"""A disk that fails: as a client of the mock sees it, and as the person at the terminal does."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from devkit.contract.errors import DomainError
from devkit.errors import StorageError

_FAILURES = tuple(f"SQLITE_{name}" for name in ("READONLY", "IOERR", "CANTOPEN", "BUSY", "CORRUPT", "NOTADB"))


_CLOSED = "Cannot operate on a closed database."
"""What Python says of a connection that was closed: a request outlived its sandbox."""


@contextlib.contextmanager
def client_errors() -> Iterator[None]:
    """What fails in the block fails as `tell_client` has it."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        tell_client(error)
        raise


def tell_client(error: sqlite3.DatabaseError) -> None:
    """Raise DomainError `insufficient_storage` or `service_unavailable` where the disk is to blame."""
    # Errors that Python's module raises by itself have no name.
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_FULL":
        raise DomainError("insufficient_storage") from error
    if name.startswith(_FAILURES) or str(error) == _CLOSED:
        raise DomainError("service_unavailable", "The database cannot be used right now") from error


_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


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
        raise DomainError("service_unavailable", "Files cannot be stored right now") from error


def unusable(path: Path, error: sqlite3.Error) -> StorageError:
    """What a person should know when SQLite cannot use a file."""
    name = getattr(error, "sqlite_errorname", "")
    if name in {"SQLITE_NOTADB", "SQLITE_CORRUPT"} or (
        isinstance(error, sqlite3.DatabaseError) and "not a database" in str(error)
    ):
        return broken(path)
    if name.startswith("SQLITE_READONLY") or name == "SQLITE_CANTOPEN":
        problem, remedy = (
            "cannot be written",
            "Give yourself write permission on it and its folder, or use --db or --memory.",
        )
    elif name == "SQLITE_FULL":
        problem, remedy = "cannot grow: the disk is full", "Free some room, or use --memory."
    else:
        problem, remedy = f"cannot be used: {error}", "Name another file with --db, or use --memory."
    return StorageError(f"The database {path} {problem}.", remedy=remedy)


def broken(path: Path) -> StorageError:
    return StorageError(
        f"The database {path} is not a sound SQLite database.",
        remedy="Move it away (devkit makes a new one), or name another with --db.",
    )


def unusable_folder(path: Path, error: OSError) -> StorageError:
    """What a person should know when uploads cannot be kept in a folder."""
    if error.errno in _NO_ROOM:
        return StorageError(
            f"The folder {path} cannot hold the seeded uploads: the disk is full.",
            remedy="Free some room, choose another place with --db PATH, or use --memory.",
        )
    return StorageError(
        f"The folder {path} cannot be used: {error.strerror or error}.",
        remedy="See that it is a folder that you may write, or choose another place with --db PATH.",
    )
