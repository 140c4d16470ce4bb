"""The record of what happened: to be listed, looked into, followed and waited for."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator
from itertools import islice
from typing import Any

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.control.filters import PARAMETERS, TYPES, Fits, fitting
from devkit.effects import MINUTE, SECOND, isoformat
from devkit.journal import Entry, Follower, Journal, MailEntry, Message
from devkit.masking import mask_headers, mask_text


async def list_entries(call: Call) -> Json:
    """`{data, newest}`: entries, newest first, and the number to ask `after` next time."""
    journal, fits = call.sandbox.journal, fitting(call.values)
    found = (entry for entry in reversed(list(journal)) if fits(entry))
    return {"data": [written(entry) for entry in islice(found, call.values["limit"])], "newest": journal.newest}


async def show_entry(call: Call) -> Json:
    """An entry with what passed: headers, bodies (their beginning), and when, on both clocks; secrets masked."""
    number = call.values["number"]
    entry = call.sandbox.journal.find(number)
    if entry is None:
        raise ControlError(404, "not_found", f"The journal has no entry {number} (any more)")
    detail = call.sandbox.journal.detail(number)
    if detail is None:
        return written(entry)
    return written(entry) | {
        "began_at": isoformat(detail.began),
        "machine_at": isoformat(detail.machine_at),
        "request": _message(detail.request),
        "response": _message(detail.response),
    }


def follow(call: Call) -> AsyncGenerator[Json, None]:
    """Each entry as it happens, those after a number first where one was asked for; `{type: gap, missed}` where the
    reader was too slow.
    """
    journal, after = call.sandbox.journal, call.values["after"]
    return _feed(journal, fitting({**call.values, "after": journal.newest if after is None else after}))


async def _feed(journal: Journal, fits: Fits) -> AsyncGenerator[Json, None]:
    follower = journal.follow(fits)
    try:
        # Nothing waits between this and the line above: no entry is told twice, and none is missed.
        for entry in [entry for entry in journal if fits(entry)]:
            yield written(entry)
        async for entry in follower:
            yield written(entry)
            if missed := follower.missed():
                yield {"type": "gap", "missed": missed}
    finally:
        journal.unfollow(follower)


async def wait(call: Call) -> Json:
    """The first entry that fits, as soon as it is there."""
    journal, fits = call.sandbox.journal, fitting(call.values)
    found = next((entry for entry in journal if fits(entry)), None)
    if found is None:
        follower = journal.follow(fits)
        try:
            found = await _first(follower, call)
        finally:
            journal.unfollow(follower)
    if found is None:
        raise ControlError(408, "request_timeout", "Nothing that fits happened in that time")
    return written(found)


async def clear(call: Call) -> Json:
    deleted = len(call.sandbox.journal)
    call.sandbox.journal.clear()
    return {"message": f"Deleted {deleted} entr{'y' if deleted == 1 else 'ies'}", "deleted": deleted}


def written(entry: Entry) -> Json:
    """An entry as a JSON object; `type` says which kind it is."""
    data = {"type": TYPES[type(entry)], **dataclasses.asdict(entry), "at": isoformat(entry.at)}
    if isinstance(entry, MailEntry):
        data["delivered"] = [isoformat(instant) for instant in entry.delivered]
    return data


async def _first(follower: Follower, call: Call) -> Entry | None:
    """None where the time is over, or nobody waits any more."""

    async def first() -> Entry | None:
        return await anext(follower, None)

    waiting = asyncio.ensure_future(first())
    gone = call.gone()
    watched: list[asyncio.Future[Any]] = [waiting, gone] if gone else [waiting]
    try:
        await asyncio.wait(
            watched,
            timeout=call.values["timeout"] / SECOND,
            return_when=asyncio.FIRST_COMPLETED,
        )
        return waiting.result() if waiting.done() else None
    finally:
        waiting.cancel()


def _message(message: Message) -> Json:
    body = None if message.body is None else mask_text(message.body.decode("utf-8", "replace"))
    cut = message.body is not None and message.size is not None and message.size > len(message.body)
    return {"headers": mask_headers(message.headers), "body": body, "size": message.size, "cut": cut}


_OF_CONTENT = tuple(parameter for parameter in PARAMETERS if parameter.name not in {"after", "before"})

ROWS = (
    ControlOperation(
        id="journal.list",
        method="GET",
        path="/_devkit/api/journal",
        summary="What happened: requests, mails, sockets, newest first",
        handler=list_entries,
        parameters=(
            Parameter(name="limit", summary="At most so many", type="integer", minimum=1, maximum=10_000, default=100),
            *PARAMETERS,
        ),
    ),
    ControlOperation(
        id="journal.follow",
        method="GET",
        path="/_devkit/api/journal/follow",
        summary="The same as it happens, over a WebSocket",
        stream=follow,
        parameters=(
            *_OF_CONTENT,
            Parameter(
                name="after", summary="Begin with the entries that have a higher number", type="integer", minimum=0
            ),
        ),
    ),
    ControlOperation(
        id="journal.wait",
        method="POST",
        path="/_devkit/api/journal/wait",
        summary="Wait until an entry fits, or is there already; 408 where none comes",
        handler=wait,
        parameters=(
            *(parameter for parameter in PARAMETERS if parameter.name != "before"),
            Parameter(
                name="timeout",
                summary="How long to wait, such as 5s",
                type="duration",
                minimum=0,
                maximum=10 * MINUTE,
                default=10 * SECOND,
            ),
        ),
    ),
    ControlOperation(
        id="journal.show",
        method="GET",
        path="/_devkit/api/journal/{number}",
        summary="One entry, with headers and bodies, secrets masked",
        handler=show_entry,
        parameters=(Parameter(name="number", summary="The entry's number", type="integer", minimum=1, required=True),),
    ),
    ControlOperation(
        id="journal.clear",
        method="DELETE",
        path="/_devkit/api/journal",
        summary="Empty the journal; numbers go on",
        handler=clear,
    ),
)
