"""Tokens, events, barriers and scenarios on demand."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import EMAIL, Client, StartServer
from tests.control.conftest import Control, until
from tests.faults.conftest import scenario

OTHER = "demo@example.com"


async def me(client: Client, token: str, **headers: str) -> Any:
    return await client.send("GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}", **headers})


async def test_a_good_token_is_the_test_users_and_opens_a_session_of_its_own(client: Client, control: Control) -> None:
    minted = await control("POST", "/tokens")
    assert minted.status == 201
    answer = await me(client, minted.json["token"])
    assert answer.status == 200
    assert EMAIL in answer.body.decode()
    assert minted.json["try"] == f"{client.url}/api/auth/me"
    client.http.headers["Authorization"] = f"Bearer {minted.json['token']}"
    sessions = (await client.send("GET", "/api/auth/sessions")).json
    assert minted.json["session_id"] in str(sessions)


async def test_a_lifetime_is_kept(client: Client, control: Control) -> None:
    token = (await control("POST", "/tokens", lifetime="5m")).json["token"]
    await control("POST", "/clock/advance", by="4m55s")
    assert (await me(client, token)).status == 200
    await control("POST", "/clock/advance", by="5s")
    assert (await me(client, token)).json["error"] == "token_expired"


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"expired": True}, "token_expired"),
        ({"expired": True, "lifetime": "5m"}, "token_expired"),
        ({"defect": "signature"}, "token_invalid"),
        ({"defect": "issuer"}, "token_invalid"),
        ({"defect": "audience"}, "token_invalid"),
        ({"defect": "algorithm"}, "token_invalid"),
        ({"defect": "not_before"}, "token_invalid"),
        ({"defect": "malformed"}, "token_invalid"),
    ],
)
async def test_a_bad_token_is_refused_for_what_is_wrong_with_it(
    client: Client, control: Control, wish: dict[str, Any], error: str
) -> None:
    answer = await me(client, (await control("POST", "/tokens", **wish)).json["token"])
    assert (answer.status, answer.json["error"]) == (401, error)


async def test_a_token_is_good_in_its_sandbox_alone(client: Client, control: Control) -> None:
    await control("POST", "/sandboxes", id="w1")
    token = (await control("POST", "/tokens", sandbox="w1")).json["token"]
    assert (await me(client, token, **{"X-Devkit-Sandbox": "w1"})).status == 200
    assert (await me(client, token)).json["error"] == "token_invalid"


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"user": "nobody@example.com"}, 404),
        ({"lifetime": "5 minutes"}, 400),
        ({"lifetime": "-1s"}, 400),
        ({"lifetime": "10ms"}, 400),
        ({"defect": "rusty"}, 400),
        ({"expired": "maybe"}, 400),
        ({"users": EMAIL}, 400),
    ],
)
async def test_a_token_that_cannot_be_minted_is_refused(control: Control, wish: dict[str, Any], status: int) -> None:
    assert (await control("POST", "/tokens", **wish)).status == status


async def test_an_event_reaches_those_who_listen(signed_in: Client, control: Control) -> None:
    async with signed_in.http.ws_connect("/ws") as socket:
        await socket.receive()
        await socket.send_json({"type": "subscribe", "topics": ["notifications", "tasks"]})
        await socket.receive()
        told = await control("POST", "/events", topic="notifications", payload={"kind": "info", "message": "Hello"})
        assert (told.status, told.json["type"], told.json["receivers"]) == (201, "notification", 1)
        frame = await asyncio.wait_for(socket.receive_json(), 2)
        assert (frame["type"], frame["message"], frame["id"]) == ("notification", "Hello", told.json["id"])
        payload = {"task": {"title": "Made up", "due_date": "2026-01-20T10:00:00Z"}}
        await control("POST", "/events", topic="tasks", type="task_created", payload=payload, user=EMAIL)
        frame = await asyncio.wait_for(socket.receive_json(), 2)
        assert frame["task"]["title"] == "Made up"
        assert frame["task"]["dueDate"] == "2026-01-20T10:00:00.000Z"


async def test_an_event_of_one_user_is_not_told_to_another(signed_in: Client, control: Control) -> None:
    users = (await signed_in.send("GET", "/_devkit/api/status")).json["counts"]["users"]
    assert users > 1
    made = {"firstName": "Ada", "password": "TestPass123!", "confirmPassword": "TestPass123!", "email": OTHER}
    await signed_in.send("POST", "/api/auth/register", json=made)
    async with signed_in.http.ws_connect("/ws") as socket:
        await socket.receive()
        await socket.send_json({"type": "subscribe", "topics": ["notifications"]})
        await socket.receive()
        told = await control(
            "POST", "/events", topic="notifications", payload={"kind": "a", "message": "b"}, user=OTHER
        )
        assert told.json["receivers"] == 0


async def test_an_id_in_the_topic_goes_into_the_payload(control: Control) -> None:
    told = await control(
        "POST",
        "/events",
        topic="upload:11111111-2222-4333-8444-555555555555",
        type="upload_progress",
        payload={"received": 5, "total": 10, "percent": 50},
    )
    assert told.json["topics"] == ["upload:11111111-2222-4333-8444-555555555555", "uploads"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "Required"),
        ({"topic": "task", "payload": {}}, "Did you mean 'tasks'?"),
        ({"topic": "tasks:5"}, "no topic"),
        ({"topic": "tasks"}, "several"),
        ({"topic": "tasks", "type": "task_create"}, "Did you mean 'task_created'?"),
        ({"topic": "tasks", "type": "notification"}, "not told on tasks"),
        ({"topic": "notifications", "payload": {"kind": "a"}}, "payload.message"),
        ({"topic": "notifications", "payload": {"kind": "a", "message": 5}}, "Must be a text"),
        ({"topic": "notifications", "payload": {"kind": "a", "message": "b", "mesage": "c"}}, "Did you mean"),
        ({"topic": "notifications", "payload": []}, "JSON object"),
        ({"topic": "tasks", "type": "task_created", "payload": {"task": {"title": None}}}, "must not be null"),
        ({"topic": "tasks", "type": "task_created", "payload": {"task": {"title": "a", "priority": "p"}}}, "one of"),
        ({"topic": "tasks", "type": "task_created", "payload": {"task": {"title": "a", "due_date": "x"}}}, "ISO 8601"),
        (
            {"topic": "conversation:5", "payload": {"conversation_id": "6", "message": {"content": "Hi"}}},
            "is told on conversation:6",
        ),
    ],
)
async def test_an_event_that_the_contract_does_not_know_is_refused(
    control: Control, body: dict[str, Any], words: str
) -> None:
    answer = await control("POST", "/events", **body)
    assert answer.status == 400
    assert words.lower() in str(answer.json["details"]).lower()


async def test_an_event_for_nobody_is_refused(control: Control) -> None:
    body = {"topic": "notifications", "payload": {"kind": "a", "message": "b"}, "user": "nobody@example.com"}
    assert (await control("POST", "/events", **body)).status == 404


async def test_a_barrier_lets_go_what_waits_and_holds_what_comes_later(client: Client, control: Control) -> None:
    levers = client.sandbox.levers
    waiting = [asyncio.create_task(levers.barrier("gate")) for _ in range(2)]
    await asyncio.sleep(0)
    assert (await control("GET", "/barriers")).json["data"] == [{"name": "gate", "waiting": 2}]
    missing = await control("POST", "/barriers/gatw/release")
    assert missing.status == 404
    assert "Did you mean 'gate'?" in missing.json["message"]
    assert (await control("POST", "/barriers/gate/release")).json == {"name": "gate", "released": 2}
    await asyncio.wait_for(asyncio.gather(*waiting), 1)
    later = asyncio.create_task(levers.barrier("gate"))
    await asyncio.sleep(0)
    assert not later.done()
    later.cancel()
    await asyncio.wait({later})
    assert levers.barriers() == {}


FILE = """\
name: {name}
title: A title
description: A story
tags: [auth]
rules:
  - id: first
    match: {{operation: tasks.list}}
    fault: {{type: http.abort, status: 503}}
