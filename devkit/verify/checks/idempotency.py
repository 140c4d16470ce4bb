"""What is sent twice, because an answer was lost, or by two clicks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from devkit.contract.operations import Need
from devkit.dialects.base import Route
from devkit.dialects.calling import example_of
from devkit.effects import fresh_secret
from devkit.verify.base import Check
from devkit.verify.case import Case, id_of, row_of
from devkit.verify.exchange import Answer
from devkit.verify.pages import pager_of, walked
from devkit.verify.target import Collection
from devkit.verify.verdicts import expect, skip, unclear
from devkit.verify.visitor import Visitor

_DRAFT = "draft-ietf-httpapi-idempotency-key-header-07"


class Keyed:
    """A creation that takes a key, in a list that tells what was made."""

    def __init__(self, case: Case, visitor: Visitor, collection: Collection, create: Route) -> None:
        self.case, self.visitor, self.collection, self.create = case, visitor, collection, create
        self.key = f"verify-{fresh_secret(9).hex()}"
        case.world.number += 1
        self.fields = example_of(create, case.world.number)

    async def send(self, key: str = "", **fields: Any) -> Answer:
        told = {**self.fields, **fields}
        answer = await self.visitor.call(self.create, told, headers={"Idempotency-Key": key or self.key})
        if answer.ok:
            self.leave(id_of(answer))
        return answer

    def leave(self, row_id: str) -> None:
        """Have it taken away in the end."""
        self.case.leave(self.visitor, self.collection.delete, row_id)

    async def rows(self) -> set[str]:
        """The keys of all rows."""
        pager = pager_of(self.visitor.target, self.collection.list)
        walk = await walked(self.visitor, pager, 100 if pager.size else 0)
        if not walk.whole:
            skip("the list is too long to be walked")
        return {*walk.seen}

    async def new(self, before: set[str]) -> set[str]:
        """Those that are there now and were not before, which are taken away in the end."""
        found = await self.rows() - before
        for one in found:
            self.leave(one)
        return found

    def other_text(self) -> dict[str, Any]:
        """A text of the body that is another than the example's."""
        texts = (
            (name, value)
            for name, value in self.fields.items()
            if isinstance(value, str) and name not in self.create.path_fields and " " in value
        )
        name, value = next(texts, None) or skip("the example has no text that could be another")
        return {name: f"{value} too"}


def takes_key(route: Route) -> bool:
    """Whether the contract says so, and not devkit alone, which takes one for any creation."""
    return route.shape is None or any(one.name.lower() == "idempotency-key" for one in route.shape.parameters)


async def keyed(case: Case) -> Keyed:
    def fits(one: Collection) -> bool:
        create = one.create if one.is_writable else None
        return create is not None and takes_key(create) and Need.IDEMPOTENCY in case.target.needs_of(create)

    collection = case.collection(fits)
    assert collection.create is not None  # noqa: S101 - it fits
    visitor = await case.signed_in() if case.world.session else case.visitor()
    return Keyed(case, visitor, collection, collection.create)


async def once(case: Case) -> None:
    one = await keyed(case)
    before = await one.rows()
    first, _ = await one.send(), await one.send()
    if not first.ok:
        unclear(f"{one.create.operation.id} was answered with {first.status}")
    made = await one.new(before)
    expect(len(made) == 1, f"the same call with the same key was done {len(made)} times")


async def same_answer(case: Case) -> None:
    one = await keyed(case)
    first, second = await one.send(), await one.send()
    if not first.ok:
        unclear(f"{one.create.operation.id} was answered with {first.status}")
    expect(second.ok, f"a call that is repeated with its key is answered with {second.status}")
    expect(id_of(first) == id_of(second), "a call that is repeated with its key is told of another row")


async def at_once(case: Case) -> None:
    one = await keyed(case)
    before = await one.rows()
    answers = await asyncio.gather(*(one.send() for _ in range(4)))
    made = await one.new(before)
    expect(len(made) == 1, f"of four calls at once with one key, {len(made)} were done")
    odd = [answer.status for answer in answers if not answer.ok and answer.status not in {409, 425, 429}]
    expect(not odd, f"of four calls at once with one key, one is answered with {odd and odd[0]}")


async def lost_answer(case: Case) -> None:
    one = await keyed(case)
    before = await one.rows()
    call = one.visitor.spelled(one.create, one.fields)
    headers = {**call.headers, "Idempotency-Key": one.key, "Connection": "close"}
    request = one.visitor.request(call.method, call.target, headers, call.body)
    line = await one.visitor.line()
    try:
        await line.say(request)
    finally:
        await line.close()
    answer = await one.send()
    for _ in range(5):
        if answer.status not in {409, 425}:
            break
        await asyncio.sleep(0.2)
        answer = await one.send()
    expect(answer.ok, f"after an answer that was lost, the same call with its key is answered with {answer.status}")
    made = await one.new(before)
    expect(
        len(made) == 1, f"after an answer that was lost and a repetition with the same key, {len(made)} rows are there"
    )


async def other_body(case: Case) -> None:
    one = await keyed(case)
    other = one.other_text()
    before = await one.rows()
    await one.send()
    answer = await one.send(**other)
    made = await one.new(before)
    expect(len(made) < 2, "a key that was used already did another thing")
    expect(
        400 <= answer.status < 500, f"a key that is used for another thing is answered with {answer.status}, as if done"
    )


