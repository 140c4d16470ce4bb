"""What belongs to everybody: flags, and the database's notes."""

from __future__ import annotations

import json
from sqlite3 import Connection
from typing import Any


def flags(connection: Connection) -> dict[str, Any]:
    """Feature flags by name."""
    rows = connection.execute("SELECT name, value FROM flags ORDER BY name")
    return {name: json.loads(value) for name, value in rows}


def next_run(connection: Connection) -> int:
    """How often this database was opened before; counts this time."""
    return _next(connection, "runs", 0)


def next_history(connection: Connection, least: int) -> int:
    """The number of the next history of events, `least` at least: it rises also where other data is put in place, which
    knows nothing of those before.
    """
    return _next(connection, "histories", least)


def skip_runs(connection: Connection, run: int) -> None:
    """Let the next run be that one at the earliest: ids of those before were given away already."""
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('runs', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        " WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)",
        (str(run),),
    )


def _next(connection: Connection, counter: str, least: int) -> int:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (counter,)).fetchone()
    found = max(int(row[0]) if row else 0, least)
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (counter, str(found + 1)))
    return found


def begin_exchange(connection: Connection) -> None:
    """Note that this data is about to be replaced, note and all (see `devkit.storage.exchange`)."""
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('exchange', 'under way')")


def end_exchange(connection: Connection) -> None:
    """The data stays after all."""
    connection.execute("DELETE FROM meta WHERE key = 'exchange'")


def is_exchanging(connection: Connection) -> bool:
    return connection.execute("SELECT 1 FROM meta WHERE key = 'exchange'").fetchone() is not None
