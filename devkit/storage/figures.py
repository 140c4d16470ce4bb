"""What the database adds up to: for the control plane, for health, for a user's dashboard."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection

from devkit.contract.entities import ModelState
from devkit.contract.figures import (
    ConversationFigures,
    Dashboard,
    DayFigures,
    SessionFigures,
    TaskFigures,
    UploadFigures,
)
from devkit.effects import DAY, Instant, isoformat
from devkit.storage import schema

_DAYS = 7


def counts(connection: Connection) -> dict[str, int]:
    """Rows of what users own. It reads whole indexes: a scan."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM tasks), (SELECT count(*) FROM uploads),"
        " (SELECT count(*) FROM mails)"
    ).fetchone()
    return dict(zip(("users", "tasks", "uploads", "mails"), row, strict=True))


def rows(connection: Connection) -> dict[str, int]:
    """How many rows each resource of a contract of somebody's own has."""
    return dict(connection.execute("SELECT resource, sum(count) FROM row_counts GROUP BY resource ORDER BY resource"))


def location(connection: Connection) -> str | None:
    """The database's file; None where it lives in memory."""
    row = connection.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()
    # A file is named by its whole path; a database in memory by nothing, or by `x` once it was deserialized.
    return str(row[0]) if row and Path(row[0]).is_absolute() else None


def schema_version(connection: Connection) -> int:
    return schema.version_of(connection)


def models(connection: Connection) -> tuple[ModelState, ...]:
    rows = connection.execute("SELECT id, name, status FROM models ORDER BY id")
    return tuple(ModelState(*row) for row in rows)


_WHOSE = {
    "tasks": "owner = (SELECT number FROM users WHERE id = :user_id)",
    "uploads": "user_id = :user_id",
}
"""How a table's rows name the user they belong to."""


def dashboard(connection: Connection, user_id: str, now: Instant) -> Dashboard:
    """It reads all that a user owns: a scan."""
    return Dashboard(
        tasks=_tasks(connection, user_id, now),
        uploads=UploadFigures(
            *connection.execute(
                "SELECT count(*), coalesce(sum(size), 0) FROM uploads WHERE user_id = ?", (user_id,)
            ).fetchone()
        ),
        conversations=ConversationFigures(
            *connection.execute(
                "SELECT count(DISTINCT c.id), count(m.id) FROM conversations c"
                " LEFT JOIN messages m ON m.conversation_id = c.id WHERE c.user_id = ?",
                (user_id,),
            ).fetchone()
        ),
        sessions=SessionFigures(
            *connection.execute(
                "SELECT count(*) FROM sessions WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ?",
                (user_id, now),
            ).fetchone()
        ),
        activity=_activity(connection, user_id, now),
        generated_at=now,
    )


def _tasks(connection: Connection, user_id: str, now: Instant) -> TaskFigures:
    rows = connection.execute(
        "SELECT priority, count(*), sum(completed), sum(NOT completed AND due_date < :now) FROM tasks"
        f" WHERE {_WHOSE['tasks']} GROUP BY priority",
        {"user_id": user_id, "now": now},
    ).fetchall()
    by_priority = {"low": 0, "medium": 0, "high": 0} | {priority: count for priority, count, _, _ in rows}
    total, completed = sum(row[1] for row in rows), sum(row[2] for row in rows)
    overdue = sum(row[3] or 0 for row in rows)
    rate = round(completed / total, 4) if total else 0.0
    return TaskFigures(total, total - completed, completed, overdue, rate, by_priority)


def _activity(connection: Connection, user_id: str, now: Instant) -> tuple[DayFigures, ...]:
    """The last days, today (UTC) included, oldest first."""
    today = now // DAY
    days = range(today - _DAYS + 1, today + 1)
    found: dict[str, dict[int, int]] = {}
    for name in ("tasks", "uploads"):
        rows = connection.execute(
            f"SELECT created_at / :day, count(*) FROM {name}"
            f" WHERE {_WHOSE[name]} AND created_at >= :since AND created_at < :until GROUP BY 1",
            {"day": DAY, "user_id": user_id, "since": days[0] * DAY, "until": (today + 1) * DAY},
        )
        found[name] = dict(rows.fetchall())
    return tuple(
        DayFigures(isoformat(day * DAY)[:10], found["tasks"].get(day, 0), found["uploads"].get(day, 0)) for day in days
    )
