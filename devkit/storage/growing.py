"""Large databases: many users with many tasks each, a hundred thousand rows a second and more.

What makes it fast: `devkit.storage.making` makes rows in the order of their numbers, which their ids tell, and in that
of the index, so that each is added at the end of both; and what they need not be looked at for one by one (owners,
counts) is done for many at a time.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from sqlite3 import Connection

from devkit.effects import Randomness, stopwatch
from devkit.records import dataclass
from devkit.storage import schema
from devkit.storage.making import Plan, address, made, made_beside
from devkit.storage.seeded import epoch_of
from devkit.storage.tasks import next_number

PASSWORD = "TestPass123!"  # noqa: S105 - the shared test password, known to everybody
"""The password of every grown user."""

Hasher = Callable[[str, bytes], str]
"""From a password and a salt of 16 bytes to what is stored."""

_LARGE = 300_000
"""Tasks from which on another process makes the rows: it takes half a second to begin."""

_USERS = """
INSERT INTO users
    (number, id, email, email_key, first_name, last_name, password_hash, email_verified, role, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, 'user', ?)
"""
_TASKS = """
INSERT INTO tasks
    (number, owner, completed, priority, due_date, created_at, updated_at, title_key, json, trigrams_a, trigrams_b)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class Growth:
    """What was added, and how many seconds it took. `first` and `last` are the addresses of the first and the last
    user; all of them have `PASSWORD`.
    """

    first: str
    last: str
    users: int
    tasks: int
    seconds: float


@contextlib.contextmanager
def atomic(connection: Connection) -> Iterator[None]:
    """All of the block or nothing; joins a transaction that is already open."""
    nested = connection.in_transaction
    if nested:
        yield
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def grow(
    connection: Connection,
    *,
    users: int,
    tasks_per_user: int,
    number: int,
    hasher: Hasher,
    progress: Callable[[int, int], None],
) -> Growth:
    """Add users `user000001@example.com` and so on, verified, all with `PASSWORD`, and tasks for each.

    Counts on from the highest such user, so a second call adds further ones. The same number on the same database adds
    the same rows: dates lie around what the seeded ones count from. `progress` is told how many rows are done, and how
    many there are in all. Users are committed together with all of their tasks: whoever interrupts keeps those that are
    complete.
    """
    begun = stopwatch()
    first, many = _next_user(connection), users * tasks_per_user
    plan = Plan(
        seed=number,
        first=first,
        users=users,
        tasks_per_user=tasks_per_user,
        password_hash=hasher(PASSWORD, Randomness(number, f"grow/{first}/salt").bytes(16)),
        owner=_next_owner(connection),
        number=next_number(connection),
        epoch=epoch_of(connection),
    )
    total, done = users + many, 0
    progress(done, total)
    source = made_beside(plan) if many >= _LARGE and (os.cpu_count() or 1) > 1 else made(plan)
    with contextlib.closing(source) as lists, _unchecked(connection):
        for owners, tasks in plan.groups():
            with atomic(connection), _uncounted(connection):
                connection.executemany(_USERS, next(lists))
                done += len(owners)
                for positions in tasks:
                    connection.executemany(_TASKS, next(lists))
                    done += len(positions)
                    progress(done, total)
                connection.executemany("INSERT INTO task_counts VALUES (?, ?, ?, ?, ?, ?, ?)", next(lists))
            if not tasks_per_user:
                progress(done, total)
    return Growth(address(first), address(first + users - 1), users, many, stopwatch() - begun)


def _next_owner(connection: Connection) -> int:
    """The number that the next user's row gets, which is no other user's and never was."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'users'").fetchone()
    return int(row[0]) + 1 if row else 1


@contextlib.contextmanager
def _unchecked(connection: Connection) -> Iterator[None]:
    """Every task comes with its owner, in the same transaction: nobody need look for the owner of each."""
    connection.execute("PRAGMA foreign_keys = OFF")  # does nothing within a transaction
    try:
        yield
    finally:
        connection.execute("PRAGMA foreign_keys = ON")


@contextlib.contextmanager
def _uncounted(connection: Connection) -> Iterator[None]:
    """Within a transaction, tasks come without being counted: it was told already how many come."""
    name = "tasks_come"
    connection.execute(f"DROP TRIGGER {name}")
    yield
    connection.execute(f"CREATE TRIGGER {name} AFTER {schema.TASK_TRIGGERS[name]}")


def _next_user(connection: Connection) -> int:
    emails = connection.execute("SELECT email_key FROM users WHERE email_key >= 'user0' AND email_key < 'user:'")
    found = (re.fullmatch(r"user(\d{6,9})@example\.com", email) for (email,) in emails)
    return max((int(match[1]) for match in found if match), default=0) + 1
