"""Idempotency keys (the IETF's draft-ietf-httpapi-idempotency-key-header): what was done under one is done once."""

from __future__ import annotations

from collections.abc import Callable
from sqlite3 import Connection
from typing import TypeVar

from devkit.contract.errors import DomainError
from devkit.effects import DAY, Instant
from devkit.records import dataclass

T = TypeVar("T")

_LIFETIME = DAY

NOBODY = ""
"""The user id of callers who are not signed in."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A call with an idempotency key: whose it is, of which operation, and a `fingerprint` of what it says."""

    user_id: str
    operation: str
    key: str
    fingerprint: str


def once(
    connection: Connection,
    call: Keyed,
    now: Instant,
    make: Callable[[Connection], tuple[T, str]],
    again: Callable[[str], T],
) -> tuple[T, bool]:
    """What `make` gives, with a text to remember it by, where the key is new; else what `again` makes of the text. And
    whether it was new. Raises DomainError `idempotency_key_reused` where the first call said something else.
    """
    text = first_answer(connection, call, now)
    if text is not None:
        return again(text), False
    made, answer = make(connection)
    remember(connection, call, now, answer)
    return made, True


def first_answer(connection: Connection, call: Keyed, now: Instant) -> str | None:
    """What is remembered of the first call with that key; None where this one is the first. Raises DomainError
    `idempotency_key_reused` where that one said something else.
    """
    first: tuple[str, str] | None = connection.execute(
        "SELECT fingerprint, answer FROM idempotency"
        " WHERE user_id = ? AND operation = ? AND key = ? AND created_at >= ?",
        (call.user_id, call.operation, call.key, now - _LIFETIME),
    ).fetchone()
    if first is None:
        return None
    if first[0] != call.fingerprint:
        raise DomainError("idempotency_key_reused")
    return first[1]


def remember(connection: Connection, call: Keyed, now: Instant, answer: str) -> None:
    """Remember that, for a day."""
    connection.execute("DELETE FROM idempotency WHERE created_at < ?", (now - _LIFETIME,))
    connection.execute(
        "INSERT INTO idempotency (user_id, operation, key, fingerprint, answer, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (call.user_id, call.operation, call.key, call.fingerprint, answer, now),
    )
