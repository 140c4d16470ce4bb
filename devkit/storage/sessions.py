"""Sessions and the refresh tokens of each: a session is the family that its refresh tokens belong to."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any

from devkit.contract.entities import Session, User
from devkit.effects import Instant
from devkit.records import dataclass
from devkit.storage import users
from devkit.storage.failures import there

_SHOWN = "id, created_at, expires_at, user_agent, user_id, coalesce(prolonged_at, created_at)"


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token as stored, with what its session says."""

    session_id: str
    user_id: str
    expires_at: Instant
    used_at: Instant | None
    revoked_at: Instant | None


def insert(
    connection: Connection, session_id: str, user_id: str, user_agent: str, created_at: Instant, expires_at: Instant
) -> None:
    connection.execute(
        "INSERT INTO sessions (id, user_id, created_at, expires_at, user_agent) VALUES (?, ?, ?, ?, ?)",
        (session_id, user_id, created_at, expires_at, user_agent),
    )


def find(connection: Connection, session_id: str) -> tuple[User, Instant | None, Instant] | None:
    """The user of a session, when it was revoked (None: it was not), and when it ends by itself."""
    row = connection.execute(
        f"SELECT s.revoked_at, s.expires_at, {users.columns('u')}"
        " FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?",
        (session_id,),
    ).fetchone()
    return (users.of_row(row[2:]), row[0], row[1]) if row else None


def details(connection: Connection, session_id: str, current: str | None) -> Session:
    """What is known of a session. Raises DomainError `service_unavailable` where it was just deleted with its user."""
    row = connection.execute(f"SELECT {_SHOWN} FROM sessions WHERE id = ?", (session_id,)).fetchone()
    return _session(there(row), current)


def open_of(
    connection: Connection, user_id: str, now: Instant, current: str | None, limit: int, offset: int
) -> tuple[tuple[Session, ...], int]:
    """A page of the user's sessions that are neither revoked nor expired, newest first, and how many there are."""
    where, given = "user_id = ? AND revoked_at IS NULL AND expires_at > ?", (user_id, now)
    total = connection.execute(f"SELECT count(*) FROM sessions WHERE {where}", given).fetchone()[0]
    rows = connection.execute(
        f"SELECT {_SHOWN} FROM sessions WHERE {where} ORDER BY created_at DESC, id LIMIT ? OFFSET ?",
        (*given, limit, offset),
    )
    return tuple(_session(row, current) for row in rows), total


def _session(row: tuple[Any, ...], current: str | None) -> Session:
    identifier, created, expires, agent, user_id, updated = row
    return Session(identifier, created, expires, agent, identifier == current, user_id, updated)


def revoke(connection: Connection, user_id: str, session_id: str, now: Instant) -> bool:
    """Revoke one of the user's open sessions; False where there is none of that id."""
    changed = connection.execute(
        "UPDATE sessions SET revoked_at = ? WHERE id = ? AND user_id = ? AND revoked_at IS NULL",
        (now, session_id, user_id),
    )
    return changed.rowcount == 1


def revoke_all(connection: Connection, user_id: str, now: Instant, keep: str | None = None) -> list[str]:
    """Revoke the user's open sessions but `keep`; returns their ids."""
    rows = connection.execute(
        "UPDATE sessions SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL AND id IS NOT ? RETURNING id",
        (now, user_id, keep),
    )
    return [row[0] for row in rows.fetchall()]


def prolong(connection: Connection, session_id: str, expires_at: Instant, now: Instant) -> None:
    connection.execute(
        "UPDATE sessions SET expires_at = ?, prolonged_at = ? WHERE id = ?", (expires_at, now, session_id)
    )


def insert_refresh(connection: Connection, token_hash: str, session_id: str, expires_at: Instant) -> None:
    connection.execute(
        "INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?, ?, ?)",
        (token_hash, session_id, expires_at),
    )


def find_refresh(connection: Connection, token_hash: str) -> RefreshToken | None:
    row = connection.execute(
        "SELECT r.session_id, s.user_id, r.expires_at, r.used_at, s.revoked_at"
        " FROM refresh_tokens r JOIN sessions s ON s.id = r.session_id WHERE r.hash = ?",
        (token_hash,),
    ).fetchone()
    return RefreshToken(*row) if row else None


def use_refresh(connection: Connection, token_hash: str, now: Instant) -> None:
    """Mark as used; the first use counts."""
    connection.execute("UPDATE refresh_tokens SET used_at = coalesce(used_at, ?) WHERE hash = ?", (now, token_hash))


def expire_refresh(connection: Connection, session_id: str, now: Instant) -> None:
    """Let all refresh tokens of a session end now."""
    connection.execute(
        "UPDATE refresh_tokens SET expires_at = ? WHERE session_id = ? AND expires_at > ?", (now, session_id, now)
    )
