from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from devkit import shipped
from devkit.config import Settings
from devkit.domain.passwords import hash_password, verify_password
from devkit.errors import FileError, StorageError
from devkit.storage import preparing, schema, seeding
from devkit.storage.database import FileDatabase
from devkit.storage.seeded import EPOCH, Seeded, recall, remember
from devkit.storage.seedfiles import SeedFiles, load


def plain(password: str, salt: bytes) -> str:
    """Quick, unlike Argon2."""
    return f"{password}/{salt.hex()}"


def quiet(_done: int, _total: int) -> None: ...


@pytest.fixture(scope="module")
def files() -> SeedFiles:
    return load(shipped.folder("seed"))


@contextlib.contextmanager
def opened(content: bytes) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(content)
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


@pytest.fixture
def seeded(files: SeedFiles) -> Iterator[sqlite3.Connection]:
    with opened(seeding.template(files, 1, plain)) as connection:
        yield connection


def counts(connection: sqlite3.Connection, table: str) -> dict[str, int]:
    whose = "t.owner = u.number" if table == "tasks" else "t.user_id = u.id"
    rows = connection.execute(
        f"SELECT u.email, count(t.id) FROM users u LEFT JOIN {table} t ON {whose} GROUP BY u.email"  # noqa: S608
    )
    return dict(rows.fetchall())


def test_the_shared_test_data_is_there(seeded):
    tasks = counts(seeded, "tasks")
    assert tasks == {
        "test@example.com": 57,
        "other@example.com": 8,
        "admin@example.com": 0,
        "empty@example.com": 0,
        "unverified@example.com": 0,
    }
    assert {email for email, count in counts(seeded, "uploads").items() if count == 2} == {"test@example.com"}
    assert counts(seeded, "conversations")["test@example.com"] == 1
    assert [row[0] for row in seeded.execute("SELECT id FROM models ORDER BY id")] == ["codellama", "llama2", "mistral"]
    assert seeded.execute("SELECT count(*) FROM flags").fetchone()[0] > 0
    assert seeded.execute("SELECT DISTINCT email = email_key FROM users").fetchall() == [(1,)]


def test_api_keys_are_stored_as_hashes_only(seeded, files):
    key = files.api_keys.api_keys[0].key
    row = seeded.execute(
        "SELECT u.email, k.revoked_at FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.hash = ?",
        (hashlib.sha256(key.encode()).hexdigest(),),
    ).fetchone()
    assert row == ("test@example.com", None)
    assert key.encode() not in seeded.serialize()


def test_passwords_are_argon2_hashes_and_each_is_hashed_once(files):
    hashed: list[str] = []

    def hasher(password: str, salt: bytes) -> str:
        hashed.append(password)
        assert len(salt) == 16
        return hash_password(password, salt)

    with opened(seeding.template(files, 1, hasher)) as connection:
        stored = connection.execute("SELECT password_hash FROM users WHERE email = 'test@example.com'").fetchone()[0]
        assert b"TestPass123!" not in connection.serialize()
    assert hashed == ["TestPass123!"]
    assert verify_password(stored, "TestPass123!")
    assert not verify_password(stored, "TestPass123?")


def test_uploads_have_the_size_and_hash_of_their_files(seeded, files):
    contents = {identifier: files.folder / name for identifier, name in seeding.upload_files(files, 1).items()}
    rows = seeded.execute("SELECT id, size, sha256 FROM uploads").fetchall()
    assert {row[0] for row in rows} == set(contents)
    for identifier, size, sha256 in rows:
        content = contents[identifier].read_bytes()
        assert (size, sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_generated_tasks_are_in_order_and_before_the_epoch(seeded):
    rows = seeded.execute("SELECT title, created_at, updated_at, id FROM tasks ORDER BY number").fetchall()
    created = [row[1] for row in rows]
    assert created == sorted(created)
    assert all(row[1] <= row[2] <= EPOCH for row in rows)
    assert len({row[0] for row in rows}) == len(rows)
    assert all(uuid.UUID(row[3]).version == 4 for row in rows)


def test_the_same_number_makes_the_same_bytes_and_another_number_others(files):
    first = seeding.template(files, 1, plain)
    assert seeding.template(files, 1, plain) == first
    assert seeding.template(files, 2, plain) != first


def test_what_is_written_by_hand_is_the_same_for_every_number(files):
    def by_hand(number: int) -> list[tuple[object, ...]]:
        with opened(seeding.template(files, number, plain)) as connection:
            written = {task.id for owner in files.tasks.owners for task in owner.tasks}
            rows = connection.execute("SELECT id, title, created_at, updated_at FROM tasks ORDER BY id").fetchall()
            return [row for row in rows if row[0] in written]

    assert by_hand(1) == by_hand(2)
    assert len(by_hand(1)) == sum(len(owner.tasks) for owner in files.tasks.owners)


@pytest.mark.parametrize("grown", [False, True])
def test_the_bytes_depend_on_neither_process_nor_hash_seed_nor_time_zone(grown):
    script = f"""
import contextlib, hashlib, sqlite3
from devkit import shipped
from devkit.domain.passwords import hash_password
from devkit.storage import seeding
from devkit.storage.seedfiles import load
content = seeding.template(load(shipped.folder("seed")), 7, hash_password)
with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
    connection.deserialize(content)
    if {grown}:
        seeding.grow(connection, users=7, tasks_per_user=11, number=7, hasher=hash_password, progress=lambda *_: None)
    print(hashlib.sha256(connection.serialize()).hexdigest())
"""
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": "C"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed, zone in [("1", "UTC"), ("2", "Asia/Kathmandu")]
    }
    assert len(printed) == 1


