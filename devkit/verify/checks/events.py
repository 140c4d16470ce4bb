"""What happens, as sockets tell it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from devkit.contract.operations import Need
from devkit.verify.case import Case
from devkit.verify.checks.sockets import OURS, QUIET, browser, check, connected, message
from devkit.verify.socket import Socket
from devkit.verify.target import Collection
from devkit.verify.verdicts import expect, skip, unclear
from devkit.verify.visitor import Visitor

_ROWS: dict[str, Any] = {"needs": (Need.EVENT, Need.CREATE), "read_only": False}


async def subscribed(case: Case, **more: Any) -> tuple[Visitor, Collection, Socket]:
    """A socket that hears of a list that rows can be made in."""
    message(case, "subscribe")

    def tells(one: Collection) -> bool:
        return one.is_writable and one.create is not None and bool(topics(case, one)) and _is_plain(case, one)

    if not case.target.dialect.socket_protocol.events:
        skip("the socket tells no events")
    collection = case.collection(tells)
    visitor, socket = await browser(case), await connected(case)
    await socket.send({"type": "subscribe", "topics": topics(case, collection), **more})
    if not more:
        heard = await socket.hear_of("subscription")
        expect(heard.kind == "text", f"a subscription to {topics(case, collection)} is not answered")
    return visitor, collection, socket


def _is_plain(case: Case, one: Collection) -> bool:
    return one.create is not None and Need.UPLOAD not in case.target.needs_of(one.create)


def topics(case: Case, collection: Collection) -> list[str]:
    events = case.target.dialect.contract.events
    emitted = [events[name] for name in (collection.create.operation.emits if collection.create else ())]
    return [topic for event in emitted for topic in event.topics if "<" not in topic][:1]


def created(collection: Collection) -> str:
    assert collection.create is not None  # noqa: S101 - it is writable
    return collection.create.operation.emits[0]


async def heard_events(socket: Socket, name: str, made: Sequence[str]) -> list[dict[str, Any]]:
    """Those of that name which tell of rows that were made, as many as come, one for each at the most."""
    found: list[dict[str, Any]] = []
    while len(found) < len(made):
        heard = await socket.hear_of(name, seconds=3, about=made)
        if not isinstance(heard.json, dict):
            break
        found.append(heard.json)
    return found


async def event_is_told(case: Case) -> None:
    visitor, collection, socket = await subscribed(case)
    async with socket:
        made = await case.make(visitor, collection)
        heard = await heard_events(socket, created(collection), [made.id])
        expect(heard, f"{created(collection)} of the row that was made is not told on {topics(case, collection)}")


async def events_in_order(case: Case) -> None:
    visitor, collection, socket = await subscribed(case)
    async with socket:
        made = [(await case.make(visitor, collection)).id for _ in range(4)]
        heard = await heard_events(socket, created(collection), made)
    if len(heard) < 4:
        unclear(f"of 4 events {len(heard)} were told")
    told = [next((one for one in made if one in str(event)), "") for event in heard]
    expect(told == made, f"{created(collection)} is told in another order than it happened")


async def events_once(case: Case) -> None:
    visitor, collection, socket = await subscribed(case)
    async with socket:
        made = await case.make(visitor, collection)
        first = await socket.hear_of(created(collection), about=[made.id])
        again = await socket.hear_of(created(collection), seconds=QUIET, about=[made.id])
    if first.kind != "text":
        unclear(f"{created(collection)} is not told")
    expect(again.kind != "text", f"{created(collection)} is told twice for one row")


async def ids_rise(case: Case) -> None:
    visitor, collection, socket = await subscribed(case)
    async with socket:
        made = [(await case.make(visitor, collection)).id for _ in range(3)]
        found = [event.get("id") for event in await heard_events(socket, created(collection), made)]
    ids = [one for one in found if isinstance(one, int)]
    if len(ids) < 3:
        skip("events have no ids that could rise")
    steps = [later - earlier for earlier, later in pairwise(ids)]
    expect(all(step > 0 for step in steps), f"the ids of events do not rise: {ids}")


async def resumes(case: Case) -> None:
    visitor, collection, socket = await subscribed(case)
    async with socket:
        first = await case.make(visitor, collection)
        before = await heard_events(socket, created(collection), [first.id])
    if not before or not isinstance(before[0].get("id"), int):
        skip("events have no ids to go on from")
    made = [(await case.make(visitor, collection)).id for _ in range(2)]
    _, _, socket = await subscribed(case, since=before[0]["id"])
    async with socket:
        heard = await heard_events(socket, created(collection), made)
    told = [next((one for one in made if one in str(event)), "") for event in heard]
    expect(told == made, f"who comes back with the last event's id is told {len(heard)} of the 2 that were missed")


async def unsubscribes(case: Case) -> None:
    visitor, collection, socket = await subscribed(case)
    async with socket:
        await socket.send({"type": "unsubscribe", "topics": topics(case, collection)})
        heard = await socket.hear_of("subscription")
        expect(heard.kind == "text", "to unsubscribe is not answered")
        made = await case.make(visitor, collection)
        heard = await socket.hear_of(created(collection), seconds=QUIET, about=[made.id])
        expect(heard.kind != "text", f"{created(collection)} is told to who has unsubscribed")


CHECKS = (
    check("event", "Is what happens told?", OURS, event_is_told, **_ROWS),
    check("order", "Is it told in the order in which it happened?", OURS, events_in_order, **_ROWS),
    check("once", "Is it told once?", OURS, events_once, waits=QUIET, **_ROWS),
    check("ids", "Do the ids of events rise?", OURS, ids_rise, **_ROWS),
    check("resume", "Is what was missed told to who comes back?", OURS, resumes, **_ROWS),
    check("unsubscribe", "Is nothing told to who has unsubscribed?", OURS, unsubscribes, waits=QUIET, **_ROWS),
)
