"""The schema: the migrations that a database has been through (`PRAGMA user_version` counts them), and what may change
without one: indices and triggers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from devkit.storage.migrations import MIGRATIONS
from devkit.storage.trigrams import signature

__all__ = ["MIGRATIONS", "TASK_COUNTS", "TASK_INDEXES", "TASK_TRIGGERS", "define_fold", "migrate", "version_of"]

TASK_INDEXES: Mapping[str, str] = {
    "tasks_in_order": "owner, created_at, number, completed, priority, due_date, trigrams_a, trigrams_b, updated_at,"
    " title_key",
}
"""By its name, what tasks are found by. A single index that holds all that lists are ordered and filtered by: one in
the usual order is read off it, any other is sorted without looking at a row, and a new task changes one page of it.
"""

TASK_COUNTS: Mapping[tuple[bool, str], str] = {
    (completed, priority): f"{'done' if completed else 'open'}_{priority}"
    for completed in (False, True)
    for priority in ("low", "medium", "high")
}
"""The columns of `task_counts`, by what filters tell apart."""


def _each(said: str) -> str:
    """`said` of each of these columns, where `{0}` is its name, and `{1}` and `{2}` what a task is like that counts
    there.
    """
    return ", ".join(
        said.format(column, int(completed), priority) for (completed, priority), column in TASK_COUNTS.items()
    )


_NEW, _OLD = (f"({row}.completed = {{1}} AND {row}.priority = '{{2}}')" for row in ("new", "old"))
TASK_TRIGGERS: Mapping[str, str] = {
    "tasks_come": f"INSERT ON tasks BEGIN INSERT INTO task_counts VALUES (new.owner, {_each(_NEW)})"
    f" ON CONFLICT (owner) DO UPDATE SET {_each('{0} = {0} + excluded.{0}')}; END",
    "tasks_go": "DELETE ON tasks BEGIN"
    f" UPDATE task_counts SET {_each('{0} = {0} - ' + _OLD)} WHERE owner = old.owner; END",
    "tasks_change": "UPDATE OF completed, priority ON tasks"
    " WHEN old.completed <> new.completed OR old.priority <> new.priority BEGIN"
    f" UPDATE task_counts SET {_each('{0} = {0} + ' + _NEW + ' - ' + _OLD)} WHERE owner = new.owner; END",
}
"""What keeps `task_counts`, by its name."""

_COUNTED = "INSERT INTO row_counts VALUES (new.resource, new.owner, 1) ON CONFLICT DO UPDATE SET count = count + 1"
_UNCOUNTED = "UPDATE row_counts SET count = count - 1 WHERE resource = old.resource AND owner = old.owner"
ROW_TRIGGERS: Mapping[str, str] = {
    "rows_come": f"INSERT ON rows WHEN new.gone IS NULL BEGIN {_COUNTED}; END",
    "rows_go": f"DELETE ON rows WHEN old.gone IS NULL BEGIN {_UNCOUNTED}; END",
    "rows_leave": f"UPDATE OF gone ON rows WHEN old.gone IS NULL AND new.gone IS NOT NULL BEGIN {_UNCOUNTED}; END",
    "rows_return": f"UPDATE OF gone ON rows WHEN old.gone IS NOT NULL AND new.gone IS NULL BEGIN {_COUNTED}; END",
    "rows_unmarked": "DELETE ON rows BEGIN DELETE FROM marks WHERE row = old.number; END",
    "users_go": "DELETE ON users BEGIN DELETE FROM rows WHERE owner = old.number"
    " OR owner IN (SELECT -number FROM places WHERE whose = old.number);"
    " DELETE FROM places WHERE whose = old.number;"
    " DELETE FROM idempotency WHERE user_id = old.id; END",
}
"""What keeps `row_counts`, and takes along what belongs to a user."""


def version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database up to the newest schema; each migration is one transaction."""
    define_fold(connection)
    connection.create_function("trigrams", 3, _trigrams, deterministic=True)
    for number, script in enumerate(MIGRATIONS[version_of(connection) :], version_of(connection) + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
    # Not in a migration: what one of these is may change, and a migration need only drop it.
    for name, what in TASK_INDEXES.items():
        connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON tasks ({what})")
    connection.execute("CREATE INDEX IF NOT EXISTS rows_in_order ON rows (resource, owner, number) WHERE gone IS NULL")
    for name, what in {**TASK_TRIGGERS, **ROW_TRIGGERS}.items():
        connection.execute(f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {what}")


def define_fold(connection: sqlite3.Connection) -> None:
    """Let statements say `fold(text)`: texts that differ by case alone become the same."""
    connection.create_function("fold", 1, _fold, deterministic=True)


def _fold(text: str | None) -> str | None:
    return text.casefold() if text is not None else None


def _trigrams(title: str, description: str | None, half: int) -> int:
    return signature(title, description)[half]