def test_things_without_an_id_get_one_and_nothing_else_moves(tmp_path):
    users = "users:\n  - {email: Test@example.com, password: TestPass123!, first_name: A}\n"
    (tmp_path / "users.yaml").write_text(users)
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "uploads.yaml").write_text(
        "uploads: [{owner: test@EXAMPLE.com, file: a.txt, content_type: text/plain}]"
    )
    (tmp_path / "tasks.yaml").write_text("owners: [{email: test@example.com, total: 3}]")
    with opened(seeding.template(load(tmp_path), 1, plain)) as one:
        before = one.execute("SELECT id FROM users").fetchall() + one.execute("SELECT id FROM uploads").fetchall()
        assert one.execute("SELECT email_key FROM users").fetchall() == [("test@example.com",)]
        assert one.execute("SELECT filename, size FROM uploads").fetchall() == [("a.txt", 5)]
    (tmp_path / "tasks.yaml").write_text("owners: [{email: test@example.com, total: 9}]")
    with opened(seeding.template(load(tmp_path), 1, plain)) as two:
        after = two.execute("SELECT id FROM users").fetchall() + two.execute("SELECT id FROM uploads").fetchall()
    assert after == before


def test_the_database_knows_what_it_was_seeded_with(files):
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.migrate(connection)
        assert not seeding.is_seeded(connection)
        assert seeding.seed_state(connection) is None
        seeding.build(connection, files, 42, plain)
        assert seeding.is_seeded(connection)
        assert seeding.seed_state(connection) == (42, files.fingerprint)


def test_building_is_all_or_nothing(files):
    def fails(_password: str, _salt: bytes) -> str:
        raise RuntimeError

    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.migrate(connection)
        with pytest.raises(RuntimeError):
            seeding.build(connection, files, 1, fails)
        assert not connection.in_transaction
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_growing_adds_users_with_tasks_and_tells_its_progress(seeded):
    told: list[tuple[int, int]] = []
    growth = seeding.grow(
        seeded, users=25, tasks_per_user=1_000, number=1, hasher=plain, progress=lambda *step: told.append(step)
    )
    assert (growth.users, growth.tasks) == (25, 25_000)
    assert told[0] == (0, 25_025)
    assert told[-1] == (25_025, 25_025)
    assert told == sorted(told)
    grown = {email: count for email, count in counts(seeded, "tasks").items() if email.startswith("user")}
    assert grown == {f"user{number:06d}@example.com": 1_000 for number in range(1, 26)}
    assert seeded.execute("SELECT count(DISTINCT password_hash) FROM users WHERE number > 5").fetchone() == (1,)
    assert seeded.execute("PRAGMA foreign_key_check").fetchall() == []
    assert seeded.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    sample = seeded.execute("SELECT id FROM tasks ORDER BY number DESC LIMIT 1000").fetchall()
    assert all(
        uuid.UUID(identifier).version == 4 and str(uuid.UUID(identifier)) == identifier for (identifier,) in sample
    )
    wrong = "SELECT count(*) FROM tasks t JOIN users u ON u.number = t.owner WHERE t.created_at > t.updated_at"
    assert seeded.execute(f"{wrong} OR t.updated_at > ? OR t.created_at < u.created_at", (EPOCH,)).fetchone() == (0,)
    assert len(seeded.execute("SELECT DISTINCT completed, priority, due_date IS NULL FROM tasks").fetchall()) == 12


def test_growing_twice_adds_further_users(seeded):
    for _ in range(2):
        seeding.grow(seeded, users=3, tasks_per_user=2, number=1, hasher=plain, progress=quiet)
    emails = [row[0] for row in seeded.execute("SELECT email FROM users WHERE number > 5 ORDER BY number")]
    assert emails == [f"user{number:06d}@example.com" for number in range(1, 7)]


def test_growing_leaves_the_users_alone_who_were_there_before(seeded):
    columns = "number, id, email, email_key, first_name, last_name, password_hash, email_verified, role, created_at"
    rows = f"INSERT INTO users ({columns}) SELECT 100, 'x', ?, ?, 'A', '', '', 1, 'user', 0"
    seeded.execute(rows, ("user000004@example.com",) * 2)
    seeding.grow(seeded, users=2, tasks_per_user=0, number=1, hasher=plain, progress=quiet)
    emails = [row[0] for row in seeded.execute("SELECT email FROM users WHERE number > 100 ORDER BY number")]
    assert emails == ["user000005@example.com", "user000006@example.com"]