expect:
  - id: again
    title: It is asked for again
    calls: {{match: {{operation: tasks.list}}, status: 200, at_least: 1}}
"""


async def test_scenarios_are_listed_shown_switched_on_and_off(start: StartServer, tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "mine.yaml").write_text(FILE.format(name="mine"))
    (folder / "broken.yaml").write_text("name: broken\n")
    async with start(scenario_dir=folder) as client:
        await client.sign_in()

        async def call(method: str, path: str, **body: Any) -> Any:
            options = {"json": body} if method == "POST" else {}
            return await client.send(method, f"/_devkit/api{path}", **options)

        listed = {row["name"]: row for row in (await call("GET", "/scenarios")).json["data"]}
        assert listed["mine"] == {
            "name": "mine",
            "title": "A title",
            "description": "A story",
            "tags": ["auth"],
            "source": str(folder / "mine.yaml"),
            "active": False,
            "warnings": [],
            "expects": 1,
        }
        assert "title" in listed["broken"]["error"]
        shown = (await call("GET", "/scenarios/mine")).json
        assert shown["rules"][0]["fault"] == {"type": "http.abort", "status": 503}
        assert shown["expect"][0]["id"] == "again"
        used = (await call("POST", "/scenarios/mine/use", ttl="5m")).json
        assert (used["name"], used["until"] > used["since"]) == ("mine", True)
        assert (await client.send("GET", "/api/tasks")).status == 503
        active = (await call("GET", "/active")).json
        assert [(one["name"], one["rules"][0]["struck"]) for one in active] == [("mine", 1)]
        assert (await call("POST", "/scenarios/mine/off")).json == {"names": ["mine"]}
        assert (await client.send("GET", "/api/tasks")).status == 200
        await call("POST", "/scenarios/mine/use")
        assert (await call("POST", "/scenarios/off")).json == {"names": ["mine"]}
        assert (await call("POST", "/scenarios/broken/use")).status == 409
        for wrong in ("5 seconds", "-1s", "1e9", 5):
            assert (await call("POST", "/scenarios/mine/use", ttl=wrong)).status == 400
        unknown = await call("POST", "/scenarios/mime/use")
        assert unknown.status == 404
        assert "Did you mean 'mine'?" in unknown.json["message"]
        assert (await call("POST", "/scenarios/mine/off")).status == 404
        assert (await call("POST", "/scenarios/nonsense/off")).status == 404
        foreign = await client.send(
            "POST", "/_devkit/api/scenarios/mine/use", json={}, headers={"Origin": "http://evil.test"}
        )
        assert foreign.status == 403
        assert (await call("GET", "/active")).json == []


async def test_a_sandbox_can_begin_with_scenarios_and_main_knows_nothing_of_them(
    start: StartServer, tmp_path: Path
) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "mine.yaml").write_text(FILE.format(name="mine"))
    async with start(scenario_dir=folder) as client:
        made = await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1", "scenarios": ["mine"]})
        assert made.json["scenarios"] == ["mine"]
        for name, status in (("w1", 503), ("main", 401)):
            answer = await client.send("GET", "/api/tasks", headers={"X-Devkit-Sandbox": name})
            assert answer.status == status


async def test_a_call_held_at_a_barrier_counts_as_waiting(signed_in: Client, control: Control) -> None:
    await signed_in.sandbox.engine.use(scenario({"fault": {"type": "barrier", "name": "gate"}}))
    call = asyncio.create_task(signed_in.send("GET", "/api/tasks"))
    await until(signed_in.sandbox.levers.barriers)
    await control("POST", "/barriers/gate/release")
    assert (await asyncio.wait_for(call, 2)).status == 200
