from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Client
from tests.faults.conftest import Break


async def test_read_stale_shows_what_was_before(signed_in: Client, breaks: Break) -> None:
    first, second = (await signed_in.send("GET", "/api/tasks")).json["data"][:2]
    await breaks("read.stale", lag="2s", match={"operation": "tasks.*"})
    signed_in.sandbox.clock.freeze()
    made = await signed_in.send("POST", "/api/tasks", json={"title": "Too new"})
    await signed_in.send("PATCH", f"/api/tasks/{first['id']}", json={"title": "Renamed"})
    await signed_in.send("DELETE", f"/api/tasks/{second['id']}")
    page = (await signed_in.send("GET", "/api/tasks")).json
    assert page["total"] == 57
    assert "Too new" not in [task["title"] for task in page["data"]]
    assert first["title"] in [task["title"] for task in page["data"]]
    assert second["title"] in [task["title"] for task in page["data"]]
    assert (await signed_in.send("GET", made.headers["Location"])).status == 404
    assert (await signed_in.send("GET", f"/api/tasks/{first['id']}")).json["title"] == first["title"]
    assert (await signed_in.send("GET", f"/api/tasks/{second['id']}")).status == 200
    signed_in.sandbox.clock.advance(2001)
    page = (await signed_in.send("GET", "/api/tasks")).json
    assert page["data"][0]["title"] == "Too new"
    assert (await signed_in.send("GET", f"/api/tasks/{first['id']}")).json["title"] == "Renamed"
    assert (await signed_in.send("GET", f"/api/tasks/{second['id']}")).status == 404


async def test_delete_resurrect_brings_a_task_back(signed_in: Client, breaks: Break) -> None:
    task = (await signed_in.send("GET", "/api/tasks")).json["data"][0]
    await breaks("delete.resurrect", after="100ms")
    assert (await signed_in.send("DELETE", f"/api/tasks/{task['id']}")).status == 204
    assert (await signed_in.send("GET", f"/api/tasks/{task['id']}")).status == 404
    await asyncio.sleep(0.3)
    assert (await signed_in.send("GET", f"/api/tasks/{task['id']}")).json == task


async def test_what_a_fault_puts_off_does_not_meet_other_data(
    signed_in: Client, breaks: Break, caplog: pytest.LogCaptureFixture
) -> None:
    async def total() -> int:
        return int((await signed_in.send("GET", "/api/tasks")).json["total"])

    await signed_in.sandbox.save_snapshot("before")
    task = (await signed_in.send("GET", "/api/tasks")).json["data"][0]
    await breaks("delete.resurrect", after="50ms")
    await signed_in.send("DELETE", f"/api/tasks/{task['id']}")
    await signed_in.sandbox.restore_snapshot("before")
    await asyncio.sleep(0.2)
    assert await total() == 57, "it is there, and not a second time"

    await breaks("async.pending", delay="50ms", match={"operation": "tasks.create"})
    await signed_in.send("POST", "/api/tasks", json={"title": "Later"})
    await signed_in.sandbox.reset()
    await asyncio.sleep(0.2)
    await signed_in.sign_in()
    assert await total() == 57, "a reset is the end of it"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_background_mutate_changes_tasks_until_it_is_switched_off(signed_in: Client, breaks: Break) -> None:
    async with signed_in.http.ws_connect(f"/ws?token={signed_in.token}") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "topics": ["tasks"]})
        await socket.receive_json()
        await breaks("background.mutate", every="50ms")
        events = [await socket.receive_json(timeout=3) for _ in range(2)]
        assert [event["type"] for event in events] == ["task_updated"] * 2
        await signed_in.sandbox.engine.off("broken")
    await asyncio.sleep(0.1)
    newest = signed_in.sandbox.hub.newest_id
    await asyncio.sleep(0.2)
    assert signed_in.sandbox.hub.newest_id == newest
