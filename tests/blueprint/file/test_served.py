"""What a backend.yaml says is what its clients meet."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from devkit import yamlfile
from devkit.blueprint.file.loading import understand
from devkit.blueprint.reading import read
from devkit.dialects.asyncapi import document as asyncapi
from devkit.dialects.shipped import BACKEND
from devkit.dialects.yours.backend import backend_of
from devkit.sandbox import Template
from devkit.schemas.checking import Checker
from tests.blueprint.serving import served
from tests.conftest import EMAIL, PASSWORD


async def test_rows_of_a_tenant_are_listed_for_that_tenant_alone(tmp_path: Path, template: Template) -> None:
    text = """
contract: notes
tenant: {header: X-Tenant, known: [acme, globex]}
resources:
  notes: {fields: {title: string!}}
  tags: {tenant: false, fields: {name: string!}}
"""
    async with served(tmp_path / "backend.yaml", text, template) as notes:
        acme, globex = ({"X-Tenant": name} for name in ("acme", "globex"))
        status, made = await notes.call("POST", "/notes", {"title": "One", "tenant": "globex"}, headers=acme)
        assert (status, made["tenant"]) == (201, "acme")
        for _ in range(3):  # the fast lane answers too, once an address is known
            assert (await notes.call("GET", "/notes", headers=acme))[1]["total"] == 1
            assert (await notes.call("GET", "/notes", headers=globex))[1]["total"] == 0
            assert (await notes.call("GET", f"/notes/{made['id']}", headers=acme))[0] == 200
            assert (await notes.call("GET", f"/notes/{made['id']}", headers=globex))[0] == 404
        assert (await notes.call("GET", "/notes"))[0] == 400
        assert (await notes.call("GET", "/notes", headers={"X-Tenant": "other"}))[0] == 400
        assert (await notes.call("GET", "/tags"))[0] == 200


async def test_several_rows_are_made_at_once_or_none(tmp_path: Path, template: Template) -> None:
    text = "contract: notes\nresources: {notes: {bulk: true, fields: {title: string!}}, tags: {}}\n"
    async with served(tmp_path / "backend.yaml", text, template) as notes:
        status, made = await notes.call("POST", "/notes", [{"title": "One"}, {"title": "Two"}])
        assert (status, [row["title"] for row in made]) == (201, ["One", "Two"])
        status, wrong = await notes.call("POST", "/notes", [{"title": "Three"}, {"titel": "Four"}])
        assert (status, len(wrong["errors"])) == (400, 1)
        assert (await notes.call("GET", "/notes"))[1]["total"] == 2
        # Who does not say so takes one at a time.
        assert (await notes.call("POST", "/tags", [{}]))[0] == 400


ENVELOPE = """
contract: shop
accounts: true
events:
  names: "{singular}.{verb}"
  envelope: {kind: "{event}", n: "{id}", at: ["{timestamp}"], about: "a {resource} on {topic}", row: "{data}", v: 2}
