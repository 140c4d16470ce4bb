"""What is told over `/ws`: who may listen, and what they hear (CONTRACT.md, "`/ws`")."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from devkit.contract.events import ModelUpdate, Notification
from tests.conftest import Client, StartServer
from tests.contract.wire import (
    API_KEY,
    DAY,
    INSTANT,
    NOBODYS_ID,
    PASSWORD,
    SECOND,
    UUID,
    Listener,
    bearer,
    cookie,
    is_error,
    listening,
    log_in,
    token_of,
    upload,
)


async def connected(client: Client, path: str = "/ws", headers: dict[str, str] | None = None) -> dict[str, Any]:
    """The first frame of a socket."""
    async with client.http.ws_connect(path, headers=headers or {}) as socket:
        return await Listener(socket).next()


# Who may listen


async def test_the_first_frame_says_who_is_connected(client: Client) -> None:
    token = await token_of(client)
    frame = await connected(client, f"/ws?token={token}")
    assert frame.keys() == {"type", "status", "connection_id", "user_id", "timestamp"}
    assert (frame["type"], frame["status"]) == ("connection", "connected")
    assert UUID.fullmatch(frame["connection_id"])
    assert frame["user_id"] == (await client.send("GET", "/api/auth/me", headers=bearer(token))).json["user"]["id"]


async def test_a_socket_is_let_in_by_cookie_token_or_api_key(client: Client) -> None:
    token = await token_of(client)
    ways: list[tuple[str, dict[str, str]]] = [
        ("/ws", cookie(auth_token=token)),
        (f"/ws?token={token}", {}),
        (f"/ws?api_key={API_KEY}", {}),
        ("/ws", bearer(token)),
    ]
    for path, headers in ways:
        assert (await connected(client, path, headers))["status"] == "connected"


async def test_who_may_not_come_in_is_told_why_on_the_open_socket_and_closed_with_4401(client: Client) -> None:
    token = await token_of(client)
    client.sandbox.clock.advance(DAY + SECOND)
    revoked = await token_of(client)
    await client.send("POST", "/api/auth/logout", headers=bearer(revoked))
    for path, code in [
        ("/ws", "unauthorized"),
        ("/ws?token=rubbish", "token_invalid"),
        ("/ws?api_key=rubbish", "token_invalid"),
        (f"/ws?token={token}", "token_expired"),
        (f"/ws?token={revoked}", "token_revoked"),
    ]:
        async with client.http.ws_connect(path) as socket:
            listener = Listener(socket)
            assert await listener.closed() == 4401
            [frame] = listener.heard
            assert frame.keys() == {"type", "error", "message"}
            assert (frame["type"], frame["error"]) == ("error", code)


async def test_a_plain_request_to_the_sockets_address_is_an_error_in_json(client: Client) -> None:
    assert is_error(await client.send("GET", "/ws"), 426, "upgrade_required")


# Talking


async def test_the_payload_of_every_message_is_also_under_data(signed_in: Client) -> None:
    # Two of the teams' clients read `message.data.…` of notifications and errors; seed 001 reads `type` and the rest
    # from the message itself ("Real-time Model Updates").
    async with signed_in.http.ws_connect("/ws", params={"token": signed_in.token}) as socket:
        greeting = await socket.receive_json(timeout=5)
        assert greeting["data"] == {name: greeting[name] for name in ("status", "connection_id", "user_id")}
        await socket.send_json({"type": "subscribe", "topics": ["notifications", "models", "tasks"]})
        assert (await socket.receive_json(timeout=5))["data"] == {
            "status": "subscribed",
            "topics": ["notifications", "models", "tasks"],
        }
        await socket.send_json({"type": "publish"})
        error = await socket.receive_json(timeout=5)
        assert error["data"] == {"error": "unknown_type", "message": error["message"]}
        await socket.send_json({"type": "ping"})
        assert (await socket.receive_json(timeout=5))["data"] == {}
        hub = signed_in.sandbox.hub
        hub.publish("notification", Notification("news", "Hello"), user_id=greeting["user_id"])
        told = await socket.receive_json(timeout=5)
        assert told["data"] == {"kind": "news", "message": "Hello"}
        assert told["message"] == "Hello"
        hub.publish("model_update", ModelUpdate("llama2", "running", {"message": "Up"}), user_id=None)
        told = await socket.receive_json(timeout=5)
        assert told["data"] == {"model_id": "llama2", "status": "running", "details": {"message": "Up"}}
        await signed_in.send("POST", "/api/tasks", json={"title": "Buy milk"})
        told = await socket.receive_json(timeout=5)
        assert told["data"] == {"task": told["task"]}
        assert told["data"]["task"]["title"] == "Buy milk"


async def test_subscriptions_are_confirmed_with_the_topics_asked_for(signed_in: Client) -> None:
    async with listening(signed_in) as listener:
        for kind, status in (("subscribe", "subscribed"), ("unsubscribe", "unsubscribed")):
            frame = await listener.say(type=kind, topics=["tasks", "models"])
            assert frame.keys() == {"type", "status", "topics", "timestamp"}
            assert (frame["type"], frame["status"], frame["topics"]) == ("subscription", status, ["tasks", "models"])
            assert INSTANT.fullmatch(frame["timestamp"])


async def test_a_ping_is_answered(signed_in: Client) -> None:
    async with listening(signed_in) as listener:
        frame = await listener.say(type="ping")
        assert frame.keys() == {"type", "timestamp"}
        assert frame["type"] == "pong"


async def test_heartbeats_come_by_themselves(start: StartServer) -> None:
    async with start(ws_heartbeat=50) as client:
        await client.sign_in()
        async with listening(client) as listener:
            for _ in range(2):
                frame = await listener.until("heartbeat")
                assert frame.keys() == {"type", "server_time", "timestamp"}


@pytest.mark.parametrize(
    "topic",
    ["nonsense", "", "task", "upload:", "model:none", f"conversation:{NOBODYS_ID}", "tasks:1"],
)
async def test_a_topic_that_is_not_there_is_forbidden_and_nothing_is_subscribed(signed_in: Client, topic: str) -> None:
    async with listening(signed_in) as listener:
        frame = await listener.say(type="subscribe", topics=["tasks", topic])
        assert frame.keys() == {"type", "error", "message", "timestamp"}
        assert (frame["type"], frame["error"]) == ("error", "forbidden_topic")
        await signed_in.send("POST", "/api/tasks", json={"title": "x"})
        assert await listener.is_silent()


async def test_what_is_not_understood_is_told_and_the_socket_lives_on(signed_in: Client) -> None:
    async with listening(signed_in) as listener:
        for text, code in [("{", "invalid_json"), ("[]", "validation_error"), ('{"type": "dance"}', "unknown_type"),
                           ('{"type": "subscribe"}', "validation_error"),
                           ('{"type": "ping", "x": "' + "x" * 1024 * 1024 + '"}', "message_too_large")]:  # fmt: skip
            await listener.socket.send_str(text)
            frame = await listener.next()
            assert (frame["type"], frame["error"]) == ("error", code)
        await listener.socket.send_bytes(b"\x00")
        assert (await listener.next())["type"] == "error"
        assert await listener.is_silent()


# Events


async def test_what_happens_to_a_task_is_told(signed_in: Client) -> None:
    async with listening(signed_in, "tasks") as listener:
        created = await signed_in.send("POST", "/api/tasks", json={"title": "One"})
        path = created.headers["Location"]
        frame = await listener.next()
        assert frame.keys() == {"id", "type", "topic", "timestamp", "task"}
        assert (frame["type"], frame["topic"], frame["task"]) == ("task_created", "tasks", created.json)
        assert isinstance(frame["id"], int)
        changes: list[tuple[str, str, Any]] = [
            ("PATCH", path, {"title": "Two"}),
            ("PUT", path, {"title": "Three"}),
            ("PATCH", f"{path}/complete", {"completed": True}),
        ]
        for method, address, body in changes:
            changed = await signed_in.send(method, address, json=body)
            frame = await listener.next()
            assert (frame["type"], frame["task"]) == ("task_updated", changed.json)
        await signed_in.send("DELETE", path)
        frame = await listener.next()
        assert (frame["type"], frame["task"]["id"]) == ("task_deleted", created.json["id"])
        ids = [frame["id"] for frame in listener.heard if "id" in frame]
        assert ids == sorted(set(ids))


async def test_what_changed_nothing_is_not_told(signed_in: Client) -> None:
    created = await signed_in.send("POST", "/api/tasks", json={"title": "One"}, headers={"Idempotency-Key": "k"})
    async with listening(signed_in, "tasks") as listener:
        await signed_in.send("POST", "/api/tasks", json={"title": "One"}, headers={"Idempotency-Key": "k"})
        await signed_in.send("PATCH", created.headers["Location"], json={"title": "One"})
        await signed_in.send("POST", "/api/tasks", json={"title": ""})
        assert await listener.is_silent()


async def test_nobody_hears_of_somebody_elses_tasks(signed_in: Client) -> None:
    async with listening(signed_in, "tasks", token=await token_of(signed_in, "other@example.com")) as stranger:
        await signed_in.send("POST", "/api/tasks", json={"title": "One"})
        assert await stranger.is_silent()


async def test_an_upload_is_told_from_its_first_byte_to_the_upload_itself(signed_in: Client) -> None:
    async with listening(signed_in, "uploads", "notifications") as listener:
        sent = await upload(signed_in, b"x" * 5000)
        done = await listener.until("upload_complete")
        assert done.keys() == {"id", "type", "topic", "timestamp", "upload"}
        assert (done["topic"], done["upload"]) == ("uploads", sent.json)
    told = [frame for frame in listener.heard if frame["type"] == "upload_progress"]
    assert told[0].keys() == {"id", "type", "topic", "timestamp", "upload_id", "received", "total", "percent"}
    assert [(frame["percent"], frame["received"]) for frame in (told[0], told[-1])] == [(0, 0), (100, told[0]["total"])]
    assert {frame["upload_id"] for frame in told} == {sent.json["id"]}


async def test_one_copy_comes_however_many_topics_match(signed_in: Client) -> None:
    async with listening(signed_in, "models", "model:llama2") as listener:
        signed_in.sandbox.hub.publish("model_update", ModelUpdate("llama2", "starting", {}), user_id=None)
        frame = await listener.next()
        assert frame.keys() == {"id", "type", "topic", "timestamp", "model_id", "status", "details"}
        assert await listener.is_silent()


# Notifications


async def test_a_mail_is_announced(signed_in: Client) -> None:
    async with listening(signed_in, "notifications") as listener:
        await signed_in.send("POST", "/api/auth/forgot", json={"email": "test@example.com"})
        frame = await listener.next()
        assert (frame["type"], frame["kind"]) == ("notification", "mail_sent")
        assert frame["message"]


async def test_a_session_that_is_revoked_elsewhere_is_announced_to_the_others(signed_in: Client) -> None:
    new = {"currentPassword": PASSWORD, "password": "NewPass123!", "confirmPassword": "NewPass123!"}
    async with listening(signed_in, "notifications") as listener:
        await token_of(signed_in)
        sessions = (await signed_in.send("GET", "/api/auth/sessions")).json["data"]
        [other] = [session["id"] for session in sessions if not session["current"]]
        await signed_in.send("DELETE", f"/api/auth/sessions/{other}")
        assert (await listener.next())["kind"] == "session_revoked"
        await token_of(signed_in)
        await signed_in.send("POST", "/api/auth/change-password", json=new)
        assert (await listener.next())["kind"] == "session_revoked"
        reused = (await log_in(signed_in, password="NewPass123!")).cookies["refresh-token"]
        await signed_in.send("POST", "/api/auth/refresh", json={"refreshToken": reused})
        signed_in.sandbox.clock.advance(11 * SECOND)
        await signed_in.send("POST", "/api/auth/refresh", json={"refreshToken": reused})
        assert (await listener.next())["kind"] == "session_revoked"
        await signed_in.send("POST", "/api/auth/refresh", json={"refreshToken": reused})
        assert await listener.is_silent()


@pytest.mark.parametrize("how", ["logout", "revoke", "reset"])
async def test_the_sockets_of_a_session_end_with_it(client: Client, how: str) -> None:
    token = await token_of(client)
    async with listening(client, token=token) as listener:
        if how == "logout":
            await client.send("POST", "/api/auth/logout", headers=bearer(token))
        elif how == "revoke":
            [mine] = (await client.send("GET", "/api/auth/sessions", headers=bearer(token))).json["data"]
            await client.send("DELETE", f"/api/auth/sessions/{mine['id']}", headers=bearer(token))
        else:
            await client.sandbox.reset()
        assert await listener.closed() == 4401
        assert listener.heard[-1]["error"] == "token_revoked"


# What was missed


async def test_a_client_that_comes_back_gets_what_it_missed(signed_in: Client) -> None:
    async with listening(signed_in, "tasks") as listener:
        await signed_in.send("POST", "/api/tasks", json={"title": "0"})
        last = (await listener.next())["id"]
    for number in (1, 2, 3):
        await signed_in.send("POST", "/api/tasks", json={"title": str(number)})
    async with listening(signed_in) as listener:
        await listener.say(type="subscribe", topics=["tasks"], since=last)
        missed = [await listener.next() for _ in range(3)]
        assert [frame["task"]["title"] for frame in missed] == ["1", "2", "3"]
        assert await listener.is_silent()


async def test_what_is_too_long_ago_cannot_be_replayed(signed_in: Client) -> None:
    async with listening(signed_in, "tasks") as listener:
        await signed_in.send("POST", "/api/tasks", json={"title": "0"})
        last = (await listener.next())["id"]
    await signed_in.send("POST", "/api/tasks", json={"title": "1"})
    signed_in.sandbox.clock.advance(301 * SECOND)
    async with listening(signed_in) as listener:
        await listener.say(type="subscribe", topics=["tasks"], since=last)
        assert await listener.next() == {"type": "resync"}


async def test_events_reach_every_socket_of_a_user(signed_in: Client) -> None:
    async with listening(signed_in, "tasks") as one, listening(signed_in, "tasks") as other:
        await signed_in.send("POST", "/api/tasks", json={"title": "x"})
        first, second = await asyncio.gather(one.next(), other.next())
        assert first == second


async def test_a_server_that_stops_closes_its_sockets_with_1001(start: StartServer) -> None:
    async with aiohttp.ClientSession() as http:
        async with start() as client:
            await client.sign_in()
            socket = await http.ws_connect(f"{client.url}/ws", params={"token": client.token})
            listener = Listener(socket)
            await listener.next()
            reading = asyncio.create_task(listener.closed())
            await asyncio.sleep(0)
        assert await reading == 1001
