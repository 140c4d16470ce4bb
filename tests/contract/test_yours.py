"""Somebody's own backend, from a few lines of YAML to what a client of it sees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from devkit.config import Settings
from devkit.records import dataclass
from devkit.sandbox import Template
from devkit.server.hosting.app import App, Running, running
from devkit.server.hosting.backends import backend_for
from tests.blueprint.serving import served
from tests.conftest import EMAIL, PASSWORD

SHOP = """\
contract: shop
base: /v1
accounts:
  session: {cookie: sid, bearer: true, header: X-Auth-Token}
resources:
  customers:
    fields: {name: string!, email: email! unique, tier: free | pro = free}
    requires: {delete: admin}
    pages: {style: offset, items: result.rows, total: result.count, page: skip, size: take}
  orders:
    id: prefix ord_
    owner: user
    fields:
      customer: -> customers
      total: {type: number, minimum: 0}
      status: open | paid | shipped = open
operations:
  shipOrder: {POST: "/orders/{id}/ship", on: orders, set: {status: shipped}, when: {status: paid}}
  exchangeRate: {GET: /rates, answer: {eur: 1, usd: 1.08}}
"""


@dataclass(frozen=True)
class Served:
    """The shop, and a client of it that is signed in."""

    app: App
    ready: Running
    http: aiohttp.ClientSession
    file: Path

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any, Any]:
        """Status, body and header fields."""
        if body is not None:
            options["json"] = body
        async with self.http.request(method, path, **options) as response:
            text = await response.read()
            return response.status, await response.json(content_type=None) if text else None, response.headers


@pytest_asyncio.fixture
async def shop(tmp_path: Path, template: Template) -> AsyncIterator[Served]:
    file = tmp_path / "backend.yaml"
    file.write_text(SHOP)
    settings = Settings(
        port=0, memory=True, state_dir=tmp_path, scenario_dir=tmp_path / "scenarios", contract=(str(file),)
    )
    async with (
        running(settings, template, await asyncio.to_thread(backend_for, settings)) as (app, ready),
        aiohttp.ClientSession(ready.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
    ):
        served = Served(app, ready, http, file)
        status, told, _ = await served.call("POST", "/v1/auth/login", {"email": EMAIL, "password": PASSWORD})
        assert (status, sorted(told)) == (200, ["refreshToken", "token", "user"])
        yield served


async def test_a_session_travels_in_the_users_own_cookie(shop: Served) -> None:
    assert {cookie.key for cookie in shop.http.cookie_jar} == {"sid", "refresh-token"}
    shop.http.cookie_jar.clear()
    status, told, headers = await shop.call("GET", "/v1/orders")
    assert (status, headers["Content-Type"]) == (401, "application/problem+json; charset=utf-8")
    assert (told["status"], told["code"]) == (401, "unauthorized")


async def test_a_token_or_a_key_comes_in_a_header_of_the_users_own(shop: Served) -> None:
    _, told, _ = await shop.call("POST", "/v1/auth/login", {"email": EMAIL, "password": PASSWORD})
    shop.http.cookie_jar.clear()
    for value in (told["token"], shop.ready.api_key):
        assert (await shop.call("GET", "/v1/orders", headers={"X-Auth-Token": value}))[0] == 200
    assert (await shop.call("GET", "/v1/orders", headers={"X-Auth-Token": "nobody's"}))[0] == 401


async def test_what_has_a_key_is_done_once_whatever_keeps_it(tmp_path: Path, template: Template) -> None:
    """draft-ietf-httpapi-idempotency-key-header-07, section 2: the key is for POST and PATCH, whatever they do."""
    text = """
contract: shop
resources: {orders: {fields: {total: number, status: paid | shipped = paid}}}
operations:
  shipOrder: {POST: "/orders/{id}/ship", on: orders, set: {status: shipped}, when: {status: paid}}
  pay: {POST: /payments, function: "pay.py:pay", body: {total: number!}, emits: [order_created]}
  refund: {POST: /refunds, answer: {id: "{uuid}"}}
"""
    code = """
count = 0
async def pay(told, rows):
    global count
    count += 1
    if told.body["total"] < 0:
        raise ValueError(count)
    return 402 if told.body["total"] > 99 else 201, {"count": count}
