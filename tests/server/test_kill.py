"""`kill -9` in the middle of everything: what was acknowledged is there, and nothing else is."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from tests.conftest import EMAIL, PASSWORD
from tests.process import Process, serving

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")]


async def _sign_in(http: aiohttp.ClientSession) -> None:
    async with http.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD}) as response:
        http.headers["Authorization"] = f"Bearer {response.cookies['auth-token'].value}"


async def _write_tasks(http: aiohttp.ClientSession, acknowledged: dict[str, str], name: str) -> None:
    for number in range(1_000_000):
        title = f"{name} {number}"
        async with http.post("/api/tasks", json={"title": title}) as response:
            created = await response.json()
            assert response.status == 201
            acknowledged[created["id"]] = title


async def _upload(http: aiohttp.ClientSession, acknowledged: dict[str, str], size: int) -> None:
    for number in range(1_000_000):
        content = (f"{size} {number} ".encode() * size)[:size]
        form = aiohttp.FormData()
        form.add_field("file", content, filename="x.bin")
        async with http.post("/api/uploads", data=form) as response:
            created = await response.json()
            assert response.status == 201
            acknowledged[created["id"]] = hashlib.sha256(content).hexdigest()


async def _burst(process: Process, tasks: dict[str, str], uploads: dict[str, str], seconds: float) -> None:
    """Write as fast as it goes; the process is killed while all are at it."""
    async with aiohttp.ClientSession(process.url) as http:
        await _sign_in(http)
        writers = [asyncio.create_task(_write_tasks(http, tasks, f"writer {number}")) for number in range(8)]
        writers += [asyncio.create_task(_upload(http, uploads, size)) for size in (1_000, 100_000, 900_000)]
        await asyncio.sleep(seconds)
        assert not [writer for writer in writers if writer.done()]
        process.kill()
        outcomes = await asyncio.gather(*writers, return_exceptions=True)
        assert all(isinstance(outcome, aiohttp.ClientError | ConnectionError) for outcome in outcomes), outcomes


async def _all_tasks(http: aiohttp.ClientSession) -> dict[str, str]:
    """Id → title. In pages, because there are thousands."""
    found: dict[str, str] = {}
    for page in range(1, 1_000_000):
        async with http.get("/api/tasks", params={"page": page, "limit": 100}) as response:
            assert response.status == 200
            shown = await response.json()
        found |= {task["id"]: task["title"] for task in shown["data"]}
        if not shown["data"]:
            assert len(found) == shown["total"]
            return found
    raise AssertionError("there is no last page")


async def _verify(process: Process, tasks: dict[str, str], uploads: dict[str, str]) -> None:
    async with aiohttp.ClientSession(process.url) as http:
        await _sign_in(http)
        found = await _all_tasks(http)
        assert {task_id: found.get(task_id) for task_id in tasks} == tasks
        for upload_id, digest in uploads.items():
            async with http.get(f"/api/uploads/{upload_id}/content") as response:
                assert response.status == 200
                assert hashlib.sha256(await response.read()).hexdigest() == digest


@pytest.mark.parametrize("seconds", [0.3, 0.75, 1.5])
async def test_every_acknowledged_write_survives_kill_9(tmp_path: Path, seconds: float) -> None:
    database = tmp_path / "d.db"
    tasks: dict[str, str] = {}
    uploads: dict[str, str] = {}
    for _ in range(2):
        with serving(tmp_path, "--db", str(database)) as process:
            await _burst(process, tasks, uploads, seconds)
    assert tasks
    assert uploads
    with serving(tmp_path, "--db", str(database)) as process:
        await _verify(process, tasks, uploads)
        assert process.stop() == 0
        assert "Traceback" not in process.output
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        known = {row[0] for row in connection.execute("SELECT id FROM uploads")}
    # Neither a file without a row nor a row without a file.
    assert {path.name for path in (tmp_path / "d.db.uploads").iterdir()} == known