async def other_key(case: Case) -> None:
    one = await keyed(case)
    before = await one.rows()
    await one.send()
    await one.send(f"{one.key}-two")
    made = await one.new(before)
    expect(len(made) == 2, f"two calls with keys of their own made {len(made)} rows")


async def strange_key(case: Case) -> None:
    one = await keyed(case)
    for key in ('"quoted"', "x" * 300, "{};--"):
        answer = await one.send(key)
        expect(answer.status < 500, f"the key {key[:20]} is answered with {answer.status}")


async def _made(case: Case) -> tuple[Visitor, Collection, str]:
    collection = case.collection(lambda one: one.is_writable)
    visitor = await case.signed_in() if case.world.session else case.visitor()
    made = await case.make(visitor, collection)
    return visitor, collection, made.id or unclear("the answer to a creation names no row")


async def deleted_twice(case: Case) -> None:
    visitor, collection, row = await _made(case)
    route, item = case.item(collection.delete, row)
    first, second = await visitor.call(route, item), await visitor.call(route, item)
    expect(first.ok, f"a row of one's own could not be deleted: {first.status}")
    expect(second.status < 500, f"a second deletion is answered with {second.status}")


async def deleted_is_gone(case: Case) -> None:
    collection = case.collection(lambda one: one.is_writable and one.get is not None)
    visitor = await case.signed_in() if case.world.session else case.visitor()
    made = await case.make(visitor, collection)
    delete, item = case.item(collection.delete, made.id)
    if not (await visitor.call(delete, item)).ok:
        unclear("the row could not be deleted")
    get, item = case.item(collection.get, made.id)
    answer = await visitor.call(get, item)
    expect(answer.status in {404, 410, 403}, f"what was deleted is answered with {answer.status}")


async def deleted_at_once(case: Case) -> None:
    visitor, collection, row = await _made(case)
    route, item = case.item(collection.delete, row)
    answers = await asyncio.gather(*(visitor.call(route, item) for _ in range(3)))
    odd = [answer.status for answer in answers if answer.status >= 500]
    expect(not odd, f"of three deletions at once, one is answered with {odd and odd[0]}")
    expect(any(answer.ok for answer in answers), "of three deletions at once, none is told that it did")


async def replaced_twice(case: Case) -> None:
    collection = case.collection(lambda one: one.is_writable and one.replace is not None)
    visitor = await case.signed_in() if case.world.session else case.visitor()
    made = await case.make(visitor, collection)
    route, item = case.item(collection.replace, made.id)
    first, second = await visitor.call(route, item), await visitor.call(route, item)
    if not first.ok:
        skip(f"a replacement is answered with {first.status}")
    expect(second.status == first.status or second.ok, f"the same PUT again is answered with {second.status}")
    expect(id_of(second) in {id_of(first), ""}, "the same PUT again made another row")


async def reading_changes_nothing(case: Case) -> None:
    collection = case.collection(lambda one: one.is_writable and one.get is not None)
    visitor = await case.signed_in() if case.world.session else case.visitor()
    made = await case.make(visitor, collection)
    route, item = case.item(collection.get, made.id)
    first, second = await visitor.call(route, item), await visitor.call(route, item)
    if not first.ok:
        unclear(f"{route.operation.id} was answered with {first.status}")
    expect(second.status == first.status, f"the same GET again is answered with {second.status}")
    expect(row_of(first) == row_of(second), "a row is another one after it was read")


def _check(name: str, asks: str, why: str, run: Callable[[Case], Awaitable[None]], needs: Need) -> Check:
    return Check(id=f"idempotency.{name}", asks=asks, why=why, run=run, needs=(needs,), read_only=False)


_KEY, _SAFE = Need.IDEMPOTENCY, Need.DELETE
_REPEATED = "RFC 9110, section 9.2.2"

CHECKS = (
    _check("once", "Is a call that is repeated with its key done once?", _DRAFT, once, _KEY),
    _check("same-answer", "Is the repeated call answered as the first one?", _DRAFT, same_answer, _KEY),
    _check("at-once", "Is it done once where both come at the same time?", _DRAFT, at_once, _KEY),
    _check("lost-answer", "Is it done once where nobody waited for the first answer?", _DRAFT, lost_answer, _KEY),
    _check(
        "other-body", "Is a key that is used for another thing refused?", f"{_DRAFT}, section 2.7", other_body, _KEY
    ),
    _check("other-key", "Is the same call with another key another one?", _DRAFT, other_key, _KEY),
    _check("strange-key", "Is a key of any form no crash?", f"{_DRAFT}, section 2.1", strange_key, _KEY),
    _check("delete-twice", "Is a second deletion no crash?", _REPEATED, deleted_twice, _SAFE),
    _check("delete-at-once", "Are deletions at the same time no crash?", _REPEATED, deleted_at_once, _SAFE),
    _check("deleted", "Is what was deleted gone?", "RFC 9110, section 9.3.5", deleted_is_gone, _SAFE),
    _check("put-twice", "Does the same PUT twice what one does?", _REPEATED, replaced_twice, _SAFE),
    _check(
        "get-safe", "Is a row the same after it was read?", "RFC 9110, section 9.2.1", reading_changes_nothing, _SAFE
    ),
)
