"""Faults on rows, struck at somebody's own backend and seen by a client of it."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.contract.test_yours import Served, shop

__all__ = ["shop"]


async def use(shop: Served, fault: str, needs: str = "resource") -> None:
    rules = f"name: rows\ntitle: Rows\nrules: [{{id: a, match: {{needs: {needs}}}, fault: {{{fault}}}}}]\n"
    status, on, _ = await shop.call("POST", "/_devkit/api/scenarios/try", {"text": rules})
    assert (status, on["warnings"]) == (200, [])


async def orders(shop: Served, query: str = "") -> list[Any]:
    _, told, _ = await shop.call("GET", f"/v1/orders{query}")
    return [row["total"] for row in told["data"]]


async def made(shop: Served, *totals: int) -> list[str]:
    found = [(await shop.call("POST", "/v1/orders", {"total": total}))[1]["id"] for total in totals]
    # What was made is no news any more.
    shop.app.sandboxes.main.sandbox.clock.advance(10_000)
    return found


async def test_a_read_is_behind_the_write_before_it(shop: Served) -> None:
    first, second = await made(shop, 1, 2)
    await use(shop, "type: read.stale, lag: 5s")
    _, new, _ = await shop.call("POST", "/v1/orders", {"total": 3})
    await shop.call("PATCH", f"/v1/orders/{first}", {"total": 9})
    await shop.call("DELETE", f"/v1/orders/{second}")
    assert await orders(shop) == [2, 1]
    assert (await shop.call("GET", f"/v1/orders/{new['id']}"))[0] == 404
    assert (await shop.call("GET", f"/v1/orders/{first}"))[1]["total"] == 1
    shop.app.sandboxes.main.sandbox.clock.advance(5_001)
    assert await orders(shop) == [3, 9]


async def test_rows_come_and_go_between_two_pages(shop: Served) -> None:
    await made(shop, 1, 2, 3, 4)
    await use(shop, "type: page.insert, at: 1", "[resource, list]")
    assert await orders(shop, "?limit=2") == [4, 3]
    assert await orders(shop, "?limit=2&page=2") == [3, 2]
    await use(shop, "type: page.delete, at: 1", "[resource, list]")
    await orders(shop, "?limit=2")
    assert await orders(shop, "?limit=2&page=2") == [2, 1]


async def test_what_was_deleted_comes_back_and_what_was_created_comes_twice(shop: Served) -> None:
    first, second, _ = await made(shop, 1, 2, 3)
    await use(shop, "type: delete.resurrect, after: 50ms", "[resource, delete]")
    async with shop.http.ws_connect("/ws") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "topics": ["orders"]})
        await socket.receive_json()
        assert (await shop.call("DELETE", f"/v1/orders/{second}"))[0] == 204
        told = [(await socket.receive_json(timeout=5))["type"] for _ in range(2)]
    assert told == ["order_deleted", "order_created"]
    assert await orders(shop) == [3, 2, 1]
    await use(shop, "type: write.duplicate", "[resource, create]")
    assert (await shop.call("POST", "/v1/orders", {"total": 7}, headers={"Idempotency-Key": "k-1"}))[0] == 201
    assert await orders(shop) == [7, 7, 3, 2, 1]
    await use(shop, "type: http.vanish, after_list: false", "item")
    assert (await shop.call("GET", f"/v1/orders/{first}"))[0] == 404


async def test_somebody_else_works_on_the_rows_that_a_match_means(shop: Served) -> None:
    [order] = await made(shop, 1)
    _, customer, _ = await shop.call("POST", "/v1/customers", {"name": "A", "email": "a@example.com"})
    await use(shop, "type: background.mutate, every: 50ms", "[resource, write]")
    rows = [f"/v1/orders/{order}", f"/v1/customers/{customer['id']}"]

    async def changed(path: str) -> None:
        before = (await shop.call("GET", path))[1]
        async with asyncio.timeout(20):
            while (await shop.call("GET", path))[1] == before:
                await asyncio.sleep(0.05)

    await asyncio.gather(*map(changed, rows))
    await use(shop, "type: background.mutate, every: 50ms", "resource, operation: '*ustomer*'")
    # What of the former may be under way still.
    await asyncio.sleep(0.2)
    kept = (await shop.call("GET", rows[0]))[1]
    await changed(rows[1])
    assert (await shop.call("GET", rows[0]))[1] == kept
