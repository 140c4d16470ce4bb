"""Rows that refer to rows, and what only one may have."""

from __future__ import annotations

from typing import Any

import pytest

from devkit.contract.resources import Column, Events, Ids, Reference, Resource
from devkit.storage import users
from tests.rows.shop import ANNA, BERT, columns, customers, notes, orders, text
from tests.rows.test_rows import fails


async def test_a_reference_must_be_to_what_is_there(shop):
    kept = shop(customers(), orders())
    failure = await fails("validation_error", kept.create("orders", customer="nobody"))
    assert failure.fields == {"customer": "There is no customer nobody"}
    anna = await kept.create("customers", name="Anna")
    order = await kept.create("orders", customer=anna.id)
    await fails("validation_error", kept.update("orders", order.id, body={"customer": "nobody"}))
    assert (await kept.update("orders", order.id, body={"customer": None})).values["customer"] is None
    assert (await kept.list("orders", customer=anna.id)).total == 0


async def test_another_user_s_row_is_nothing_to_refer_to(shop):
    kept = shop(customers(owned=True), orders(owned=True))
    anna = await kept.create("customers", ANNA, name="Anna")
    await fails("validation_error", kept.create("orders", BERT, customer=anna.id))
    await kept.create("orders", ANNA, customer=anna.id)


async def test_what_is_referred_to_stays_where_that_is_demanded(shop):
    kept = shop(customers(), orders("restrict"))
    anna = await kept.create("customers", name="Anna")
    order = await kept.create("orders", customer=anna.id)
    failure = await fails("conflict", kept.delete("customers", anna.id))
    assert order.id in failure.message
    assert (await kept.list("customers")).total == 1
    await kept.delete("orders", order.id)
    await kept.delete("customers", anna.id)


def items(on_delete: Any = "cascade") -> Resource:
    """What is on an order, which goes with it."""
    order = Column(name="order", schema={}, reference=Reference(resource="orders", on_delete=on_delete))
    return notes(
        name="items", singular="item", columns=columns(order), events=Events(deleted="item_deleted", topic="items")
    )


async def test_what_goes_with_a_row_goes_through_several_levels_and_is_told(shop):
    kept = shop(customers(), orders("cascade"), items())
    anna, bert = [await kept.create("customers", name=name) for name in ("Anna", "Bert")]
    theirs = [await kept.create("orders", customer=one.id) for one in (anna, anna, bert)]
    for order in theirs:
        await kept.create("items", order=order.id)
    await kept.delete("customers", anna.id)
    assert [record.id for record in (await kept.list("orders")).items] == [theirs[2].id]
    assert (await kept.list("items")).total == 1
    assert [name for name, _ in await kept.told()] == [
        *["order_deleted"] * 2,
        *["item_deleted"] * 2,
        "customer_deleted",
    ]


async def test_nothing_goes_where_something_further_down_keeps_it(shop):
    kept = shop(customers(), orders("cascade"), items("restrict"))
    anna = await kept.create("customers", name="Anna")
    order = await kept.create("orders", customer=anna.id)
    await kept.create("items", order=order.id)
    await fails("conflict", kept.delete("customers", anna.id))
    assert (await kept.list("orders")).total == (await kept.list("items")).total == 1
    assert await kept.told() == []


async def test_a_reference_is_cleared_and_its_row_is_a_new_version(shop):
    kept = shop(customers(), orders("clear"))
    anna = await kept.create("customers", name="Anna")
    order = await kept.create("orders", customer=anna.id, total=3)
    await kept.delete("customers", anna.id)
    left = await kept.get("orders", order.id)
    assert (left.values["customer"], left.values["total"], left.version) == (None, 3, 2)
    assert [name for name, _ in await kept.told()] == ["order_updated", "customer_deleted"]


