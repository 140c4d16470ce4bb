"""What a database has for a contract beside its rows: indices for what it can be asked for, and what is noted of it."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from devkit.storage.rowcolumns import OURS
from devkit.storage.rows import Shelf


def is_indexed(connection: Connection, shelves: Iterable[Shelf]) -> bool:
    """Whether all are there, and no others."""
    return _there(connection) == _wanted(shelves)


def index(connection: Connection, shelves: Iterable[Shelf]) -> None:
    """Make those that are missing, and drop what nobody needs any more."""
    there, wanted = _there(connection), _wanted(shelves)
    for name, statement in there.items():
        if wanted.get(name) != statement:
            escaped = name.replace('"', '""')
            connection.execute(f'DROP INDEX "{escaped}"')
    for name, statement in wanted.items():
        if there.get(name) != statement:
            connection.execute(statement)


def _there(connection: Connection) -> dict[str, str]:
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'rows' AND name GLOB ?", (f"{OURS}*",)
    )
    return dict(found.fetchall())


def _wanted(shelves: Iterable[Shelf]) -> dict[str, str]:
    return {name: statement for shelf in shelves for name, statement in shelf.columns.indices()}


def noted(connection: Connection, key: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else None


def note(connection: Connection, key: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))
