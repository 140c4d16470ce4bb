"""Rows that are kept apart by what a path says (`/repos/{owner}/{repo}`): whose they are, and what was theirs."""

from __future__ import annotations

import sqlite3
from typing import Any

from devkit.contract.keeping import ByResource
from devkit.contract.resources import Column, Events, Ids, Listing, Pages, Reference
from devkit.contract.shapes import Told
from devkit.storage import users
from tests.rows.shop import ANNA, BERT, columns, notes, text
from tests.rows.test_rows import fails

APART: dict[str, Any] = {"apart": ("/{}",), "updated_at": "", "created_at": "", "version": ""}
PLAIN = columns(text("title", required=True), text("code", unique=True))
FIVE = [{"id": str(number), "title": f"{number}", "code": f"c{number}"} for number in range(5)]


async def at(shop: Any, place: str, verb: Any, row_id: str = "", caller: Any = ANNA, **body: Any) -> Any:
    by = ByResource(resource="notes", verb=verb, item="id", places={"notes": ("place",)})
    query = body if verb == "list" else {}
    return await shop.call(by, Told(path={"place": place, "id": row_id}, query=query, body=body), caller)


async def titles(shop: Any, place: str, caller: Any = ANNA) -> list[str]:
    return [row.values["title"] for row in (await at(shop, place, "list", caller=caller)).items]


async def test_a_page_goes_on_where_it_was_though_the_place_got_rows_of_its_own_meanwhile(shop):
    for listing in (Listing(), Listing(order="title")):
        kept = shop(notes(**APART, columns=PLAIN, seed=FIVE, pages=Pages(style="cursor"), listing=listing))
        await kept.rows.open()
        place = f"by {listing.order}"
        whole = await titles(kept, place)
        first = await at(kept, place, "list", limit=2)
        await at(kept, place, "update", whole[0], title=whole[0], code="other")
        second = await at(kept, place, "list", limit=2, page=first.next)
        third = await at(kept, place, "list", limit=2, page=second.next)
        assert [row.values["title"] for page in (first, second, third) for row in page.items] == whole
        # A row's id means the place behind it, too.
        behind = await at(kept, place, "list", page=whole[2])
        assert [row.values["title"] for row in behind.items] == whole[3:]


async def test_what_only_one_may_have_may_be_had_once_at_each_place(shop):
    kept = shop(notes(**APART, columns=PLAIN))
    for place in ("a", "b"):
        await at(kept, place, "create", title="x", code="same")
        await fails("conflict", at(kept, place, "create", title="y", code="same"))


async def test_rows_of_owners_are_theirs_at_each_place_and_go_with_them(shop, database):
    kept = shop(notes(**APART, columns=PLAIN, owned=True, seed=FIVE))
    await kept.rows.open()
    made = await at(kept, "a", "create", title="Anna's")
    await at(kept, "a", "create", title="Bert's", caller=BERT)
    assert len(await titles(kept, "a")) == 6
    assert await titles(kept, "a", BERT) == ["Bert's"]
    assert await titles(kept, "b", BERT) == []
    assert [payload["title"] for _, payload in await kept.told(BERT)] == ["Bert's"]
    assert [payload["title"] for _, payload in await kept.told()] == ["Anna's"]
    await fails("not_found", at(kept, "a", "delete", made.id, BERT))

    def count(connection: sqlite3.Connection) -> Any:
        return connection.execute("SELECT count(*) FROM rows WHERE owner < 0").fetchone()[0]

    assert database.read(count) == 7
    await database.write(lambda connection: users.delete(connection, ANNA.user_id))
    assert database.read(count) == 1


async def test_another_user_s_row_of_the_same_id_at_a_place_is_another(shop):
    note = Column(name="note", schema={"type": "integer"}, reference=Reference(resource="notes", on_delete="cascade"))
    mine = {**APART, "owned": True, "ids": Ids(kind="integer")}
    remarks = notes(**mine, name="remarks", singular="remark", columns=columns(note), events=Events())
    kept = shop(notes(**mine, columns=PLAIN), remarks)
    found = {}
    for caller in (ANNA, BERT):
        found[caller.user_id] = await at(kept, "a", "create", title="x", caller=caller)
        by = ByResource(resource="remarks", verb="create", places=dict.fromkeys(("notes", "remarks"), ("place",)))
        body = {"note": int(found[caller.user_id].id)}
        await kept.call(by, Told(path={"place": "a"}, body=body), caller)
    assert len({row.id for row in found.values()}) == 1
    await at(kept, "a", "delete", found[ANNA.user_id].id)
    by = ByResource(resource="remarks", verb="list", places={"remarks": ("place",)})
    counts = [(await kept.call(by, Told(path={"place": "a"}), caller)).total for caller in (ANNA, BERT)]
    assert counts == [0, 1]


async def test_rows_of_places_that_a_contract_has_not_any_more_are_kept_aside_until_it_has_them(shop):
    kept = shop(notes(**APART, columns=PLAIN, seed=FIVE))
    await kept.rows.open()
    made = await at(kept, "octo/hello", "create", title="x")
    whole = notes(**{**APART, "apart": ()}, columns=PLAIN, seed=FIVE)
    kept = shop(whole)
    (told,) = await kept.rows.open()
    assert f"{made.id} (it belongs to octo%2Fhello, which the contract does not tell apart)" in told
    assert (await kept.list("notes")).total == 5
    kept = shop(notes(**APART, columns=PLAIN, seed=FIVE))
    assert not await kept.rows.open()
    assert (await at(kept, "octo/hello", "get", made.id)).values["title"] == "x"
    assert len(await titles(kept, "octo/hello")) == 6


async def test_what_was_made_before_there_were_places_is_seen_at_all_of_them(shop):
    kept = shop(notes(**{**APART, "apart": ()}, columns=PLAIN))
    made = await kept.create("notes", title="old")
    kept = shop(notes(**APART, columns=PLAIN))
    assert not await kept.rows.open()
    assert (await at(kept, "a", "update", made.id, title="new")).values["title"] == "new"
    assert (await at(kept, "a", "get", made.id)).values["title"] == "new"
    assert (await at(kept, "b", "get", made.id)).values["title"] == "old"
