"""Snapshots: put aside, bring back, in memory and on disk."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conftest import EMAIL, PASSWORD, Client, StartServer
from tests.control.conftest import Control


async def add_task(client: Client, title: str) -> dict[str, Any]:
    answer = await client.send("POST", "/api/tasks", json={"title": title})
    assert answer.status == 201, answer.body
    return dict(answer.json)


async def newest_title(client: Client) -> str:
    answer = await client.send("GET", "/api/tasks?limit=1")
    assert answer.status == 200, answer.body
    return str(answer.json["data"][0]["title"])


async def upload(client: Client, content: bytes) -> str:
    form = aiohttp.FormData()
    form.add_field("file", content, filename="a.txt")
    answer = await client.send("POST", "/api/uploads", data=form)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


async def api(client: Client, method: str, path: str, **body: Any) -> Any:
    options = {"json": body} if method in {"POST", "PUT"} else {}
    answer = await client.send(method, f"/_devkit/api{path}", **options)
    assert answer.status == 200, answer.body
    return answer.json


@pytest.fixture(params=["memory", "file"])
async def saved(request: pytest.FixtureRequest, start: StartServer) -> Any:
    async with start(memory=request.param == "memory") as client:
        await client.sign_in()
        yield client


async def test_data_uploads_and_clock_come_back(saved: Client) -> None:
    await add_task(saved, "Before")
    kept = await upload(saved, b"kept")
    await api(saved, "POST", "/clock/advance", by="2h")
    made = await api(saved, "PUT", "/snapshots/one")
    assert (made["name"], made["size"] > 0) == ("one", True)
    await api(saved, "POST", "/clock/reset")
    await add_task(saved, "After")
    await saved.send("DELETE", f"/api/uploads/{kept}")
    later = await upload(saved, b"later")
    await api(saved, "POST", "/snapshots/one/restore")
    assert await newest_title(saved) == "Before"
    assert (await saved.send("GET", f"/api/uploads/{kept}/content")).body == b"kept"
    assert (await saved.send("GET", f"/api/uploads/{later}/content")).status == 404
    assert (await api(saved, "GET", "/clock"))["offset"] == 2 * 3_600_000


async def test_ids_are_not_drawn_twice_after_a_restore(saved: Client) -> None:
    await api(saved, "PUT", "/snapshots/one")
    drawn = {(await add_task(saved, "A"))["id"] for _ in range(3)}
    for _ in range(3):
        await api(saved, "POST", "/snapshots/one/restore")
        more = {(await add_task(saved, "B"))["id"] for _ in range(3)}
        assert not drawn & more
        drawn |= more


async def test_sockets_are_closed_and_come_back_to_a_session_that_is_there(saved: Client) -> None:
    await api(saved, "PUT", "/snapshots/one")
    async with saved.http.ws_connect("/ws") as socket:
        await socket.receive()
        end = asyncio.create_task(socket.receive())
        await api(saved, "POST", "/snapshots/one/restore")
        assert (await end).data == 1001
    async with saved.http.ws_connect("/ws") as socket:
        assert (await socket.receive_json())["type"] == "connection"
        await socket.send_json({"type": "subscribe", "topics": ["tasks"], "since": 0})
        frames = [await socket.receive_json() for _ in range(2)]
        assert [frame["type"] for frame in frames] == ["subscription", "resync"]


@pytest.mark.parametrize("last", ["reset", "snapshots/one/restore"])
async def test_events_of_a_start_behind_a_reset_or_a_restore_have_ids_above_all_others(
    start: StartServer, last: str
) -> None:
    # A client that comes back with a former one would miss what it stands for: it is told to fetch everything anew.
    newest = []
    for _ in range(3):
        async with start(memory=False) as client:
            newest.append(client.sandbox.hub.newest_id)
            await api(client, "PUT", "/snapshots/one")
            await client.sign_in()
            await add_task(client, "Told of")
            await api(client, "POST", f"/{last}")
            newest.append(client.sandbox.hub.newest_id)
    assert newest == sorted({*newest})


async def test_a_session_that_the_snapshot_does_not_know_is_over(saved: Client) -> None:
    await api(saved, "PUT", "/snapshots/one")
    await saved.sign_out_locally()
    await saved.sign_in()
    await api(saved, "POST", "/snapshots/one/restore")
    answer = await saved.send("GET", "/api/tasks")
    assert (answer.status, answer.json["error"]) == (401, "token_invalid")


async def test_saving_again_replaces_and_deleting_removes(saved: Client) -> None:
    await api(saved, "PUT", "/snapshots/one")
    await add_task(saved, "Later")
    await api(saved, "PUT", "/snapshots/one")
    await api(saved, "PUT", "/snapshots/two")
    assert [row["name"] for row in (await api(saved, "GET", "/snapshots"))["data"]] == ["two", "one"]
    await add_task(saved, "Latest")
    await api(saved, "POST", "/snapshots/one/restore")
    assert await newest_title(saved) == "Later"
    await api(saved, "DELETE", "/snapshots/one")
    assert [row["name"] for row in (await api(saved, "GET", "/snapshots"))["data"]] == ["two"]


async def test_those_of_a_file_survive_a_restart_and_ids_go_on(start: StartServer, tmp_path: Path) -> None:
    async with start(memory=False) as client:
        await client.sign_in()
        await add_task(client, "Before")
        await api(client, "PUT", "/snapshots/one")
        drawn = {(await add_task(client, "After"))["id"] for _ in range(3)}
    assert sorted(path.name for path in (tmp_path / ".devkit" / "snapshots" / "one").iterdir()) == [
        "about.json",
        "data.db",
        "uploads",
    ]
    async with start(memory=False) as client:
        await client.sign_in()
        drawn |= {(await add_task(client, "Second run"))["id"] for _ in range(3)}
        assert [row["name"] for row in (await api(client, "GET", "/snapshots"))["data"]] == ["one"]
        await api(client, "POST", "/snapshots/one/restore")
    async with start(memory=False) as client:
        await client.send("POST", "/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
        await client.sign_in()
        assert await newest_title(client) == "Before"
        assert not drawn & {(await add_task(client, "Third run"))["id"] for _ in range(3)}


async def test_those_of_memory_leave_nothing_in_the_state_folder(client: Client, tmp_path: Path) -> None:
    await api(client, "PUT", "/snapshots/one")
    assert not (tmp_path / ".devkit" / "snapshots").exists()


async def test_each_sandbox_has_its_own_and_they_go_with_it(client: Client, control: Control) -> None:
    await control("POST", "/sandboxes", id="w1")
    await control("PUT", "/snapshots/one", sandbox="w1")
    assert (await control("GET", "/snapshots")).json["total"] == 0
    assert (await control("GET", "/snapshots", sandbox="w1")).json["total"] == 1
    assert (await control("POST", "/snapshots/one/restore")).status == 404
    hosted = client.app.sandboxes.find("w1")
    assert hosted is not None
    folder = hosted.scratch.path
    await control("DELETE", "/sandboxes/w1")
    assert not folder.exists()


async def test_what_a_killed_server_left_is_neither_listed_nor_kept(start: StartServer, tmp_path: Path) -> None:
    left = tmp_path / ".devkit" / "snapshots" / ".abc"
    async with start(memory=False) as client:
        left.mkdir(parents=True)
        (left / "data.db").write_bytes(b"half")
        assert (await api(client, "GET", "/snapshots"))["total"] == 0
        await api(client, "PUT", "/snapshots/one")
        assert not left.exists()


async def test_one_that_was_damaged_is_refused_and_nothing_is_lost(start: StartServer, tmp_path: Path) -> None:
    async with start(memory=False) as client:
        await client.sign_in()
        await api(client, "PUT", "/snapshots/one")
        await add_task(client, "Still here")
        (tmp_path / ".devkit" / "snapshots" / "one" / "data.db").write_bytes(b"nonsense" * 1000)
        answer = await client.send("POST", "/_devkit/api/snapshots/one/restore", json={})
        assert answer.status == 507
        assert await newest_title(client) == "Still here"


@pytest.mark.parametrize("name", ["..", ".hidden", "A", "a b", "x" * 65, "%2e%2e%2fsecret", "a%2Fb"])
async def test_a_name_that_is_none_is_refused(client: Client, name: str) -> None:
    from yarl import URL

    path = URL(f"{client.url}/_devkit/api/snapshots/{name}", encoded=True)
    answer = await client.send("PUT", path, json={})  # type: ignore[arg-type]  # as it stands
    assert answer.status in {400, 404, 405}
    assert (await api(client, "GET", "/snapshots"))["total"] == 0


async def test_an_unknown_name_suggests_the_nearest(client: Client, control: Control) -> None:
    await control("PUT", "/snapshots/before-login")
    answer = await control("POST", "/snapshots/before-logon/restore")
    assert answer.status == 404
    assert "Did you mean 'before-login'?" in answer.json["message"]
