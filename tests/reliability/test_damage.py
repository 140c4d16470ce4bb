"""Damage is told at the terminal, by health and by `devkit doctor`, and they agree."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from devkit.errors import StorageError
from devkit.storage import damage
from devkit.storage.database import FileDatabase
from tests.conftest import StartServer
from tests.process import environment


def _damage(path: Path, table: str) -> None:
    """Overwrite the page that a table begins with."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


@pytest.fixture
def _no_time_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a database that is too large to be looked through while somebody waits."""
    monkeypatch.setattr(damage, "START_SECONDS", -1)
    monkeypatch.setattr(damage, "STEPS", 1)


@pytest.mark.usefixtures("_no_time_to_look")
async def test_damage_that_the_start_had_no_time_for_is_told_everywhere(
    start: StartServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "d.db"
    async with start(memory=False, db=path):
        pass
    _damage(path, "conversations")
    caplog.set_level(logging.ERROR, "devkit")

    async with start(memory=False, db=path) as client:
        async with asyncio.timeout(20):
            while not caplog.messages:
                await asyncio.sleep(0.02)
        health = (await client.send("GET", "/api/health")).json
        detailed = (await client.send("GET", "/api/v1/core/health/")).json

    told = caplog.messages[0]
    assert told.startswith(f"The database {path} is damaged: ")
    assert "devkit snapshot restore" in told
    # CONTRACT.md gives `/api/health` a status and no words; `promptcraft` has components, with theirs.
    assert health["status"] == "down"
    assert told in json.dumps(detailed), detailed
    doctor = subprocess.run(
        [sys.executable, "-m", "devkit", "doctor", "--json"],
        cwd=tmp_path,
        env=environment(tmp_path, DEVKIT_DB=str(path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"The database {path} is damaged: " in doctor.stdout
    assert doctor.returncode != 0


@pytest.mark.usefixtures("_no_time_to_look")
async def test_a_call_that_meets_damage_says_so_and_the_terminal_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "d.db"
    await (await FileDatabase.open(path)).close()
    _damage(path, "conversations")
    opened = await FileDatabase.open(path)
    try:
        for _ in range(2):
            with pytest.raises(Exception, match="damaged"):
                opened.read(lambda on: on.execute("SELECT * FROM conversations").fetchall())
        assert opened.damage is not None
        assert caplog.messages == [opened.damage]
    finally:
        await opened.close()


async def test_damage_that_is_found_at_once_refuses_the_start(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    await (await FileDatabase.open(path)).close()
    _damage(path, "conversations")
    with pytest.raises(StorageError, match="not a sound SQLite database"):
        await FileDatabase.open(path)


def _with_log(path: Path) -> bytes:
    """Leave a database with a write-ahead log of three transactions, as a killed process does; the log's bytes."""
    asyncio.run(_make(path))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for number in range(3):
            connection.execute("INSERT INTO meta VALUES (?, 'x')", (f"key {number}",))
        files = {ending: path.with_name(path.name + ending).read_bytes() for ending in ("", "-wal")}
    for ending, content in files.items():
        path.with_name(path.name + ending).write_bytes(content)
    return files["-wal"]


async def _make(path: Path) -> None:
    await (await FileDatabase.open(path)).close()


def _opened_keys(path: Path) -> int:
    async def run() -> int:
        opened = await FileDatabase.open(path)
        try:
            return int(opened.read(lambda on: on.execute("SELECT count(*) FROM meta WHERE value = 'x'").fetchone()[0]))
        finally:
            await opened.close()

    return asyncio.run(run())


def test_a_log_that_a_kill_left_is_taken_without_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _with_log(tmp_path / "d.db")
    assert _opened_keys(tmp_path / "d.db") == 3
    assert caplog.messages == []


@pytest.mark.parametrize(("place", "kept"), [("end", 2), ("head", 0)])
def test_an_overwritten_log_that_loses_its_end_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, place: str, kept: int
) -> None:
    path = tmp_path / "d.db"
    log = bytearray(_with_log(path))
    at = len(log) - 100 if place == "end" else 4
    log[at : at + 8] = b"\xaa" * 8
    path.with_name("d.db-wal").write_bytes(log)

    assert _opened_keys(path) == kept
    assert [message for message in caplog.messages if "what was written last is lost" in message]


def test_a_log_whose_last_transaction_was_not_committed_is_no_loss(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "d.db"
    log = _with_log(path)
    path.with_name("d.db-wal").write_bytes(log[: len(log) - 1_000])
    assert _opened_keys(path) == 2
    assert caplog.messages == []


def test_a_commit_that_was_being_written_over_what_was_left_over_is_no_loss(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite writes a frame's head before its page (wal.c, walWriteOneFrame)."""
    path = tmp_path / "d.db"
    log = bytearray(_with_log(path))
    frame = 24 + 4096
    left_over = bytes(8) + b"\xaa" * 16 + bytes(4096)
    log[-frame + 24 :] = b"\xaa" * 4096
    path.with_name("d.db-wal").write_bytes(log + left_over)
    assert _opened_keys(path) == 2
    assert caplog.messages == []


async def test_a_folder_among_the_uploads_is_left_alone_and_told(
    start: StartServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "d.db"
    stranger = tmp_path / "d.db.uploads" / "holiday"
    stranger.mkdir(parents=True)
    (stranger / "beach.jpg").write_bytes(b"x")

    async with start(memory=False, db=path) as client:
        assert (await client.send("POST", "/_devkit/api/reset")).status == 200

    assert [message for message in caplog.messages if str(stranger) in message] == [
        f"{stranger} is a folder among the uploads, and none of devkit's: it is left alone."
    ]
    assert (stranger / "beach.jpg").read_bytes() == b"x"


async def test_a_look_for_damage_ends_when_the_server_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = await FileDatabase.open(tmp_path / "d.db")
    found: list[bool] = []
    begun, ended = threading.Event(), threading.Event()

    def look(_: Path, stopped: Callable[[], bool]) -> None:
        begun.set()
        while not stopped():
            pass
        found.append(stopped())
        ended.set()

    monkeypatch.setattr(damage, "find_in", look)
    looking = asyncio.create_task(opened.look_for_damage())
    await asyncio.to_thread(begun.wait, 10)
    looking.cancel()
    await asyncio.wait({looking})
    assert await asyncio.to_thread(ended.wait, 10)
    assert found == [True]
    await opened.close()
