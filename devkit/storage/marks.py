"""Marks: that a user has marked a row (a favourite, a bookmark). A mark is called `resource/name`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from sqlite3 import Connection


def put(connection: Connection, name: str, row: int, owner: int) -> bool:
    """Mark the row of that number for the user of that number; whether it was not yet."""
    return connection.execute("INSERT OR IGNORE INTO marks VALUES (?, ?, ?)", (row, name, owner)).rowcount > 0


def take(connection: Connection, name: str, row: int, owner: int) -> bool:
    """Take a mark back; whether there was one."""
    given = (row, name, owner)
    return connection.execute("DELETE FROM marks WHERE row = ? AND name = ? AND owner = ?", given).rowcount > 0


def has_any(connection: Connection, resource: str, owner: int) -> bool:
    """Whether a user has marked any row of a resource."""
    statement = "SELECT 1 FROM marks WHERE owner = ? AND name GLOB ? LIMIT 1"
    return connection.execute(statement, (owner, f"{resource}/*")).fetchone() is not None


def among(connection: Connection, rows: Iterable[int], owner: int) -> set[tuple[int, str]]:
    """Which of these rows a user has marked, and how."""
    statement = "SELECT row, name FROM marks WHERE owner = ? AND row IN (SELECT value FROM json_each(?))"
    return set(connection.execute(statement, (owner, json.dumps([*rows]))).fetchall())


def of_owner(connection: Connection, owner: int) -> list[tuple[int, str]]:
    """All that a user has marked, and how."""
    return connection.execute("SELECT row, name FROM marks WHERE owner = ? ORDER BY row", (owner,)).fetchall()
