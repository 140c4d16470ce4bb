"""The mailbox."""

from __future__ import annotations

from sqlite3 import Connection

from devkit.contract.entities import Mail

_COLUMNS = "id, recipient, subject, kind, text, html, link, sent_at"


def insert(connection: Connection, mail: Mail) -> None:
    connection.execute(
        f"INSERT INTO mails ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (mail.id, mail.to, mail.subject, mail.kind, mail.text, mail.html, mail.link, mail.sent_at),
    )


def newest(connection: Connection, to: str | None = None, limit: int = 100) -> list[Mail]:
    """Mails, newest first; `to` is compared without regard to case."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM mails WHERE ?1 IS NULL OR lower(recipient) = lower(?1) ORDER BY number DESC LIMIT ?2",
        (to, limit),
    )
    return [Mail(*row) for row in rows]


def find(connection: Connection, mail_id: str) -> Mail | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM mails WHERE id = ?", (mail_id,)).fetchone()
    return Mail(*row) if row else None


def count(connection: Connection, to: str | None = None) -> int:
    row = connection.execute(
        "SELECT count(*) FROM mails WHERE ?1 IS NULL OR lower(recipient) = lower(?1)", (to,)
    ).fetchone()
    return int(row[0])


def delete_all(connection: Connection) -> int:
    """Empty the mailbox; returns how many mails were in it."""
    return connection.execute("DELETE FROM mails").rowcount
