"""Events on `/ws` are spelled in the dialect of what the client signed in with, or of the one it names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.conftest import EMAIL, PASSWORD, Client, StartServer
from tests.contract.wire import API_KEY, Listener, bearer, cookie, opened, upload
from tests.dialects.frames import Described

DUE = {"agreed": "dueDate", "webplus": "due_date", "promptcraft": "due_date", "taskapp": "due_date"}


async def tokens(client: Client) -> dict[str, str]:
    """What each dialect hands out, of one user."""
    password = {"password": PASSWORD}
    agreed = await client.send("POST", "/api/auth/login", json={"email": EMAIL, **password})
    webplus = await client.send("POST", "/auth/login", json={"username": EMAIL, **password})
    promptcraft = await client.send("POST", "/api/v2/auth/login/", json={"email": EMAIL, **password})
    taskapp = await client.send("POST", "/api/auth/sign-in/email", json={"email": EMAIL, **password})
    session = taskapp.cookies["better-auth.session_token"]
    jwt = await client.send("GET", "/api/auth/token", headers={"Cookie": f"better-auth.session_token={session}"})
    return {
        "agreed": agreed.cookies["auth-token"],
        "webplus": webplus.json["access_token"],
        "promptcraft": promptcraft.json["access"],
        "taskapp": jwt.json["token"],
    }


async def told(client: Client, path: str, maker: str, protocols: Sequence[str] = (), **headers: str) -> dict[str, Any]:
    """The event of a task that was made, as it is told on that socket."""
    async with client.http.ws_connect(path, protocols=protocols, headers=headers) as socket:
        listener = Listener(socket)
        assert (await listener.next())["type"] == "connection"
        assert (await listener.say(type="subscribe", topics=["tasks"]))["status"] == "subscribed"
        await client.send("POST", "/api/tasks", json={"title": "Buy milk"}, headers=bearer(maker))
        return await listener.until("task_created")


async def test_a_token_says_in_which_dialect_its_client_hears(client: Client) -> None:
    issued = await tokens(client)
    spelled = {
        name: (await told(client, f"/ws?token={token}", issued["agreed"]))["task"] for name, token in issued.items()
    }
    assert {name: DUE[name] in task for name, task in spelled.items()} == dict.fromkeys(DUE, True)
    assert "dueDate" not in spelled["webplus"]
    assert spelled["taskapp"].keys() - spelled["webplus"].keys() == {"user_id"}


async def test_so_do_a_cookie_and_an_api_key(client: Client) -> None:
    agreed = (await tokens(client))["agreed"]
    assert "dueDate" in (await told(client, "/ws", agreed, **cookie(auth_token=agreed)))["task"]
    # API keys are Web+'s (CONTRACT.md, "`webplus`").
    assert "due_date" in (await told(client, f"/ws?api_key={API_KEY}", agreed))["task"]


@pytest.mark.parametrize("name", DUE)
async def test_a_client_may_name_the_dialect_as_a_subprotocol_and_bring_its_token_so(client: Client, name: str) -> None:
    agreed = (await tokens(client))["agreed"]
    for offered in ([name, "bearer", agreed], ["bearer", agreed, name]):
        assert DUE[name] in (await told(client, "/ws", agreed, offered))["task"]
    async with client.http.ws_connect("/ws", protocols=[name, "bearer", agreed]) as socket:
        assert socket.protocol == name
    async with client.http.ws_connect("/ws", protocols=["bearer", agreed]) as socket:
        assert socket.protocol == "bearer"
        assert (await socket.receive_json(timeout=5))["status"] == "connected"


async def test_a_refresh_keeps_the_dialect_and_a_dialect_that_is_not_served_gives_way(start: StartServer) -> None:
    async with start(memory=True) as client:
        given = (await client.send("POST", "/auth/login", json={"username": EMAIL, "password": PASSWORD})).json
        again = await client.send("POST", "/auth/refresh", json={"refresh_token": given["refresh_token"]})
        task = (await told(client, f"/ws?token={again.json['access_token']}", given["access_token"]))["task"]
        assert "due_date" in task
    async with start(dialects=("agreed",)) as client:
        minted = await client.sandbox.mint_token(EMAIL, lifetime=60)
        assert minted is not None
        assert "dueDate" in (await told(client, f"/ws?token={minted.token}", minted.token))["task"]


async def test_two_clients_of_one_user_hear_the_same_event_each_in_its_own_dialect(client: Client) -> None:
    issued = await tokens(client)
    async with (
        client.http.ws_connect(f"/ws?token={issued['agreed']}") as first,
        client.http.ws_connect(f"/ws?token={issued['webplus']}") as second,
    ):
        for socket in (first, second):
            await socket.receive_json(timeout=5)
            await socket.send_json({"type": "subscribe", "topics": ["uploads"]})
            await socket.receive_json(timeout=5)
        done = await upload(client, headers=bearer(issued["agreed"]))
        frames = []
        for socket in (first, second):
            frame = opened(await socket.receive_json(timeout=5))
            while frame["type"] != "upload_complete":
                frame = opened(await socket.receive_json(timeout=5))
            frames.append(frame["upload"])
    agreed, webplus = frames
    assert (agreed["contentType"], webplus["content_type"]) == ("text/plain", "text/plain")
    # Both at the address that the client called.
    assert agreed["url"] == webplus["url"]
    assert agreed["url"].endswith(f"/api/uploads/{done.json['id']}/content")
    assert (await client.send("GET", agreed["url"], headers=bearer(issued["agreed"]))).body == b"hello"


async def test_the_document_describes_all_of_them(client: Client) -> None:
    document = Described((await client.send("GET", "/_devkit/asyncapi.json")).json, "/ws")
    issued = await tokens(client)
    for token in issued.values():
        async with client.http.ws_connect(f"/ws?token={token}") as socket:
            await socket.receive_json(timeout=5)
            await socket.send_json({"type": "subscribe", "topics": ["tasks"]})
            await socket.receive_json(timeout=5)
            await client.send("POST", "/api/tasks", json={"title": "Buy milk"}, headers=bearer(issued["agreed"]))
            assert document.names_of(await socket.receive_json(timeout=5)) == ["task_created"]