async def test_rows_that_refer_to_each_other_in_a_circle_go_together(shop):
    to = Reference(resource="customers", on_delete="cascade")
    kept = shop(customers(columns=columns(text("name"), text("parent", reference=to), text("email"))))
    first = await kept.create("customers", name="A")
    second = await kept.create("customers", name="B", parent=first.id)
    await kept.update("customers", first.id, body={"parent": second.id})
    await kept.create("customers", name="C", parent=second.id)
    stays = await kept.create("customers", name="D")
    await kept.delete("customers", first.id)
    assert (await kept.list("customers")).items == (stays,)


async def test_a_row_that_refers_to_itself_does_not_keep_itself(shop):
    kept = shop(customers())
    made = await kept.create("customers", name="A")
    await kept.update("customers", made.id, body={"parent": made.id})
    await kept.delete("customers", made.id)


async def test_a_list_of_references_loses_the_one_that_went(shop):
    to = Reference(resource="tags", on_delete="clear")
    many = Column(name="tags", schema={"type": "array", "items": {"type": "integer"}}, reference=to)
    tag = notes(name="tags", singular="tag", ids=Ids(kind="integer"), events=Events())
    kept = shop(notes(columns=columns(many)), tag)
    tags = [(await kept.create("tags", title=name)).values["id"] for name in "abc"]
    note = await kept.create("notes", tags=tags)
    await kept.delete("tags", tags[1])
    assert (await kept.get("notes", note.id)).values["tags"] == [1, 3]
    assert (await fails("validation_error", kept.create("notes", tags=[1, 2]))).fields.keys() == {"tags"}


async def test_what_is_cleared_of_another_user_s_row_is_told_to_that_user(shop):
    shelf = customers(events=Events())
    kept = shop(shelf, orders("clear", owned=True))
    customer = await kept.create("customers", name="Anna")
    order = await kept.create("orders", BERT, customer=customer.id)
    await kept.delete("customers", customer.id, ANNA)
    assert await kept.told(ANNA) == []
    assert [values["id"] for _, values in await kept.told(BERT)] == [order.id]
    assert (await kept.get("orders", order.id, BERT)).values["customer"] is None


async def test_what_is_unique_is_no_other_s(shop):
    kept = shop(customers())
    anna = await kept.create("customers", name="Anna", email="a@x.de")
    bert = await kept.create("customers", name="Bert", email="b@x.de")
    for call in (
        kept.create("customers", name="C", email="a@x.de"),
        kept.update("customers", bert.id, body={"email": "a@x.de"}),
        kept.replace("customers", bert.id, name="Bert", email="a@x.de"),
    ):
        assert (await fails("conflict", call)).fields == {"email": "Is taken"}
    # One's own is not another's; of what is not there, several are.
    await kept.replace("customers", anna.id, name="Anne", email="a@x.de")
    await kept.create("customers", name="D")
    await kept.create("customers", name="E")
    await kept.delete("customers", anna.id)
    await kept.create("customers", name="C", email="a@x.de")


async def test_an_id_that_a_client_gives_is_unique_too(shop):
    kept = shop(notes(ids=Ids(kind="given", name="slug"), columns=columns(text("slug"), text("title"))))
    assert (await kept.create("notes", slug="a b", title="x")).id == "a b"
    assert (await fails("conflict", kept.create("notes", slug="a b"))).fields == {"slug": "Is taken"}
    for slug in (None, "", "a\nb", "x" * 256, ["a"]):
        assert (await fails("validation_error", kept.create("notes", slug=slug))).fields.keys() == {"slug"}
    assert (await kept.update("notes", "a b", body={"slug": "other", "title": "y"})).id == "a b"


async def test_whatever_an_id_is_its_tag_can_be_written(shop):
    # RFC 9110, section 8.8.3: an entity tag holds neither quotation marks nor spaces.
    kept = shop(notes(ids=Ids(kind="given"), columns=columns(text("id"), text("title"))))
    for row_id in ('"a', "ä b", "日本語"):
        made = await kept.create("notes", id=row_id)
        assert made.tag.isascii()
        assert not set(made.tag) & set(' "')
        changed = await kept.update("notes", row_id, body={"title": "x"}, headers={"if-match": f'"{made.tag}"'})
        assert changed.tag != made.tag


