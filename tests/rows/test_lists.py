"""What lists can be asked for: filters, ranges, orders, searches, and pages in every style."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from devkit.contract.keeping import ByResource
from devkit.contract.resources import Ids, Listing, Pages
from devkit.contract.shapes import Told
from tests.rows.shop import ANNA, NOBODY, columns, customers, notes, orders, text
from tests.rows.test_rows import fails


async def four(kept: Any) -> list[str]:
    """Four orders, by their ids."""
    rows = (
        {"total": 10, "paid": True, "placed": "2026-01-01T00:00:00Z", "tags": ["a", "b"], "status": "open"},
        {"total": 9.5, "placed": "2026-01-01T01:30:00+02:00", "tags": ["b"], "status": "Sent"},
        {"total": 100, "paid": True, "placed": "2026-02-01T00:00:00.000Z", "status": "lost, found"},
        {"status": "Open"},
    )
    return [(await kept.create("orders", **row)).id for row in rows]


async def which(kept: Any, made: list[str], **query: Any) -> list[int]:
    found = await kept.list("orders", **query)
    assert found.total == len(found.items)
    return [made.index(record.id) for record in found.items]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"total": "10"}, [0]),
        ({"total": 9.5}, [1]),
        # As numbers: "9.5" comes after "10" among texts.
        ({"total[gte]": "9.5", "total[lt]": "100"}, [1, 0]),
        ({"total": {"gt": 10}}, [2]),
        ({"total[ne]": "10"}, [3, 2, 1]),
        ({"total": "10,100"}, [2, 0]),
        ({"total": ["10", 100]}, [2, 0]),
        ({"paid": "true"}, [2, 0]),
        ({"paid": False}, [3, 1]),
        # 01:30+02:00 is half past eleven of the evening before.
        ({"placed[lt]": "2026-01-01"}, [1]),
        ({"placed": "2026-01-01T01:00:00+01:00"}, [0]),
        ({"placed[gte]": "2026-01-01T00:00:00.000Z"}, [2, 0]),
        ({"tag": "b"}, [1, 0]),
        ({"tag": "a,c"}, [0]),
        ({"tag[ne]": "b"}, [3, 2]),
        ({"status": "open"}, [0]),
        ({"status": "lost, found"}, [2]),
        ({"sort": "total"}, [3, 1, 0, 2]),
        ({"sort": "-placed"}, [2, 0, 1, 3]),
        # Texts without regard to cases, as people sort them; equal ones as they were made.
        ({"sort": "status"}, [2, 0, 3, 1]),
        ({"sort": "status,-total"}, [2, 0, 3, 1]),
        ({"sort": ["-status", "total"]}, [1, 3, 0, 2]),
        ({"paid": "true", "sort": "-total"}, [2, 0]),
    ],
)
async def test_filters_compare_as_the_columns_type_has_it(shop, query, found):
    kept = shop(orders())
    assert await which(kept, await four(kept), **query) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"total": "much"}, "total"),
        ({"total": "nan"}, "total"),
        ({"total[gte]": "1,2"}, "total[gte]"),
        ({"paid": "perhaps"}, "paid"),
        ({"placed[gt]": "yesterday"}, "placed[gt]"),
        ({"sort": "tags"}, "sort"),
        ({"page": "x"}, "page"),
    ],
)
async def test_what_makes_no_sense_is_told_by_its_parameter(shop, query, field):
    kept = shop(orders())
    assert set((await fails("validation_error", kept.list("orders", **query))).fields) == {field}


async def test_a_page_before_the_first_and_a_size_of_none_are_as_if_nothing_was_said(shop):
    """A shape that has a minimum has refused them before; GitHub's document has none, and GitHub answers."""
    kept = shop(orders())
    made = await four(kept)
    for query in ({"page": 0}, {"limit": 0}, {"page": -3, "limit": -1}):
        assert await which(kept, made, **query) == await which(kept, made)


async def test_a_search_finds_parts_of_texts_whatever_their_cases(shop):
    kept = shop(customers())
    for name, email in (("Straße", "a@x.de"), ("Bahn", "STRASSE@x.de"), ("Wiese", "c@x.de")):
        await kept.create("customers", name=name, email=email)
    found = await kept.list("customers", q="strasse")
    assert [record.values["name"] for record in found.items] == ["Bahn", "Straße"]
    assert (await kept.list("customers", q="%")).total == 0


async def test_offsets_and_their_neighbours(shop):
    kept = shop(notes(pages=Pages(style="offset", page="skip", size="take", usual=2, most=3)))
    made = [await kept.create("notes", title=str(number)) for number in range(5)][::-1]
    assert list((await kept.list("notes")).items) == made[:2]
    found = await kept.list("notes", skip=1, take=50)
    assert (list(found.items), found.offset, found.limit, found.total) == (made[1:4], 1, 3, 5)


async def test_pages_may_count_from_nought(shop):
    kept = shop(notes(pages=Pages(first=0, usual=2)))
    made = [await kept.create("notes", title=str(number)) for number in range(3)][::-1]
    found = await kept.list("notes", page=1)
    assert (list(found.items), found.page, found.offset) == (made[2:], 2, 2)


