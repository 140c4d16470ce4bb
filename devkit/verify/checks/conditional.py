"""Requests with a condition: what is unchanged is not sent again, and what somebody else changed is not overwritten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from devkit.contract.operations import Need
from devkit.dialects.base import Route
from devkit.verify.base import Check
from devkit.verify.case import Case, Made, row_of
from devkit.verify.exchange import Answer
from devkit.verify.promises import promises_header
from devkit.verify.target import Collection
from devkit.verify.verdicts import expect, skip, unclear
from devkit.verify.visitor import Visitor

_STRANGE = '"devkit-verify-no-such-version"'
_MADE = (Need.CREATE,)


class Tagged:
    """A row of the check's own, and the version in which it was read."""

    def __init__(self, visitor: Visitor, collection: Collection, made: Made, answer: Answer, tag: str) -> None:
        self.visitor, self.collection, self.made, self.answer, self.tag = visitor, collection, made, answer, tag

    async def get(self, **headers: str) -> Answer:
        assert self.collection.get is not None  # noqa: S101 - it was read before
        return await self.visitor.call(self.collection.get, self.of(self.collection.get), headers=headers)

    def of(self, route: Route) -> dict[str, Any]:
        return {self.visitor.target.parameters(route)[-1]: self.made.id}

    async def write(self, tag: str | None) -> Answer:
        """Change it, for that version; None for any."""
        route = self.writer()
        headers = {"If-Match": tag} if tag else {}
        return await self.visitor.call(route, self.of(route), headers=headers)

    def writer(self) -> Route:
        return self.collection.update or self.collection.replace or skip("rows cannot be changed")


async def tagged(case: Case) -> Tagged:
    """Skips where versions are neither told nor promised."""
    collection = case.collection(lambda one: one.is_writable and one.get is not None)
    visitor = await case.signed_in() if case.world.session else case.visitor()
    made = await case.make(visitor, collection)
    route, item = case.item(collection.get, made.id)
    answer = await visitor.call(route, item)
    if not answer.ok:
        unclear(f"{route.operation.id} was answered with {answer.status} where the row was just made")
    tag = answer.get("ETag")
    if tag is None:
        expect(
            not promises_header(route, "ETag"),
            f"the contract promises an ETag, and {route.method} {route.path} has none",
        )
        skip("rows have no ETag")
    return Tagged(visitor, collection, made, answer, tag)


async def strongly_tagged(case: Case) -> Tagged:
    """A weak version is for caches: it never fits an If-Match (RFC 9110, section 8.8.3.2)."""
    one = await tagged(case)
    if one.tag.startswith("W/"):
        skip("the ETag is weak, and never fits an If-Match")
    return one


async def well_formed(case: Case) -> None:
    one = await tagged(case)
    bare = one.tag.removeprefix("W/")
    fits = len(bare) >= 2 and bare[0] == bare[-1] == '"' and '"' not in bare[1:-1] and " " not in bare
    expect(fits, f"ETag: {one.tag} is none: it is a text in double quotes")


async def stays(case: Case) -> None:
    one = await tagged(case)
    again = (await one.get()).get("ETag")
    expect(again == one.tag, f"nothing was changed, and the ETag is {again} after {one.tag}")


async def moves(case: Case) -> None:
    one = await tagged(case)
    before = row_of(one.answer)
    if not (await one.write(None)).ok:
        skip("a row could not be changed without a condition")
    after = await one.get()
    if row_of(after) == before:
        skip("the change left the row as it was")
    expect(after.get("ETag") != one.tag, f"the row was changed, and its ETag is {one.tag} as before")


async def is_not_modified(case: Case, condition: Callable[[str], str]) -> Answer:
    one = await tagged(case)
    field = condition(one.tag)
    answer = await one.get(**{"If-None-Match": field})
    expect(answer.status == 304, f"If-None-Match: {field} is answered with {answer.status} where 304 is right")
    return answer


async def not_modified(case: Case) -> None:
    answer = await is_not_modified(case, lambda tag: tag)
    expect(not answer.body, "a 304 has a body")


async def one_of_several(case: Case) -> None:
    await is_not_modified(case, lambda tag: f"{_STRANGE}, {tag}")


async def weakly(case: Case) -> None:
    await is_not_modified(case, lambda tag: tag if tag.startswith("W/") else f"W/{tag}")


async def any_version(case: Case) -> None:
    await is_not_modified(case, lambda _: "*")


async def modified(case: Case) -> None:
    answer = await (await tagged(case)).get(**{"If-None-Match": _STRANGE})
    expect(answer.status == 200, f"who has another version is answered with {answer.status} where 200 is right")
    expect(answer.content, "who has another version gets none")


