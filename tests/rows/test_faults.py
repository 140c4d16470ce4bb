"""Faults on rows strike those of any contract as they strike tasks (`tests/faults`)."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByResource
from devkit.contract.operations import Need
from devkit.contract.resources import Column, Events, Ids, Listing, Reference
from devkit.contract.shapes import Told
from devkit.effects import Randomness
from devkit.faults.base import Fault
from devkit.faults.hit import Hit, Subject
from devkit.faults.pagination import Delete, Insert
from devkit.faults.staleness import BackgroundMutate, DeleteResurrect, ReadStale
from devkit.rowlevers import ResourceRows
from tests.rows.shop import ANNA, ID, Shop, columns, notes, text

_NEEDS = {
    "list": Need.LIST,
    "get": Need.ITEM,
    "create": Need.CREATE | Need.WRITE,
    "update": Need.ITEM | Need.WRITE,
    "delete": Need.ITEM | Need.DELETE | Need.WRITE,
}


class Levers:
    """Those of a sandbox that keeps nothing but these rows."""

    def __init__(self, shop: Shop, kind: str) -> None:
        self.clock, self.put_off = shop.clock, list[Any]()
        self._service, self._kind, self._kinds = shop.rows.service(kind), kind, shop.kinds

    def by(self, verb: Any) -> ByResource:
        parent = {"about": "note"} if self._kind == "remarks" and verb in ("list", "create") else {}
        places = {name: ("place",) for name, kind in self._kinds.items() if kind.apart}
        return ByResource(resource=self._kind, verb=verb, item="id", parent=parent, places=places)

    def needs(self, operation: str) -> Need:
        return _NEEDS[operation] | Need.RESOURCE

    def rows(self, operation: str, user_id: str | None, given: Any = None) -> ResourceRows:
        return ResourceRows(self._service, self.by(operation), ANNA, {}, self.clock, given)

    def later(self, milliseconds: int, action: Any) -> None:
        self.put_off.append(action)

    def first_user(self) -> str:
        return ANNA.user_id


class Struck:
    """Calls of one kind's operations, each of which a fault strikes."""

    def __init__(self, shop: Shop, kind: str, fault: Fault) -> None:
        self._shop, self._fault = shop, fault
        self.levers, self._memory = Levers(shop, kind), dict[str, Any]()

    def hit(self, operation: str, told: Any = None) -> Hit:
        levers: Any = self.levers
        return Hit(
            scenario="s",
            rule="r",
            kind=type(self._fault).kind,
            number=1,
            seen=0,
            draw=None,
            subject=Subject(operation=operation or None, user_id=ANNA.user_id, input=told),
            levers=levers,
            chance=Randomness(1),
            memory=self._memory,
            released=asyncio.Event(),
            operations=frozenset({"update"}),
        )

    async def __call__(
        self, verb: str, row_id: str = "", *, above: str = "", place: str = "", query: Any = None, **body: Any
    ) -> Any:
        path = {name: value for name, value in (("id", row_id), ("about", above), ("place", place)) if value}
        told = Told(path=path, query=query or {}, body=body)
        proceed = partial(self._shop.call, self.levers.by(verb), told)
        return await self._fault.around(self.hit(verb, told), proceed)


async def test_a_replica_that_lags_behind_knows_nothing_of_what_was_just_done(shop) -> None:
    kept = shop(notes())
    changed, deleted = [await kept.create("notes", title=title) for title in ("Old", "Gone")]
    kept.clock.advance(5000)
    call = Struck(kept, "notes", ReadStale(lag="2s"))
    made = await call("create", title="Too new")
    await call("update", changed.id, title="New")
    await call("delete", deleted.id)

    page = await call("list")

    assert ([row.values["title"] for row in page.items], page.total) == (["Gone", "Old"], 2)
    assert (await call("get", changed.id)).values["title"] == "Old"
    assert await call("get", deleted.id) == deleted
    with pytest.raises(DomainError):
        await call("get", made.id)
    kept.clock.advance(2001)
    assert [row.values["title"] for row in (await call("list")).items] == ["Too new", "New"]


async def test_what_tells_no_time_is_new_where_the_fault_saw_it_made_and_stays_below_its_own(shop) -> None:
    note = Column(name="note", schema={"type": "string"}, reference=Reference(resource="notes"))
    facts = {"name": "remarks", "singular": "remark", "created_at": "", "events": Events()}
    remarks = notes(columns=columns(ID, note, text("title")), **facts)
    kept = shop(notes(), remarks)
    first, second = [(await kept.create("notes", title=title)).id for title in ("A", "B")]
    call = Struck(kept, "remarks", ReadStale(lag="2s"))
    for above in (first, second):
        old = await kept.create("remarks", title=f"of {above}", note=above)
        await call("create", above=above, title="Too new")
        await call("delete", old.id)

    # What was deleted is still there, below its own; what was made is not there yet, below none.
    assert [row.values["note"] for row in (await call("list", above=first)).items] == [first]
    assert [row.values["note"] for row in (await call("list", above=second)).items] == [second]


async def test_what_was_deleted_is_still_there_where_a_filter_would_have_it(shop) -> None:
    listing = Listing(filters={"size": "size", "made": "made"}, search=("title",))
    kept = shop(notes(listing=listing))
    small, large = [await kept.create("notes", title="A", size=size) for size in (1, 2)]
    kept.clock.advance(5000)
    call = Struck(kept, "notes", ReadStale(lag="2s"))
    for row in (small, large):
        await call("delete", row.id)
    assert (await call("list", query={"size": "1"})).items == (small,)
    assert (await call("list", query={"size": "1,2"})).total == 2
    # Ranges, points in time and searches as the database has them.
    assert (await call("list", query={"size[gte]": "2"})).items == (large,)
    assert (await call("list", query={"made[lt]": "2026-03-01T13:00:00+01:00"})).total == 0
    assert (await call("list", query={"made[lte]": "2026-03-01T13:00:00+01:00"})).total == 2
    assert (await call("list", query={"q": "a"})).items == (small, large)
    assert (await call("list", query={"q": "b"})).total == 0


