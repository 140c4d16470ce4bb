"""Whole databases, copied: as bytes, into a file, and back.

Copies are made with SQLite's backup, never by reading a file: what stands in a file's write-ahead log would be missing.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from devkit.errors import StorageError
from devkit.storage import schema

_WAL_VERSION, _ROLLBACK_VERSION = b"\x02\x02", b"\x01\x01"
_VERSIONS = slice(18, 20)
"""Where a database's header says how its file is written (https://www.sqlite.org/fileformat.html, section 1.3)."""


def content_of(connection: sqlite3.Connection) -> bytes:
    """The database serialized, in a form that `restore` and a database in memory take."""
    with contextlib.closing(sqlite3.connect(":memory:")) as copy:
        connection.backup(copy)
        content = copy.serialize()
    if content[_VERSIONS] == _WAL_VERSION:
        # A copy says of itself what its source said; memory knows no write-ahead log and would refuse to open it.
        return content[: _VERSIONS.start] + _ROLLBACK_VERSION + content[_VERSIONS.stop :]
    return content


def restore(content: bytes, target: sqlite3.Connection) -> None:
    """Make `target` what was serialized."""
    with contextlib.closing(sqlite3.connect(":memory:")) as source:
        source.deserialize(content)
        source.backup(target)


def write_to(path: Path, connection: sqlite3.Connection) -> None:
    """Copy the database into a new file."""
    with contextlib.closing(sqlite3.connect(path)) as copy:
        connection.backup(copy)
        # One file, that can be moved as one.
        copy.execute("PRAGMA journal_mode = DELETE")


def restore_from(path: Path, target: sqlite3.Connection) -> None:
    """Make `target` what was copied into a file. Raises StorageError for a file that is broken or too new."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
            if source.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise StorageError(f"The copy {path} is not a sound database.")
            if schema.version_of(source) > len(schema.MIGRATIONS):
                raise StorageError(f"The copy {path} was made by a newer devkit.", remedy="Upgrade devkit.")
            source.backup(target)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
            raise
        raise StorageError(f"The copy {path} cannot be read: {error}.") from None
    schema.migrate(target)
