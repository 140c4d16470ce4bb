from __future__ import annotations

import itertools
import json
import sqlite3
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.contract.entities import STORED, Task, User
from devkit.dialects.shipped import DIALECTS
from devkit.storage import growing, schema, tasks, users
from devkit.storage.database import MemoryDatabase

OWNER = 1
TEXTS = st.text('aAbBkKsSßẞſKﬁ"\\%_\n\x7f é', min_size=1, max_size=8)


def filled(found: list[Task]) -> MemoryDatabase:
    database = MemoryDatabase()

    def fill(connection: sqlite3.Connection) -> None:
        users.insert(connection, User("u", "u@example.com", "", "", True, "user", 0), "hash")
        for task in found:
            tasks.insert(connection, OWNER, task)

    database.read(fill)
    return database


def task(number: int, title: str = "x", description: str | None = None, **more: Any) -> Task:
    facts = {"completed": False, "priority": "low", "due_date": None, "created_at": number, "updated_at": 0} | more
    return Task(id=f"t{number}", title=title, description=description, version=1, **facts)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(given_texts=st.lists(st.tuples(TEXTS, st.none() | TEXTS), max_size=12), data=st.data())
def test_a_search_finds_each_substring_in_any_case_and_nothing_else(given_texts, data):
    # A part of what is there, or something else.
    whole = data.draw(st.sampled_from([text for texts in given_texts for text in texts if text] or ["x"]))
    start = data.draw(st.integers(0, len(whole) - 1))
    part = whole[start : data.draw(st.integers(start + 1, len(whole)))]
    wanted = data.draw(st.sampled_from([part, part.upper(), part.lower()]) | TEXTS)
    database = filled([task(number, *texts) for number, texts in enumerate(given_texts)])
    selection = tasks.Selection(q=wanted, sort="created_at")
    folded = wanted.casefold()
    expected = [
        f"t{number}"
        for number, texts in enumerate(given_texts)
        if any(folded in (text or "").casefold() for text in texts)
    ]
    found = database.read(lambda connection: tasks.page(connection, OWNER, selection, 100, 0))
    assert [task.id for task in found] == expected
    order = database.read(lambda connection: tasks.numbers(connection, OWNER, selection))
    text = database.read(lambda connection: tasks.ready_rows(connection, order))
    assert [found["id"] for found in json.loads(f"[{text}]")] == expected


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    title=TEXTS,
    description=st.none() | TEXTS,
    completed=st.booleans(),
    due=st.none() | st.integers(-62_135_596_800_000, 253_402_300_799_999),
)
def test_what_is_stored_ready_to_send_is_what_each_dialect_would_write(title, description, completed, due):
    stored = task(7, title, description, completed=completed, due_date=due)
    database = filled([stored])
    ready = database.read(lambda connection: tasks.find_ready(connection, OWNER, "t7"))
    assert ready is not None
    assert database.read(lambda connection: tasks.find(connection, OWNER, "t7")) == stored
    respelled = 0
    for dialect in DIALECTS:
        respell = dialect.spelling.respelling(Task)
        if respell is not None:
            respelled += 1
            assert json.loads(respell(ready[0])) == dialect.spelling.write(stored, None)
    assert respelled
    assert list(json.loads(ready[0])) == list(STORED[Task].values())


STATES = [(completed, priority) for completed in (False, True) for priority in ("low", "medium", "high")]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(steps=st.lists(st.tuples(st.integers(0, 5), st.sampled_from([None, *STATES])), max_size=30))
def test_every_user_s_tasks_are_counted_as_they_come_change_and_go(steps):
    database = filled([])

    def go(connection: sqlite3.Connection) -> None:
        now: dict[int, tuple[bool, str]] = {}
        for number, state in steps:
            if state is None:
                tasks.delete(connection, OWNER, f"t{number}")
                now.pop(number, None)
                continue
            store = tasks.save if number in now else tasks.insert
            store(connection, OWNER, task(number, completed=state[0], priority=state[1]))
            now[number] = state
        for completed, priority in itertools.product((None, False, True), (None, "low", "medium", "high")):
            found = [state for state in now.values() if completed in (None, state[0]) and priority in (None, state[1])]
            assert tasks.count(connection, OWNER, tasks.Selection("-created_at", completed, priority)) == len(found)
        assert tasks.count_all(connection, OWNER) == len(now)

    database.read(go)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    states=st.lists(st.sampled_from(STATES), max_size=40),
    sort=st.sampled_from(["created_at", "-created_at", "-due_date", "title"]),
    completed=st.sampled_from([None, None, True]),
    priority=st.sampled_from([None, None, "high"]),
    limit=st.integers(1, 9),
)
def test_all_pages_together_are_what_is_selected(states, sort, completed, priority, limit):
    made = [task(number, completed=done, priority=level) for number, (done, level) in enumerate(states)]
    database = filled(made)
    selection = tasks.Selection(sort, completed, priority)

    def read(connection: sqlite3.Connection) -> None:
        total = tasks.count(connection, OWNER, selection)
        whole = [found.id for found in tasks.page(connection, OWNER, selection, 100, 0)]
        assert len(whole) == total
        for offset in range(0, total, limit):
            page = tasks.ready_page(connection, OWNER, selection, limit, offset, total)
            assert [found["id"] for found in json.loads(f"[{page}]")] == whole[offset : offset + limit]

    database.read(read)


def test_growing_leaves_all_indexes_and_counts_behind_even_where_it_is_interrupted(tmp_path):
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(connection)

    class Enough(Exception):
        """Somebody pressed Ctrl-C."""

    def stop(done: int, total: int) -> None:
        assert done <= total
        if total > done > 60_000:
            raise Enough

    with pytest.raises(Enough):
        growing.grow(
            connection, users=100, tasks_per_user=1_000, number=1, hasher=lambda password, salt: "hash", progress=stop
        )
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE tbl_name = 'tasks'")}
    assert names >= schema.TASK_INDEXES.keys() | schema.TASK_TRIGGERS.keys()
    owners = [owner for (owner,) in connection.execute("SELECT number FROM users")]
    assert len(owners) >= 40
    for (completed, priority), owner in itertools.product(schema.TASK_COUNTS, owners):
        found = connection.execute(
            "SELECT count(*) FROM tasks WHERE owner = ? AND completed = ? AND priority = ?",
            (owner, completed, priority),
        ).fetchone()[0]
        assert tasks.count(connection, owner, tasks.Selection("-created_at", completed, priority)) == found
    assert connection.execute("SELECT count(*) FROM tasks").fetchone()[0] >= 40_000
    connection.close()
