"""Accounts."""

from __future__ import annotations

from sqlite3 import Connection, IntegrityError
from typing import Any

from devkit.contract.entities import User
from devkit.contract.errors import DomainError

_COLUMNS = "id, email, first_name, last_name, email_verified, role, created_at"


def of_row(row: tuple[Any, ...]) -> User:
    """A user from the columns of `COLUMNS`, in that order."""
    identifier, email, first, last, verified, role, created_at = row
    return User(identifier, email, first, last, bool(verified), role, created_at)


def columns(alias: str) -> str:
    """The columns that `of_row` takes, for a join."""
    return ", ".join(f"{alias}.{name}" for name in _COLUMNS.split(", "))


def key_of(email: str) -> str:
    """What addresses are compared by: they are unique without regard to case."""
    return email.casefold()


def insert(connection: Connection, user: User, password_hash: str) -> None:
    """Add an account. Raises DomainError `email_taken`."""
    try:
        connection.execute(
            f"INSERT INTO users ({_COLUMNS}, email_key, password_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                user.id,
                user.email,
                user.first_name,
                user.last_name,
                user.email_verified,
                user.role,
                user.created_at,
                key_of(user.email),
                password_hash,
            ),
        )
    except IntegrityError:
        raise DomainError("email_taken") from None


def find(connection: Connection, user_id: str) -> User | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM users WHERE id = ?", (user_id,)).fetchone()
    return of_row(row) if row else None


def find_by_email(connection: Connection, email: str) -> User | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM users WHERE email_key = ?", (key_of(email),)).fetchone()
    return of_row(row) if row else None


def password_hash(connection: Connection, user_id: str) -> str:
    """The stored hash; the user must exist."""
    found: str = connection.execute("SELECT password_hash FROM users WHERE id = ?", (user_id,)).fetchone()[0]
    return found


def set_password(connection: Connection, user_id: str, hashed: str) -> None:
    connection.execute("UPDATE users SET password_hash = ? WHERE id = ?", (hashed, user_id))


def set_names(connection: Connection, user_id: str, first_name: str, last_name: str) -> None:
    connection.execute("UPDATE users SET first_name = ?, last_name = ? WHERE id = ?", (first_name, last_name, user_id))


def set_verified(connection: Connection, user_id: str) -> None:
    connection.execute("UPDATE users SET email_verified = 1 WHERE id = ?", (user_id,))


def count(connection: Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM users").fetchone()[0])
