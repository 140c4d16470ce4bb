"""What is known of uploads; their bytes are files of the sandbox."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from devkit.contract.entities import Upload
from devkit.contract.errors import DomainError
from devkit.storage.failures import taken

_COLUMNS = "id, filename, content_type, size, sha256, created_at"


def insert(connection: Connection, user_id: str, upload: Upload) -> None:
    """Raises DomainError `conflict` where the id is taken."""
    with taken(id=DomainError("conflict", "There is an upload of this id already")):
        connection.execute(
            f"INSERT INTO uploads (user_id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                user_id,
                upload.id,
                upload.filename,
                upload.content_type,
                upload.size,
                upload.sha256,
                upload.created_at,
            ),
        )


def find(connection: Connection, user_id: str, upload_id: str) -> Upload | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM uploads WHERE id = ? AND user_id = ?", (upload_id, user_id)
    ).fetchone()
    return Upload(*row) if row else None


def owner(connection: Connection, upload_id: str) -> str | None:
    """Whose upload it is; None where nobody has one of that id."""
    found = connection.execute("SELECT user_id FROM uploads WHERE id = ?", (upload_id,)).fetchone()
    return found[0] if found else None


def page(connection: Connection, user_id: str, limit: int, offset: int) -> tuple[tuple[Upload, ...], int]:
    """A page of the user's uploads, newest first, and how many there are."""
    total = int(connection.execute("SELECT count(*) FROM uploads WHERE user_id = ?", (user_id,)).fetchone()[0])
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM uploads WHERE user_id = ? ORDER BY created_at DESC, number DESC LIMIT ? OFFSET ?",
        (user_id, limit, offset),
    )
    return tuple(Upload(*row) for row in rows), total


def delete(connection: Connection, user_id: str, upload_id: str) -> None:
    connection.execute("DELETE FROM uploads WHERE id = ? AND user_id = ?", (upload_id, user_id))


def forget(connection: Connection, upload_ids: Iterable[str]) -> None:
    """Delete these, whoever has them."""
    connection.executemany("DELETE FROM uploads WHERE id = ?", ((upload_id,) for upload_id in upload_ids))


def ids(connection: Connection) -> set[str]:
    """The ids of everybody's uploads."""
    return {row[0] for row in connection.execute("SELECT id FROM uploads")}


def contents(connection: Connection) -> dict[str, str]:
    """The SHA-256 of everybody's uploads, by their ids."""
    return dict(connection.execute("SELECT id, sha256 FROM uploads"))


def ids_of(connection: Connection, user_id: str) -> list[str]:
    """The ids of one user's uploads."""
    return [row[0] for row in connection.execute("SELECT id FROM uploads WHERE user_id = ?", (user_id,))]
