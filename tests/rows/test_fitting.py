"""A database of the contract of yesterday (issue 16, "Bad input"): rows that fit stay, the others are named."""

from __future__ import annotations

from typing import Any

import pytest

from devkit.contract.resources import Column, Listing, Resource
from devkit.storage.rowcolumns import Selection
from tests.rows.shop import ANNA, columns, notes, text
from tests.rows.test_rows import fails

WHOLE = {"type": "integer"}


def yesterday(*more: Column, **facts: Any) -> Resource:
    plain = columns(text("title", required=True), Column(name="size", schema={}), *more)
    return notes(**{"columns": plain, "version": "", "created_at": "", "updated_at": ""} | facts)


async def opened(shop: Any, *kinds: Resource) -> tuple[Any, tuple[str, ...]]:
    kept = shop(*kinds)
    return kept, tuple(await kept.rows.open())


async def test_a_column_that_is_new_has_its_default_or_null_where_that_may_be(shop):
    kept, _ = await opened(shop, yesterday())
    made = await kept.create("notes", title="A")
    kept, told = await opened(
        shop,
        yesterday(
            Column(name="stars", schema=WHOLE | {"default": 3}, required=True),
            Column(name="about", schema={"type": ["string", "null"]}),
            text("hint"),
        ),
    )
    assert told == ()
    found = await kept.get("notes", made.id)
    assert dict(found.values) == {"title": "A", "stars": 3, "about": None, "id": made.id}
    assert found.tag != made.tag


async def test_a_column_that_is_gone_is_in_no_answer_and_comes_back_with_what_it_held(shop):
    kept, _ = await opened(shop, yesterday(text("hint")))
    made = await kept.create("notes", title="A", hint="here")
    kept, told = await opened(shop, yesterday())
    assert told == ()
    assert "hint" not in (await kept.get("notes", made.id)).values
    await kept.update("notes", made.id, body={"title": "B", "hint": "other"})
    kept, _ = await opened(shop, yesterday(text("hint")))
    found = (await kept.get("notes", made.id)).values
    assert (found["title"], found["hint"]) == ("B", "here")


async def test_rows_that_do_not_fit_are_named_kept_aside_and_back_when_they_fit_again(shop):
    kept, _ = await opened(shop, yesterday())
    rows = [await kept.create("notes", title=str(number), size="x" if number % 2 else number) for number in range(30)]
    retyped = yesterday(columns=columns(text("title"), Column(name="size", schema=WHOLE)))
    kept, told = await opened(shop, retyped)
    (sentence,) = told
    assert f"notes {rows[1].id} (size: " in sentence
    assert sentence.count("size: ") == 10
    assert "and 5 more" in sentence
    assert (await kept.list("notes")).total == 15
    await fails("not_found", kept.get("notes", rows[1].id))
    # Told once.
    kept, told = await opened(shop, retyped)
    assert told == ()
    kept, told = await opened(shop, yesterday())
    assert told == ()
    assert (await kept.list("notes")).total == 30
    assert await kept.get("notes", rows[1].id) == rows[1]


async def test_a_column_that_must_be_there_puts_rows_aside_that_have_it_not(shop):
    kept, _ = await opened(shop, yesterday())
    made = await kept.create("notes", title="A")
    _, told = await opened(shop, yesterday(text("owner", required=True)))
    assert told == (
        "Rows that do not fit the contract any more are kept aside, in no answer until they do: "
        f"notes {made.id} (owner: required).",
    )


async def test_a_resource_that_is_gone_is_named_and_its_rows_wait_for_it(shop):
    kept, _ = await opened(shop, yesterday())
    await kept.create("notes", title="A")
    other = yesterday(name="papers")
    _, told = await opened(shop, other)
    assert told == ("The contract has no resource notes: 1 row of it are kept, and wait for it to come back.",)
    kept, _ = await opened(shop, yesterday())
    assert (await kept.list("notes")).total == 1


async def test_rows_of_users_become_everybody_s_and_not_the_other_way_round(shop):
    kept, _ = await opened(shop, yesterday(owned=True))
    made = await kept.create("notes", ANNA, title="A")
    kept, told = await opened(shop, yesterday())
    assert told == ()
    assert (await kept.list("notes")).items == (made,)
    kept, told = await opened(shop, yesterday(owned=True))
    assert "it belongs to nobody" in told[0]
    assert (await kept.list("notes")).total == 0


async def test_a_deleted_row_stays_deleted_whatever_the_contract_says(shop):
    gone = Column(name="gone", schema={"type": ["string", "null"]}, server=True)
    kept, _ = await opened(shop, yesterday(gone, deleted_at="gone"))
    made = await kept.create("notes", title="A")
    await kept.delete("notes", made.id)
    kept, told = await opened(shop, yesterday())
    assert (told, (await kept.list("notes")).total) == ((), 0)


@pytest.mark.parametrize("owned", [False, True])
async def test_what_every_write_looks_for_and_the_usual_order_have_an_index_and_nothing_else_has(shop, database, owned):
    def names(connection: Any) -> set[str]:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'rows/%'")
        return {name for (name,) in found}

    listing = Listing(filters={"size": "size"}, sorts=("title", "size"), order="-title")
    kept, _ = await opened(shop, yesterday(text("code", unique=True), listing=listing, owned=owned))
    assert database.read(names) == {"rows/notes/code/found", "rows/notes/title/sorted"}
    await kept.create("notes", title="A", size=3, code="x")

    def plan(connection: Any) -> str:
        shelf, _ = kept.rows._kept["notes"]
        clause = f"{shelf.columns.mine} AND owner = 1 AND {shelf.columns.value('code')} = 'x'"
        return str(connection.execute(f"EXPLAIN QUERY PLAN SELECT 1 FROM rows WHERE {clause}").fetchall())  # noqa: S608

    assert "rows/notes/code/found" in database.read(plan)

    def walk(connection: Any) -> str:
        shelf, _ = kept.rows._kept["notes"]
        statement, given = shelf._select("number", 1, Selection((), ("-title",)), 20, 0)
        return str(connection.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall())

    assert "rows/notes/title/sorted" in database.read(walk)
    assert "TEMP B-TREE" not in database.read(walk)
    await opened(shop, yesterday())
    assert database.read(names) == set()
