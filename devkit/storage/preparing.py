"""The file of a database before it is used: locked, seen to be sound and ours, migrated."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path

from devkit import __version__
from devkit.errors import StorageError
from devkit.storage import damage, schema, wal
from devkit.storage.failures import broken, unusable
from devkit.storage.lock import FileLock

log = logging.getLogger("devkit")

_MAGIC = b"SQLite format 3\x00"


def prepare(path: Path) -> FileLock:
    """Take the lock, see that the file is a sound database of ours, and migrate it. Raises StorageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The folder {path.parent} cannot be created: {error.strerror}.",
            remedy="Choose another place with --db PATH, or use --memory.",
        ) from None
    lock = FileLock(path.with_name(path.name + ".lock"))
    lock.acquire(f"The database {path}")
    try:
        _check(path)
    except BaseException:
        lock.release()
        raise
    return lock


def _check(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError:
        start = b""  # there is no file yet, or SQLite tells better what is wrong with it
    if start and start != _MAGIC:
        # SQLite would take a file of less than 512 bytes for an empty database, and write over it.
        raise broken(path)
    left = wal.read(path)
    try:
        with contextlib.closing(connect(path)) as connection:
            _sound(path, connection)
            _, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if left.lost(frames):
                log.warning(
                    "The write-ahead log of %s was damaged: what was written last is lost. The rest is sound.", path
                )
            version = schema.version_of(connection)
            if version > len(schema.MIGRATIONS):
                raise StorageError(
                    f"The database {path} was made by a newer devkit: its schema is {version}, and devkit "
                    f"{__version__} knows those up to {len(schema.MIGRATIONS)}.",
                    remedy="Upgrade devkit, or name another file with --db PATH.",
                )
            schema.migrate(connection)
    except sqlite3.Error as error:
        raise unusable(path, error) from None


def _sound(path: Path, connection: sqlite3.Connection) -> None:
    """See that a file is whole, where that takes no time, and that its tables are ours."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and "meta" not in tables:
        raise StorageError(
            f"The database {path} belongs to another program.", remedy="Name another file with --db, or use --memory."
        )
    if damage.find_at_start(connection) is not None:
        raise broken(path)


def connect(path: Path) -> sqlite3.Connection:
    """A connection in WAL mode and autocommit; transactions are begun by hand."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL survives a killed process; only a power cut could take the last commits, which no mock needs to
        # outlive.
        connection.execute("PRAGMA synchronous = NORMAL")
        configure(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def configure(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    schema.define_fold(connection)
