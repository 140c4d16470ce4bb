"""Events of one's own (issue 16, "Events of yours"): which operation tells what, and who hears it where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import ClientWebSocketResponse

from devkit.sandbox import Template
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


async def signed_in(shop: Served, email: str = EMAIL) -> dict[str, str]:
    _, session = await shop.call("POST", "/auth/login", {"email": email, "password": PASSWORD})
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
