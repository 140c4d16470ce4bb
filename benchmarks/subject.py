"""devkit as it is measured: everything on, on a database that `devkit seed` made, with a session for each user."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Server, ask, free_port, serving
from benchmarks.peers import cache
from devkit.storage.schema import MIGRATIONS

ROOT = Path(__file__).parent.parent
LIST, ONE, READY = "/api/tasks?page={page}&limit=20", "/api/tasks/", "/api/health"


@dataclass(frozen=True, slots=True)
class Subject:
    """A running devkit; `environment` tells wrk's script who asks for what."""

    server: Server
    environment: dict[str, str]
    database: Path


def devkit(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "devkit", *arguments]


def environment() -> dict[str, str]:
    # Python keeps what it compiled, unless it is told not to: then every start would be measured as the first one.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # Uploads are measured with more than an API usually takes.
    return {**kept, "PYTHONPATH": str(ROOT), "DEVKIT_LIMITS_UPLOAD": "1GiB"}


def seeded(users: int, tasks: int) -> Path:
    """A database with so many users and tasks of each, made once."""
    path = cache() / f"seeded-{users}x{tasks}-{len(MIGRATIONS)}" / "devkit.db"
    if not (path.parent / "done").exists():
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir()
        print(f"seeding {users:,} users with {tasks:,} tasks each", flush=True)
        command = devkit("seed", "--users", str(users), "--tasks-per-user", str(tasks), "--db", str(path))
        subprocess.run(command, check=True, cwd=path.parent, env=environment(), stdout=subprocess.DEVNULL)
        (path.parent / "done").touch()
    return path


@contextlib.contextmanager
def running(users: int, tasks: int, *options: str, fresh: bool = True, sessions: int = 1_000) -> Iterator[Subject]:
    """devkit on such a database, on a copy of it unless the run only reads, with so many users signed in."""
    source = seeded(users, tasks)
    folder = cache() / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    path = source
    if fresh:
        path = folder / "devkit.db"
        shutil.copy(source, path)
    port = free_port()
    command = devkit("serve", "--port", str(port), "--db", str(path), *options)
    with serving(command, port, READY, cwd=folder, env=environment()) as server:
        yield Subject(server, _signed_in(port, path, folder, min(sessions, users)), path)


def _signed_in(port: int, path: Path, folder: Path, sessions: int) -> dict[str, str]:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    rows = connection.execute(
        "SELECT number, email FROM users WHERE email LIKE 'user0%' ORDER BY number LIMIT ?", (sessions,)
    ).fetchall()
    tokens, ids = [], []
    each = max(1, 50_000 // len(rows))
    for index, (number, email) in enumerate(rows, 1):
        tokens.append(ask(port, "POST", "/_devkit/api/tokens", {"user": email})["token"])
        found = connection.execute("SELECT id FROM tasks WHERE owner = ? LIMIT ?", (number, each))
        ids += [f"{index} {identifier}" for (identifier,) in found]
    connection.close()
    (folder / "tokens").write_text("\n".join(tokens) + "\n")
    (folder / "ids").write_text("\n".join(ids) + "\n")
    return {"TOKENS": str(folder / "tokens"), "IDS": str(folder / "ids"), "LIST": LIST, "ONE": ONE}