async def test_a_list_without_pages_is_all_of_it(shop):
    kept = shop(notes(pages=Pages(style="none")))
    assert (await kept.list("notes")).items == ()
    made = [await kept.create("notes", title=str(number)) for number in range(30)][::-1]
    assert list((await kept.list("notes")).items) == made


@pytest.mark.parametrize("sort", ["", "total", "-total", "status,-total", "-status,total", "placed", "-placed,status"])
async def test_cursors_lead_through_all_rows_once_while_others_come_and_go(shop, sort):
    kept = shop(orders(pages=Pages(style="cursor", page="after", size="limit")))
    for number in range(12):
        values: dict[str, Any] = {"total": number % 3, "status": "xyz"[number % 2]}
        if number % 5 == 0:
            del values["total"]
        if number % 4:
            values["placed"] = f"2026-01-0{1 + number % 3}T00:00:00Z"
        await kept.create("orders", **values)
    query = {"sort": sort} if sort else {}
    everything = [record.id for record in (await kept.list("orders", limit=100, **query)).items]
    seen, cursor = [], ""
    while True:
        page = await kept.list("orders", limit=5, **query, **({"after": cursor} if cursor else {}))
        seen += [record.id for record in page.items]
        # What was seen already may go: no row behind it moves to another page.
        await kept.delete("orders", page.items[-1].id)
        cursor = page.next
        if not cursor:
            break
    assert seen == everything


async def test_a_cursor_may_be_a_row_s_id_and_nothing_that_is_made_up(shop):
    # Stripe's `starting_after` is the id of the last object of the page before.
    kept = shop(notes(pages=Pages(style="cursor", page="starting_after")))
    made = [await kept.create("notes", title=str(number)) for number in range(4)][::-1]
    assert list((await kept.list("notes", starting_after=made[1].id)).items) == made[2:]
    for cursor in ("x", "WzFd!", "e30", "WyJhIl0"):
        failure = await fails("validation_error", kept.list("notes", starting_after=cursor))
        assert set(failure.fields) == {"starting_after"}


async def test_rows_below_another_are_listed_and_made_there_and_nowhere_else(shop):
    kept = shop(customers(), orders())
    anna, bert = [(await kept.create("customers", name=name)).id for name in ("Anna", "Bert")]
    below = {"resource": "orders", "parent": {"customerId": "customer"}}

    async def call(verb: Any, customer: str, told: dict[str, Any] | None = None, **path: str) -> Any:
        by = ByResource(verb=verb, item="id", **below)
        return await kept.call(by, Told(path={"customerId": customer, **path}, **(told or {})))

    made = await call("create", anna, {"body": {"total": 1, "customer": bert}})
    assert made.values["customer"] == anna
    assert (await call("list", anna)).items == (made,)
    assert (await call("list", bert)).total == 0
    assert await call("get", anna, id=made.id) == made
    for attempt in (
        call("get", bert, id=made.id),
        call("delete", bert, id=made.id),
        call("list", "nobody"),
        call("create", "nobody", {"body": {}}),
    ):
        await fails("not_found", attempt)
    assert (await kept.list("orders")).total == 1


async def test_a_row_below_another_is_of_that_one_even_where_no_client_may_say_so(shop):
    kinds = orders().columns
    readonly = {**kinds, "customer": replace(kinds["customer"], server=True)}
    kept = shop(customers(), orders(columns=readonly))
    anna = await kept.create("customers", name="Anna")
    below = ByResource(resource="orders", verb="create", parent={"customerId": "customer"})
    made = await kept.call(below, Told(path={"customerId": anna.id}, body={"customer": "other"}))
    assert made.values["customer"] == anna.id
    # And where that one is gone, its list is too, at once: whatever was kept of it.
    listed = replace(below, verb="list")
    await kept.delete("orders", made.id)
    assert (await kept.call(listed, Told(path={"customerId": anna.id}))).total == 0
    stamp = kept.database.changes.stamp(kept.rows.scope(listed, ANNA))
    await kept.delete("customers", anna.id)
    assert kept.database.changes.stamp(kept.rows.scope(listed, ANNA)) != stamp


async def test_a_list_has_its_usual_order_unless_it_is_asked_for_another(shop):
    listing = Listing(order="-title", sorts=("title",))
    kept = shop(notes(listing=listing, ids=Ids(kind="integer")))
    for title in "bca":
        await kept.create("notes", NOBODY, title=title)
    assert [record.values["title"] for record in (await kept.list("notes")).items] == ["c", "b", "a"]
    assert [record.values["title"] for record in (await kept.list("notes", sort="title")).items] == ["a", "b", "c"]


async def test_names_that_sql_could_misread_are_names(shop):
    odd = columns(text("na'me"), text("a.b"), text("$[0]"), text("drop table rows; --"))
    names = {name: name for name in odd}
    kept = shop(notes(name="no'tes", columns=odd, listing=Listing(filters=names, sorts=tuple(names), search=("a.b",))))
    made = await kept.create("no'tes", **dict.fromkeys(odd, "x"))
    for name in odd:
        assert (await kept.list("no'tes", **{name: "x", "sort": name})).items == (made,)
        assert (await kept.list("no'tes", **{name: "y"})).total == 0
    assert (await kept.list("no'tes", q="X")).total == 1
