"""Large databases: many users with many tasks each, a hundred thousand rows a second and more.

What makes it fast: texts come from pools that are made once, chance is drawn in blocks, and rows are written in the
order of their numbers, which their ids tell.
"""

from __future__ import annotations

import contextlib
import json
import re
import struct
from collections.abc import Callable, Iterator
from sqlite3 import Connection
from typing import Any

from devkit.effects import DAY, MINUTE, Randomness, isoformat, stopwatch
from devkit.records import dataclass
from devkit.storage import schema
from devkit.storage.phrases import Phrases
from devkit.storage.seedmodels import EPOCH
from devkit.storage.taskids import FACTOR, MASK
from devkit.storage.tasks import next_number

PASSWORD = "TestPass123!"  # noqa: S105 - the shared test password, known to everybody
"""The password of every grown user."""

Hasher = Callable[[str, bytes], str]
"""From a password and a salt of 16 bytes to what is stored."""

_BATCH = 10_000
"""Tasks that are made before they are inserted: bounds the memory."""
_GROUP = 20_000
"""Rows in one transaction, or one user with all tasks where that is more."""
_LARGE = 100_000
"""Tasks from which on indexes are made at the end, where there were fewer before."""
_INDEX_SHARE = 25
"""An index takes as long as one row in so many."""
_POOL = 4_096
_PRIORITIES = ("low", "medium", "medium", "high")
_VARIANTS = {digit: "89ab"[value & 3] for value, digit in enumerate("0123456789abcdef")}
"""By a drawn digit, one that says that a UUID is of RFC 9562's kind."""
_SPAN = 50 * DAY
"""A little more than 32 bits of milliseconds, which is how old a task can be: no task is older than its user."""

