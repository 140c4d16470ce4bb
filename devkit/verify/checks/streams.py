"""Answers that come piece by piece: the first one soon, each whole, and the end told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from devkit.contract.operations import Need
from devkit.dialects.base import Route
from devkit.verify.base import Check
from devkit.verify.case import Case
from devkit.verify.checks.cors import unreadable
from devkit.verify.stream import MEDIA_TYPE, Streamed, streamed
from devkit.verify.verdicts import expect, skip, unclear
from devkit.verify.visitor import Visitor

_SHORT = {"max_tokens": 12}
_SENTINEL = "[DONE]"


def told(route: Route) -> dict[str, Any]:
    """What asks for a short stream."""
    wanted = {"stream": True, **_SHORT}
    known = route.fields if route.shape is None else {}
    return {name: value for name, value in wanted.items() if name in known}


async def answering(case: Case, **more: Any) -> Streamed:
    """The stream of an answer. Skips where there is only one of what happens, or none."""
    route = case.route(Need.STREAM, lambda one: one.method != "GET")
    found = await streamed(await browser(case), route, told(route), **more)
    if found.answer.ok and not found.is_stream:
        expect(
            found.answer.is_json,
            f"the stream is {found.answer.media_type or 'of no type'}, where {MEDIA_TYPE} is right",
        )
        skip("the answer comes as a whole")
    if not found.answer.ok:
        unclear(f"{route.operation.id} was answered with {found.answer.status}")
    return found


async def browser(case: Case) -> Visitor:
    return await case.signed_in() if case.world.session is not None else case.visitor()


async def type_is_told(case: Case) -> None:
    found = await answering(case)
    expect(found.events, "the stream has no event")


async def piece_by_piece(case: Case) -> None:
    found = await answering(case)
    events = found.events
    if len(events) < 4:
        skip("the answer has fewer than four pieces")
    whole = events[-1].at
    if whole < 0.05:
        skip("the answer is too quick to tell")
    expect(
        events[0].at < whole * 0.9,
        f"the first piece comes after {events[0].at:.2f} s, and the last after {whole:.2f} s: the stream is held back",
    )


async def pieces_are_whole(case: Case) -> None:
    found = await answering(case)
    kinds = [event for event in found.events if event.data.strip() != _SENTINEL]
    if not any(event.json is not None for event in kinds[:3]):
        skip("pieces are not JSON")
    broken = [event.data for event in kinds if event.json is None]
    expect(not broken, f"a piece is no JSON: {broken and broken[0][:60]}")


async def no_strange_lines(case: Case) -> None:
    found = await answering(case)
    expect(not found.strange, f"a line of the stream is neither a field nor a comment: {found.strange[:1]}")


async def ends_in_order(case: Case) -> None:
    found = await answering(case)
    expect(not found.trouble, f"the stream breaks off: {found.trouble}")


async def end_is_told(case: Case) -> None:
    """By the contract's own sentinel, as far as it is one that is known."""
    found = await answering(case)
    if found.trouble:
        unclear(f"the stream breaks off: {found.trouble}")
    route = case.route(Need.STREAM, lambda one: one.method != "GET")
    if _SENTINEL not in f"{route.operation.description} {route.operation.summary}":
        skip("the contract tells of no sentinel at the end")
    told_last = found.events[-1].data.strip() if found.events else found.rest
    expect(told_last == _SENTINEL or _SENTINEL in found.rest, f"the stream ends without {_SENTINEL}")


async def last_event_is_told(case: Case) -> None:
    found = await answering(case)
    if found.trouble:
        unclear(f"the stream breaks off: {found.trouble}")
    expect(
        not found.rest, f"no empty line stands behind the last event, so that browsers never tell it: {found.rest[:60]}"
    )


async def no_error_in_it(case: Case) -> None:
    found = await answering(case)
    wrong = [event for event in found.events if event.kind == "error"]
    expect(not wrong, f"the stream ends with an error: {wrong and wrong[0].data[:80]}")


async def utf8(case: Case) -> None:
    found = await answering(case)
    try:
        found.answer.content.decode()
    except UnicodeDecodeError as error:
        expect(found.trouble, f"the stream is not UTF-8: {error.reason} at byte {error.start}")
    charset = (found.answer.get("Content-Type") or "").lower().partition("charset=")[2].strip(' "')
    expect(charset in {"", "utf-8", "utf8"}, f"the stream says that it is {charset}, and is read as UTF-8")


