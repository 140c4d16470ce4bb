"""Sign-ins with accounts elsewhere: the providers' identities, attempts with their codes, and what is linked to whom.

States and codes are stored as hashes. What is over is kept for a day, so that it can be told from what never was.
"""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

from devkit.contract.entities import User
from devkit.contract.social_entities import Identity
from devkit.effects import DAY, Instant
from devkit.records import dataclass
from devkit.storage import users


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A sign-in that was begun. `callback` is where its code goes; the others are addresses of the frontend."""

    provider: str
    callback: str
    return_to: str
    error_to: str | None
    new_user_to: str | None
    expires_at: Instant
    used_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code that a provider gave out, and for whom."""

    state_hash: str
    identity: Identity
    expires_at: Instant
    used_at: Instant | None = None


def identities(connection: Connection, provider: str) -> tuple[Identity, ...]:
    """Those that a provider knows, in the order of the seed."""
    rows = connection.execute(
        "SELECT account_id, name, email, verified FROM identities WHERE provider = ? ORDER BY position", (provider,)
    )
    return tuple(Identity(account_id, name, email, bool(verified)) for account_id, name, email, verified in rows)


def begin(connection: Connection, state_hash: str, attempt: Attempt, now: Instant) -> None:
    """Store a new attempt; forget those that have been over for a day."""
    connection.execute("DELETE FROM social_attempts WHERE expires_at < ?", (now - DAY,))
    connection.execute(
        "INSERT INTO social_attempts (hash, provider, callback, return_to, error_to, new_user_to, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            state_hash,
            attempt.provider,
            attempt.callback,
            attempt.return_to,
            attempt.error_to,
            attempt.new_user_to,
            attempt.expires_at,
        ),
    )


def find_attempt(connection: Connection, state_hash: str) -> Attempt | None:
    row = connection.execute(
        "SELECT provider, callback, return_to, error_to, new_user_to, expires_at, used_at FROM social_attempts"
        " WHERE hash = ?",
        (state_hash,),
    ).fetchone()
    if row is None:
        return None
    provider, callback, return_to, error_to, new_user_to, expires_at, used_at = row
    return Attempt(
        provider=provider,
        callback=callback,
        return_to=return_to,
        error_to=error_to,
        new_user_to=new_user_to,
        expires_at=expires_at,
        used_at=used_at,
    )


def use_attempt(connection: Connection, state_hash: str, now: Instant) -> None:
    connection.execute("UPDATE social_attempts SET used_at = ? WHERE hash = ?", (now, state_hash))


def insert_code(connection: Connection, code_hash: str, code: Code) -> None:
    identity = code.identity
    connection.execute(
        "INSERT INTO social_codes (hash, attempt, account_id, name, email, verified, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (code_hash, code.state_hash, identity.id, identity.name, identity.email, identity.verified, code.expires_at),
    )


def find_code(connection: Connection, code_hash: str) -> Code | None:
    row = connection.execute(
        "SELECT attempt, account_id, name, email, verified, expires_at, used_at FROM social_codes WHERE hash = ?",
        (code_hash,),
    ).fetchone()
    if row is None:
        return None
    attempt, account_id, name, email, verified, expires_at, used_at = row
    identity = Identity(account_id, name, email, bool(verified))
    return Code(state_hash=attempt, identity=identity, expires_at=expires_at, used_at=used_at)


def use_code(connection: Connection, code_hash: str, now: Instant) -> None:
    connection.execute("UPDATE social_codes SET used_at = ? WHERE hash = ?", (now, code_hash))


def linked_user(connection: Connection, provider: str, account_id: str) -> User | None:
    """The user whose account a provider's account opens."""
    row = connection.execute(
        f"SELECT {users.columns('u')} FROM linked_accounts l JOIN users u ON u.id = l.user_id"
        " WHERE l.provider = ? AND l.account_id = ?",
        (provider, account_id),
    ).fetchone()
    return users.of_row(row) if row else None


def link(connection: Connection, provider: str, account_id: str, user_id: str, now: Instant) -> None:
    """Let a provider's account open a user's account; one that opens another's already goes on with that."""
    connection.execute(
        "INSERT OR IGNORE INTO linked_accounts (provider, account_id, user_id, created_at) VALUES (?, ?, ?, ?)",
        (provider, account_id, user_id, now),
    )


def links_of(connection: Connection, user_id: str) -> Sequence[tuple[str, str, Instant]]:
    """A user's linked accounts, oldest first: provider, the account's id there, when it was linked."""
    return connection.execute(
        "SELECT provider, account_id, created_at FROM linked_accounts WHERE user_id = ? ORDER BY created_at, provider",
        (user_id,),
    ).fetchall()
