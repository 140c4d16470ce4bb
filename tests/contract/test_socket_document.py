"""What real sockets say is what the AsyncAPI document says they say, and nothing that it describes goes unsaid."""

from __future__ import annotations

import dataclasses
from contextlib import AsyncExitStack
from typing import Any, Literal, get_args, get_origin

import pytest

from devkit.contract.entities import Identifier, Timestamp
from devkit.contract.shipped import CONTRACT
from devkit.dialects.backend import sockets
from devkit.dialects.shipped import DIALECTS
from devkit.dialects.spelling import hints_of
from tests.conftest import Client, StartServer
from tests.contract.wire import NOBODYS_ID, Listener, bearer, listening, slow_upload, token_of, upload
from tests.dialects.frames import Described

PATH = "/ws"


async def described(client: Client, path: str = PATH) -> Described:
    """The socket as the running server describes it."""
    return Described((await client.send("GET", "/_devkit/asyncapi.json")).json, path)


def sample(hint: Any) -> Any:
    """A value of that type, as the contract has it."""
    if hint == Identifier:
        return NOBODYS_ID
    if hint == Timestamp:
        return 0
    if dataclasses.is_dataclass(hint):
        hints = hints_of(hint)  # type: ignore[arg-type]
        return hint(**{field.name: sample(hints[field.name]) for field in dataclasses.fields(hint)})  # type: ignore[operator]
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    samples: dict[Any, Any] = {str: "text", int: 1, bool: True, dict: {"a": 1}, list: [], tuple: ()}
    plain = get_origin(hint) or hint
    return samples[plain] if plain in samples else sample(get_args(hint)[0])


async def everything_said(client: Client) -> list[dict[str, Any]]:
    """The frames of a few sessions in which all happens that can happen."""
    other = await token_of(client)
    async with AsyncExitStack() as stack:
        topics = ("tasks", "uploads", "notifications")
        listener = await stack.enter_async_context(listening(client, *topics))
        # What the backend does by itself …
        path = (
            await client.send("POST", "/api/tasks", json={"title": "Buy milk", "dueDate": "2026-01-20T10:00:00Z"})
        ).headers["Location"]
        await client.send("PATCH", path, json={"priority": "high"})
        await client.send("DELETE", path)
        await listener.until("task_deleted")
        await upload(client)
        await listener.until("upload_complete")
        async with slow_upload(client, 1000, NOBODYS_ID) as sending:
            await sending.send(500)
            sending.abort()
            await listener.until("upload_failed")
        sessions = (await client.send("GET", "/api/auth/sessions", headers=bearer(other))).json["data"]
        [current] = [session["id"] for session in sessions if session["current"]]
        await client.send("DELETE", f"/api/auth/sessions/{current}")
        await listener.until("notification")
        # … and what no operation of today causes, or not with all its fields.
        [subscriber] = [one for one in client.sandbox.hub.subscribers() if "tasks" in one.topics]
        everywhere = [sample_topic(topic) for kind in CONTRACT.events for topic in kind.topics]
        client.sandbox.hub.subscribe(subscriber, everywhere)
        for kind in CONTRACT.events:
            client.sandbox.hub.publish(kind.name, sample(kind.payload), user_id=subscriber.user_id)
            await listener.until(kind.name)
        # What the client says, right and wrong.
        await listener.say(type="unsubscribe", topics=["uploads"])
        await listener.say(type="ping")
        await listener.say(type="publish")
        await listener.say(type="subscribe", topics=["tasks:1"])
        await listener.say(type="subscribe", topics=["tasks"], since=10**9)
        await listener.until("resync")
        await listener.until("heartbeat")
        heard = listener.raw
    async with client.http.ws_connect(PATH, params={"token": "wrong"}) as socket:
        refused = Listener(socket)
        assert await refused.closed() == 4401
        return [*heard, *refused.raw]


def sample_topic(template: str) -> str:
    name, colon, _ = template.partition(":<")
    return f"{name}:{'text' if name == 'model' else NOBODYS_ID}" if colon else name


async def test_every_frame_of_the_event_socket_is_described_and_every_described_one_is_said(start: StartServer) -> None:
    async with start(ws_heartbeat=200) as client:
        await client.sign_in()
        document = await described(client)

        seen: set[str] = set()
        for frame in await everything_said(client):
            names = document.names_of(frame)
            assert names, frame
            seen |= {*names}

        assert seen == {name for name in document.payloads if not name.startswith("client_")}


async def test_a_frame_that_a_fault_bent_is_not_described(signed_in: Client) -> None:
    document = await described(signed_in)
    async with listening(signed_in, "tasks") as listener:
        await signed_in.send("POST", "/api/tasks", json={"title": "Buy milk"})
        await listener.until("task_created")
        frame = listener.raw[-1]
    assert document.names_of(frame) == ["task_created"]
    for bent in (frame | {"type": "task_made"}, frame | {"id": "1"}, frame | {"more": 1}, {**frame, "task": {}}):
        assert document.names_of(bent) == []


async def test_the_codes_that_sockets_close_with_are_listed(signed_in: Client) -> None:
    codes = (await described(signed_in)).channel["x-devkit-close-codes"]
    async with listening(signed_in) as listener:
        await signed_in.send("POST", "/api/auth/logout")
        assert str(await listener.closed()) in codes


@pytest.mark.parametrize("dialect", [*DIALECTS], ids=lambda dialect: dialect.name)
async def test_the_document_can_be_had_for_one_dialect(client: Client, dialect: Any) -> None:
    found = (await client.send("GET", f"/_devkit/asyncapi.json?dialect={dialect.name}")).json
    assert [channel["address"] for channel in found["channels"].values()] == (
        [dialect.socket_path] if dialect.socket_path else []
    )
    assert found["servers"]["devkit"]["host"] == client.url.removeprefix("http://")
    everything = (await client.send("GET", "/_devkit/asyncapi.json")).json
    assert {channel["address"] for channel in everything["channels"].values()} == set(sockets(DIALECTS))


async def test_a_dialect_that_is_not_served_has_no_document(client: Client) -> None:
    wrong = await client.send("GET", "/_devkit/asyncapi.json?dialect=agred")
    assert (wrong.status, "agreed" in wrong.json["message"]) == (404, True)
