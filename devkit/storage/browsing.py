"""Rows of everybody's, for whoever looks at a sandbox from outside. Filters have no index: these are scans."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any

from devkit.contract.entities import Task, Upload, User
from devkit.effects import Instant
from devkit.records import dataclass
from devkit.storage import users
from devkit.storage.schema import TASK_COUNTS
from devkit.storage.tasks import holding


@dataclass(frozen=True, slots=True)
class Account:
    """A user, and how much is theirs."""

    user: User
    sessions: int
    tasks: int
    uploads: int


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is neither revoked nor over, and whose it is."""

    id: str
    user_id: str
    email: str
    created_at: Instant
    expires_at: Instant
    user_agent: str


def accounts(
    connection: Connection, now: Instant, q: str | None, limit: int, offset: int
) -> tuple[tuple[Account, ...], int]:
    """A page of accounts in the order they were made, and how many there are; `q` is a part of name or address."""
    where, given = "1", []
    if q:
        where, given = "instr(fold(u.email || ' ' || u.first_name || ' ' || u.last_name), ?)", [q.casefold()]
    total = int(connection.execute(f"SELECT count(*) FROM users u WHERE {where}", given).fetchone()[0])
    rows = connection.execute(
        f"SELECT {users.columns('u')},"
        " (SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND s.revoked_at IS NULL AND s.expires_at > ?),"
        f" ifnull((SELECT {' + '.join(TASK_COUNTS.values())} FROM task_counts WHERE owner = u.number), 0),"
        " (SELECT count(*) FROM uploads f WHERE f.user_id = u.id)"
        f" FROM users u WHERE {where} ORDER BY u.number LIMIT ? OFFSET ?",
        (now, *given, limit, offset),
    )
    return tuple(Account(users.of_row(row[:-3]), *row[-3:]) for row in rows), total


def open_sessions(
    connection: Connection, now: Instant, user_id: str | None, limit: int
) -> tuple[tuple[OpenSession, ...], int]:
    """The newest open sessions (of that user), and how many there are."""
    where, given = "s.revoked_at IS NULL AND s.expires_at > ?", [now]
    if user_id is not None:
        where, given = f"s.user_id = ? AND {where}", [user_id, now]  # type: ignore[list-item]
    total = int(connection.execute(f"SELECT count(*) FROM sessions s WHERE {where}", given).fetchone()[0])
    rows = connection.execute(
        "SELECT s.id, s.user_id, u.email, s.created_at, s.expires_at, s.user_agent"
        f" FROM sessions s JOIN users u ON u.id = s.user_id WHERE {where}"
        " ORDER BY s.created_at DESC, s.id LIMIT ?",
        (*given, limit),
    )
    return tuple(OpenSession(*row) for row in rows), total


def tasks(
    connection: Connection, user_id: str | None, q: str | None, limit: int, offset: int
) -> tuple[tuple[tuple[str, Task], ...], int]:
    """A page of (email, task), the newest first, and how many there are; `q` is a part of title or description."""
    clauses, given = (
        (["1"], []) if user_id is None else (["t.owner = (SELECT number FROM users WHERE id = ?)"], [user_id])
    )
    if q:
        what, texts = holding(q, "t")
        clauses.append(what)
        given += texts
    where = " AND ".join(clauses)
    total = int(connection.execute(f"SELECT count(*) FROM tasks t WHERE {where}", given).fetchone()[0])
    # Of one user, the index gives the order; of all, the order of insertion stands for that of creation.
    order = "t.created_at DESC, t.number DESC" if user_id is not None else "t.number DESC"
    rows = connection.execute(
        "SELECT u.email, t.id, t.title, t.description, t.completed, t.priority, t.due_date, t.created_at, t.updated_at,"
        f" t.version FROM tasks t JOIN users u ON u.number = t.owner WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",
        (*given, limit, offset),
    )
    found = ((email, Task(i, title, text, bool(done), *rest)) for email, i, title, text, done, *rest in rows)
    return tuple(found), total


def uploads(
    connection: Connection, user_id: str | None, limit: int, offset: int
) -> tuple[tuple[tuple[str, Upload], ...], int]:
    """A page of (email, upload), the newest first, and how many there are."""
    clauses, given = _owned("f", user_id)
    where = " AND ".join(clauses)
    total = int(connection.execute(f"SELECT count(*) FROM uploads f WHERE {where}", given).fetchone()[0])
    rows = connection.execute(
        "SELECT u.email, f.id, f.filename, f.content_type, f.size, f.sha256, f.created_at"
        f" FROM uploads f JOIN users u ON u.id = f.user_id WHERE {where} ORDER BY f.number DESC LIMIT ? OFFSET ?",
        (*given, limit, offset),
    )
    return tuple((email, Upload(*rest)) for email, *rest in rows), total


def _owned(alias: str, user_id: str | None) -> tuple[list[str], list[Any]]:
    return (["1"], []) if user_id is None else ([f"{alias}.user_id = ?"], [user_id])
