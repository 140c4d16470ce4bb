"""What a contract's rows do, whatever they are: made, read, listed, changed, deleted, told of."""

from __future__ import annotations

import re
from typing import Any

import pytest

from devkit.contract.errors import DomainError
from devkit.contract.resources import Ids
from tests.rows.shop import ANNA, BERT, NOBODY, NOW, notes

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


async def fails(name: str, call: Any) -> DomainError:
    with pytest.raises(DomainError) as failure:
        await call
    assert failure.value.kind.name == name, failure.value
    return failure.value


async def test_a_row_is_made_of_what_is_given_and_what_the_server_adds_and_is_found_again(shop):
    kept = shop(notes())
    made = await kept.create("notes", title="A", secret="s", id="mine", made="yesterday", revision=7, other=1)
    assert UUID.fullmatch(made.id)
    assert dict(made.values) == {
        "id": made.id,
        "title": "A",
        "size": 1,
        "about": None,
        "secret": "s",
        "made": NOW,
        "changed": NOW,
        "revision": 1,
    }
    assert list(made.values) == ["id", "title", "size", "about", "secret", "made", "changed", "revision"]
    assert await kept.get("notes", made.id) == made
    listed = await kept.list("notes")
    assert (listed.items, listed.total) == ((made,), 1)
    shown = {name: value for name, value in made.values.items() if name != "secret"}
    assert await kept.told() == [("note_created", shown)]


async def test_what_a_create_must_give_is_demanded_and_nothing_is_made(shop):
    kept = shop(notes())
    failure = await fails("validation_error", kept.create("notes", size=3))
    assert failure.fields == {"title": "Required"}
    assert (await kept.list("notes")).total == 0
    assert await kept.told() == []


async def test_a_merge_patch_changes_what_it_names_and_takes_away_what_it_says_is_null(shop):
    # RFC 7396, section 1: members that are null are removed, all others are added or replaced.
    kept = shop(notes())
    made = await kept.create("notes", title="A", about={"a": {"b": 1, "c": 2}})
    kept.clock.advance(1000)
    changed = await kept.update("notes", made.id, body={"about": {"a": {"b": None, "d": 3}}, "id": "x", "made": "x"})
    assert changed.values["about"] == {"a": {"c": 2, "d": 3}}
    assert (changed.id, changed.values["made"], changed.values["revision"], changed.version) == (made.id, NOW, 2, 2)
    assert changed.values["changed"] == "2026-03-01T12:00:01.000Z"
    assert changed.tag != made.tag
    assert (await kept.update("notes", made.id, body={"about": None})).values["about"] is None
    assert [name for name, _ in await kept.told()] == ["note_created", "note_updated", "note_updated"]


async def test_what_changes_nothing_is_no_change(shop):
    kept = shop(notes())
    made = await kept.create("notes", title="A")
    kept.clock.advance(1000)
    assert await kept.update("notes", made.id, body={"title": "A"}) == made
    assert [name for name, _ in await kept.told()] == ["note_created"]


async def test_what_a_change_makes_of_a_row_must_still_fit_its_columns(shop):
    kept = shop(notes())
    made = await kept.create("notes", title="A")
    failure = await fails("validation_error", kept.update("notes", made.id, body={"size": -1, "title": None}))
    assert set(failure.fields) == {"size", "title"}
    assert await kept.get("notes", made.id) == made


async def test_true_is_another_value_than_one(shop):
    # Python's are equal; JSON's are not (RFC 8259, section 3).
    kept = shop(notes())
    made = await kept.create("notes", title="A", size=1, about={"x": 1})
    await fails("validation_error", kept.update("notes", made.id, body={"size": True}))
    assert (await kept.update("notes", made.id, body={"about": {"x": True}})).values["about"]["x"] is True


async def test_a_replacement_leaves_nothing_of_before_but_what_the_server_gives(shop):
    kept = shop(notes())
    made = await kept.create("notes", title="A", size=5, about={"x": 1}, secret="s")
    kept.clock.advance(1000)
    replaced = await kept.replace("notes", made.id, title="B")
    assert (replaced.values["title"], replaced.values["size"], replaced.values["about"]) == ("B", 1, None)
    assert "secret" not in replaced.values
    assert (replaced.values["made"], replaced.version) == (NOW, 2)
    assert (await fails("validation_error", kept.replace("notes", made.id, size=1))).fields == {"title": "Required"}


async def test_what_is_deleted_is_gone_and_its_id_is_not_found(shop):
    kept = shop(notes())
    made, other = await kept.create("notes", title="A"), await kept.create("notes", title="B")
    assert await kept.delete("notes", made.id) == made
    for call in (
        kept.get("notes", made.id),
        kept.delete("notes", made.id),
        kept.update("notes", made.id, body={}),
        kept.get("notes", "no id at all"),
    ):
        await fails("not_found", call)
    assert (await kept.list("notes")).items == (other,)
    assert (await kept.told())[-1][0] == "note_deleted"


