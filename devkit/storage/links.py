"""Links that were mailed: each works once, for a while."""

from __future__ import annotations

from sqlite3 import Connection

from devkit.effects import Instant
from devkit.records import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    user_id: str
    expires_at: Instant
    used_at: Instant | None
    address: str | None


def insert(
    connection: Connection, link_hash: str, user_id: str, purpose: str, expires_at: Instant, address: str | None = None
) -> None:
    """`address` is the new one that a change of address is about."""
    connection.execute(
        "INSERT INTO links (hash, user_id, purpose, expires_at, address) VALUES (?, ?, ?, ?, ?)",
        (link_hash, user_id, purpose, expires_at, address),
    )


def find(connection: Connection, link_hash: str, purpose: str) -> Link | None:
    row = connection.execute(
        "SELECT user_id, expires_at, used_at, address FROM links WHERE hash = ? AND purpose = ?", (link_hash, purpose)
    ).fetchone()
    return Link(*row) if row else None


def use(connection: Connection, link_hash: str, now: Instant) -> None:
    connection.execute("UPDATE links SET used_at = ? WHERE hash = ?", (now, link_hash))


def expire(connection: Connection, link_hash: str, now: Instant) -> None:
    connection.execute("UPDATE links SET expires_at = min(expires_at, ?) WHERE hash = ?", (now, link_hash))


def use_all(connection: Connection, user_id: str, purpose: str, now: Instant) -> None:
    """Make all the user's links of that purpose unusable: a newer one replaces them, or they served their purpose."""
    connection.execute(
        "UPDATE links SET used_at = ? WHERE user_id = ? AND purpose = ? AND used_at IS NULL", (now, user_id, purpose)
    )