async def test_what_a_user_has_goes_with_the_account(shop):
    kept = shop(notes(owned=True))
    await kept.create("notes", ANNA, title="A")
    await kept.create("notes", BERT, key="k", title="B")
    await kept.database.write(lambda connection: users.delete(connection, BERT.user_id))
    assert (await kept.list("notes", BERT)).total == 0
    assert (await kept.list("notes", ANNA)).total == 1


async def test_a_softly_deleted_row_is_in_no_answer(shop):
    gone = Column(name="gone", schema={"type": ["string", "null"], "format": "date-time"}, server=True)
    kept = shop(customers(columns={**customers().columns, "gone": gone}, deleted_at="gone"), orders("cascade"))
    anna = await kept.create("customers", name="Anna", email="a@x.de")
    assert anna.values["gone"] is None
    await kept.create("orders", customer=anna.id)
    deleted = await kept.delete("customers", anna.id)
    assert deleted.values["gone"] == "2026-03-01T12:00:00.000Z"
    await fails("not_found", kept.get("customers", anna.id))
    await fails("not_found", kept.delete("customers", anna.id))
    await fails("validation_error", kept.create("orders", customer=anna.id))
    assert (await kept.list("customers")).total == (await kept.list("orders")).total == 0
    # What it had alone may be another's.
    await kept.create("customers", name="Anna", email="a@x.de")


@pytest.mark.parametrize("broken", [{"title": 1}, {}, "x"])
async def test_of_several_rows_at_once_all_are_made_or_none(shop, broken):
    from devkit.contract.keeping import ByResource
    from devkit.contract.shapes import Told

    kept = shop(notes())
    by = ByResource(resource="notes", verb="create")
    made = await kept.call(by, Told(body=[{"title": "A"}, {"title": "B"}], headers={"idempotency-key": "k"}))
    assert [record.values["title"] for record in made] == ["A", "B"]
    again = await kept.call(by, Told(body=[{"title": "A"}, {"title": "B"}], headers={"idempotency-key": "k"}))
    assert again == made
    if broken != {"title": 1}:
        failure = await fails("validation_error", kept.call(by, Told(body=[{"title": "C"}, broken])))
        assert all(name.startswith("[1]") for name in failure.fields)
    assert (await kept.list("notes")).total == 2
    assert [name for name, _ in await kept.told()] == ["note_created"] * 2


def _leaving(kept: Any, caller: Any = ANNA) -> Any:
    def leave(connection: Any) -> Any:
        tell = kept.rows.leave(connection, caller)
        users.delete(connection, caller.user_id)
        return tell

    return kept.database.write(leave)


@pytest.mark.parametrize("on_delete", ["restrict", "cascade", "clear"])
async def test_an_account_goes_as_far_as_what_refers_to_its_rows_lets_it(shop, on_delete: Any) -> None:
    kept = shop(customers(owned=True), orders(on_delete), items("cascade"))
    hers, his = [await kept.create("customers", one, name="A") for one in (ANNA, BERT)]
    # Her own may refer to each other.
    await kept.create("customers", ANNA, name="B", parent=hers.id)
    first, second = [
        await kept.create("orders", one, customer=customer.id) for one, customer in ((ANNA, hers), (BERT, his))
    ]
    await kept.create("items", order=first.id)
    await kept.told(BERT)

    if on_delete == "restrict":
        failure = await fails("conflict", _leaving(kept))
        assert failure.message == f"The order {first.id} refers to the customer {hers.id}: delete it first"
        assert (await kept.list("customers")).total == 2
        await kept.delete("orders", first.id)
    tell = await _leaving(kept)
    tell()

    assert (await kept.list("customers", BERT)).items == (his,)
    found = {row.id: row.values["customer"] for row in (await kept.list("orders", BERT)).items}
    assert found == {"clear": {second.id: his.id, first.id: None}}.get(on_delete, {second.id: his.id})
    told = ["order_updated"] if on_delete == "clear" else ["order_deleted", "item_deleted"]
    assert sorted(name for name, _ in await kept.told(BERT)) == sorted(told)
