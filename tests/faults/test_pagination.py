from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Client, StartServer
from tests.faults.conftest import Break, scenario


async def ids(client: Client, page: int = 1, limit: int = 20) -> list[str]:
    answer = await client.send("GET", f"/api/tasks?page={page}&limit={limit}")
    assert answer.status == 200
    return [task["id"] for task in answer.json["data"]]


@pytest.fixture
async def order(signed_in: Client) -> list[str]:
    """The ids of all 57 tasks, as they come without a fault."""
    return await ids(signed_in, limit=100)


async def test_page_duplicate_repeats_the_last_rows_of_the_page_before(
    signed_in: Client, breaks: Break, order: list[str]
) -> None:
    await breaks("page.duplicate", count=2)
    assert await ids(signed_in) == order[:20]
    assert await ids(signed_in, 2) == order[18:38]


async def test_page_skip_leaves_rows_out_between_pages(signed_in: Client, breaks: Break, order: list[str]) -> None:
    await breaks("page.skip", count=2)
    assert await ids(signed_in) == order[:20]
    assert await ids(signed_in, 2) == order[22:42]
    assert await ids(signed_in, 3) == order[44:]


async def test_page_cursor_drift_misses_a_row_that_moved_up_and_repeats_one_that_was_pushed_on(
    start: StartServer, tmp_path: Path
) -> None:
    """In a contract whose lists have cursors: none that is shipped has."""
    file = tmp_path / "backend.yaml"
    file.write_text(
        "contract: notes\nresources: {notes: {fields: {title: string!}, pages: cursor, list: {order: title}}}\n"
    )
    async with start(contract=(str(file),)) as client:
        await client.sandbox.engine.use(scenario({"fault": {"type": "page.cursor_drift"}}))

        async def page(cursor: str = "") -> tuple[list[str], str]:
            answer = await client.send("GET", "/notes?limit=3" + (f"&cursor={cursor}" if cursor else ""))
            assert answer.status == 200, answer.body
            rows = next(value for value in answer.json.values() if isinstance(value, list))
            return [row["id"] for row in rows], answer.json["next"]

        for number in range(12):
            await client.send("POST", "/notes", json={"title": f"{number:02}"})
        first, cursor = await page()
        second, _ = await page(cursor)
        assert not {*first} & {*second}
        front = (await client.send("POST", "/notes", json={"title": "00, and in front"})).json["id"]
        assert (await page(cursor))[0] == [first[-1], *second[:2]]
        for row in (front, first[1]):
            assert (await client.send("DELETE", f"/notes/{row}")).status == 204
        assert (await page(cursor))[0][:2] == second[1:]


async def test_page_unstable_order_shuffles_each_time(signed_in: Client, breaks: Break, order: list[str]) -> None:
    await breaks("page.unstable_order")
    first, second = await ids(signed_in), await ids(signed_in)
    assert first != second
    assert sorted(first) == sorted(second) == sorted(order[:20])


@pytest.mark.parametrize(
    ("kind", "parameters", "check"),
    [
        ("page.total_wrong", {"delta": 5}, lambda page: page["total"] == 62),
        ("page.total_wrong", {"delta": -100}, lambda page: page["total"] == 0),
        ("page.short", {"size": 5}, lambda page: len(page["data"]) == 5 and page["total"] == 57),
        ("page.limit_ignored", {}, lambda page: len(page["data"]) == 20 and page["limit"] == 20),
    ],
)
async def test_pages_that_miscount(
    signed_in: Client, breaks: Break, kind: str, parameters: dict[str, Any], check: Any
) -> None:
    await breaks(kind, **parameters)
    assert check((await signed_in.send("GET", "/api/tasks?limit=7")).json)
    await signed_in.sandbox.engine.off("broken")
    assert (await signed_in.send("GET", "/api/tasks?limit=7")).json["total"] == 57


async def test_page_insert_makes_a_row_come_again(signed_in: Client, breaks: Break, order: list[str]) -> None:
    await breaks("page.insert", at=1, when={"times": 1})
    first = await ids(signed_in)
    assert await ids(signed_in, 2) == order[19:39]
    assert first[-1] == order[19]


async def test_page_delete_makes_a_row_go_missing(signed_in: Client, breaks: Break, order: list[str]) -> None:
    await breaks("page.delete", at=1, when={"times": 1})
    assert await ids(signed_in) == order[:20]
    assert await ids(signed_in, 2) == order[21:41]


async def links(client: Client, page: int) -> dict[str, str]:
    async with client.http.get(f"/api/tasks?page={page}&limit=20") as response:
        return {name: str(link["url"]) for name, link in response.links.items()}


async def test_links_of_pages_lead_astray(signed_in: Client, breaks: Break) -> None:
    good = await links(signed_in, 1)
    assert good["next"].endswith("limit=20&page=2")
    await breaks("page.link", defect="loop")
    assert (await links(signed_in, 2))["next"].endswith("limit=20&page=2")
    await breaks("page.link", defect="endless")
    assert await links(signed_in, 1) == good
    assert (await links(signed_in, 3))["next"].endswith("limit=20&page=4")
    assert (await links(signed_in, 4))["next"].endswith("limit=20&page=5")
    await breaks("page.link", defect="missing")
    assert await links(signed_in, 1) == {}
    await signed_in.sandbox.engine.off("broken")
    assert await links(signed_in, 1) == good
