"""API keys: stored as hashes, kept after they are revoked so that a revoked one can be told from an unknown one."""

from __future__ import annotations

from sqlite3 import Connection

from devkit.contract.entities import ApiKey, User
from devkit.effects import Instant
from devkit.storage import users


def find(connection: Connection, key_hash: str) -> tuple[User, str, Instant | None] | None:
    """The user of a key, the key's id, and when it was revoked (None: it is valid)."""
    row = connection.execute(
        f"SELECT k.id, k.revoked_at, {users.columns('u')} FROM api_keys k JOIN users u ON u.id = k.user_id"
        " WHERE k.hash = ?",
        (key_hash,),
    ).fetchone()
    return (users.of_row(row[2:]), row[0], row[1]) if row else None


def insert(connection: Connection, user_id: str, key: ApiKey, key_hash: str) -> None:
    connection.execute(
        "INSERT INTO api_keys (id, user_id, name, hash, created_at) VALUES (?, ?, ?, ?, ?)",
        (key.id, user_id, key.name, key_hash, key.created_at),
    )


def page(connection: Connection, user_id: str, limit: int, offset: int) -> tuple[tuple[ApiKey, ...], int]:
    """A page of the user's valid keys, the newest first, and how many there are."""
    total = connection.execute(
        "SELECT count(*) FROM api_keys WHERE user_id = ? AND revoked_at IS NULL", (user_id,)
    ).fetchone()[0]
    rows = connection.execute(
        "SELECT id, name, created_at FROM api_keys WHERE user_id = ? AND revoked_at IS NULL"
        " ORDER BY created_at DESC, id LIMIT ? OFFSET ?",
        (user_id, limit, offset),
    )
    return tuple(ApiKey(*row) for row in rows), int(total)


def revoke(connection: Connection, user_id: str, key_id: str, now: Instant) -> bool:
    """Whether there was such a key, and it was still valid."""
    changed = connection.execute(
        "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND user_id = ? AND revoked_at IS NULL",
        (now, key_id, user_id),
    )
    return changed.rowcount > 0
