"""Whether a database is damaged somewhere, as far as SQLite's own check can tell."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from devkit.effects import stopwatch
from devkit.storage import schema

START_SECONDS = 0.25
"""How long a start looks for damage; what is left of a large file is looked at later, when nobody waits."""
STEPS = 1_000
"""Of SQLite's machine, between two looks at the time."""


def find(connection: sqlite3.Connection, stopped: Callable[[], bool] | None = None) -> str | None:
    """What `PRAGMA quick_check` finds first, before it is `stopped`; None for nothing. Raises sqlite3.Error where the
    database cannot be read at all.
    """
    if stopped is not None:
        connection.set_progress_handler(stopped, STEPS)
    try:
        found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_INTERRUPT":
            raise
        return None
    except sqlite3.DatabaseError as error:
        if not error.sqlite_errorname.startswith("SQLITE_CORRUPT"):
            raise
        return str(error)
    finally:
        connection.set_progress_handler(None, 0)
    # Its first line may be a heading; what is wrong stands in the one below.
    return None if found == "ok" else found.strip().splitlines()[-1]


def find_at_start(connection: sqlite3.Connection) -> str | None:
    """As `find`, for as long as a start can wait."""
    begun = stopwatch()
    return find(connection, lambda: stopwatch() - begun > START_SECONDS)


def find_in(path: Path, stopped: Callable[[], bool]) -> str | None:
    """As `find`, by a connection that only reads. What cannot be looked at is not said to be damaged."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            schema.define_fold(connection)
            return find(connection, stopped)
    except sqlite3.Error:
        return None
