"""Events of one's own (issue 16, "Events of yours"): which operation tells what, and who hears it where."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientPayloadError, ClientResponse, ClientSession, ClientWebSocketResponse, WSMsgType

from devkit import yamlfile
from devkit.blueprint.file.loading import understand
from devkit.config import Settings
from devkit.contract.keeping import ByEvents
from devkit.contract.operations import Need
from devkit.dialects.asyncapi import document as asyncapi
from devkit.dialects.openapi.document import document as openapi
from devkit.dialects.shipped import BACKEND
from devkit.dialects.yours.backend import backend_of
from devkit.sandbox import Template
from devkit.server.hosting.backends import backend_for
from tests.blueprint.serving import Served, served
from tests.conftest import EMAIL, PASSWORD

OTHER_EMAIL = "empty@example.com"

EMITTING = """
contract: shop
accounts: true
resources:
  orders:
    owner: user
    fields: {status: open | paid = open, total: number!, note: string write-only}
  parcels:
    fields: {weight: number, key: string write-only}
operations:
  pay: {POST: "/orders/{id}/pay", on: orders, set: {status: paid}, emits: [parcel_created]}
  weigh:
    POST: /weigh
    access: public
    answer: {weight: 4, key: hush}
    status: 201
    emits: [parcel_updated, order_updated]
  refuse: {POST: /refuse, answer: {weight: 1}, status: 409, emits: [parcel_deleted]}
  split: {POST: "/split/{id}", function: "shop.py:split", emits: [order_updated, parcel_deleted]}
"""

FUNCTIONS = """
async def split(told, rows):
    if told.path["id"] == "none":
        return 404, {"weight": 0}
    await rows["orders"].update(told.path["id"], {"total": 5})
    return ["two", "parts"]
