"""Sandboxes: apart from each other, cheap to make, gone without a trace."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import Any

import aiohttp
import psutil
import pytest
from yarl import URL

from tests.conftest import EMAIL, PASSWORD, Client
from tests.control.conftest import Control, until

SIGN_IN = {"email": EMAIL, "password": PASSWORD}


async def signed_in_to(client: Client, sandbox: str) -> dict[str, str]:
    """Headers that choose a sandbox, as its test user."""
    headers = {"X-Devkit-Sandbox": sandbox}
    answer = await client.send("POST", "/api/auth/login", json=SIGN_IN, headers=headers)
    assert answer.status == 200, answer.body
    return headers | {"Authorization": f"Bearer {answer.cookies['auth-token']}"}


def own_threads() -> set[threading.Thread]:
    """All but those of the loop's executor, which keeps its own and has a bound."""
    return {thread for thread in threading.enumerate() if not thread.name.startswith("asyncio_")}


async def titles(client: Client, headers: dict[str, str]) -> list[str]:
    answer = await client.send("GET", "/api/tasks?limit=100", headers=headers)
    assert answer.status == 200, answer.body
    return [task["title"] for task in answer.json["data"]]


async def test_creating_one_answers_with_every_way_to_reach_it(client: Client, control: Control) -> None:
    made = await control("POST", "/sandboxes", id="w1", ttl="10m")
    assert made.status == 201
    port = client.ready.port
    assert made.json["url"] == f"http://w1.localhost:{port}"
    assert made.json["header"] == {"X-Devkit-Sandbox": "w1"}
    assert made.json["query"] == {"devkit_sandbox": "w1"}
    assert made.json["expires_at"] > made.json["created_at"]
    assert [row["id"] for row in (await control("GET", "/sandboxes")).json["data"]] == ["main", "w1"]
    assert (await control("GET", "/sandboxes/w1")).json["id"] == "w1"


@pytest.mark.parametrize("way", ["header", "host", "query"])
async def test_a_request_chooses_its_sandbox_in_three_ways(client: Client, control: Control, way: str) -> None:
    await control("POST", "/sandboxes", id="w1")
    headers = {"header": {"X-Devkit-Sandbox": "w1"}, "host": {"Host": f"w1.localhost:{client.ready.port}"}}.get(way, {})
    suffix = "?devkit_sandbox=w1" if way == "query" else ""
    status = await client.send("GET", f"/_devkit/api/status{suffix}", headers=headers)
    assert status.json["sandbox"] == "w1"
    await client.send("GET", f"/api/health{suffix}", headers=headers)
    entries = (await control("GET", "/journal", sandbox="w1")).json["data"]
    assert [entry["operation"] for entry in entries] == ["health.get"]
    async with client.http.ws_connect(f"/ws{suffix}", headers=headers) as socket:
        await socket.receive()
        assert len((await control("GET", "/journal", sandbox="w1", type="socket")).json["data"]) > 0
    assert len(client.sandbox.journal) == 0


async def test_data_mails_tokens_clock_and_faults_are_apart(client: Client, control: Control) -> None:
    await control("POST", "/sandboxes", id="w1", time="2031-01-01T00:00:00Z", frozen=True)
    await control("POST", "/sandboxes", id="w2")
    first, second = await signed_in_to(client, "w1"), await signed_in_to(client, "w2")
    made = await client.send("POST", "/api/tasks", json={"title": "Only in w1"}, headers=first)
    assert made.json["createdAt"] == "2031-01-01T00:00:00.000Z"
    assert "Only in w1" in await titles(client, first)
    assert "Only in w1" not in await titles(client, second)
    crossed = {"X-Devkit-Sandbox": "w2", "Authorization": first["Authorization"]}
    assert (await client.send("GET", "/api/tasks", headers=crossed)).json["error"] == "token_invalid"
    await client.send("POST", "/api/auth/forgot", json={"email": EMAIL}, headers={"X-Devkit-Sandbox": "w1"})
    assert (await control("GET", "/mail", sandbox="w1")).json["total"] == 1
    assert (await control("GET", "/mail", sandbox="w2")).json["total"] == 0
    assert (await control("GET", "/mail")).json["total"] == 0
    assert (await control("GET", "/clock", sandbox="w2")).json["rate"] == 1


async def test_a_seed_number_gives_other_data_and_the_same_for_the_same(client: Client, control: Control) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        assert (await control("POST", "/sandboxes", id=name, seed=seed)).json["seed"] == seed
    found = {name: await titles(client, await signed_in_to(client, name)) for name in "abc"}
    assert found["a"] == found["b"] != found["c"]


async def test_a_reset_brings_back_the_clock_it_began_with(control: Control) -> None:
    await control("POST", "/sandboxes", id="w1", time="2031-01-01T00:00:00Z", frozen=True)
    await control("POST", "/clock/advance", sandbox="w1", by="3h")
    assert (await control("POST", "/reset", sandbox="w1")).status == 200
    assert (await control("GET", "/clock", sandbox="w1")).json["time"] == "2031-01-01T00:00:00.000Z"


