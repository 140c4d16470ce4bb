"""What the control plane tells of a database: where it is, and how much is in it."""

from __future__ import annotations

from sqlite3 import Connection


def counts(connection: Connection) -> dict[str, int]:
    """Rows of what users own. It reads whole indexes: a scan."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM tasks), (SELECT count(*) FROM uploads),"
        " (SELECT count(*) FROM mails)"
    ).fetchone()
    return dict(zip(("users", "tasks", "uploads", "mails"), row, strict=True))


def location(connection: Connection) -> str | None:
    """The database's file; None where it lives in memory."""
    row = connection.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()
    return str(row[0]) if row and row[0] else None