"""


async def signed_in(shop: Served, email: str = EMAIL, base: str = "") -> dict[str, str]:
    _, session = await shop.call("POST", f"{base}/auth/login", {"email": email, "password": PASSWORD})
    return {"Authorization": f"Bearer {session['token']}"}


async def listens(socket: ClientWebSocketResponse, *topics: str) -> None:
    assert (await socket.receive_json())["type"] == "connection"
    await socket.send_json({"type": "subscribe", "topics": topics})
    assert (await socket.receive_json())["status"] == "subscribed"


async def heard(socket: ClientWebSocketResponse) -> list[tuple[str, Any]]:
    """All that was told so far: what a ping is answered behind."""
    await socket.send_json({"type": "ping"})
    found = []
    while (frame := await socket.receive_json())["type"] != "pong":
        found.append((frame["type"], frame.get("order", frame.get("parcel"))))
    return found


async def test_an_operation_tells_what_it_emits_to_those_whose_it_is(tmp_path: Path, template: Template) -> None:
    (tmp_path / "shop.py").write_text(FUNCTIONS)
    async with served(tmp_path / "backend.yaml", EMITTING, template) as shop:
        mine, theirs = await signed_in(shop), await signed_in(shop, OTHER_EMAIL)
        _, order = await shop.call("POST", "/orders", {"total": 9, "note": "for me"}, headers=mine)
        async with (
            shop.http.ws_connect("/ws", headers=mine) as socket,
            shop.http.ws_connect("/ws", headers=theirs) as other,
        ):
            await listens(socket, "orders", "parcels")
            await listens(other, "orders", "parcels")

            # A step tells of its row, and then what else it causes, with what was answered.
            _, paid = await shop.call("POST", f"/orders/{order['id']}/pay", headers=mine)
            assert await heard(socket) == [("order_updated", paid), ("parcel_created", paid)]
            assert await heard(other) == [("parcel_created", paid)]

            # An answer: what is stored and never shown is not told; of owned rows nobody hears where nobody calls.
            assert (await shop.call("POST", "/weigh"))[0] == 201
            assert await heard(socket) == await heard(other) == [("parcel_updated", {"weight": 4})]

            # A function: what rows have told is not told twice, and what is no object has nothing to tell.
            assert (await shop.call("POST", f"/split/{order['id']}", headers=mine))[1] == ["two", "parts"]
            [(first, split), *further] = await heard(socket)
            assert (first, split["total"], further) == ("order_updated", 5, [("parcel_deleted", {})])
            assert await heard(other) == [("parcel_deleted", {})]

            # What fails tells nothing.
            assert (await shop.call("POST", "/split/none", headers=mine))[0] == 404
            assert (await shop.call("POST", "/refuse", headers=mine))[0] == 409
            assert (await shop.call("POST", "/orders/gone/pay", headers=mine))[0] == 404
            assert await heard(socket) == await heard(other) == []


OPEN = """
contract: shop
base: /v1
events: {path: /live, envelope: {kind: "{event}", n: "{id}", order: "{data}"}}
resources: {orders: {fields: {total: number!}}, quiet: {events: false}}
"""


async def test_where_nobody_signs_in_everybody_hears_what_is_everybodys(tmp_path: Path, template: Template) -> None:
    async with served(tmp_path / "backend.yaml", OPEN, template) as shop:
        assert (await shop.call("GET", "/ws"))[0] == 404
        # What comes along as a token is nobody's, and no reason to be sent away.
        async with (
            shop.http.ws_connect("/v1/live") as socket,
            shop.http.ws_connect("/v1/live?token=any", headers={"Authorization": "Bearer any"}) as other,
        ):
            opened = await socket.receive_json()
            assert {**opened, "connection_id": "", "timestamp": "", "data": {}} == {
                "type": "connection",
                "status": "connected",
                "connection_id": "",
                "timestamp": "",
                "data": {},
            }
            assert (await other.receive_json())["type"] == "connection"
            for topic in ("quiet", "tasks", "notifications", "upload:1"):
                await socket.send_json({"type": "subscribe", "topics": [topic]})
                assert (await socket.receive_json())["error"] == "forbidden_topic"
            await socket.send_json({"type": "subscribe", "topics": ["orders"]})
            assert (await socket.receive_json())["status"] == "subscribed"

            orders = [(await shop.call("POST", "/v1/orders", {"total": total}))[1] for total in (1, 2)]
            first, second = await socket.receive_json(), await socket.receive_json()
            assert [first, second] == [
                {"kind": "order_created", "n": one["n"], "order": order}
                for one, order in zip((first, second), orders, strict=True)
            ]
            # Who was away is told what was missed.
            await other.send_json({"type": "subscribe", "topics": ["orders"], "since": first["n"]})
            assert (await other.receive_json())["status"] == "subscribed"
            assert await other.receive_json() == second

            _, seen = await shop.call("GET", "/_devkit/api/connections")
            assert [(one["user"], one["topics"]) for one in seen["data"]] == [(None, ["orders"])] * 2
            _, told = await shop.call("GET", "/_devkit/api/journal")
            assert {one["user"] for one in told["data"] if "connection_id" in one} == {None}

            # A reset ends no session here: the server is away for a moment.
            assert (await shop.call("POST", "/_devkit/api/reset"))[0] == 200
            for one in (socket, other):
                assert (await one.receive()).type is WSMsgType.CLOSE
                assert one.close_code == 1001


@pytest.mark.parametrize(("fault", "code"), [("type: ws.drop", 1006), ("type: ws.close, code: 1012", 1012)])
async def test_what_breaks_sockets_breaks_that_of_nobody(
    tmp_path: Path, template: Template, fault: str, code: int
) -> None:
    async with served(tmp_path / "backend.yaml", OPEN, template) as shop, shop.http.ws_connect("/v1/live") as socket:
        await socket.receive_json()
        # Nobody has a session that could run out.
        for one in ("type: ws.auth_expired", fault):
            rules = f"name: sockets\ntitle: Sockets\nrules: [{{id: a, fault: {{{one}}}}}]\n"
            assert (await shop.call("POST", "/_devkit/api/scenarios/try", {"text": rules}))[0] == 200
            if one != fault:
                assert await heard(socket) == []
        await socket.receive()
        assert socket.close_code == code


def test_the_document_says_where_events_are_streamed() -> None:
    backend = backend_of(understand(yamlfile.parse(Path("backend.yaml"), STREAMED), BACKEND.contract), BACKEND)
    found = openapi(backend.chosen(()))["paths"]["/v1/events"]["get"]
    assert list(found["responses"]["200"]["content"]) == ["text/event-stream"]
    assert [(one["name"], one["in"]) for one in found["parameters"]] == [
        ("topics", "query"),
        ("lastEventId", "query"),
        ("Last-Event-ID", "header"),
    ]
    assert found["security"]
    assert {Need.STREAM, Need.SESSION} <= set(backend.contract.needs["events.shop"])


def test_two_contracts_of_which_each_has_a_stream_of_its_own_are_served_together(tmp_path: Path) -> None:
    for name, thing in (("shop", "order"), ("blog", "post")):
        head = f"contract: {name}\nbase: /{name}\nevents: {{sse: /events}}\n"
        (tmp_path / f"{name}.yaml").write_text(head + f"resources: {{{thing}s: {{fields: {{n: string}}}}}}")
    given = tuple(str(tmp_path / f"{name}.yaml") for name in ("shop", "blog"))

    operations = backend_for(Settings(memory=True, contract=given)).contract.operations

    kept = {one.id: one.keeper.topics for one in operations if isinstance(one.keeper, ByEvents)}
    assert kept == {"events.shop": ("orders",), "events.blog": ("posts",)}


def test_the_document_says_where_the_socket_is_and_that_nobody_signs_in() -> None:
    backend = backend_of(understand(yamlfile.parse(Path("backend.yaml"), OPEN), BACKEND.contract), BACKEND)
    found = asyncapi(backend.chosen(()))
    channel = found["channels"]["events"]
    assert (channel["address"], channel["bindings"]["ws"]) == ("/v1/live", {"method": "GET", "bindingVersion": "0.1.0"})
    assert "refusal" not in channel["messages"]
    assert "4401" not in channel["x-devkit-close-codes"]
    assert found["operations"]["events.tell"]["security"] == []
    assert "user_id" not in found["components"]["messages"]["events.connection"]["payload"]["properties"]


STREAMED = """
contract: shop
accounts: {session: {cookie: sid, bearer: true}, lifetime: 600}
base: /v1
events: {sse: /events, envelope: {kind: "{event}", order: "{data}"}}
resources: {orders: {owner: user, fields: {name: string!}}, parcels: {fields: {weight: number}}}
"""


async def next_event(response: ClientResponse) -> dict[str, str]:
    """The fields of the next event, as the HTML standard reads them; comments under an empty name."""
    fields = {}
    while line := (await response.content.readline()).decode():
        if line == "\n":
            return fields
        name, _, value = line.removesuffix("\n").partition(":")
        fields[name] = value.removeprefix(" ")
    return fields


async def test_events_come_as_server_sent_ones_and_what_was_missed_comes_first(
    tmp_path: Path, template: Template
) -> None:
    """WHATWG HTML, "Server-sent events": the fields, and Last-Event-ID."""
    async with served(tmp_path / "backend.yaml", STREAMED, template) as shop:
        assert (await shop.call("GET", "/v1/events"))[0] == 401
        mine, theirs = await signed_in(shop, base="/v1"), await signed_in(shop, OTHER_EMAIL, base="/v1")
        status, wrong = await shop.call("GET", "/v1/events?topics=orders,oders", headers=mine)
        assert (status, wrong["errors"][0]["detail"].partition(":")[0]) == (400, "There is no topic 'oders'")
        async with shop.http.head("/v1/events", headers=mine) as response:
            assert (response.status, response.content_type) == (200, "text/event-stream")

        async with (
            shop.http.get("/v1/events", headers=mine) as stream,
            shop.http.get("/v1/events?topics=parcels", headers=theirs) as other,
        ):
            assert (stream.content_type, stream.headers["Cache-Control"]) == (
                "text/event-stream",
                "no-cache, no-transform",
            )
            begun = await next_event(stream)
            assert begun.keys() == {"id"}
            await next_event(other)
            _, order = await shop.call("POST", "/v1/orders", {"name": "Ärmel"}, headers=mine)
            _, parcel = await shop.call("POST", "/v1/parcels", {"weight": 2}, headers=mine)
            first, second = await next_event(stream), await next_event(stream)
            assert (first["event"], json.loads(first["data"])) == (
                "order_created",
                {"kind": "order_created", "order": order},
            )
            assert second == await next_event(other)
            assert json.loads(second["data"])["order"] == parcel
            assert int(begun["id"]) < int(first["id"]) < int(second["id"])
            _, seen = await shop.call("GET", "/_devkit/api/connections")
            assert [(one["user"], one["topics"]) for one in seen["data"]] == [
                (EMAIL, ["orders", "parcels", "notifications"]),
                (OTHER_EMAIL, ["parcels"]),
            ]
        # Who has left is forgotten.
        async with asyncio.timeout(20):
            while (await shop.call("GET", "/_devkit/api/connections"))[1]["total"]:
                await asyncio.sleep(0.01)

        for query, header in ((f"?lastEventId={first['id']}", {}), ("?lastEventId=1", {"Last-Event-ID": first["id"]})):
            async with shop.http.get(f"/v1/events{query}", headers=mine | header) as stream:
                assert await next_event(stream) == {"id": first["id"]}
                assert await next_event(stream) == second
        for lost in ("99999", "one"):
            async with shop.http.get("/v1/events", headers=mine | {"Last-Event-ID": lost}) as stream:
                assert await next_event(stream) == {
                    "id": second["id"],
                    "event": "resync",
                    "data": '{"type":"resync","data":{}}',
                }


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/auth/logout", None),
        ("POST", "/_devkit/api/clock/advance", {"by": "11m"}),
        ("POST", "/_devkit/api/reset", None),
    ],
)
async def test_a_stream_of_events_ends_with_its_session(
    tmp_path: Path, template: Template, method: str, path: str, body: Any
) -> None:
    async with served(tmp_path / "backend.yaml", STREAMED, template) as shop:
        mine = await signed_in(shop, base="/v1")
        cookie = {"Cookie": f"sid={mine['Authorization'].removeprefix('Bearer ')}"}
        async with shop.http.get("/v1/events", headers=cookie) as stream:
            await next_event(stream)
            assert (await shop.call(method, path, body, headers=mine))[0] in {200, 204}
            async with asyncio.timeout(20):
                assert await stream.content.read() == b""


async def test_faults_of_streams_strike_events_and_comments_keep_a_stream_alive(
    tmp_path: Path, template: Template
) -> None:
    text = "contract: shop\nevents: {sse: /events}\nresources: {orders: {fields: {name: string}}}\n"
    rules = "name: s\ntitle: S\nrules: [{id: a, match: {needs: stream}, fault: {type: stream.cut, after: 1}}]\n"
    async with ClientSession() as outside:
        async with served(tmp_path / "backend.yaml", text, template, ws_heartbeat=20) as shop:
            async with shop.http.get("/events") as stream:
                await next_event(stream)
                assert await next_event(stream) == {"": "heartbeat"}
            left = await outside.get(f"{shop.url}/events")
            assert (await shop.call("POST", "/_devkit/api/scenarios/try", {"text": rules}))[0] == 200
            async with shop.http.get("/events") as stream:
                await next_event(stream)
                for name in ("one", "two"):
                    await shop.call("POST", "/orders", {"name": name})
                while (told := await next_event(stream)).get("event") is None:
                    assert told == {"": "heartbeat"}
                assert told["event"] == "order_created"
                with pytest.raises(ClientPayloadError):
                    await stream.content.read()
        # The stop of the server is an end in good order.
        assert (await left.content.read()).count(b"event: order_created") == 2
    # The server has stopped, and nobody waits.
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


BROKEN = """
name: cut
title: Half an event
rules: [{id: a, match: {operation: events.*}, fault: {type: conn.truncate, fraction: 0.5}}]
"""


async def test_what_breaks_a_connection_breaks_a_stream_while_it_runs(tmp_path: Path, template: Template) -> None:
    """It has no end to be waited for."""
    text = "contract: shop\nevents: {sse: /events}\nresources: {orders: {fields: {name: string}}}\n"
    async with served(tmp_path / "backend.yaml", text, template) as shop:
        assert (await shop.call("POST", "/_devkit/api/scenarios/try", {"text": BROKEN}))[0] == 200
        async with asyncio.timeout(20), shop.http.get("/events") as stream:
            assert "conn.truncate" in stream.headers["X-Devkit-Fault"]
            with pytest.raises(aiohttp.ClientPayloadError):
                await stream.read()