async def refused_in_order(case: Case) -> None:
    route = case.route(Need.STREAM, lambda one: one.method != "GET")
    if route.shape is not None and not route.sends_body:
        skip("there is nothing to refuse")
    visitor = await browser(case)
    call = visitor.spelled(route, told(route))
    answer = await visitor.send(call.method, call.target, headers={"Accept": MEDIA_TYPE}, json={"stream": True})
    expect(
        400 <= answer.status < 500,
        f"a stream of nothing is answered with {answer.status}: what is refused is to be so before the stream begins",
    )


async def readable(case: Case) -> None:
    found = await answering(case)
    trouble = unreadable(found.answer, case.target.origin, credentials=case.visitor().by_cookie)
    expect(not trouble, f"the stream {trouble}: a page of {case.target.origin} cannot read it")


async def not_kept(case: Case) -> None:
    found = await answering(case)
    said = found.answer.words("Cache-Control")
    expect(
        "public" not in said
        and not any(one.startswith(("max-age=", "s-maxage=")) and not one.endswith("=0") for one in said),
        f"a stream is to be kept by caches: Cache-Control: {found.answer.get('Cache-Control')}",
    )


async def not_transformed(case: Case) -> None:
    found = await answering(case, headers={"Accept-Encoding": "gzip, br"})
    coding = found.answer.get("Content-Encoding")
    if coding is None:
        return
    early = [at for at in found.arrivals if at < found.arrivals[-1] * 0.9]
    expect(early, f"the stream is compressed ({coding}) and comes in one piece")


async def given_up(case: Case) -> None:
    first = await answering(case, most=1)
    if not first.events:
        unclear("the stream had no event")
    again = await answering(case, most=2)
    expect(again.events, "after a stream that was given up, another has no event")


# What happens, as a stream


async def happening(case: Case, **more: Any) -> Streamed:
    route = case.route(Need.STREAM, lambda one: one.method == "GET")
    found = await streamed(await browser(case), route, {}, **more)
    type_of = found.answer.media_type or "of no type"
    expect(found.is_stream, f"the stream is answered with {found.answer.status}, {type_of}")
    return found


async def resumes(case: Case) -> None:
    first = await happening(case, most=0)
    if not first.last_id:
        skip("nothing says with which id a client comes back")
    collection = case.collection(
        lambda one: one.is_writable and one.create is not None and bool(one.create.operation.emits)
    )
    visitor = await browser(case)
    made = [(await case.make(visitor, collection)).id for _ in range(2)]
    again = await happening(case, headers={"Last-Event-ID": first.last_id}, most=2)
    told = [next((one for one in made if one in event.data), "") for event in again.events]
    expect(told == made, f"who comes back with Last-Event-ID is told {len(again.events)} of the 2 that were missed")


def _check(name: str, asks: str, why: str, run: Callable[[Case], Awaitable[None]], **more: Any) -> Check:
    return Check(id=f"streams.{name}", asks=asks, why=why, run=run, needs=(Need.STREAM,), read_only=False, **more)


_HTML = 'HTML, "Server-sent events"'

CHECKS = (
    _check("type", "Is a stream called one?", f"{_HTML}: text/event-stream", type_is_told),
    _check("first-byte", "Do pieces come as they are made?", "the contract: an answer token by token", piece_by_piece),
    _check("pieces", "Is each piece whole?", "the contract's schema", pieces_are_whole),
    _check("lines", "Is each line a field or a comment?", f"{_HTML}, parsing", no_strange_lines),
    _check("ends", "Does it end as HTTP has it?", "RFC 9112, section 7.1", ends_in_order),
    _check("done", "Is its end told?", "the contract's sentinel", end_is_told),
    _check("last-event", "Stands an empty line behind the last event?", f"{_HTML}, interpreting", last_event_is_told),
    _check("no-error", "Comes a good answer without an error in it?", "the contract's operation", no_error_in_it),
    _check("utf8", "Is it UTF-8, and called nothing else?", f"{_HTML}, parsing", utf8),
    _check(
        "refused", "Is what cannot be refused before the stream begins?", "RFC 9110, section 15.5", refused_in_order
    ),
    _check("readable", "May a page of the frontend's origin read it?", 'Fetch, "CORS check"', readable),
    _check("not-kept", "Is it not to be kept by caches?", "RFC 9111, section 5.2.2", not_kept),
    _check(
        "compressed",
        "Does it come in pieces where compression is allowed too?",
        "RFC 9110, section 8.4",
        not_transformed,
    ),
    _check("resume", "Is what was missed told to who comes back?", f"{_HTML}, Last-Event-ID", resumes),
    _check("given-up", "Is the next one well, after one that was given up?", "the contract's operation", given_up),
)
