"""Accounts."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from sqlite3 import Connection
from typing import Any

from devkit.contract.entities import User
from devkit.contract.errors import DomainError
from devkit.effects import Instant
from devkit.storage.failures import taken, there

_COLUMNS = (
    "id, email, first_name, last_name, email_verified, role, created_at, username, number, image, changed_at, own"
)
_STORED = _COLUMNS.replace(", number", "").replace(", changed_at", "")


def of_row(row: tuple[Any, ...]) -> User:
    """A user from the columns of `COLUMNS`, in that order."""
    identifier, email, first, last, verified, role, created_at, username, *more = row
    # Users in great numbers are stored without one.
    username = username or email.partition("@")[0]
    return User(identifier, email, first, last, bool(verified), role, created_at, username, *more)


def columns(alias: str) -> str:
    """The columns that `of_row` takes, for a join."""
    return ", ".join(f"{alias}.{name}" for name in _COLUMNS.split(", "))


def key_of(text: str) -> str:
    """What addresses and usernames are compared by: they are unique without regard to case."""
    return text.casefold()


def insert(connection: Connection, user: User, password_hash: str) -> User:
    """Add an account; returns it with its number, and with a username if it had none.

    Raises DomainError `email_taken` or `username_taken`.
    """
    username = user.username or _free_username(connection, user.email)
    with _taken():
        added = connection.execute(
            f"INSERT INTO users ({_STORED}, email_key, username_key, password_hash)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                user.id,
                user.email,
                user.first_name,
                user.last_name,
                user.email_verified,
                user.role,
                user.created_at,
                username,
                user.image,
                user.own,
                key_of(user.email),
                key_of(username),
                password_hash,
            ),
        )
    return replace(user, username=username, number=added.lastrowid or 0)


def _taken() -> AbstractContextManager[None]:
    return taken(email_key=DomainError("email_taken"), username_key=DomainError("username_taken"))


def _free_username(connection: Connection, email: str) -> str:
    wanted = email.partition("@")[0]
    username, suffix = wanted, 1
    while connection.execute("SELECT 1 FROM users WHERE username_key = ?", (key_of(username),)).fetchone():
        suffix += 1
        username = f"{wanted}{suffix}"
    return username


def find(connection: Connection, user_id: str) -> User | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM users WHERE id = ?", (user_id,)).fetchone()
    return of_row(row) if row else None


def numbers(connection: Connection) -> list[int]:
    """Of all accounts, in the order in which they were made."""
    return [row[0] for row in connection.execute("SELECT number FROM users ORDER BY number")]


def id_of(connection: Connection, number: int) -> str | None:
    """The id of the account of that number."""
    row = connection.execute("SELECT id FROM users WHERE number = ?", (number,)).fetchone()
    return str(row[0]) if row else None


def find_by_email(connection: Connection, email: str) -> User | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM users WHERE email_key = ?", (key_of(email),)).fetchone()
    return of_row(row) if row else None


def find_by_username(connection: Connection, username: str) -> User | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM users WHERE username_key = ?", (key_of(username),)).fetchone()
    return of_row(row) if row else None


def password_hash(connection: Connection, user_id: str) -> str:
    """The stored hash. Raises DomainError `service_unavailable` where the user was just deleted."""
    row = connection.execute("SELECT password_hash FROM users WHERE id = ?", (user_id,)).fetchone()
    return str(there(row)[0])


def set_password(connection: Connection, user_id: str, hashed: str) -> None:
    connection.execute("UPDATE users SET password_hash = ? WHERE id = ?", (hashed, user_id))


def set_profile(
    connection: Connection,
    user_id: str,
    username: str,
    first_name: str,
    last_name: str,
    image: str | None,
    own: str,
    now: Instant,
) -> None:
    """Raises DomainError `username_taken`."""
    with _taken():
        connection.execute(
            "UPDATE users SET username = ?, username_key = ?, first_name = ?, last_name = ?, image = ?, own = ?,"
            " changed_at = ? WHERE id = ?",
            (username, key_of(username), first_name, last_name, image, own, now, user_id),
        )


def set_verified(connection: Connection, user_id: str, now: Instant) -> None:
    connection.execute(
        "UPDATE users SET email_verified = 1, changed_at = ? WHERE id = ? AND NOT email_verified", (now, user_id)
    )


def set_email(connection: Connection, user_id: str, email: str, now: Instant) -> None:
    """Give the user another address, which has been shown to be theirs. Raises DomainError `email_taken`."""
    with _taken():
        connection.execute(
            "UPDATE users SET email = ?, email_key = ?, email_verified = 1, changed_at = ? WHERE id = ?",
            (email, key_of(email), now, user_id),
        )


def delete(connection: Connection, user_id: str) -> None:
    """Delete an account, and every row that belongs to it."""
    connection.execute("DELETE FROM users WHERE id = ?", (user_id,))


def count(connection: Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM users").fetchone()[0])