async def test_a_filter_of_a_replica_that_lags_behind_looks_at_what_was(shop) -> None:
    kept = shop(notes(listing=Listing(filters={"size": "size"})))
    comes, goes = [await kept.create("notes", title="A", size=size) for size in (1, 2)]
    kept.clock.advance(5000)
    call = Struck(kept, "notes", ReadStale(lag="2s"))
    await call("update", comes.id, size=2)
    await call("update", goes.id, size=1)
    assert (await call("list", query={"size": "2"})).items == (goes,)
    assert (await call("list", query={"size": "1"})).items == (comes,)
    await call("delete", goes.id)
    assert (await call("list", query={"size": "2"})).items == (goes,)
    assert await call("get", goes.id) == goes


async def test_what_something_refers_to_stays_and_what_refers_to_nothing_does_not_come_back(shop) -> None:
    remarks = {"name": "remarks", "singular": "remark", "created_at": "", "events": Events()}
    note = Column(name="note", schema={"type": "string"}, reference=Reference(resource="notes"))
    kept = shop(notes(), notes(columns=columns(ID, note), **remarks))
    _, held = [await kept.create("notes", title=title) for title in ("Free", "Held")]
    remark = await kept.create("remarks", note=held.id)
    await Struck(kept, "notes", Delete(at=1))("list")
    assert [row.id for row in (await kept.list("notes")).items] == [held.id]

    call = Struck(kept, "remarks", DeleteResurrect(after="1s"))
    await call("delete", remark.id)
    await kept.delete("notes", held.id)
    [come_back] = call.levers.put_off
    with pytest.raises(DomainError):
        await come_back()
    assert (await kept.list("remarks")).total == 0


@pytest.mark.parametrize("kind", ["uuid", "integer", "prefix", "ulid"])
async def test_what_was_deleted_comes_back_where_it_was_and_is_told_of(shop, kind: Any) -> None:
    kept = shop(notes(ids=Ids(kind=kind)))
    rows = [await kept.create("notes", title=title, secret="s") for title in ("A", "B", "C")]
    call = Struck(kept, "notes", DeleteResurrect(after="1s"))
    await call("delete", rows[1].id)
    assert (await kept.list("notes")).total == 2
    await kept.told()
    for _ in range(2):
        [come_back] = call.levers.put_off
        await come_back()
        assert [row.values for row in (await kept.list("notes")).items] == [row.values for row in rows[::-1]]
    assert [name for name, _ in await kept.told()] == ["note_created"]


async def test_rows_that_are_kept_apart_are_struck_where_the_call_is(shop) -> None:
    seed = [{"id": name, "title": name} for name in ("A", "B")]
    kept = shop(notes(apart=("/{}",), seed=seed, created_at=""))
    await kept.rows.open()

    async def there(place: str) -> list[str]:
        by = ByResource(resource="notes", verb="list", places={"notes": ("place",)})
        return [row.id for row in (await kept.call(by, Told(path={"place": place}))).items]

    call = Struck(kept, "notes", DeleteResurrect(after="1s"))
    await call("delete", "A", place="one")
    assert (await there("one"), await there("two")) == (["B"], ["B", "A"])
    [come_back] = call.levers.put_off
    await come_back()
    assert await there("one") == ["B", "A"]

    await Struck(kept, "notes", Delete(at=1))("list", place="one")
    await Struck(kept, "notes", Insert(at=1))("list", place="two")
    assert (await there("one"), len(await there("two")), await there("three")) == (["A"], 3, ["B", "A"])

    call = Struck(kept, "notes", ReadStale(lag="2s"))
    await call("delete", "A", place="four")
    assert [row.id for row in (await call("list", place="four")).items] == ["A", "B"]
    assert [row.id for row in (await call("list", place="one")).items] == ["A"]


async def test_somebody_else_changes_a_row_and_nothing_that_is_not_theirs_to_change(shop) -> None:
    kept = shop(notes())
    made = await kept.create("notes", title="A")
    call = Struck(kept, "notes", BackgroundMutate(every="1s"))
    await call._fault.on_activate(call.hit(""))
    for number in range(2):
        await call.levers.put_off[number]()
    [row] = (await kept.list("notes")).items
    assert row.version == 3
    changed = {name for name in row.values if row.values[name] != made.values[name]}
    assert changed - {"revision", "changed"}
    assert not changed & {"id", "made"}
    assert [name for name, _ in await kept.told()] == ["note_created", "note_updated", "note_updated"]


async def test_a_row_comes_in_between_two_pages_or_goes(shop) -> None:
    facts = notes(columns=columns(ID, text("title", required=True), text("email", unique=True)))
    kept = shop(facts)
    rows = [await kept.create("notes", title=title, email=f"{title}@example.com") for title in ("A", "B")]
    await Struck(kept, "notes", Insert(at=1))("list")
    found = (await kept.list("notes")).items
    assert [row.id for row in found[1:]] == [row.id for row in rows[::-1]]
    assert found[0].values["title"]
    await Struck(kept, "notes", Delete(at=1))("list")
    assert list((await kept.list("notes")).items) == rows[::-1]