_USERS = """
INSERT INTO users (id, email, email_key, first_name, last_name, password_hash, email_verified, role, created_at)
VALUES (?, ?, ?, ?, ?, ?, 1, 'user', ?)
"""
_TASKS = """
INSERT INTO tasks (number, owner, completed, priority, due_date, created_at, updated_at, json)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Growth:
    """What was added, and how many seconds it took."""

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
    the same rows. `progress` is told what is done and what is in all, in rows or work that takes as long. Users are
    committed together with all of their tasks: whoever interrupts keeps those that are complete.
    """
    begun = stopwatch()
    first, rows = _next_user(connection), users * tasks_per_user
    maker = _Maker(Randomness(number, f"grow/{first}"), first, tasks_per_user, hasher)
    number_before = next_number(connection) - 1
    # Indexes that are made at the end, in one go each, take a quarter of the time of keeping them up row by row.
    indexes = list(schema.TASK_INDEXES) if rows >= _LARGE and rows > _tasks_in(connection) else []
    each = rows // _INDEX_SHARE
    total, done = users + rows + each * len(indexes), 0
    progress(done, total)
    for name in indexes:
        connection.execute(f"DROP INDEX IF EXISTS {name}")
    try:
        step = max(1, _GROUP // (1 + tasks_per_user))
        for start in range(0, users, step):
            stop = min(start + step, users)
            with atomic(connection), _uncounted(connection):
                newest = _add_users(connection, maker.users(start, stop), tasks_per_user)
                done += stop - start
                for low in range(start * tasks_per_user, stop * tasks_per_user, _BATCH):
                    high = min(low + _BATCH, stop * tasks_per_user)
                    connection.executemany(_TASKS, maker.tasks(low, high, newest - stop + 1, number_before + low + 1))
                    done += high - low
                    progress(done, total)
            if not tasks_per_user:
                progress(done, total)
    except BaseException:
        for name in indexes:
            schema.create_index(connection, name)
        raise
    for name in indexes:
        schema.create_index(connection, name)
        done += each
        progress(done, total)
    return Growth(users, rows, stopwatch() - begun)


def _add_users(connection: Connection, rows: list[Row], tasks: int) -> int:
    """Add users who are said to have so many tasks; returns the number of the last one. Their numbers follow one
    another.
    """
    connection.executemany(_USERS, rows)
    newest = int(connection.execute("SELECT max(number) FROM users").fetchone()[0])
    counts = [(newest - position, tasks) for position in reversed(range(len(rows)))] if tasks else []
    connection.executemany("INSERT INTO task_counts VALUES (?, ?)", counts)
    return newest


@contextlib.contextmanager
def _uncounted(connection: Connection) -> Iterator[None]:
    """Within a transaction, tasks come without being counted: `_add_users` has told already how many come."""
    name = "tasks_come"
    connection.execute(f"DROP TRIGGER {name}")
    yield
    connection.execute(f"CREATE TRIGGER {name} AFTER {schema.TASK_TRIGGERS[name]}")


def _tasks_in(connection: Connection) -> int:
    return int(connection.execute("SELECT ifnull(sum(count), 0) FROM task_counts").fetchone()[0])


def _next_user(connection: Connection) -> int:
    emails = connection.execute("SELECT email_key FROM users WHERE email_key >= 'user0' AND email_key < 'user:'")
    found = (re.fullmatch(r"user(\d{6,9})@example\.com", email) for (email,) in emails)
    return max((int(match[1]) for match in found if match), default=0) + 1


class _Maker:
    """Makes rows. Positions count from 0 within the run."""

    def __init__(self, chance: Randomness, first: int, per_user: int, hasher: Hasher) -> None:
        self._chance, self._first, self._per_user = chance, first, per_user
        phrases = Phrases(chance.integer(0, 2**63 - 1))
        self._hash = hasher(PASSWORD, chance.bytes(16))
        self._first_names = [phrases.first_name() for _ in range(512)]
        self._last_names = [phrases.last_name() for _ in range(512)]
        # As JSON strings already: that is what goes into the rows.
        self._titles = [_quoted(phrases.title()) for _ in range(_POOL)]
        # Two in five tasks have no description.
        self._descriptions = [_quoted(phrases.description()) if index % 5 < 3 else "null" for index in range(_POOL)]
        dues = (EPOCH + (due - 0x8000) * MINUTE if due % 3 else None for due in range(0x10000))
        self._dues = [(due, "null" if due is None else f'"{isoformat(due)}"') for due in dues]

    def users(self, start: int, stop: int) -> list[Row]:
        draws = struct.unpack(f"<{3 * (stop - start)}H", self._chance.bytes(6 * (stop - start)))
        rows: list[Row] = []
        for position in range(stop - start):
            one, two, three = draws[3 * position : 3 * position + 3]
            email = f"user{self._first + start + position:06d}@example.com"
            names = self._first_names[one % 512], self._last_names[two % 512]
            joined = EPOCH - _SPAN - three * MINUTE
            rows.append((self._chance.uuid(), email, email, *names, self._hash, joined))
        return rows

    def tasks(self, low: int, high: int, owner: int, number: int) -> list[Row]:
        """The tasks from `low` up to `high`; `owner` is the number that the user at position 0 would have, `number`
        that of the first row.
        """
        count = high - low
        ages = struct.unpack(f"<{count}I", self._chance.bytes(4 * count))
        picks = struct.unpack(f"<{4 * count}H", self._chance.bytes(8 * count))
        digits = self._chance.bytes(10 * count).hex()
        titles, descriptions, dues, per_user = self._titles, self._descriptions, self._dues, self._per_user
        rows: list[Row] = []
        for position, chars, chanced, title, description, due, later in zip(
            range(count),
            (digits[at : at + 20] for at in range(0, len(digits), 20)),
            ages,
            picks[::4],
            picks[1::4],
            picks[2::4],
            picks[3::4],
            strict=True,
        ):
            # As `task_id` makes it of a version 4 UUID.
            identifier = (
                f"{chars[:8]}-{chars[8:12]}-4{chars[12:15]}-{_VARIANTS[chars[15]]}{chars[16:19]}-"
                f"{int(chars[:12], 16) * FACTOR & MASK ^ number + position:012x}"
            )
            completed, priority = title & 0x8000 != 0, _PRIORITIES[description >> 14]
            # A third has no due date; the others are due within three weeks before or after the epoch.
            due_date, due_text = dues[due]
            # Stored in the order in which they were made, as in a database that people have used.
            age = ((per_user - 1 - (low + position) % per_user) * 2**32 + chanced) // per_user
            created_at, updated_at = EPOCH - age, EPOCH - age * later // 0xFFFF
            # As `ready_text` writes it (a test compares them), from pieces that are there already.
            text = (
                f'{{"id":"{identifier}","title":{titles[title % _POOL]},"description":'
                f'{descriptions[description % _POOL]},"completed":{"true" if completed else "false"},"priority":'
                f'"{priority}","dueDate":{due_text},"createdAt":"{isoformat(created_at)}","updatedAt":'
                f'"{isoformat(updated_at)}"}}'
            )
            by = owner + (low + position) // per_user
            rows.append((number + position, by, completed, priority, due_date, created_at, updated_at, text))
        return rows


_quoted: Callable[[str], str] = json.encoder.encode_basestring