"""
    (tmp_path / "pay.py").write_text(code)
    async with served(tmp_path / "backend.yaml", text, template) as shop, shop.http.ws_connect("/ws") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "topics": ["orders"]})
        await socket.receive_json()
        one = {"headers": {"Idempotency-Key": "one"}}
        _, order = await shop.call("POST", "/orders", {"total": 1})
        shipped = await shop.call("POST", f"/orders/{order['id']}/ship", **one)
        assert (shipped[0], shipped[1]["status"]) == (200, "shipped")
        assert await shop.call("POST", f"/orders/{order['id']}/ship", **one) == shipped
        assert (await shop.call("POST", f"/orders/{order['id']}/ship"))[0] == 409

        twice = [asyncio.create_task(shop.call("POST", "/payments", {"total": 1}, **one)) for _ in range(2)]
        assert [await call for call in twice] == [(201, {"count": 1})] * 2
        assert (await shop.call("POST", "/payments", {"total": 2}, **one))[0] == 422
        # What the function refuses is its answer, and what fails was not done.
        for key, total, told in (("two", 100, (402, {"count": 2})), ("two", 100, (402, {"count": 2}))):
            assert await shop.call("POST", "/payments", {"total": total}, headers={"Idempotency-Key": key}) == told
        for _ in range(2):
            assert (await shop.call("POST", "/payments", {"total": -1}, headers={"Idempotency-Key": "three"}))[0] == 500
        assert await shop.call("POST", "/payments", {"total": 1}) == (201, {"count": 5})

        refund = await shop.call("POST", "/refunds", **one)
        assert await shop.call("POST", "/refunds", **one) == refund != await shop.call("POST", "/refunds")
        # The order, and two payments: what is only answered again is not told again.
        await socket.send_json({"type": "ping"})
        told = [await socket.receive_json() for _ in range(5)]
        assert [frame["type"] for frame in told] == [
            "order_created", "order_updated", *["order_created"] * 2, "pong",
        ]  # fmt: skip

        rule = "name: a\ntitle: A\nrules: [{id: a, match: {operation: shipOrder}, fault: {type: idempotency.ignored}}]"
        assert (await shop.call("POST", "/_devkit/api/scenarios/try", {"text": rule}))[0] == 200
        assert (await shop.call("POST", f"/orders/{order['id']}/ship", **one))[0] == 409


async def test_an_account_goes_with_what_refers_to_its_rows_or_stays(tmp_path: Path, template: Template) -> None:
    text = """
contract: shop
accounts: true
resources:
  profiles: {owner: user, seed: [], fields: {name: string!}}
  posts: {seed: [], fields: {by: -> profiles, text: string}}
