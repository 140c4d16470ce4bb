"""Sign-ins with accounts elsewhere: the providers' identities, attempts with their codes, and what is linked to whom.

States and codes are stored as hashes. What is over is kept for a day, so that it can be told from what never was.
"""

from __future__ import annotations

from sqlite3 import Connection

from devkit.contract.entities import User
from devkit.contract.social_entities import Identity
from devkit.effects import DAY, Instant
from devkit.records import dataclass
from devkit.storage import users

_ATTEMPT = "provider, callback, return_to, error_to, new_user_to, expires_at, used_at, link_session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A sign-in that was begun. `callback` is where its code goes; the others are addresses of the frontend. One that
    links an account to a user who is signed in already names the session.
    """

    provider: str
    callback: str
    return_to: str
    error_to: str | None
    new_user_to: str | None
    expires_at: Instant
    used_at: Instant | None = None
    link_session: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code, and for whom: a provider's; or, with a session, one of our own, which hands that session over to the
    frontend. `is_new`: the account was made in that very sign-in.
    """

    state_hash: str
    identity: Identity
    expires_at: Instant
    used_at: Instant | None = None
    session_id: str | None = None
    is_new: bool = False


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
        f"INSERT INTO social_attempts (hash, {_ATTEMPT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            state_hash,
            attempt.provider,
            attempt.callback,
            attempt.return_to,
            attempt.error_to,
            attempt.new_user_to,
            attempt.expires_at,
            attempt.used_at,
            attempt.link_session,
        ),
    )


def find_attempt(connection: Connection, state_hash: str) -> Attempt | None:
    row = connection.execute(f"SELECT {_ATTEMPT} FROM social_attempts WHERE hash = ?", (state_hash,)).fetchone()
    if row is None:
        return None
    provider, callback, return_to, error_to, new_user_to, expires_at, used_at, link_session = row
    return Attempt(
        provider=provider,
        callback=callback,
        return_to=return_to,
        error_to=error_to,
        new_user_to=new_user_to,
        expires_at=expires_at,
        used_at=used_at,
        link_session=link_session,
    )


def use_attempt(connection: Connection, state_hash: str, now: Instant) -> None:
    connection.execute("UPDATE social_attempts SET used_at = ? WHERE hash = ?", (now, state_hash))


def insert_code(connection: Connection, code_hash: str, code: Code) -> None:
    identity = code.identity
    connection.execute(
        "INSERT INTO social_codes (hash, attempt, account_id, name, email, verified, expires_at, session_id, is_new)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            code_hash,
            code.state_hash,
            identity.id,
            identity.name,
            identity.email,
            identity.verified,
            code.expires_at,
            code.session_id,
            code.is_new,
        ),
    )


def find_code(connection: Connection, code_hash: str) -> Code | None:
    row = connection.execute(
        "SELECT attempt, account_id, name, email, verified, expires_at, used_at, session_id, is_new FROM social_codes"
        " WHERE hash = ?",
        (code_hash,),
    ).fetchone()
    if row is None:
        return None
    attempt, account_id, name, email, verified, expires_at, used_at, session_id, is_new = row
    return Code(
        state_hash=attempt,
        identity=Identity(account_id, name, email, bool(verified)),
        expires_at=expires_at,
        used_at=used_at,
        session_id=session_id,
        is_new=bool(is_new),
    )


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


def link(connection: Connection, provider: str, identity: Identity, user_id: str, now: Instant) -> None:
    """Let a provider's account open a user's account, or note what the provider tells of it now; one that opens
    another's already goes on with that.
    """
    connection.execute(
        "INSERT INTO linked_accounts (provider, account_id, user_id, created_at, name, email, verified)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (provider, account_id) DO UPDATE SET name = excluded.name,"
        " email = excluded.email, verified = excluded.verified WHERE user_id = excluded.user_id",
        (provider, identity.id, user_id, now, identity.name, identity.email, identity.verified),
    )


@dataclass(frozen=True, slots=True)
class Linked:
    """A provider's account that opens a user's, as the provider last told of it."""

    provider: str
    identity: Identity
    created_at: Instant


def links_of(connection: Connection, user: User) -> tuple[Linked, ...]:
    """A user's linked accounts, oldest first."""
    rows = connection.execute(
        "SELECT provider, account_id, name, email, verified, created_at"
        " FROM linked_accounts WHERE user_id = ? ORDER BY created_at, provider",
        (user.id,),
    )
    return tuple(
        # Of one that was linked before this was noted, no more is known than that it is this user's.
        Linked(
            provider,
            Identity(account, name or user.name, email if name else user.email, bool(verified) if name else True),
            since,
        )
        for provider, account, name, email, verified, since in rows
    )


def unlink(connection: Connection, provider: str, account_id: str) -> None:
    connection.execute("DELETE FROM linked_accounts WHERE provider = ? AND account_id = ?", (provider, account_id))