def test_growing_by_nothing_does_nothing(seeded):
    growth = seeding.grow(seeded, users=0, tasks_per_user=5, number=1, hasher=plain, progress=quiet)
    assert (growth.users, growth.tasks) == (0, 0)


def test_an_interrupt_leaves_complete_users_only(seeded):
    def interrupt(done: int, _total: int) -> None:
        if done > 30_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seeding.grow(seeded, users=10, tasks_per_user=9_000, number=1, hasher=plain, progress=interrupt)
    assert not seeded.in_transaction
    grown = [count for email, count in counts(seeded, "tasks").items() if email.startswith("user")]
    assert grown
    assert set(grown) == {9_000}
    assert seeded.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    seeding.grow(seeded, users=1, tasks_per_user=1, number=1, hasher=plain, progress=quiet)


def grow_file(path: Path, users: int = 2, tasks: int = 3, **settings: object) -> seeding.Growth:
    chosen = Settings(seed_dir=Path("nowhere"), **settings)
    return seeding.grow_file(path, chosen, users=users, tasks_per_user=tasks, progress=quiet, hasher=plain)


async def test_a_new_file_is_seeded_before_it_grows(tmp_path, files):
    path = tmp_path / "deep" / "x.db"
    growth = await asyncio.to_thread(grow_file, path, seed=5)
    assert (growth.users, growth.tasks) == (2, 6)
    assert growth.seconds > 0
    assert not path.with_name("x.db-wal").exists()
    opened = await FileDatabase.open(path)
    assert opened.read(seeding.seed_state) == (5, files.fingerprint)
    assert opened.read(lambda connection: counts(connection, "tasks"))["test@example.com"] == 57
    await opened.close()
    await asyncio.to_thread(grow_file, path)
    opened = await FileDatabase.open(path)
    assert opened.read(seeding.seed_state) == (5, files.fingerprint)
    assert len(opened.read(lambda connection: counts(connection, "tasks"))) == 9
    await opened.close()


async def test_a_file_that_a_server_uses_is_not_grown(tmp_path):
    path = tmp_path / "x.db"
    server = await FileDatabase.open(path)
    with pytest.raises(StorageError, match="in use by another devkit"):
        await asyncio.to_thread(grow_file, path)
    await server.close()


def test_a_full_disk_ends_growing_with_a_sentence_and_a_sound_file(tmp_path, monkeypatch):
    path = tmp_path / "x.db"
    grow_file(path)
    connect = preparing.connect

    def small(where: Path) -> sqlite3.Connection:
        connection = connect(where)
        connection.execute("PRAGMA max_page_count = 3000")
        return connection

    monkeypatch.setattr(preparing, "connect", small)
    with pytest.raises(StorageError, match="disk is full"):
        grow_file(path, users=100, tasks=1_000)
    monkeypatch.undo()
    grow_file(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        grown = {count for email, count in counts(connection, "tasks").items() if email.startswith("user")}
        assert grown == {3, 1_000}


def test_broken_seed_files_stop_growing_before_there_is_a_file(tmp_path):
    folder = Path(shutil.copytree(shipped.folder("seed"), tmp_path / "seed"))
    (folder / "flags.yaml").write_text("flags: 5")
    with pytest.raises(FileError):
        seeding.grow_file(
            tmp_path / "x.db", Settings(seed_dir=folder), users=1, tasks_per_user=1, progress=quiet, hasher=plain
        )
    assert not (tmp_path / "x.db").exists()


@pytest.fixture
def known(files: SeedFiles) -> Seeded:
    return files.summary(7, seeding.upload_files(files, 7))


def test_what_is_remembered_of_a_seed_is_read_as_it_was_written(known, tmp_path):
    remember(tmp_path / "seed.json", known)
    assert recall(tmp_path / "seed.json") == known
    assert (tmp_path / "seed.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "[]", "{", '{"number": 1}', '{"accounts": ["ab"], "other": 1}'])
def test_what_is_not_ours_is_not_remembered(text, tmp_path):
    (tmp_path / "seed.json").write_text(text)
    assert recall(tmp_path / "seed.json") is None


@pytest.mark.parametrize("change", ["edited", "missing", "unknown", "gone", "upload"])
def test_what_is_remembered_ends_with_any_change_to_the_files(change, known, files, tmp_path):
    folder = tmp_path / "seed"
    shutil.copytree(files.folder, folder)
    assert known.still_holds(folder, 7, "fixed")
    assert not known.still_holds(folder, 8, "fixed")
    if change == "edited":
        with (folder / "tasks.yaml").open("a") as file:
            file.write("# one more word\n")
    elif change == "missing":
        (folder / "flags.yaml").unlink()
    elif change == "unknown":
        (folder / "taks.yaml").write_text("owners: []\n")
    elif change == "gone":
        shutil.rmtree(folder)
    else:
        (folder / next(iter(known.uploads.values()))).write_bytes(b"other")
    assert not known.still_holds(folder, 7, "fixed")