operations: {leave: {POST: /me/delete, service: auth.delete_user}}
"""
    async with served(tmp_path / "backend.yaml", text, template) as shop:
        _, session = await shop.call("POST", "/auth/login", {"email": EMAIL, "password": PASSWORD})
        mine = {"headers": {"Authorization": f"Bearer {session['token']}"}}
        _, profile = await shop.call("POST", "/profiles", {"name": "Ada"}, **mine)
        _, post = await shop.call("POST", "/posts", {"by": profile["id"]}, **mine)
        status, told = await shop.call("POST", "/me/delete", {"password": PASSWORD}, **mine)
        assert (status, told["code"]) == (409, "conflict")
        assert told["detail"] == f"The post {post['id']} refers to the profile {profile['id']}: delete it first"
        assert (await shop.call("GET", f"/profiles/{profile['id']}", **mine))[0] == 200
        assert (await shop.call("DELETE", f"/posts/{post['id']}", **mine))[0] == 204
        assert (await shop.call("POST", "/me/delete", {"password": PASSWORD}, **mine))[0] == 200
        assert (await shop.call("GET", "/profiles", **mine))[0] == 401
        _, document = await shop.call("GET", "/_devkit/openapi.json")
        assert "409" in document["paths"]["/me/delete"]["post"]["responses"]


async def test_rows_are_made_read_changed_and_deleted(shop: Served) -> None:
    status, made, headers = await shop.call("POST", "/v1/orders", {"total": 5})
    assert status == 201
    assert headers["Location"] == f"/v1/orders/{made['id']}"
    assert (made["id"][:4], made["status"], made["customer"]) == ("ord_", "open", None)
    where = headers["Location"]
    assert (await shop.call("GET", where))[1] == made
    status, changed, tagged = await shop.call("PATCH", where, {"status": "paid"}, headers={"If-Match": headers["ETag"]})
    assert (status, changed["status"]) == (200, "paid")
    assert tagged["ETag"] != headers["ETag"]
    assert (await shop.call("PATCH", where, {}, headers={"If-Match": headers["ETag"]}))[0] == 412
    status, told, _ = await shop.call("PATCH", where, {"status": "lost"})
    assert (status, told["errors"]) == (
        400, [{"pointer": "#/status", "detail": "Must be one of: open, paid, shipped"}],
    )  # fmt: skip
    assert (await shop.call("DELETE", where))[:2] == (204, None)
    assert (await shop.call("GET", where))[0] == 404


async def test_events_tell_of_rows_on_the_socket(shop: Served) -> None:
    async with shop.http.ws_connect("/ws") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "topics": ["orders"]})
        assert (await socket.receive_json())["status"] == "subscribed"
        _, made, _ = await shop.call("POST", "/v1/orders", {"total": 2})
        told = await socket.receive_json()
    assert (told["type"], told["topic"], told["order"]) == ("order_created", "orders", made)


@pytest.mark.parametrize("name", ["flaky", "server-errors", "rate-limited", "expired-token", "lost-answer"])
async def test_shipped_scenarios_mean_something_for_it(shop: Served, name: str) -> None:
    status, on, _ = await shop.call("POST", f"/_devkit/api/scenarios/{name}/use")
    assert status in {200, 201}, on
    assert not [one for one in on["warnings"] if "nothing in the contract" in one]


async def test_documents_describe_it(shop: Served) -> None:
    _, document, _ = await shop.call("GET", "/_devkit/openapi.json")
    assert {"/v1/orders", "/v1/orders/{id}", "/v1/orders/{id}/ship", "/v1/auth/login"} <= document["paths"].keys()
    listed = document["paths"]["/v1/customers"]["get"]
    assert {one["name"] for one in listed["parameters"]} >= {"skip", "take", "tier", "sort", "q"}
    _, events, _ = await shop.call("GET", "/_devkit/asyncapi.json")
    assert "events.order_created" in events["components"]["messages"]


async def test_what_is_edited_counts_while_it_is_served(shop: Served) -> None:
    _, made, _ = await shop.call("POST", "/v1/orders", {"total": 7})
    shop.file.write_text(SHOP.replace("resources:\n", "resources:\n  parcels: {fields: {weight: number!}}\n"))
    async with asyncio.timeout(20):
        while (await shop.call("POST", "/v1/parcels", {"weight": 1}))[0] != 201:
            await asyncio.sleep(0.05)
    assert (await shop.call("GET", f"/v1/orders/{made['id']}"))[1] == made


async def test_a_file_that_does_not_load_leaves_the_last_good_one_on(
    shop: Served, caplog: pytest.LogCaptureFixture
) -> None:
    shop.file.write_text(SHOP.replace("-> customers", "-> custmers"))
    async with asyncio.timeout(20):
        while "custmers" not in caplog.text:
            await asyncio.sleep(0.05)
    assert f"{shop.file}:14" in caplog.text
    assert (await shop.call("GET", "/v1/orders"))[0] == 200


async def test_ours_is_served_beside_it(tmp_path: Path, template: Template) -> None:
    file = tmp_path / "backend.yaml"
    file.write_text("contract: rates\nresources: {rates: {fields: {value: number!}}}\n")
    settings = Settings(port=0, memory=True, state_dir=tmp_path, contract=("agreed", str(file)))
    async with (
        running(settings, template, await asyncio.to_thread(backend_for, settings)) as (_, ready),
        aiohttp.ClientSession(ready.url) as http,
    ):
        async with http.post("/rates", json={"value": 2}) as response:
            assert response.status == 201
        async with http.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD}) as response:
            assert response.status == 200
        async with http.get("/rates") as response:
            assert (await response.json())["data"][0]["value"] == 2


async def test_lists_come_in_the_pages_that_the_contract_says(shop: Served) -> None:
    for number in range(3):
        await shop.call("POST", "/v1/customers", {"name": f"C{number}", "email": f"c{number}@example.com"})
    odd = (await shop.call("GET", "/v1/customers?skip=1&take=2"))[2]["Link"]
    assert 'rel="next"' not in odd
    assert 'skip=0>; rel="prev"' in odd
    _, told, headers = await shop.call("GET", "/v1/customers?skip=1&take=1")
    assert told["result"]["count"] == 3
    assert [row["name"] for row in told["result"]["rows"]] == ["C1"]
    assert 'skip=2>; rel="next"' in headers["Link"]
    assert 'skip=0>; rel="prev"' in headers["Link"]


async def test_an_operation_that_is_no_plain_resource_changes_a_row_where_it_may(shop: Served) -> None:
    _, made, _ = await shop.call("POST", "/v1/orders", {"status": "paid", "total": 1})
    status, shipped, _ = await shop.call("POST", f"/v1/orders/{made['id']}/ship")
    assert (status, shipped["status"]) == (200, "shipped")
    assert (await shop.call("POST", f"/v1/orders/{made['id']}/ship"))[0] == 409


async def test_faults_of_pages_strike_its_lists(shop: Served) -> None:
    for number in range(4):
        await shop.call("POST", "/v1/orders", {"total": number})
    rules = "name: twice\ntitle: Twice\nrules: [{id: a, fault: {type: page.duplicate, count: 1}}]\n"
    status, on, _ = await shop.call("POST", "/_devkit/api/scenarios/try", {"text": rules})
    assert status == 200, on
    _, first, _ = await shop.call("GET", "/v1/orders?limit=2")
    _, second, headers = await shop.call("GET", "/v1/orders?limit=2&page=2")
    assert [row["total"] for row in first["data"]] == [3, 2]
    assert [row["total"] for row in second["data"]] == [2, 1]
    assert "page.duplicate" in headers["X-Devkit-Fault"]


async def test_what_no_resource_gives_is_answered_as_promised(shop: Served) -> None:
    status, told, _ = await shop.call("GET", "/v1/rates")
    assert (status, told) == (200, {"eur": 1, "usd": 1.08})


async def test_roles_are_asked_for(shop: Served) -> None:
    status, told, _ = await shop.call("DELETE", "/v1/customers/00000000-0000-4000-8000-000000000000")
    assert (status, told["code"]) == (403, "forbidden")
