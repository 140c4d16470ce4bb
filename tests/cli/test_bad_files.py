"""`devkit serve` on files that are broken, foreign or not to be written, and on a port that is taken: a sentence and a
remedy on stderr, never a stack trace, and the exit status of `devkit.errors`.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Devkit
from tests.process import environment, serving

STORAGE, FILE, SETTING, PORT = 6, 2, 2, 3
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def check(result: subprocess.CompletedProcess[str], status: int, *sentences: str) -> None:
    assert result.returncode == status, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert "should not" not in result.stderr
    first, *rest = result.stderr.strip().splitlines()
    assert first.startswith("error: ")
    # A place in a file is remedy enough.
    assert rest or status == FILE, f"no remedy: {first}"
    for sentence in sentences:
        assert sentence in result.stderr


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database that devkit made itself."""
    path = tmp_path / "d.db"
    with serving(tmp_path, "--db", str(path)) as process:
        assert process.stop() == 0
    return path


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be read as one" * 40, b"\x00" * 5000, b"x", b"my notes\n" * 40]
)
def test_a_file_that_is_no_database_is_not_touched(devkit: Devkit, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "d.db"
    path.write_bytes(content)
    check(devkit("serve", "--port", "0", "--db", str(path)), STORAGE, "d.db", "--db")
    assert path.read_bytes() == content


def test_a_database_cut_in_the_middle_is_told(devkit: Devkit, database: Path) -> None:
    content = database.read_bytes()
    for name in ("d.db-wal", "d.db-shm"):
        database.with_name(name).unlink(missing_ok=True)
    database.write_bytes(content[: len(content) // 3 + 100])
    check(devkit("serve", "--port", "0", "--db", str(database)), STORAGE, "d.db")


def test_a_database_with_damaged_pages_is_told(devkit: Devkit, database: Path) -> None:
    content = bytearray(database.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    database.write_bytes(content)
    check(devkit("serve", "--port", "0", "--db", str(database)), STORAGE, "d.db")


def test_somebody_elses_database_is_not_touched(devkit: Devkit, tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('precious');")
    check(devkit("serve", "--port", "0", "--db", str(path)), STORAGE, "d.db", "--db")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM users").fetchall() == [("precious",)]
        assert len(connection.execute("SELECT * FROM sqlite_master").fetchall()) == 1
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)


def test_somebody_elses_database_with_a_version_of_its_own_is_not_touched(devkit: Devkit, tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE precious (name TEXT); PRAGMA user_version = 1;")
    check(devkit("serve", "--port", "0", "--db", str(path)), STORAGE, "d.db", "--db")


def test_a_database_of_a_newer_devkit_is_not_touched(devkit: Devkit, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 99")
    check(devkit("serve", "--port", "0", "--db", str(database)), STORAGE, "newer devkit", "Upgrade")
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (99,)


@pytest.mark.skipif(IS_ROOT, reason="nothing is read-only to the superuser")
def test_a_database_that_may_not_be_written_is_told(devkit: Devkit, database: Path) -> None:
    database.chmod(0o444)
    check(devkit("serve", "--port", "0", "--db", str(database)), STORAGE, "d.db", "permission")


@pytest.mark.skipif(IS_ROOT, reason="nothing is read-only to the superuser")
def test_a_folder_that_may_not_be_written_is_told(devkit: Devkit, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    check(devkit("serve", "--port", "0", "--db", str(folder / "d.db")), STORAGE, "locked")


@contextmanager
def _immutable(path: Path) -> Iterator[None]:
    """Not to be written, not even by the superuser."""
    chattr = shutil.which("chattr")
    if chattr is None or subprocess.run([chattr, "+i", path], check=False, capture_output=True).returncode:
        pytest.skip("files cannot be made immutable here")
    try:
        yield
    finally:
        subprocess.run([chattr, "-i", path], check=True)


def test_an_immutable_database_is_told(devkit: Devkit, database: Path) -> None:
    with _immutable(database):
        check(devkit("serve", "--port", "0", "--db", str(database)), STORAGE, "d.db")


def test_an_immutable_folder_is_told(devkit: Devkit, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    with _immutable(folder):
        check(devkit("serve", "--port", "0", "--db", str(folder / "d.db")), STORAGE, "locked")


def test_a_folder_in_the_databases_place_is_told(devkit: Devkit, tmp_path: Path) -> None:
    (tmp_path / "d.db").mkdir()
    check(devkit("serve", "--port", "0", "--db", str(tmp_path / "d.db")), STORAGE, "d.db")


def test_a_file_in_a_folders_place_is_told(devkit: Devkit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    check(devkit("serve", "--port", "0", "--db", str(tmp_path / "file" / "d.db")), STORAGE, "file")
    check(devkit("serve", "--port", "0", DEVKIT_STATE_DIR=str(tmp_path / "file")), STORAGE, "file")


def test_a_file_in_the_uploads_place_is_told(devkit: Devkit, tmp_path: Path) -> None:
    (tmp_path / "d.db.uploads").write_text("x")
    check(devkit("serve", "--port", "0", "--db", str(tmp_path / "d.db")), STORAGE, "d.db.uploads")


def test_a_database_in_use_is_told_and_the_first_server_goes_on(devkit: Devkit, tmp_path: Path) -> None:
    path = str(tmp_path / "d.db")
    with serving(tmp_path, "--db", path) as process:
        check(devkit("serve", "--port", "0", "--db", path), STORAGE, "in use", "--db")
        assert process.is_running


@pytest.mark.parametrize("secret", ["nonsense", "", "ff", "\udcff"])
def test_a_damaged_secret_is_told(devkit: Devkit, tmp_path: Path, secret: str) -> None:
    state = tmp_path / ".devkit"
    state.mkdir()
    (state / "secret").write_bytes(secret.encode(errors="surrogateescape"))
    check(devkit("serve", "--port", "0"), STORAGE, "secret", "Delete")


@pytest.mark.parametrize(
    ("file", "content", "place"),
    [
        ("devkit.yaml", "port: [", "devkit.yaml:2"),
        ("devkit.yaml", "prot: 8000\n", "devkit.yaml:1"),
        ("devkit.yaml", "host: x\nport: many\n", "devkit.yaml:2"),
        ("devkit.yaml", "port: 1\nport: 2\n", "devkit.yaml:2"),
        ("devkit.yaml", "- port\n", "devkit.yaml"),
        ("devkit.yaml", "port: !!python/object/apply:os.system ['true']\n", "devkit.yaml:1"),
        ("devkit.yaml", "a: &a [*a]\n", "devkit.yaml"),
        ("devkit.yaml", "\tport: 1\n", "devkit.yaml:1"),
        ("devkit.yaml", "port: 1\x00\n", "devkit.yaml"),
        ("devkit.yaml", "limits:\n  json: -1\n", "devkit.yaml:2"),
        ("devkit.yaml", "x: " + "[" * 5000, "devkit.yaml"),
        ("seed/users.yaml", "users: [", "users.yaml:2"),
        ("seed/users.yaml", "users:\n  - emial: x@example.com\n", "users.yaml:2"),
        ("seed/users.yaml", "users: 7\n", "users.yaml"),
        ("seed/users.yaml", "just text\n", "users.yaml"),
        ("seed/users.yaml", "", "users.yaml"),
        ("seed/users.yaml", "users: &u\n  - *u\n", "users.yaml"),
    ],
)  # fmt: skip
def test_broken_yaml_is_told_with_its_place(
    devkit: Devkit, tmp_path: Path, file: str, content: str, place: str
) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    check(devkit("serve", "--port", "0", "--memory"), FILE, place)


@pytest.mark.parametrize("content", [b"port: \xff\n", b"\xff\xfe\x00", b"\x00" * 100])
@pytest.mark.parametrize("file", ["devkit.yaml", "seed/users.yaml"])
def test_yaml_that_is_not_text_is_told(devkit: Devkit, tmp_path: Path, file: str, content: bytes) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    check(devkit("serve", "--port", "0", "--memory"), FILE, path.name)


@pytest.mark.parametrize("file", ["devkit.yaml", "seed/users.yaml"])
def test_a_folder_in_a_yaml_files_place_is_told(devkit: Devkit, tmp_path: Path, file: str) -> None:
    (tmp_path / file).mkdir(parents=True)
    check(devkit("serve", "--port", "0", "--memory"), FILE, Path(file).name)


def test_a_port_that_is_taken_is_told_with_another(devkit: Devkit) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        result = devkit("serve", "--memory", "--port", str(port))
    check(result, PORT, f"Port {port} is in use", "--port")


@pytest.mark.parametrize(
    "host", ["no.such.host.invalid", "203.0.113.7", "a b", "", "http://localhost", "256.1.1.1", "x" * 300]
)
def test_a_host_that_cannot_be_listened_on_is_told(devkit: Devkit, host: str) -> None:
    check(devkit("serve", "--memory", "--port", "0", "--host", host), SETTING)


@pytest.mark.parametrize("port", ["abc", "-1", "65536", "1.5", "9" * 5000])
def test_a_port_that_is_none_is_told(devkit: Devkit, port: str) -> None:
    check(devkit("serve", "--memory", f"--port={port}"), SETTING, "port")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIMITS_UPLOAD", "much"),
        ("LIMITS_JSON", "-1"),
        ("MEMORY", "perhaps"),
        ("AUTH_TRANSPORT", "pigeon"),
        ("SEED", "x"),
    ],
)
def test_a_variable_of_no_sense_is_told(devkit: Devkit, name: str, value: str) -> None:
    check(devkit("serve", "--port", "0", **{f"DEVKIT_{name}": value}), SETTING, f"DEVKIT_{name}")


def test_a_terminal_that_goes_away_stops_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "devkit", "serve", "--memory", "--port", "0", "--json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        process.terminate()
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "# mine\ndialects: [agreed, agred]\n",
            "devkit.yaml:2: There is no dialect named 'agred'. Did you mean 'agreed'?",
        ),
        ("scenarios: [flakyy]\n", "devkit.yaml:1: There is no scenario 'flakyy'. Did you mean 'flaky'?"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_its_line(devkit: Devkit, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "devkit.yaml").write_text(text)
    result = devkit("serve", "--port", "0", "--memory")
    assert (result.returncode, result.stderr.splitlines()[0]) == (2, f"error: {told}")


def test_memory_needs_no_folder_and_says_what_does_not_work_then(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with serving(tmp_path, "--memory", DEVKIT_STATE_DIR="file/state") as server:
        assert "It serves all the same" in server.output
        assert f"commands need --url {server.url}" in server.output