resources: {orders: {fields: {total: number!}}}
"""


GAP = """
name: gap
title: Ids jump
rules: [{id: jump, match: {event: "order.*"}, fault: {type: ws.gap, count: 2}}]
"""


async def test_events_come_in_the_users_own_envelope(tmp_path: Path, template: Template) -> None:
    file = tmp_path / "backend.yaml"
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "gap.yaml").write_text(GAP)
    async with served(file, ENVELOPE, template) as shop:
        _, session = await shop.call("POST", "/auth/login", {"email": EMAIL, "password": PASSWORD})
        signed = {"Authorization": f"Bearer {session['token']}"}
        async with shop.http.ws_connect("/ws", headers=signed) as socket:
            assert (await socket.receive_json())["type"] == "connection"
            await socket.send_json({"type": "subscribe", "topics": ["orders"]})
            assert (await socket.receive_json())["status"] == "subscribed"
            _, made = await shop.call("POST", "/orders", {"total": 2}, headers=signed)
            told = await socket.receive_json()
            # What breaks frames reads them, too.
            await shop.call("POST", "/_devkit/api/scenarios/gap/use")
            await shop.call("PATCH", f"/orders/{made['id']}", {"total": 3}, headers=signed)
            before = await socket.receive_json()
            await shop.call("PATCH", f"/orders/{made['id']}", {"total": 4}, headers=signed)
            after = await socket.receive_json()
        assert (before["kind"], after["kind"], after["n"] - before["n"]) == ("order.updated", "order.updated", 3)
    assert told == {
        "kind": "order.created",
        "n": told["n"],
        "at": [told["at"][0]],
        "about": "a order on orders",
        "row": made,
        "v": 2,
    }
    backend = backend_of(await asyncio.to_thread(read, file, BACKEND.contract), BACKEND)
    document = asyncapi(backend.chosen(()), server_url="ws://localhost")
    payload = document["components"]["messages"]["events.order.created"]["payload"]
    assert Checker(document["components"]["schemas"]).check(payload, told) == {}
    assert Checker(document["components"]["schemas"]).check(payload, told | {"v": 3})


async def test_what_one_has_at_an_address_of_the_accounts_is_ones_own(tmp_path: Path, template: Template) -> None:
    text = """
contract: shop
accounts: true
operations:
  enter: {POST: /auth/login, access: public, answer: {hello: there}}
  stop: {DELETE: "/auth/sessions/{session}", access: public, answer: {ended: "yes"}}
"""
    async with served(tmp_path / "backend.yaml", text, template) as shop:
        assert await shop.call("POST", "/auth/login") == (200, {"hello": "there"})
        assert await shop.call("DELETE", "/auth/sessions/3") == (200, {"ended": "yes"})
        assert (await shop.call("GET", "/auth/me"))[0] == 401


async def test_an_answer_has_what_was_asked_in_it(tmp_path: Path, template: Template) -> None:
    text = """
contract: rates
operations:
  convert: {GET: "/rates/{to}", query: {amount: number = 1}, answer: {to: "{path.to}", amount: "{query.amount}"}}
  weather: {GET: "/weather/{city}", answers: {rome: {sky: blue}, oslo: {sky: grey}}}
