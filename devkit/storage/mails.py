"""The mailbox. A mail that is late is in it, but not to be seen before it is due."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from devkit.contract.entities import Mail
from devkit.effects import Instant

_COLUMNS = "id, recipient, subject, kind, text, html, link, sent_at, due_at"
_ARRIVED = "(due_at IS NULL OR due_at <= :now)"
_WANTED = f"{_ARRIVED} AND (:to IS NULL OR lower(recipient) = lower(:to))"


def insert_all(connection: Connection, mails: Iterable[Mail]) -> None:
    connection.executemany(
        f"INSERT INTO mails ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (mail.id, mail.to, mail.subject, mail.kind, mail.text, mail.html, mail.link, mail.sent_at, mail.due_at)
            for mail in mails
        ],
    )


def newest(connection: Connection, now: Instant, to: str | None = None, limit: int = 100) -> list[Mail]:
    """Mails, newest first; `to` is compared without regard to case."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM mails WHERE {_WANTED} ORDER BY number DESC LIMIT :limit",
        {"now": now, "to": to, "limit": limit},
    )
    return [Mail(*row) for row in rows]


def find(connection: Connection, now: Instant, mail_id: str) -> Mail | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM mails WHERE id = :id AND {_ARRIVED}", {"now": now, "id": mail_id}
    ).fetchone()
    return Mail(*row) if row else None


def count(connection: Connection, now: Instant, to: str | None = None) -> int:
    row = connection.execute(f"SELECT count(*) FROM mails WHERE {_WANTED}", {"now": now, "to": to}).fetchone()
    return int(row[0])


def delete_all(connection: Connection) -> int:
    """Empty the mailbox; returns how many mails were in it."""
    return connection.execute("DELETE FROM mails").rowcount
