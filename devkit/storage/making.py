"""Rows of made-up users and tasks, in the order in which `devkit.storage.growing` inserts them.

What makes it fast: texts come from pools that are made once, and chance is drawn in blocks. Where there are many, a
process of its own makes them, while those before are inserted.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import operator
import os
import struct
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

from devkit import beside
from devkit.effects import DAY, MINUTE, UUID_VARIANTS, Instant, Randomness, isoformat
from devkit.errors import ExitCode
from devkit.records import dataclass
from devkit.storage.phrases import Phrases
from devkit.storage.schema import TASK_COUNTS
from devkit.storage.taskids import FACTOR, MASK
from devkit.storage.trigrams import signature

if TYPE_CHECKING:
    import subprocess

Row = tuple[Any, ...]

_BATCH = 500
"""Tasks in one list: less than what a pipe holds, so that nobody waits for the other."""
_GROUP = 20_000
"""Rows that belong together, or one user with all tasks where that is more."""
_COUNTED = operator.itemgetter(1, 2, 3)
"""Of a task's row, whose it is and what filters tell apart."""
_POOL = 4_096
_PRIORITIES = ("low", "medium", "medium", "high")
_SPAN = 50 * DAY
"""A little more than 32 bits of milliseconds, which is how old a task can be: no task is older than its user."""


