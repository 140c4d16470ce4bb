"""What somebody takes away from a server that runs is told in a sentence, once (issue 21, point 9)."""

from __future__ import annotations

import asyncio
import errno
import resource
import shutil
import socket
import sys
import time
from pathlib import Path

import aiohttp
import pytest

from devkit.server.hosting import surroundings
from tests.conftest import Client, StartServer
from tests.process import serving

NO_DESCRIPTORS = "devkit has no file descriptors left"


async def upload(client: Client) -> int:
    form = aiohttp.FormData()
    form.add_field("file", b"x", filename="x.txt")
    return (await client.send("POST", "/api/uploads", data=form)).status


async def test_a_removed_uploads_folder_is_told_once_and_works_again_when_it_is_made_again(start: StartServer) -> None:
    async with start(memory=False) as client:
        await client.sign_in()
        assert await upload(client) == 201
        folder = client.sandbox.uploads.folder
        shutil.rmtree(folder)
        assert [await upload(client), await upload(client)] == [503, 503]
        entries = (await client.send("GET", "/_devkit/api/journal?status=503")).json["data"]
        notes = [entry["note"] for entry in entries if entry["note"]]
        assert notes == [f"The folder {folder} was removed while devkit runs: make it again, or start devkit anew"]
        folder.mkdir()
        assert await upload(client) == 201


async def test_a_removed_database_is_told_at_the_terminal_once_and_by_health(
    start: StartServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(surroundings, "LOOK_SECONDS", 0.05)
    async with start(memory=False) as client:
        path = client.sandbox.settings.database_path
        for beside in path.parent.glob(f"{path.name}*"):
            shutil.rmtree(beside) if beside.is_dir() else beside.unlink()
        async with asyncio.timeout(30):
            while client.sandbox.database.damage is None:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        told = [record.message for record in caplog.records if "was removed, or replaced" in record.message]
        assert len(told) == 1
        assert str(path) in told[0]
        health = (await client.send("GET", "/api/v1/core/health/")).json
        assert health["status"] == "down"
        assert told[0] in str(health["components"]["database"])
        # A reset writes to what is not there any more: it heals nothing.
        await client.send("POST", "/_devkit/api/reset", json={})
        assert client.sandbox.database.damage == told[0]


async def test_that_nothing_can_be_accepted_is_one_sentence_and_no_traceback(
    start: StartServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with start():
        await asyncio.sleep(0)
        # What asyncio says each second, as long as it lasts (`selector_events.py`, `_accept_connection`).
        for _ in range(3):
            asyncio.get_running_loop().call_exception_handler(
                {
                    "message": "socket.accept() out of system resource",
                    "exception": OSError(errno.EMFILE, "Too many open files"),
                }
            )
    told = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.message.startswith(NO_DESCRIPTORS) for record in told] == [True]
    assert told[0].exc_info is None


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_a_server_without_descriptors_says_so_once_and_goes_on_when_there_are_some(tmp_path: Path) -> None:
    limit = 64
    with serving(tmp_path, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))) as process:
        maps = Path(f"/proc/{process.pid}/maps")
        while "_rust_notify" not in maps.read_text():
            time.sleep(0.05)  # what is loaded behind the start
        held = []
        for _ in range(limit):
            one = socket.create_connection(("127.0.0.1", process.port))
            # So that it counts: a head has to be waited for.
            one.sendall(b"GET /api/health HTTP/1.1\r\n")
            held.append(one)
        deadline = time.monotonic() + 60
        while NO_DESCRIPTORS not in process.output and time.monotonic() < deadline:
            time.sleep(0.05)
        for one in held:
            one.close()
        assert process.output.count(NO_DESCRIPTORS) == 1
        assert "Traceback" not in process.output
        assert process.stop() == 0
