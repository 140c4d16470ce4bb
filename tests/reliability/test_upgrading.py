"""Databases of every schema there was open, migrate and serve; a newer one is refused with both versions."""

from __future__ import annotations

import contextlib
import gzip
import sqlite3
from pathlib import Path

import aiohttp
import pytest

from devkit import __version__
from devkit.errors import StorageError
from devkit.storage.database import FileDatabase
from devkit.storage.schema import MIGRATIONS
from tests.conftest import StartServer
from tests.reliability.older import CONTENT, EMAIL, FOLDER, PASSWORD, TITLE

_KEPT = sorted(FOLDER.glob("schema-*.db.gz"))
_NEVER_SERVED = {4}
"""Two migrations came with one commit."""


def test_there_is_one_of_every_schema() -> None:
    numbers = {int(kept.name[len("schema-") :][:2]) for kept in _KEPT}
    assert numbers | _NEVER_SERVED == set(range(1, len(MIGRATIONS) + 1)), (
        "`python -m tests.reliability.older COMMIT` keeps one of the schema that is missing"
    )


@pytest.mark.parametrize("kept", _KEPT, ids=lambda kept: kept.name.split(".")[0])
async def test_an_older_database_serves_what_was_kept_in_it(start: StartServer, tmp_path: Path, kept: Path) -> None:
    path = tmp_path / "d.db"
    path.write_bytes(gzip.decompress(kept.read_bytes()))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        upload_id = connection.execute("SELECT id FROM uploads").fetchone()[0]
    (tmp_path / "d.db.uploads").mkdir()
    (tmp_path / "d.db.uploads" / upload_id).write_bytes(CONTENT)

    async with start(memory=False, db=path) as client:
        await client.sign_in(EMAIL, PASSWORD)
        tasks = await client.send("GET", f"/api/tasks?search={TITLE.split()[-1]}")
        assert [task["title"] for task in tasks.json["data"]] == [TITLE]
        content = await client.send("GET", f"/api/uploads/{upload_id}/content")
        assert (content.status, content.body) == (200, CONTENT)
        made = await client.send("POST", "/api/tasks", json={"title": "Made today"})
        assert made.status == 201, made.body
        form = aiohttp.FormData()
        form.add_field("file", b"new", filename="new.txt")
        assert (await client.send("POST", "/api/uploads", data=form)).status == 201
        assert (await client.send("GET", "/api/tasks")).json["total"] == 2
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


async def test_a_newer_database_is_refused_with_both_versions(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    await (await FileDatabase.open(path)).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = path.read_bytes()

    with pytest.raises(StorageError) as refused:
        await FileDatabase.open(path)

    assert f"its schema is {len(MIGRATIONS) + 1}" in refused.value.message
    assert f"devkit {__version__} knows those up to {len(MIGRATIONS)}" in refused.value.message
    assert path.read_bytes() == before
