"""Tasks. Every function takes the owner's id: nobody reaches another user's rows."""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from devkit.contract.entities import Task
from devkit.effects import Instant

_COLUMNS = "id, title, description, completed, priority, due_date, created_at, updated_at, version"

# Every order ends in `number`, so that no two rows are equal and pages never overlap.
_ORDERS = {
    "created_at": "created_at {0}, number {0}",
    "updated_at": "updated_at {0}, number {0}",
    "title": "fold(title) {0}, number {0}",
    "completed": "completed {0}, number {0}",
    "due_date": "due_date IS NULL, due_date {0}, number {0}",
    "priority": "CASE priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END {0}, number {0}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which tasks, in which order. `sort` is a field, with `-` before it for falling."""

    sort: str = "-created_at"
    completed: bool | None = None
    priority: str | None = None
    q: str | None = None

    @property
    def bounded(self) -> bool:
        """Whether a page of it costs no more than the page: the index gives the order, and every row counts."""
        return self.sort.lstrip("-") == "created_at" and self.completed is None and not self.priority and not self.q


def page(connection: Connection, user_id: str, selection: Selection, limit: int, offset: int) -> tuple[Task, ...]:
    where, given = _where(user_id, selection)
    order = _ORDERS[selection.sort.lstrip("-")].format("DESC" if selection.sort.startswith("-") else "ASC")
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM tasks WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?", (*given, limit, offset)
    )
    return tuple(map(_task, rows))


def count(connection: Connection, user_id: str, selection: Selection) -> int:
    where, given = _where(user_id, selection)
    return int(connection.execute(f"SELECT count(*) FROM tasks WHERE {where}", given).fetchone()[0])


def find(connection: Connection, user_id: str, task_id: str) -> Task | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM tasks WHERE id = ? AND user_id = ?", (task_id, user_id)
    ).fetchone()
    return _task(row) if row else None


def insert(connection: Connection, user_id: str, task: Task) -> None:
    connection.execute(
        f"INSERT INTO tasks (user_id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (user_id, *_values(task))
    )


def save(connection: Connection, user_id: str, task: Task) -> None:
    """Store a changed task over the one of its id."""
    assignments = ", ".join(f"{column} = ?" for column in _COLUMNS.split(", "))
    connection.execute(
        f"UPDATE tasks SET {assignments} WHERE id = ? AND user_id = ?", (*_values(task), task.id, user_id)
    )


def delete(connection: Connection, user_id: str, task_id: str) -> None:
    connection.execute("DELETE FROM tasks WHERE id = ? AND user_id = ?", (task_id, user_id))


def remembered(connection: Connection, user_id: str, operation: str, key: str) -> tuple[str, str] | None:
    """Fingerprint and answer of the call that used an idempotency key first."""
    row: tuple[str, str] | None = connection.execute(
        "SELECT fingerprint, answer FROM idempotency WHERE user_id = ? AND operation = ? AND key = ?",
        (user_id, operation, key),
    ).fetchone()
    return row


def remember(
    connection: Connection, user_id: str, operation: str, key: str, fingerprint: str, answer: str, now: Instant
) -> None:
    connection.execute(
        "INSERT INTO idempotency (user_id, operation, key, fingerprint, answer, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (user_id, operation, key, fingerprint, answer, now),
    )


def forget_before(connection: Connection, instant: Instant) -> None:
    """Drop idempotency keys that were first used before `instant`."""
    connection.execute("DELETE FROM idempotency WHERE created_at < ?", (instant,))


def _where(user_id: str, selection: Selection) -> tuple[str, list[Any]]:
    clauses, given = ["user_id = ?"], [user_id]
    if selection.completed is not None:
        clauses.append("completed = ?")
        given.append(selection.completed)  # type: ignore[arg-type]  # SQLite takes a bool as 0 or 1
    if selection.priority is not None:
        clauses.append("priority = ?")
        given.append(selection.priority)
    if selection.q:
        # fold() knows all of Unicode's cases, where SQLite's LIKE knows only ASCII's.
        clauses.append("(instr(fold(title), ?) OR instr(fold(description), ?))")
        given += [selection.q.casefold()] * 2
    return " AND ".join(clauses), given


def _values(task: Task) -> tuple[Any, ...]:
    return (
        task.id,
        task.title,
        task.description,
        task.completed,
        task.priority,
        task.due_date,
        task.created_at,
        task.updated_at,
        task.version,
    )


def _task(row: tuple[Any, ...]) -> Task:
    identifier, title, description, completed, priority, due_date, created_at, updated_at, version = row
    return Task(identifier, title, description, bool(completed), priority, due_date, created_at, updated_at, version)
