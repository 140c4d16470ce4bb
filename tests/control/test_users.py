"""Accounts, sessions, tasks, uploads and connections, as the control plane shows and ends them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.conftest import EMAIL, Client
from tests.control.conftest import Control, until


async def test_accounts_are_listed_with_what_is_theirs(signed_in: Client, control: Control) -> None:
    found = (await control("GET", "/users")).json
    first = found["data"][0]
    assert (first["email"], first["tasks"], first["uploads"], first["sessions"]) == (EMAIL, 57, 2, 1)
    assert found["total"] == len(found["data"])
    page = (await control("GET", "/users", limit=1, offset=1)).json
    assert (page["data"], page["total"]) == ([found["data"][1]], found["total"])
    some = (await control("GET", "/users", q="UNVERIFIED@")).json
    assert [user["email"] for user in some["data"]] == ["unverified@example.com"]


async def test_an_expired_session_needs_a_refresh_and_then_is_good_again(client: Client, control: Control) -> None:
    signed_in = await client.sign_in()
    refresh = signed_in.cookies["refresh-token"]
    session = (await control("GET", "/sessions", user=EMAIL)).json["data"][0]
    assert (session["user"]["email"], session["sockets"]) == (EMAIL, 0)
    # The clock stands still: a new token is told from the old ones by more than its second.
    client.sandbox.clock.freeze()
    assert (await control("POST", f"/sessions/{session['id']}/expire")).status == 200
    denied = await client.send("GET", "/api/auth/me")
    assert (denied.status, denied.json["error"]) == (401, "token_expired")
    await client.sign_out_locally()
    renewed = await client.send("POST", "/api/auth/refresh", headers={"Cookie": f"refresh-token={refresh}"})
    assert renewed.status == 200
    bearer = {"Authorization": f"Bearer {renewed.cookies['auth-token']}"}
    assert (await client.send("GET", "/api/auth/me", headers=bearer)).status == 200


async def test_other_sessions_of_the_user_are_not_touched(client: Client, control: Control) -> None:
    await client.sign_in()
    old = client.token
    await client.sign_out_locally()
    await client.sign_in()
    sessions = (await control("GET", "/sessions", user=EMAIL)).json
    assert sessions["total"] == 2
    newest = sessions["data"][0]["id"]
    await control("POST", f"/sessions/{newest}/expire", token="both")
    statuses = {
        token: (await client.send("GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}"})).status
        for token in (old, client.token)
    }
    assert sorted(statuses.values()) == [200, 401]


async def test_expired_refresh_tokens_renew_nothing(client: Client, control: Control) -> None:
    refresh = (await client.sign_in()).cookies["refresh-token"]
    session = (await control("GET", "/sessions")).json["data"][0]["id"]
    await control("POST", f"/sessions/{session}/expire", token="refresh")
    assert (await client.send("GET", "/api/auth/me")).status == 200
    await client.sign_out_locally()
    answer = await client.send("POST", "/api/auth/refresh", headers={"Cookie": f"refresh-token={refresh}"})
    assert (answer.status, answer.json["error"]) == (401, "token_expired")


async def test_a_reset_forgets_which_sessions_were_expired(client: Client, control: Control) -> None:
    await client.sign_in()
    session = (await control("GET", "/sessions")).json["data"][0]["id"]
    await control("POST", f"/sessions/{session}/expire")
    await control("POST", "/reset")
    assert client.sandbox.sessions.signer._renewed == {}


async def test_a_revoked_session_is_over(signed_in: Client, control: Control) -> None:
    session = (await control("GET", "/sessions")).json["data"][0]["id"]
    assert (await control("DELETE", f"/sessions/{session}")).status == 200
    assert (await signed_in.send("GET", "/api/auth/me")).json["error"] == "token_revoked"
    assert (await control("GET", "/sessions")).json == {"data": [], "total": 0}
    assert (await control("DELETE", f"/sessions/{session}")).status == 404
    assert (await control("POST", f"/sessions/{session}/expire")).status == 404


async def test_sessions_of_nobody_are_not_found(control: Control) -> None:
    answer = await control("GET", "/sessions", user="nobody@example.com")
    assert (answer.status, "nobody@example.com" in answer.json["message"]) == (404, True)


async def test_everybodys_tasks_can_be_browsed(signed_in: Client, control: Control) -> None:
    await signed_in.send("POST", "/api/tasks", json={"title": "ÄPFEL <img src=x onerror=alert(1)>"})
    found = (await control("GET", "/tasks", limit=1)).json
    assert (found["data"][0]["user"], found["data"][0]["title"][:5]) == (EMAIL, "ÄPFEL")
    assert found["total"] > 58
    assert (await control("GET", "/tasks", user=EMAIL)).json["total"] == 58
    assert (await control("GET", "/tasks", user=EMAIL, q="äpfel")).json["total"] == 1
    assert (await control("GET", "/tasks", user="empty@example.com")).json == {"data": [], "total": 0}


async def test_uploads_are_listed_and_those_under_way_say_how_much_is_here(signed_in: Client, control: Control) -> None:
    assert (await control("GET", "/uploads", user=EMAIL)).json["total"] == 2
    going = asyncio.Event()
    size = 64 * 1024

    async def body() -> AsyncIterator[bytes]:
        yield b"x" * (size // 2)
        await going.wait()
        yield b"x" * (size // 2)

    form = aiohttp.MultipartWriter("form-data")
    part = form.append(body())
    part.set_content_disposition("form-data", name="file", filename="a.txt")
    sending = asyncio.create_task(signed_in.send("POST", "/api/uploads", data=form))
    arrived: list[int] = []

    async def look() -> bool:
        data = (await control("GET", "/uploads/arriving")).json["data"]
        arrived[:] = [upload["received"] for upload in data if upload["user"] == EMAIL]
        return bool(arrived) and arrived[0] >= size // 2

    async with asyncio.timeout(10):
        while not await look():
            await asyncio.sleep(0.01)
    going.set()
    assert (await sending).status == 201
    assert (await control("GET", "/uploads/arriving")).json == {"data": [], "total": 0}
    assert (await control("GET", "/uploads", user=EMAIL)).json["total"] == 3


@pytest.fixture
async def socket(signed_in: Client) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with signed_in.http.ws_connect("/ws") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "topics": ["tasks"]})
        await socket.receive_json()
        yield socket


async def test_a_connection_is_listed_and_closed_with_a_code(
    signed_in: Client, control: Control, socket: aiohttp.ClientWebSocketResponse
) -> None:
    found = (await control("GET", "/connections")).json["data"]
    assert [(row["user"], row["topics"], row["queued"]) for row in found] == [(EMAIL, ["tasks"], 0)]
    answer = await control("POST", f"/connections/{found[0]['id']}/close", code=4000, reason="try me")
    assert answer.status == 200
    message = await socket.receive()
    assert (message.type, message.data, message.extra) == (aiohttp.WSMsgType.CLOSE, 4000, "try me")
    await until(lambda: not signed_in.sandbox.hub.subscribers())
    assert (await control("POST", f"/connections/{found[0]['id']}/close")).status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [({"code": 1006}, "code"), ({"code": 999}, "code"), ({"code": 5000}, "code"), ({"reason": "ü" * 62}, "reason")],
)
async def test_what_no_close_frame_can_say_is_refused(
    control: Control, socket: aiohttp.ClientWebSocketResponse, body: dict[str, object], field: str
) -> None:
    connection = (await control("GET", "/connections")).json["data"][0]["id"]
    answer = await control("POST", f"/connections/{connection}/close", **body)
    assert (answer.status, list(answer.json["details"])) == (400, [field])


async def test_every_event_lists_what_its_payload_must_hold(
    control: Control, socket: aiohttp.ClientWebSocketResponse
) -> None:
    kinds = {kind["type"]: kind for kind in (await control("GET", "/events")).json["data"]}
    assert kinds["upload_progress"]["topics"] == ["upload:<id>", "uploads"]
    for kind in kinds.values():
        topic = kind["topics"][-1].replace("<id>", "00000000-0000-4000-8000-000000000000")
        sent = await control("POST", "/events", topic=topic, type=kind["type"], payload=kind["payload"])
        assert sent.status == 201, (kind, sent.json)


async def test_the_journal_can_be_paged_backwards(client: Client, control: Control) -> None:
    for _ in range(5):
        await client.send("GET", "/api/health")
    newest = [entry["number"] for entry in (await control("GET", "/journal", limit=2)).json["data"]]
    older = [entry["number"] for entry in (await control("GET", "/journal", limit=2, before=newest[-1])).json["data"]]
    assert (newest, older) == ([5, 4], [3, 2])


async def test_models_are_listed_started_and_stopped(client: Client, control: Control) -> None:
    async def status() -> dict[str, str]:
        return {model["id"]: model["status"] for model in (await control("GET", "/models")).json["data"]}

    assert await status() == {"codellama": "stopped", "llama2": "running", "mistral": "stopped"}
    assert (await control("POST", "/models/mistral/start")).json["status"] == "starting"
    client.sandbox.clock.advance(60_000)
    async with asyncio.timeout(10):
        while (await status())["mistral"] != "running":
            await asyncio.sleep(0.01)
    again = await control("POST", "/models/mistral/start")
    assert (again.status, again.json["message"]) == (409, "The model is running already")
    assert (await control("POST", "/models/mistral/stop")).json["status"] == "stopped"
    assert (await control("POST", "/models/gpt/stop")).status == 404