async def test_conditions_are_for_the_version_that_they_name(shop):
    # RFC 9110, section 13.1.
    kept = shop(notes())
    made = await kept.create("notes", title="A")
    tag = f'"{made.tag}"'
    changed = await kept.update("notes", made.id, body={"title": "B"}, headers={"if-match": tag})
    for call in (
        kept.update("notes", made.id, body={"title": "C"}, headers={"if-match": tag}),
        kept.replace("notes", made.id, headers={"if-match": tag}, title="C"),
        kept.delete("notes", made.id, if_match=tag),
        kept.delete("notes", made.id, if_none_match=f'"{changed.tag}"'),
        kept.get("notes", made.id, if_match=tag),
    ):
        await fails("precondition_failed", call)
    assert await kept.delete("notes", made.id, if_match="*") == changed


async def test_a_key_makes_one_row_however_often_it_comes(shop):
    kept = shop(notes())
    made = await kept.create("notes", key="k", title="A", secret="s")
    await kept.update("notes", made.id, body={"title": "B"})
    assert await kept.create("notes", key="k", title="A", secret="s") == made
    await fails("idempotency_key_reused", kept.create("notes", key="k", title="C"))
    assert (await kept.create("notes", BERT, key="k", title="A")).id != made.id
    assert (await kept.create("notes", NOBODY, key="k", title="A")).id != made.id
    assert (await kept.list("notes")).total == 3
    kept.clock.advance(25 * 3600 * 1000)
    assert (await kept.create("notes", key="k", title="C")).id != made.id


async def test_pages_are_told_by_their_number_the_newest_rows_first(shop):
    kept = shop(notes())
    made = [await kept.create("notes", title=str(number)) for number in range(5)]
    newest = made[::-1]
    first, last, beyond = [await kept.list("notes", page=page, limit=2) for page in (1, 3, 9)]
    assert (list(first.items), first.total, first.page, first.limit, first.offset) == (newest[:2], 5, 1, 2, 0)
    assert (list(last.items), last.offset) == (newest[4:], 4)
    assert (beyond.items, beyond.total) == ((), 5)


async def test_rows_of_an_owner_are_nobody_else_s(shop):
    kept = shop(notes(owned=True))
    made = await kept.create("notes", title="A")
    assert (await kept.list("notes", BERT)).total == 0
    for call in (
        kept.get("notes", made.id, BERT),
        kept.update("notes", made.id, BERT, body={"title": "B"}),
        kept.delete("notes", made.id, BERT),
    ):
        await fails("not_found", call)
    assert await kept.told(BERT) == []
    assert (await kept.list("notes")).items == (made,)
    await fails("unauthorized", kept.list("notes", NOBODY))


@pytest.mark.parametrize(
    ("ids", "form"),
    [
        (Ids(kind="ulid"), r"01[0-9A-HJKMNP-TV-Z]{24}"),
        (Ids(kind="prefix", prefix="ord_"), r"ord_[0-9A-Za-z]{12}"),
        (Ids(kind="integer"), r"1"),
    ],
)
async def test_ids_look_as_they_should(shop, ids, form):
    kept = shop(notes(ids=ids))
    made = await kept.create("notes", title="A")
    assert re.fullmatch(form, made.id)
    assert made.values["id"] == (1 if ids.kind == "integer" else made.id)
    assert await kept.get("notes", made.values["id"]) == made


async def test_ids_that_count_are_not_given_out_twice(shop):
    kept = shop(notes(ids=Ids(kind="integer")))
    await kept.create("notes", title="A")
    second = await kept.create("notes", title="B")
    await kept.delete("notes", second.id)
    assert (await kept.create("notes", title="C")).id == "3"


async def test_creation_without_a_task_that_waits_is_the_same(shop):
    from devkit.contract.keeping import ByResource
    from devkit.contract.shapes import Told

    kept = shop(notes(owned=True))
    by = ByResource(resource="notes", verb="create")
    heard = []
    kept.rows.then(by)(ANNA, Told(body={"title": "A"}), lambda result, error: heard.append((result, error)))
    kept.rows.then(by)(ANNA, Told(body={}), lambda result, error: heard.append((result, error)))
    total = (await kept.create("notes", title="B")).id and (await kept.list("notes")).total
    (ready, _), (nothing, error) = heard
    assert total == 2
    assert (nothing, error.kind.name) == (None, "validation_error")
    found = await kept.get("notes", ready.id)
    assert (found.values["title"], found.tag) == ("A", ready.tag)
    assert [name for name, _ in await kept.told()] == ["note_created", "note_created"]
