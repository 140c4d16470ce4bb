"""Whole databases: serialized, copied into files, and put back, in memory and in files."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from devkit.contract.errors import DomainError
from devkit.errors import StorageError
from devkit.storage import schema
from devkit.storage.database import Database, FileDatabase, MemoryDatabase

Open = Callable[[], Awaitable[Database]]


@pytest.fixture(params=["memory", "file"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    database: Database = MemoryDatabase() if request.param == "memory" else await FileDatabase.open(tmp_path / "x.db")
    yield database
    await database.close()


async def put(database: Database, value: str) -> None:
    await database.write(
        lambda connection: connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('word', ?)", (value,))
    )


def word(database: Database) -> str:
    return str(database.read(lambda c: c.execute("SELECT value FROM meta WHERE key = 'word'").fetchone()[0]))


async def test_the_content_is_as_it_was_when_it_was_taken(database: Database) -> None:
    await put(database, "before")
    content = await database.content()
    await put(database, "after")
    assert word(database) == "after"
    await database.replace(content)
    assert word(database) == "before"


async def test_the_content_of_either_kind_opens_in_memory(database: Database) -> None:
    await put(database, "kept")
    copy = MemoryDatabase(await database.content())
    assert word(copy) == "kept"
    await put(copy, "changed")
    assert word(database) == "kept"
    await copy.close()


async def test_a_copy_in_a_file_can_be_put_back(database: Database, tmp_path: Path) -> None:
    await put(database, "before")
    await database.copy_to(tmp_path / "copy.db")
    assert sorted(name for name in os.listdir(tmp_path) if name.startswith("copy")) == ["copy.db"]  # noqa: PTH208
    await put(database, "after")
    await database.replace_from(tmp_path / "copy.db")
    assert word(database) == "before"
    await put(database, "goes on")
    assert word(database) == "goes on"


async def test_a_copy_of_an_older_devkit_is_brought_up_to_date(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    # As it was before the first migration.
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA user_version = 0")
    await database.replace_from(path)
    assert database.read(schema.version_of) == len(schema.MIGRATIONS)


async def test_a_copy_of_a_newer_devkit_is_refused_and_nothing_changes(database: Database, tmp_path: Path) -> None:
    await put(database, "before")
    path = tmp_path / "new.db"
    with contextlib.closing(sqlite3.connect(path)) as new:
        new.execute("PRAGMA user_version = 9999")
    with pytest.raises(StorageError, match="newer devkit"):
        await database.replace_from(path)
    assert word(database) == "before"


async def test_a_broken_or_missing_copy_is_refused_and_nothing_changes(database: Database, tmp_path: Path) -> None:
    await put(database, "before")
    (tmp_path / "broken.db").write_bytes(b"this is no database" * 100)
    for name in ("broken.db", "missing.db"):
        with pytest.raises(StorageError):
            await database.replace_from(tmp_path / name)
    assert word(database) == "before"
    assert not (tmp_path / "missing.db").exists()


async def test_a_closed_database_answers_with_an_error_of_the_contract() -> None:
    database = MemoryDatabase()
    await database.close()
    for attempt in (database.content(), put(database, "x"), database.scan(lambda c: c.execute("SELECT 1"))):
        with pytest.raises(DomainError, match="service_unavailable"):
            await attempt
    with pytest.raises(DomainError, match="service_unavailable"):
        database.read(lambda c: c.execute("SELECT 1"))