def address(number: int) -> str:
    """The email address of the made-up user of that number."""
    return f"user{number:06d}@example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be made: so many users `user000007@example.com`, counting on from `first`, and tasks for each.

    `seed` and `first` decide what chance makes of it; `password_hash` is everybody's. `owner` and `number` are the
    numbers of the first user's row and of the first task's. Dates lie around the `epoch`.
    """

    seed: int
    first: int
    users: int
    tasks_per_user: int
    password_hash: str
    owner: int
    number: int
    epoch: Instant

    def groups(self) -> Iterator[tuple[range, list[range]]]:
        """Users by their positions, from 0 within the plan, and their tasks by theirs, a range for each list."""
        step = max(1, _GROUP // (1 + self.tasks_per_user))
        for start in range(0, self.users, step):
            stop = min(start + step, self.users)
            low, high = start * self.tasks_per_user, stop * self.tasks_per_user
            yield range(start, stop), [range(at, min(at + _BATCH, high)) for at in range(low, high, _BATCH)]


def made(plan: Plan) -> Generator[list[Row], None, None]:
    """For each group a list of users, then the lists of their tasks, and at last how many these are: rows of
    `task_counts`.
    """
    maker = _Maker(plan)
    for users, tasks in plan.groups():
        yield maker.users(users)
        counts: Counter[Row] = Counter()
        for positions in tasks:
            rows = maker.tasks(positions)
            counts.update(map(_COUNTED, rows))
            yield rows
        owners = range(plan.owner + users.start, plan.owner + users.stop) if plan.tasks_per_user else ()
        yield [(owner, *(counts[owner, *state] for state in TASK_COUNTS)) for owner in owners]


def made_beside(plan: Plan) -> Generator[list[Row], None, None]:
    """The same, made by a process of its own. Where that cannot be, or ends too soon, the rest is made here."""
    count = 0
    try:
        process = _started(plan)
    except OSError:
        yield from made(plan)
        return
    try:
        with contextlib.suppress(EOFError):
            while True:
                yield beside.receive(process.stdout)
                count += 1
    finally:
        process.kill()
        process.communicate()
    yield from itertools.islice(made(plan), count, None)


def _started(plan: Plan) -> subprocess.Popen[bytes]:
    return beside.started(__name__, "write", json.dumps(dataclasses.asdict(plan)))


def write(plan: str) -> None:
    """What the other process does: write each list of a plan, which is JSON."""
    try:
        for rows in made(Plan(**json.loads(plan))):
            beside.send(sys.stdout.buffer, rows)
    except OSError:
        # Nobody reads any more. Nothing is left to be said, and nobody there to say it to.
        os._exit(ExitCode.FAILED)


class _Maker:
    """Makes rows of a plan, which must be asked for in order."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._chance = chance = Randomness(plan.seed, f"grow/{plan.first}")
        phrases = Phrases(chance.integer(0, 2**63 - 1))
        self._first_names = [phrases.first_name() for _ in range(512)]
        self._last_names = [phrases.last_name() for _ in range(512)]
        # As the pieces of JSON already that the rows are put together from, as `ready_text` writes them.
        titles = [phrases.title() for _ in range(_POOL)]
        self._titles = [
            (title.casefold(), f'","title":{_quoted(title)},"description":', *signature(title, None))
            for title in titles
        ]
        # Two in five tasks have no description.
        descriptions = [phrases.description() if index % 5 < 3 else None for index in range(_POOL)]
        self._descriptions = [
            ("null" if text is None else _quoted(text), *signature("", text)) for text in descriptions
        ]
        # By the bits that decide them.
        self._states = [
            (done, priority, f',"completed":{"true" if done else "false"},"priority":"{priority}","dueDate":')
            for done in (False, True)
            for priority in _PRIORITIES
        ]
        dues = (plan.epoch + (due - _POOL // 2) * 15 * MINUTE if due % 3 else None for due in range(_POOL))
        self._dues = [(due, "null" if due is None else f'"{isoformat(due)}"') for due in dues]

    def users(self, positions: range) -> list[Row]:
        draws = struct.unpack(f"<{3 * len(positions)}H", self._chance.bytes(6 * len(positions)))
        rows: list[Row] = []
        for position, one, two, three in zip(positions, draws[::3], draws[1::3], draws[2::3], strict=True):
            email = address(self._plan.first + position)
            names = self._first_names[one % 512], self._last_names[two % 512]
            joined = self._plan.epoch - _SPAN - three * MINUTE
            number = self._plan.owner + position
            rows.append((number, self._chance.uuid(), email, email, *names, self._plan.password_hash, joined))
        return rows

    def tasks(self, positions: range) -> list[Row]:
        count = len(positions)
        ages = struct.unpack(f"<{count}I", self._chance.bytes(4 * count))
        picks = struct.unpack(f"<{4 * count}H", self._chance.bytes(8 * count))
        digits = self._chance.bytes(10 * count).hex()
        titles, descriptions, dues, states = self._titles, self._descriptions, self._dues, self._states
        owner, per_user, first, epoch = self._plan.owner, self._plan.tasks_per_user, self._plan.number, self._plan.epoch
        rows: list[Row] = []
        for position, chars, chanced, title, description, due, later in zip(
            positions,
            (digits[at : at + 20] for at in range(0, len(digits), 20)),
            ages,
            picks[::4],
            picks[1::4],
            picks[2::4],
            picks[3::4],
            strict=True,
        ):
            number = first + position
            # As `task_id` makes it of a version 4 UUID.
            identifier = (
                f"{chars[:8]}-{chars[8:12]}-4{chars[12:15]}-{UUID_VARIANTS[chars[15]]}{chars[16:19]}-"
                f"{int(chars[:12], 16) * FACTOR & MASK ^ number:012x}"
            )
            title_key, title_text, title_a, title_b = titles[title % _POOL]
            described, a, b = descriptions[description % _POOL]
            completed, priority, state = states[title >> 13 & 4 | description >> 14]
            # A third has no due date; the others are due within three weeks before or after the epoch.
            due_date, due_text = dues[due % _POOL]
            # Stored in the order in which they were made, as in a database that people have used.
            by, place = divmod(position, per_user)
            age = ((per_user - 1 - place) * 2**32 + chanced) // per_user
            created_at, updated_at = epoch - age, epoch - age * later // 0xFFFF
            text = (
                f'{{"id":"{identifier}{title_text}{described}'
                f'{state}{due_text},"createdAt":"{isoformat(created_at)}",'
                f'"updatedAt":"{isoformat(updated_at)}"}}'
            )
            facts = completed, priority, due_date, created_at, updated_at
            rows.append((number, owner + by, *facts, title_key, text, title_a | a, title_b | b))
        return rows


_quoted: Callable[[str], str] = json.encoder.encode_basestring
