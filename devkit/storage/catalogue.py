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
    row = connection.execute("SELECT value FROM meta WHERE key = 'runs'").fetchone()
    runs = int(row[0]) if row else 0
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('runs', ?)", (str(runs + 1),))
    return runs


def skip_runs(connection: Connection, run: int) -> None:
    """Let the next run be that one at the earliest: ids of those before were given away already."""
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('runs', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        " WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)",
        (str(run),),
    )


def begin_exchange(connection: Connection) -> None:
    """Note that this data is about to be replaced, note and all (see `devkit.storage.exchange`)."""
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('exchange', 'under way')")


def end_exchange(connection: Connection) -> None:
    """The data stays after all."""
    connection.execute("DELETE FROM meta WHERE key = 'exchange'")


def is_exchanging(connection: Connection) -> bool:
    return connection.execute("SELECT 1 FROM meta WHERE key = 'exchange'").fetchone() is not None
