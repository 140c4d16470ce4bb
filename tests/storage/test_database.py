from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from devkit.contract.entities import User
from devkit.contract.errors import DomainError
from devkit.errors import StorageError
from devkit.storage import schema, users
from devkit.storage.database import Database, FileDatabase, MemoryDatabase, Work


def put(key: str, value: str = "x") -> Work[None]:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (key, value))

    return work


def keys(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT key FROM meta ORDER BY key")]


def template(*names: str) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(connection)
    for name in names:
        put(name)(connection)
    return connection


def start(script: str, path: Path) -> subprocess.Popen[str]:
    """Another Python process that runs `script` with `path` as its argument."""
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.fixture(params=["file", "memory"])
async def database(request: pytest.FixtureRequest, tmp_path: Path):
    found: Database = await FileDatabase.open(tmp_path / "x.db") if request.param == "file" else MemoryDatabase()
    yield found
    await found.close()


async def test_a_write_is_seen_by_reads_and_scans(database):
    await database.write(put("a"))
    assert database.read(keys) == ["a"]
    assert await database.scan(keys) == ["a"]


async def test_a_write_that_raises_leaves_nothing_and_passes_its_error_on(database):
    def work(connection: sqlite3.Connection) -> None:
        put("a")(connection)
        raise DomainError("conflict")

    with pytest.raises(DomainError, match="conflict"):
        await database.write(work)
    assert database.read(keys) == []
    await database.write(put("b"))
    assert database.read(keys) == ["b"]


async def test_what_follows_a_write_is_told_what_it_gave_or_raised_once_it_is_committed(database):
    told: list[tuple[object, object]] = []

    def then(result: object, error: Exception | None) -> None:
        told.append((result, error and type(error)))
        assert "a" in database.read(keys)

    def refused(connection: sqlite3.Connection) -> None:
        put("c")(connection)
        raise DomainError("conflict")

    stamp = database.changes.stamp("s")
    database.write_then(lambda connection: put("a")(connection) or 7, "s", then)
    database.write_then(refused, "s", then)
    database.write_then(put("b"), "s", then)
    await asyncio.sleep(0)
    assert told == [(7, None), (None, DomainError), (None, None)]
    assert database.read(keys) == ["a", "b"]
    assert database.changes.stamp("s") > stamp


async def test_what_follows_a_write_and_fails_keeps_nobody_else_waiting(tmp_path, caplog):
    database = await FileDatabase.open(tmp_path / "x.db")
    told: list[str] = []

    def fails(result: object, error: Exception | None) -> None:
        raise ValueError("a mistake")

    database.write_then(put("a"), "s", fails)
    database.write_then(put("b"), "s", lambda result, error: told.append("b"))
    other = asyncio.ensure_future(database.write(put("c"), "s"))
    await asyncio.wait_for(other, 5)
    assert told == ["b"]
    assert "a mistake" in caplog.text
    await database.close()


async def test_what_follows_a_write_is_told_that_the_database_is_closed(tmp_path):
    database = await FileDatabase.open(tmp_path / "x.db")
    told: list[str] = []
    database.write_then(put("a"), "s", lambda result, error: told.append("before"))
    await database.close()
    database.write_then(put("b"), "s", lambda result, error: told.append(error.code))
    assert told == ["before", "service_unavailable"]


async def test_a_read_that_writes_is_a_mistake_that_shows(tmp_path):
    database = await FileDatabase.open(tmp_path / "x.db")
    with pytest.raises(RuntimeError, match="has written"):
        database.read(put("a"))
    with pytest.raises(DomainError, match="service_unavailable"):
        await database.scan(put("b"))
    await database.close()


async def test_replace_swaps_the_whole_content(database):
    await database.write(put("old"))
    with contextlib.closing(template("new")) as source:
        await database.replace(source.serialize())
    assert database.read(keys) == ["new"]
    assert await database.scan(keys) == ["new"]
    await database.write(put("newer"))
    assert database.read(keys) == ["new", "newer"]


async def test_foreign_keys_are_enforced(database):
    def orphan(connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT INTO sessions (id, user_id, created_at, expires_at, user_agent) VALUES ('s', 'nobody', 0, 0, '')"
        )

    with pytest.raises(DomainError, match="was deleted, or reset, in the meantime") as told:
        await database.write(orphan)
    assert isinstance(told.value.__cause__, sqlite3.IntegrityError)


def test_only_an_address_that_somebody_has_is_called_taken():
    # An id that was there already used to be told as an address, to a client that can do nothing about it.
    connection = template()

    def add(**changes: str) -> None:
        given = {"id": "1", "email": "a@example.com", "username": "a"} | changes
        users.insert(
            connection, User(**given, first_name="", last_name="", email_verified=True, role="", created_at=0), ""
        )

    add()
    with pytest.raises(DomainError, match="Email"):
        add(id="2", email="A@example.com", username="b")
    with pytest.raises(DomainError, match="Username"):
        add(id="2", email="b@example.com", username="A")
    with pytest.raises(sqlite3.IntegrityError, match=r"users\.id"):
        add(email="b@example.com", username="b")


async def test_a_failing_write_in_a_group_takes_no_other_with_it(tmp_path):
    database = await FileDatabase.open(tmp_path / "x.db")

    def duplicate(connection: sqlite3.Connection) -> None:
        put("also gone")(connection)
        put("k0")(connection)

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("SELECT * FROM no_such_table")

    works = [put("k0"), duplicate, put("k1"), broken, put("k2")]
    outcomes = await asyncio.gather(*(database.write(work) for work in works), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        sqlite3.IntegrityError,
        type(None),
        sqlite3.OperationalError,
        type(None),
    ]
    assert database.read(keys) == ["k0", "k1", "k2"]
    await database.close()


async def test_writes_that_wait_together_share_one_commit(tmp_path):
    database = await FileDatabase.open(tmp_path / "x.db")
    statements: list[str] = []
    await database.write(lambda connection: connection.set_trace_callback(statements.append))
    statements.clear()
    await asyncio.gather(*(database.write(put(f"k{number:03}")) for number in range(100)))
    assert statements.count("COMMIT") == 1
    assert len(database.read(keys)) == 100
    await database.close()


async def test_a_work_that_raises_stop_iteration_does_not_stop_the_writer(tmp_path):
    database = await FileDatabase.open(tmp_path / "x.db")

    def work(_: sqlite3.Connection) -> None:
        next(iter(()))

    with pytest.raises(RuntimeError):
        await database.write(work)
    await asyncio.wait_for(database.write(put("a")), 5)
    await database.close()


async def test_a_cancelled_caller_does_not_disturb_the_others(tmp_path):
    database = await FileDatabase.open(tmp_path / "x.db")
    waiting = [asyncio.create_task(database.write(put(f"k{number}"))) for number in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(outcomes[1], asyncio.CancelledError)
    assert database.read(keys) == ["k0", "k2"]
    await database.close()


async def test_close_finishes_waiting_writes_and_those_under_way(tmp_path):
    path = tmp_path / "x.db"
    database = await FileDatabase.open(path)
    first = asyncio.create_task(database.write(put("a")))
    # Two turns of the loop: the first write is now with the writer, the second still waits.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second = asyncio.create_task(database.write(put("b")))
    await asyncio.sleep(0)
    await asyncio.wait_for(database.close(), 5)
    await asyncio.wait_for(asyncio.gather(first, second), 5)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert keys(connection) == ["a", "b"]


async def test_a_write_after_close_is_refused_instead_of_waiting_for_ever(tmp_path):
    database = await FileDatabase.open(tmp_path / "x.db")
    await database.close()
    with pytest.raises(DomainError, match="service_unavailable"):
        await asyncio.wait_for(database.write(put("a")), 5)
    await database.close()


async def test_a_full_disk_is_insufficient_storage_and_loses_nothing_acknowledged(tmp_path):
    path = tmp_path / "x.db"
    database = await FileDatabase.open(path)

    def limit(connection: sqlite3.Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 10}")

    await database.write(limit)
    outcomes = await asyncio.gather(
        *(database.write(put(f"k{number:03}", "x" * 2000)) for number in range(100)), return_exceptions=True
    )
    stored = [f"k{number:03}" for number, outcome in enumerate(outcomes) if outcome is None]
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert stored
    assert refused
    assert {type(outcome) for outcome in refused} == {DomainError}
    assert {outcome.code for outcome in refused} == {"insufficient_storage"}
    assert database.read(keys) == stored
    await database.close()

    again = await FileDatabase.open(path)
    assert again.read(keys) == stored
    await again.write(put("room again", "x" * 2000))
    await again.close()


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "x.db"
    path.write_bytes(b"Dear diary, this is not SQLite. " * 100)
    before = path.read_bytes()
    with pytest.raises(StorageError, match="not a sound SQLite database") as caught:
        await FileDatabase.open(path)
    assert caught.value.remedy
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["truncated", "overwritten"])
async def test_a_damaged_database_is_refused(tmp_path, damage):
    path = tmp_path / "x.db"
    database = await FileDatabase.open(path)
    await asyncio.gather(*(database.write(put(f"k{number:03}", "x" * 1000)) for number in range(200)))
    await database.close()
    content = path.read_bytes()
    # The rows are at the end: before them lie the schema, and pages that its migrations left free.
    place = len(content) * 3 // 4
    broken = (
        content[:place] if damage == "truncated" else content[: place - 9000] + bytes(18000) + content[place + 9000 :]
    )
    path.write_bytes(broken)
    with pytest.raises(StorageError, match="not a sound SQLite database"):
        await FileDatabase.open(path)


async def test_a_database_of_a_newer_devkit_is_refused(tmp_path):
    path = tmp_path / "x.db"
    await (await FileDatabase.open(path)).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StorageError, match="newer devkit"):
        await FileDatabase.open(path)


