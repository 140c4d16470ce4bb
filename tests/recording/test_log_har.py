"""`devkit log --har`: what the journal has, for browsers' tools and to be replayed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from devkit.cli import loghar
from devkit.control.client import Client as Control
from devkit.recording.reading import open_recording
from tests.conftest import Client


async def test_what_the_journal_has_is_a_har_file(signed_in: Client, tmp_path: Path) -> None:
    await signed_in.send("POST", "/api/tasks", json={"title": "Buy milk"})
    async with signed_in.http.ws_connect("/ws") as socket:
        await socket.receive_json()
    await signed_in.send("PUT", "/api/tasks/1", json={"title": "x" * 9000})
    control, path = Control(signed_in.ready.url), tmp_path / "log.har"

    def write() -> int:
        return loghar.write(path, control, reversed(control.get("/journal", {"limit": 100})["data"]))

    count = await asyncio.to_thread(write)
    log = json.loads(await asyncio.to_thread(path.read_bytes))["log"]
    found = await asyncio.to_thread(lambda: [*open_recording(path)])

    assert len(log["entries"]) == count == len(found)
    posted, cut = (
        next(one for one in found if one.path.startswith("/api/tasks") and one.method == way) for way in ("POST", "PUT")
    )
    assert posted.origin == signed_in.ready.url
    assert posted.request_body
    assert await asyncio.to_thread(posted.request_body.read) == b'{"title": "Buy milk"}'
    assert (posted.status, "Authorization: Bearer ***" in [": ".join(one) for one in posted.request_fields]) == (
        201,
        True,
    )
    assert cut.unknown == {"request"}
    opened = next(one for one in found if one.status == 101)
    assert "connected" in str(opened.frames[0].data)
