from __future__ import annotations

import sqlite3
import uuid

from hypothesis import given
from hypothesis import strategies as st

from devkit.contract.entities import Task, User
from devkit.effects import Randomness
from devkit.storage import schema, tasks, users
from devkit.storage.database import MemoryDatabase
from devkit.storage.taskids import number_told, task_id

NUMBERS = st.integers(1, 2**48 - 1)


@given(number=NUMBERS, seed=st.integers(0, 1_000))
def test_an_id_tells_its_number_and_looks_like_any_other_uuid(number, seed):
    made = task_id(Randomness(seed).uuid(), number)
    assert number_told(made) == number
    assert str(uuid.UUID(made)) == made
    assert (uuid.UUID(made).version, uuid.UUID(made).variant) == (4, uuid.RFC_4122)


@given(text=st.text(max_size=40) | st.text("0123456789abcdefABCDEF-_+ ", min_size=36, max_size=36))
def test_whatever_an_id_tells_it_is_a_number_or_nothing(text):
    told = number_told(text)
    assert told is None or abs(told) < 2**63


def task(identifier: str, title: str = "x") -> Task:
    return Task(identifier, title, None, False, "low", None, 0, 0, 1)


def filled() -> MemoryDatabase:
    database = MemoryDatabase()
    for name in ("u", "v"):
        user = User(name, f"{name}@example.com", "", "", True, "user", 0)
        database.read(lambda connection, user=user: users.insert(connection, user, "hash"))
    return database


def new(connection: sqlite3.Connection, owner: int, title: str = "x") -> str:
    number = tasks.next_number(connection)
    made = task(task_id(Randomness(number).uuid(), number), title)
    tasks.insert(connection, owner, made, number)
    return made.id


def test_ids_of_one_s_own_are_found_beside_those_that_tell():
    def go(connection: sqlite3.Connection) -> None:
        own, told = str(uuid.UUID(int=7)), new(connection, 1)
        tasks.insert(connection, 1, task(own))
        for identifier in (own, told):
            found = tasks.find(connection, 1, identifier)
            assert found is not None
            assert found.id == identifier
            assert tasks.find(connection, 2, identifier) is None
            assert tasks.find(connection, 1, identifier.replace("-4", "-5") + " ") is None
            tasks.save(connection, 2, task(identifier, "stolen"))
            tasks.save(connection, 1, task(identifier, "changed"))
            changed = tasks.find(connection, 1, identifier)
            assert changed is not None
            assert changed.title == "changed"
            tasks.delete(connection, 2, identifier)
            assert tasks.find(connection, 1, identifier) is not None
            tasks.delete(connection, 1, identifier)
            assert tasks.find(connection, 1, identifier) is None

    filled().read(go)


def test_an_id_that_seems_to_tell_another_s_number_finds_nothing_of_it():
    def go(connection: sqlite3.Connection) -> None:
        there = new(connection, 1)
        number = number_told(there)
        assert number is not None
        other = task_id(Randomness(99).uuid(), number)
        assert tasks.find(connection, 1, other) is None
        tasks.delete(connection, 1, other)
        # Somebody wrote it into a seed file all the same.
        tasks.insert(connection, 1, task(other, "own"))
        assert [tasks.find(connection, 1, identifier).title for identifier in (there, other)] == ["x", "own"]  # type: ignore[union-attr]

    filled().read(go)


def test_a_task_that_comes_back_has_its_number_again_unless_that_was_given_away():
    def go(connection: sqlite3.Connection) -> None:
        first, last = new(connection, 1), new(connection, 1)
        back, again = task(first), task(last)
        tasks.delete(connection, 1, first)
        tasks.insert(connection, 1, back)
        tasks.delete(connection, 1, last)
        other = new(connection, 1)
        tasks.insert(connection, 1, again)
        numbers = dict(connection.execute("SELECT id, number FROM tasks"))
        assert numbers == {first: 1, other: 2, last: 3}
        assert {identifier for identifier in numbers if tasks.find(connection, 1, identifier)} == set(numbers)

    filled().read(go)


def test_a_database_of_before_keeps_all_ids():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for script in schema.MIGRATIONS[:9]:
        connection.executescript(script)
    connection.execute("PRAGMA user_version = 9")
    connection.execute("INSERT INTO users VALUES (1, 'u', 'u', 'u', '', '', '', 1, 'user', 0, NULL, NULL, NULL, NULL)")
    before = {str(uuid.UUID(int=number)): f"title {number}" for number in range(3)}
    for identifier, title in before.items():
        text = tasks.ready_text(identifier, title, None, False, "low", None, 0, 0)
        connection.execute(
            "INSERT INTO tasks (id, owner, completed, priority, created_at, updated_at, json)"
            " VALUES (?, 1, 0, 'low', 0, 0, ?)",
            (identifier, text),
        )
    connection.execute("INSERT INTO task_counts VALUES (1, 3)")
    schema.migrate(connection)
    found = {identifier: tasks.find(connection, 1, identifier) for identifier in before}
    assert {identifier: task.title for identifier, task in found.items() if task} == before
    assert tasks.count_all(connection, 1) == 3
    assert [task.title for task in tasks.page(connection, 1, tasks.Selection(q="TLE 2"), 9, 0)] == ["title 2"]
    new(connection, 1)
    assert tasks.count_all(connection, 1) == 4
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