async def test_seeded_uploads_can_be_read_and_deleted_without_touching_the_disk(
    client: Client, control: Control
) -> None:
    await control("POST", "/sandboxes", id="w1")
    hosted = client.app.sandboxes.find("w1")
    assert hosted is not None
    headers = await signed_in_to(client, "w1")
    uploads = (await client.send("GET", "/api/uploads", headers=headers)).json["data"]
    content = await client.send("GET", f"/api/uploads/{uploads[0]['id']}/content", headers=headers)
    assert len(content.body) == uploads[0]["size"]
    sources = list(hosted.sandbox._template.uploads().values())
    assert (await client.send("DELETE", f"/api/uploads/{uploads[0]['id']}", headers=headers)).status in {200, 204}
    assert not hosted.scratch.exists
    assert all(source.exists() for source in sources)


async def test_what_is_uploaded_to_a_sandbox_goes_with_it(client: Client, control: Control) -> None:
    await control("POST", "/sandboxes", id="w1")
    headers = await signed_in_to(client, "w1")
    form = aiohttp.FormData()
    form.add_field("file", b"hello", filename="a.txt")
    made = await client.send("POST", "/api/uploads", data=form, headers=headers)
    hosted = client.app.sandboxes.find("w1")
    assert hosted is not None
    folder = hosted.scratch.path
    assert (folder / "uploads" / made.json["id"]).read_bytes() == b"hello"
    await control("DELETE", "/sandboxes/w1")
    assert not folder.exists()


async def test_removing_one_closes_its_sockets_and_lets_waiting_calls_go(client: Client, control: Control) -> None:
    await control("POST", "/sandboxes", id="w1")
    await control("POST", "/sandboxes", id="w2")
    headers = await signed_in_to(client, "w1")
    socket = await client.http.ws_connect("/ws", headers=headers)
    assert (await socket.receive_json())["type"] == "connection"
    waiting = asyncio.create_task(control("POST", "/journal/wait", sandbox="w1", operation="none.such", timeout="1m"))
    feed = await client.http.ws_connect("/_devkit/api/journal/follow", headers={"X-Devkit-Sandbox": "w1"})
    ends = asyncio.gather(socket.receive(), feed.receive())
    await asyncio.sleep(0.05)
    removed = await asyncio.wait_for(control("DELETE", "/sandboxes/w1"), 1)
    assert removed.status == 200
    assert [(end.type, end.data) for end in await ends] == [(aiohttp.WSMsgType.CLOSE, 1001)] * 2
    assert (await asyncio.wait_for(waiting, 2)).status == 408
    gone = await client.send("GET", "/api/health", headers={"X-Devkit-Sandbox": "w1"})
    assert (gone.status, gone.json["message"]) == (404, "There is no sandbox 'w1' here")
    assert (await client.send("GET", "/api/health", headers={"X-Devkit-Sandbox": "w2"})).status == 200
    await socket.close()
    await feed.close()


async def test_a_request_that_outlives_its_sandbox_is_told_so(client: Client, control: Control) -> None:
    await control("POST", "/sandboxes", id="w1")
    hosted = client.app.sandboxes.find("w1")
    assert hosted is not None
    headers = await signed_in_to(client, "w1")
    await hosted.sandbox.database.close()
    answer = await client.send("GET", "/api/tasks", headers=headers)
    assert (answer.status, answer.json["error"]) == (503, "service_unavailable")


async def test_one_with_a_ttl_removes_itself(client: Client, control: Control) -> None:
    await control("POST", "/sandboxes", id="w1", ttl="50ms", time="2031-01-01T00:00:00Z", frozen=True)
    await until(lambda: len(client.app.sandboxes) == 1)
    assert (await control("GET", "/sandboxes/w1")).status == 404


async def test_ids_are_drawn_and_never_twice(control: Control) -> None:
    drawn = [(await control("POST", "/sandboxes")).json["id"] for _ in range(5)]
    assert len(set(drawn)) == 5
    await control("DELETE", f"/sandboxes/{drawn[0]}")
    await control("POST", "/reset")
    assert (await control("POST", "/sandboxes")).json["id"] not in drawn


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"id": "main"}, 409, "already"),
        ({"id": "W1"}, 400, "a-z"),
        ({"id": "a.b"}, 400, "a-z"),
        ({"id": "-a"}, 400, "a-z"),
        ({"id": "x" * 41}, 400, "a-z"),
        ({"id": 5}, 400, "text"),
        ({"name": "w1"}, 400, "no such parameter"),
        ({"seed": -1}, 400, "at least 0"),
        ({"seed": "seven"}, 400, "whole number"),
        ({"ttl": "5 seconds"}, 400, "not a duration"),
        ({"ttl": "-1s"}, 400, "not a duration"),
        ({"ttl": "0"}, 400, "at least 1ms"),
        ({"ttl": 5}, 400, "number and a unit"),
        ({"time": "yesterday"}, 400, "ISO 8601"),
        ({"time": "2026-01-20T10:00:00"}, 400, "offset"),
        ({"time": "0001-01-01T00:00:00Z"}, 400, "1970"),
        ({"frozen": "perhaps"}, 400, "true or false"),
        ({"scenarios": "one"}, 400, "list"),
        ({"scenarios": ["no-such-scenario"]}, 404, "no-such-scenario"),
    ],
)
async def test_a_wish_that_cannot_be_granted_is_refused(
    client: Client, control: Control, body: dict[str, Any], status: int, words: str
) -> None:
    answer = await control("POST", "/sandboxes", **body)
    assert answer.status == status
    assert words in str(answer.json)
    assert len(client.app.sandboxes) == 1


