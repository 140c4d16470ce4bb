from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import uuid

import pytest

from devkit.storage import growing, making, schema, taskids, tasks, trigrams
from devkit.storage.seeded import EPOCH

PLAN = making.Plan(
    seed=1, first=1, users=30, tasks_per_user=1_000, password_hash="hash", owner=5, number=7, epoch=EPOCH
)


def test_tasks_are_written_as_any_others():
    _, rows, counts = making.made(
        making.Plan(seed=1, first=1, users=3, tasks_per_user=50, password_hash="hash", owner=5, number=7, epoch=EPOCH)
    )
    assert [row[0] for row in rows] == list(range(7, 157))
    assert [row[1] for row in rows] == [5] * 50 + [6] * 50 + [7] * 50
    assert rows == sorted(rows, key=lambda row: (row[1], row[5]))  # as the index has them: by owner and creation
    for number, _, completed, priority, due, created, updated, title_key, text, *bits in rows:
        said = json.loads(text)
        assert tuple(bits) == trigrams.signature(said["title"], said["description"])
        assert title_key == said["title"].casefold()
        assert text == tasks.ready_text(
            said["id"], said["title"], said["description"], completed, priority, due, created, updated
        )
        assert uuid.UUID(said["id"]).version == 4
        assert taskids.task_id(said["id"], number) == said["id"]
    assert [sum(found) for _, *found in counts] == [50, 50, 50]


def test_another_process_makes_the_same_rows():
    assert list(making.made_beside(PLAN)) == list(making.made(PLAN))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that make rows, as they are started."""
    processes: list[subprocess.Popen[bytes]] = []
    start = making._started
    monkeypatch.setattr(making, "_started", lambda plan: processes.append(start(plan)) or processes[-1])
    return processes


def test_the_other_process_ends_with_whoever_reads_no_further(started):
    rows = making.made_beside(PLAN)
    next(rows)
    assert started[0].poll() is None
    rows.close()
    assert started[0].returncode is not None


@pytest.mark.parametrize("after", [0, 1, 3])
def test_where_the_other_process_ends_too_soon_the_rest_is_made_here(started, after):
    rows = making.made_beside(PLAN)
    found = []
    for number, some in enumerate(rows):
        found.append(some)
        if number == after:
            started[0].kill()
    assert found == list(making.made(PLAN))


def test_where_there_can_be_no_other_process_all_is_made_here(monkeypatch):
    def fails(*_: object, **__: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(making.beside.subprocess, "Popen", fails)
    assert list(making.made_beside(PLAN)) == list(making.made(PLAN))


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="Ctrl-C means something else there")
def test_the_other_process_has_a_group_of_its_own():
    process = making._started(PLAN)
    try:
        assert os.getpgid(process.pid) != os.getpgid(0)
    finally:
        process.kill()
        process.communicate()


def test_growing_leaves_references_checked_and_numbers_unused_before(monkeypatch):
    monkeypatch.setattr(growing, "_LARGE", 1_000)
    monkeypatch.setattr(growing.os, "cpu_count", lambda: 2)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    schema.migrate(connection)
    told = {"number": 1, "hasher": lambda password, salt: "hash", "progress": lambda done, total: None}
    growing.grow(connection, users=3, tasks_per_user=500, **told)
    connection.execute("DELETE FROM users WHERE number = 3")
    growing.grow(connection, users=2, tasks_per_user=500, **told)
    assert [number for (number,) in connection.execute("SELECT number FROM users")] == [1, 2, 4, 5]
    assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (2_000,)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO task_counts VALUES (77, 1, 0, 0, 0, 0, 0)")
    connection.close()