"""
    async with served(tmp_path / "backend.yaml", text, template) as rates:
        assert await rates.call("GET", "/rates/usd?amount=2.5") == (200, {"to": "usd", "amount": 2.5})
        assert await rates.call("GET", "/rates/usd") == (200, {"to": "usd", "amount": 1})
        assert await rates.call("GET", "/weather/oslo") == (200, {"sky": "grey"})
        assert await rates.call("GET", "/weather/rome") == (200, {"sky": "blue"})


@pytest.mark.parametrize(
    "pages",
    [
        "page",
        "offset",
        "cursor",
        "link",
        "none",
        "{style: page, items: rows, next: next, previous: prev, addresses: true, more: meta.more, total: meta.count}",
        "{style: page, next: links.next, previous: links.prev, addresses: true, nulls: false}",
        "{style: cursor, next: meta.after, items: data.rows, more: meta.more}",
        "{style: offset, items: result, echo: {page: at.page, size: at.size, pages: at.pages, offset: at.before}}",
    ],
)
async def test_pages_are_as_their_schema_says(tmp_path: Path, template: Template, pages: str) -> None:
    text = f"contract: shop\npages: {pages}\nresources: {{orders: {{seed: 5, fields: {{total: number!}}}}}}\n"
    file = tmp_path / "backend.yaml"
    async with served(file, text, template) as shop:
        blueprint = await asyncio.to_thread(read, file, BACKEND.contract)
        told = blueprint.resources["orders"].pages
        [outcome] = next(one for one in blueprint.operations if one.id == "orders.list").outcomes
        assert outcome.body is not None
        schema = outcome.body.media["application/json"]
        found: list[Any] = []
        asked = ["", f"?{told.size}=2", f"?{told.size}=2&{told.page}=2"]
        for query in asked[: {"none": 1, "cursor": 2}.get(told.style, 3)]:
            status, page = await shop.call("GET", f"/orders{query}")
            assert (status, Checker(blueprint.components).check(schema, page)) == (200, {})
            found.append(page)
        rows = found[0]
        for step in filter(None, told.items.split(".")):
            rows = rows[step]
        assert len(rows) == 5


@pytest.mark.parametrize(
    ("like", "errors"),
    [
        ("agreed", "problem"),
        ("webplus", "agreed"),
        ("promptcraft", "webplus"),
        ("taskapp", "promptcraft"),
        ("agreed", "taskapp"),
        ("webplus", "{template: {no: '{code}'}, statuses: {unauthorized: 418}}"),
    ],
)
async def test_accounts_and_errors_are_like_any_that_there_are(
    tmp_path: Path, template: Template, like: str, errors: str
) -> None:
    text = f"contract: shop\nbase: /v1\naccounts: {{like: {like}}}\nerrors: {errors}\nresources: {{orders: {{}}}}\n"
    async with served(tmp_path / "backend.yaml", text, template) as shop:
        async with shop.http.get("/v1/orders") as refused:
            assert refused.status == (418 if "418" in errors else 401)
            assert "json" in refused.content_type


async def test_a_list_is_asked_for_by_the_body_of_a_query(tmp_path: Path, template: Template) -> None:
    """RFC 10008: safe and idempotent as GET is, with what is asked for in the content."""
    rows = ", ".join(f"{{total: {number}, status: {'ab'[number % 2]}}}" for number in range(6))
    resource = f"{{list: {{query: true}}, fields: {{total: integer!, status: a | b}}, seed: [{rows}]}}"
    text = f"contract: shop\nresources: {{orders: {resource}, notes: {{}}}}\n"
    async with served(tmp_path / "backend.yaml", text, template) as shop:
        status, found = await shop.call("QUERY", "/orders", {"status": "b", "sort": "-total", "limit": 2})
        assert (status, [row["total"] for row in found["data"]], found["total"]) == (200, [5, 3], 3)
        _, more = await shop.call("QUERY", "/orders?page=2", {"status": ["b"], "sort": ["-total"], "limit": 2})
        assert [row["total"] for row in more["data"]] == [1]
        status, formed = await shop.call("QUERY", "/orders", data={"status": "a", "sort": "total"})
        assert (status, [row["total"] for row in formed["data"]]) == (200, [0, 2, 4])
        assert (await shop.call("QUERY", "/orders"))[1]["total"] == 6
        assert (await shop.call("QUERY", "/orders", {"status": "c"}))[0] == 400
        assert (await shop.call("QUERY", "/notes", {}))[0] == 405


@pytest.mark.parametrize("like", ["agreed", "webplus", "promptcraft", "taskapp"])
def test_each_operation_of_devkits_can_be_bound_whoever_spells_it(like: str) -> None:
    """The dialect that accounts are like need not have it."""
    lines = [
        f"  mine{number}: {{POST: /mine{number}, service: {one.id}}}"
        for number, one in enumerate(BACKEND.contract.operations)
    ]
    text = "\n".join([f"contract: shop\naccounts: {{like: {like}}}\noperations:", *lines])
    blueprint = understand(yamlfile.parse(Path("backend.yaml"), text), BACKEND.contract)
    [dialect] = backend_of(blueprint, BACKEND).dialects
    served = {route.path: route.operation.id for route in dialect.routes()}
    assert {f"/mine{number}": f"mine{number}" for number in range(len(lines))}.items() <= served.items()


async def test_what_another_dialect_spells_is_answered(tmp_path: Path, template: Template) -> None:
    text = """
contract: shop
accounts: {like: taskapp}
operations: {models: {GET: /models, service: models.list}, settings: {GET: /settings, service: config.get}}
"""
    async with served(tmp_path / "backend.yaml", text, template) as shop:
        assert (await shop.call("GET", "/models"))[0] == 401
        status, settings = await shop.call("GET", "/settings")
        assert (status, "features" in settings) == (200, True)