async def test_main_and_unknown_ones_cannot_be_removed(control: Control) -> None:
    assert (await control("DELETE", "/sandboxes/main")).status == 409
    await control("POST", "/sandboxes", id="worker-1")
    answer = await control("DELETE", "/sandboxes/worker-2")
    assert answer.status == 404
    assert "Did you mean 'worker-1'?" in answer.json["message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b'{"id": NaN}'])
async def test_a_body_that_is_no_json_object_is_refused(client: Client, body: bytes) -> None:
    answer = await client.send("POST", "/_devkit/api/sandboxes", data=body)
    assert (answer.status, answer.json["error"] in {"invalid_json", "validation_error"}) == (400, True)


async def test_a_word_in_the_address_of_a_change_is_not_passed_over(client: Client) -> None:
    answer = await client.send("POST", "/_devkit/api/sandboxes?ttl=5m")
    assert (answer.status, answer.json["details"]) == (400, {"ttl": "Belongs into the JSON body"})


async def test_pages_of_other_origins_make_no_sandboxes(client: Client) -> None:
    answer = await client.send("POST", "/_devkit/api/sandboxes", json={}, headers={"Origin": "http://evil.test"})
    assert answer.status == 403
    assert len(client.app.sandboxes) == 1


async def test_two_hundred_at_once_work_and_leave_nothing_behind(client: Client, control: Control) -> None:
    await control("POST", "/sandboxes", id="warm")
    await signed_in_to(client, "warm")
    await control("DELETE", "/sandboxes/warm")
    # The watcher of scenario files begins a little after the server does.
    await client.app.settled.wait()
    await until(lambda: any(thread.name.startswith("AnyIO") for thread in threading.enumerate()))
    process = psutil.Process()
    tasks, threads, files = len(asyncio.all_tasks()), own_threads(), process.num_fds()
    ids = [(await control("POST", "/sandboxes")).json["id"] for _ in range(200)]
    tokens = await asyncio.gather(*(control("POST", "/tokens", sandbox=name) for name in ids))

    async def use(name: str, token: str) -> None:
        headers = {"X-Devkit-Sandbox": name, "Authorization": f"Bearer {token}"}
        made = await client.send("POST", "/api/tasks", json={"title": f"In {name}"}, headers=headers)
        assert made.status == 201, made.body
        assert [title for title in await titles(client, headers) if title.startswith("In ")] == [f"In {name}"]

    await asyncio.gather(*(use(name, token.json["token"]) for name, token in zip(ids, tokens, strict=True)))
    kept = [weakref.ref(hosted.sandbox) for hosted in client.app.sandboxes.all() if hosted.sandbox.id != "main"]
    assert len(kept) == 200
    assert {answer.status for answer in await asyncio.gather(*(control("DELETE", f"/sandboxes/{n}") for n in ids))} == {
        200
    }
    await client.http.connector.close()  # type: ignore[union-attr]  # its connections would count as files
    await until(lambda: gc.collect() >= 0 and not any(reference() for reference in kept))
    await until(lambda: len(asyncio.all_tasks()) <= tasks)
    assert own_threads() <= threads
    assert process.num_fds() <= files


def test_the_address_of_a_sandbox_is_a_host_below_localhost_or_a_path_below_mains() -> None:
    from devkit.server.hosting.selection import address_of

    assert address_of("w1", "http://localhost:8000") == "http://w1.localhost:8000"
    assert address_of("w1", "https://localhost:8443") == "https://w1.localhost:8443"
    assert address_of("w1", "http://192.168.0.7:8000") == "http://192.168.0.7:8000/~w1"
    assert URL(address_of("w1", "http://localhost:8000")).host == "w1.localhost"


async def test_entries_of_every_sandbox_reach_the_terminal(client: Client, control: Control) -> None:
    heard: list[str] = []
    client.app.sandboxes.listen(lambda entry: heard.append(entry.sandbox))
    await control("POST", "/sandboxes", id="w1")
    await client.send("GET", "/api/health")
    await client.send("GET", "/api/health", headers={"X-Devkit-Sandbox": "w1"})
    assert heard == ["main", "w1"]