async def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "x.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(StorageError, match="another program"):
        await FileDatabase.open(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


async def test_a_directory_where_the_file_should_be_is_a_sentence(tmp_path):
    (tmp_path / "x.db").mkdir()
    with pytest.raises(StorageError, match="is a folder"):
        await FileDatabase.open(tmp_path / "x.db")


async def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be created"):
        await FileDatabase.open(tmp_path / "file" / "x.db")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only for root")
async def test_a_read_only_folder_is_a_sentence(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    try:
        with pytest.raises(StorageError, match="not writable"):
            await FileDatabase.open(folder / "x.db")
    finally:
        folder.chmod(0o700)


async def test_a_database_in_use_by_another_process_is_refused_until_that_one_dies(tmp_path):
    path = tmp_path / "x.db"
    script = (
        "import sys, pathlib; from devkit.storage.preparing import prepare;"
        "lock = prepare(pathlib.Path(sys.argv[1])); print('locked', flush=True); sys.stdin.read()"
    )
    holder = start(script, path)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(StorageError, match=rf"in use by another devkit \(pid {holder.pid}\)"):
            await FileDatabase.open(path)
        holder.kill()
    database = await FileDatabase.open(path)
    await database.close()


async def test_a_failed_open_gives_the_lock_back(tmp_path):
    path = tmp_path / "x.db"
    path.write_bytes(b"rubbish" * 100)
    with pytest.raises(StorageError):
        await FileDatabase.open(path)
    path.unlink()
    await (await FileDatabase.open(path)).close()


async def test_acknowledged_writes_survive_a_killed_process(tmp_path):
    path = tmp_path / "x.db"
    script = """
import asyncio, pathlib, sys
from devkit.storage.database import FileDatabase
async def main():
    database = await FileDatabase.open(pathlib.Path(sys.argv[1]))
    for number in range(100_000):
        key = f"k{number:06}"
        await database.write(lambda connection: connection.execute("INSERT INTO meta VALUES (?, '')", (key,)))
        print(key, flush=True)
asyncio.run(main())
"""
    process = start(script, path)
    with process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(200)]
        process.kill()
        acknowledged += process.stdout.read().split()
    database = await FileDatabase.open(path)
    # The last line may have been cut while it was written.
    assert set(acknowledged[:-1]) <= set(database.read(keys))
    await database.close()


async def test_a_memory_database_starts_from_a_template_and_never_changes_it():
    with contextlib.closing(template("seeded")) as source:
        content = source.serialize()
    one, two = MemoryDatabase(content), MemoryDatabase(content)
    await one.write(put("mine"))

    def fails(connection: sqlite3.Connection) -> None:
        put("rolled back")(connection)
        raise DomainError("conflict")

    with pytest.raises(DomainError):
        await one.write(fails)
    assert one.read(keys) == ["mine", "seeded"]
    assert two.read(keys) == ["seeded"]
    await one.close()
    await two.close()
