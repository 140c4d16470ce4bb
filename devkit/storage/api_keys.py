"""API keys: stored as hashes, kept after they are revoked so that a revoked one can be told from an unknown one."""

from __future__ import annotations

from sqlite3 import Connection

from devkit.contract.entities import User
from devkit.effects import Instant
from devkit.storage import users


def find(connection: Connection, key_hash: str) -> tuple[User, Instant | None] | None:
    """The user of a key and when it was revoked (None: it is valid)."""
    row = connection.execute(
        f"SELECT k.revoked_at, {users.columns('u')} FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.hash = ?",
        (key_hash,),
    ).fetchone()
    return (users.of_row(row[1:]), row[0]) if row else None