async def tag_of_304(case: Case) -> None:
    one = await tagged(case)
    answer = await one.get(**{"If-None-Match": one.tag})
    if answer.status != 304:
        skip(f"{answer.status} comes and not 304")
    expect(answer.get("ETag") == one.tag, f"a 304 for {one.tag} has the ETag {answer.get('ETag')}")


def stored(one: Tagged, answer: Answer) -> Any:
    return answer.get("ETag"), row_of(answer)


async def fitting_write(case: Case) -> None:
    one = await strongly_tagged(case)
    answer = await one.write(one.tag)
    expect(answer.ok, f"If-Match with the version that is there is answered with {answer.status}")


async def stale_write(case: Case) -> None:
    one = await strongly_tagged(case)
    answer = await one.write(_STRANGE)
    expect(
        answer.status in {412, 428, 409},
        f"If-Match with another version than is there is answered with {answer.status} where 412 is right",
    )
    expect(stored(one, await one.get()) == stored(one, one.answer), "the row was refused, and is changed all the same")


async def overtaken(case: Case) -> None:
    one = await strongly_tagged(case)
    before = row_of(one.answer)
    first = await one.write(one.tag)
    if not first.ok or row_of(await one.get()) == before:
        skip("the first change was refused, or changed nothing")
    second = await one.write(one.tag)
    expect(
        second.status in {412, 428, 409},
        f"two changed the same version: the second, of what the first had changed, is answered with {second.status}",
    )


async def at_once(case: Case) -> None:
    one = await strongly_tagged(case)
    before = row_of(one.answer)
    answers = await asyncio.gather(*(one.write(one.tag) for _ in range(4)))
    if row_of(await one.get()) == before:
        skip("a change left the row as it was")
    good = [answer.status for answer in answers if answer.ok]
    expect(len(good) == 1, f"four changed the same version at once, and {len(good)} were told that they did")


async def stale_deletion(case: Case) -> None:
    one = await strongly_tagged(case)
    route = one.collection.delete or skip("rows cannot be deleted")
    answer = await one.visitor.call(route, one.of(route), headers={"If-Match": _STRANGE})
    expect(
        answer.status in {412, 428, 409},
        f"a deletion of another version than is there is answered with {answer.status} where 412 is right",
    )
    expect((await one.get()).ok, "the deletion was refused, and the row is gone all the same")


async def bad_condition(case: Case) -> None:
    one = await tagged(case)
    for field in ("not-quoted", '"', "W/", ",,,"):
        answer = await one.get(**{"If-None-Match": field})
        expect(answer.status < 500, f"If-None-Match: {field} is answered with {answer.status}")


async def vary_agrees(case: Case) -> None:
    one = await tagged(case)
    answer = await one.get(**{"If-None-Match": one.tag})
    if answer.status != 304:
        skip(f"{answer.status} comes and not 304")
    for name in ("Cache-Control", "Vary"):
        said, again = {*one.answer.words(name)}, {*answer.words(name)}
        expect(said <= again, f"{name} is {one.answer.get(name)} in the 200, and {answer.get(name)} in the 304")


def _check(name: str, asks: str, section: str, run: Callable[[Case], Awaitable[None]]) -> Check:
    return Check(
        id=f"conditional.{name}", asks=asks, why=f"RFC 9110, section {section}", run=run, needs=_MADE, read_only=False
    )


CHECKS = (
    _check("tag", "Is an ETag a text in double quotes?", "8.8.3", well_formed),
    _check("tag-stays", "Is the ETag the same as long as nothing is changed?", "8.8.1", stays),
    _check("tag-moves", "Is the ETag another one when the row is changed?", "8.8.1", moves),
    _check("not-modified", "Is who has the version told so, without a body?", "13.1.2", not_modified),
    _check("several", "Is one of several versions known?", "13.1.2", one_of_several),
    _check("weak", "Are versions of If-None-Match compared weakly?", "13.1.2 and 8.8.3.2", weakly),
    _check("any", "Does If-None-Match: * mean any version?", "13.1.2", any_version),
    _check("modified", "Does who has another version get this one?", "13.1.2", modified),
    _check("tag-of-304", "Has a 304 the version that it tells of?", "15.4.5", tag_of_304),
    _check("fields-of-304", "Has a 304 the Cache-Control and Vary of the 200?", "15.4.5", vary_agrees),
    _check("malformed", "Is a condition that is none no crash?", "13.1.2", bad_condition),
    _check("fits", "May who has the version change it?", "13.1.1", fitting_write),
    _check("stale", "Is a change of another version refused?", "13.1.1", stale_write),
    _check("overtaken", "Is the second of two changes of one version refused?", "13.1.1", overtaken),
    _check("at-once", "Does one alone win, of four that change one version at once?", "13.1.1", at_once),
    _check("stale-delete", "Is a deletion of another version refused?", "13.1.1", stale_deletion),
)
