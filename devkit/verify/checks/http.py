"""HTTP itself: what every client, cache and proxy counts on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from devkit.contract.operations import Need
from devkit.dialects.base import Route
from devkit.dialects.calling import example_of
from devkit.effects import machine_now
from devkit.verify.base import Check
from devkit.verify.case import Case, id_of
from devkit.verify.exchange import Answer, Exchange
from devkit.verify.promises import promises_header
from devkit.verify.verdicts import expect, skip, unclear
from devkit.verify.visitor import Visitor
from devkit.verify.wire import WireError

_GZIP = {"Accept-Encoding": "gzip"}
_PLAIN = {"Accept-Encoding": "identity"}
_SKEW = 120
"""Seconds that two clocks may differ by."""


async def browser(case: Case) -> Visitor:
    return await case.signed_in() if case.world.session is not None else case.visitor()


async def read(case: Case, **headers: str | None) -> Answer:
    """What can be read just so, with these header fields (`_` for `-`)."""
    visitor = await browser(case)
    return await visitor.call(case.readable, headers={name.replace("_", "-"): value for name, value in headers.items()})


def readables(case: Case) -> list[Route]:
    """A few that can be read just so, lists among them."""
    found = [*case.target.private[:4], *case.target.public[:2]]
    if not found:
        skip("the contract has nothing that can be read just so")
    return found if case.world.session is not None else [*case.target.public[:2]] or skip("nobody is signed in")


# HEAD, OPTIONS and others


async def _head_and_get(case: Case) -> tuple[Route, Answer, Answer]:
    visitor, route = await browser(case), case.readable
    call = visitor.spelled(route)
    got = await visitor.send("GET", call.target, headers={**call.headers, **_PLAIN})
    head = await visitor.send("HEAD", call.target, headers={**call.headers, **_PLAIN})
    if head.status in {404, 405, 501}:
        skip(f"HEAD is answered with {head.status}: there is none")
    return route, got, head


async def head_status(case: Case) -> None:
    route, got, head = await _head_and_get(case)
    expect(head.status == got.status, f"HEAD {route.path} is answered with {head.status}, and GET with {got.status}")


async def head_fields(case: Case) -> None:
    route, got, head = await _head_and_get(case)
    for name in ("Content-Type", "ETag", "Cache-Control", "Last-Modified", "Content-Encoding"):
        expect(
            head.get(name) in {got.get(name), None},
            f"HEAD {route.path} says {name}: {head.get(name)}, and GET {got.get(name)}",
        )
    length = head.get("Content-Length")
    whole = "Transfer-Encoding" not in {name for name, _ in got.fields} and got.get("Content-Length")
    expect(
        not whole or length in {None, got.get("Content-Length")},
        f"HEAD {route.path} says that the body has {length} bytes, and GET {got.get('Content-Length')}",
    )
    expect(head.get("Content-Type"), f"HEAD {route.path} does not say what GET answers with")


async def options(case: Case) -> None:
    visitor, route = await browser(case), case.readable
    answer = await visitor.send("OPTIONS", visitor.spelled(route).target, headers={"Origin": None})
    expect(answer.status < 500, f"OPTIONS {route.path} is answered with {answer.status}")
    allowed = answer.words("Allow")
    if allowed:
        expect("get" in allowed, f"OPTIONS {route.path} says Allow: {answer.get('Allow')}, and GET is answered")


async def unknown_method(case: Case) -> None:
    visitor, route = await browser(case), case.readable
    answer = await visitor.send("DEVKIT", visitor.spelled(route).target)
    expect(
        400 <= answer.status < 500 or answer.status == 501,
        f"a method that nobody knows is answered with {answer.status}, where 405 or 501 is right",
    )


# Addresses


def _twin(target: str) -> str:
    path, mark, query = target.partition("?")
    return (path[:-1] if path.endswith("/") else f"{path}/") + mark + query


async def slash_of_get(case: Case) -> None:
    visitor, route = await browser(case), case.readable
    target = visitor.spelled(route).target
    if (await visitor.call(route)).status >= 500:
        unclear(f"{target} itself is answered with a crash")
    answer = await visitor.send("GET", _twin(target))
    expect(answer.status < 500, f"{_twin(target)} is answered with {answer.status}")
    if answer.status not in {301, 302, 307, 308}:
        return
    to = urljoin(f"{case.target.root}{case.target.base}{_twin(target)}", answer.get("Location") or "")
    expect(
        to.partition("?")[0] == f"{case.target.root}{case.target.base}{target}".partition("?")[0],
        f"{_twin(target)} redirects to {to}, which is not {target} at {case.target.root}",
    )


async def slash_of_post(case: Case) -> None:
    visitor, collection = await browser(case), case.collection(lambda one: one.is_writable)
    create = collection.create or skip("rows cannot be made")
    call = visitor.spelled(create)
    answer = await visitor.send(call.method, _twin(call.target), headers=call.headers, body=call.body)
    if answer.ok:
        case.leave(visitor, collection.delete, id_of(answer))
    expect(answer.status < 500, f"POST {_twin(call.target)} is answered with {answer.status}")
    expect(
        answer.status not in {301, 302, 303},
        f"POST {_twin(call.target)} redirects with {answer.status}: browsers make a GET of it, and the body is lost",
    )


async def long_address(case: Case) -> None:
    visitor, route = await browser(case), case.readable
    answer = await visitor.send("GET", f"{visitor.spelled(route).target}?devkit={'x' * 20_000}")
    expect(answer.status < 500, f"an address of 20 kB is answered with {answer.status}")


async def strange_escapes(case: Case) -> None:
    visitor, route = await browser(case), case.readable
    path = visitor.spelled(route).target.partition("?")[0].rstrip("/")
    for tail in ("/%00", "/%ff", "/%zz", "/..%2f..%2fetc%2fpasswd"):
        answer = await visitor.send("GET", path + tail)
        expect(answer.status < 500, f"{path}{tail} is answered with {answer.status}")
        expect(b"root:x:" not in answer.content, f"{path}{tail} gives out a file of the machine")


# Fields


async def date(case: Case) -> None:
    said = (await read(case)).get("Date")
    expect(said, "the answer has no Date")
    expect(_instant(said) is not None, f"Date: {said} is none")


async def clock(case: Case) -> None:
    at = _instant((await read(case)).get("Date"))
    if at is None:
        skip("the answer has no Date")
    off = at - machine_now() / 1000
    expect(abs(off) <= _SKEW, f"the backend's clock is {abs(off):.0f} s {'ahead' if off > 0 else 'behind'}")


def _instant(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, TypeError):
        return None


async def unasked_304(case: Case) -> None:
    answer = await read(case, If_None_Match=None)
    expect(answer.status != 304, "304 comes where nobody named a version")


async def unasked_206(case: Case) -> None:
    answer = await read(case, Range=None)
    expect(answer.status != 206, "206 comes where nobody asked for a range")


async def whole(case: Case) -> None:
    visitor = await browser(case)
    for route in readables(case):
        answer = await visitor.call(route)
        expect(not answer.cut, f"the answer to {route.method} {route.path} ends before its Content-Length")


async def kept_open(case: Case) -> None:
    visitor, route = await browser(case), case.readable
    call = visitor.spelled(route)
    line = await visitor.line()
    try:
        for number in range(3):
            exchange = visitor.note(Exchange(request=visitor.request("GET", call.target, call.headers)))
            try:
                exchange.answer = await line.whole(await line.ask(exchange.request))
            except WireError as error:
                exchange.trouble = str(error)
                expect(False, f"the connection is kept open, and request {number + 1} on it is not answered: {error}")
            if not line.reusable():
                return
    finally:
        await line.close()


async def says_close(case: Case) -> None:
    visitor, route = await browser(case), case.readable
    as_ever = await visitor.call(route)
    answer = await visitor.call(route, headers={"Connection": "close"})
    expect(answer.status == as_ever.status, f"Connection: close is answered with {answer.status}, not {as_ever.status}")
    expect(
        "keep-alive" not in answer.words("Connection"), "the connection is to be closed, and the answer says keep-alive"
    )


async def expect_continue(case: Case) -> None:
    visitor, collection = await browser(case), case.collection(lambda one: one.is_writable)
    create = collection.create or skip("rows cannot be made")
    call = visitor.spelled(create, example_of(create, case.world.number + 1))
    if not call.body:
        skip("a creation has no body")
    headers = {**call.headers, "Expect": "100-continue", "Content-Length": str(len(call.body))}
    request = visitor.request(call.method, call.target, headers, call.body)
    exchange = visitor.note(Exchange(request=request))
    line = await visitor.line()
    try:
        await line.begin(request)
        interim = await line.hears(3)
        expect(interim is not None, "who asks whether to send its body (Expect: 100-continue) is not answered")
        if interim is not None and interim.status >= 200:
            exchange.answer = interim
            expect(interim.status < 500, f"who asks whether to send its body is answered with {interim.status}")
            return
        await line.more(call.body)
        await line.end()
        exchange.answer = await line.whole(await line.head())
    finally:
        await line.close()
    if exchange.answer.ok:
        case.leave(visitor, collection.delete, id_of(exchange.answer))
    expect(exchange.answer.status < 500, f"a body that was asked for is answered with {exchange.answer.status}")


async def chunked_body(case: Case) -> None:
    visitor, collection = await browser(case), case.collection(lambda one: one.is_writable)
    create = collection.create or skip("rows cannot be made")
    call = visitor.spelled(create, example_of(create, case.world.number + 1))
    if not call.body:
        skip("a creation has no body")
    answer = await visitor.send(
        call.method, call.target, headers={**call.headers, "Transfer-Encoding": "chunked"}, body=call.body
    )
    if answer.ok:
        case.leave(visitor, collection.delete, id_of(answer))
    expect(
        answer.ok or answer.status in {411, 501},
        f"a body in chunks is answered with {answer.status}, where it is right or 411 says that a length is needed",
    )


async def created_place(case: Case) -> None:
    visitor, collection = await browser(case), case.collection(lambda one: one.is_writable and one.get is not None)
    made = await case.make(visitor, collection)
    place = made.answer.get("Location")
    if not place:
        promised = collection.create is not None and promises_header(collection.create, "Location")
        expect(not promised, "the contract promises a Location, and a creation has none")
        skip("a creation has no Location")
    address = urljoin(f"{case.target.root}{visitor.spelled(collection.list).target}", place)
    expect(
        urlsplit(address).netloc == urlsplit(case.target.root).netloc,
        f"what was made is at {address}, which is not {case.target.root}",
    )
    answer = await visitor.send("GET", address)
    expect(answer.ok, f"what was made is said to be at {place}, which is answered with {answer.status}")


def check(name: str, asks: str, section: str, run: Callable[[Case], Awaitable[None]], **more: Any) -> Check:
    why = section if " " in section else f"RFC 9110, section {section}"
    return Check(id=f"http.{name}", asks=asks, why=why, run=run, **more)


_WRITES: dict[str, Any] = {"needs": (Need.CREATE,), "read_only": False}

CHECKS = (
    check("head", "Has HEAD the status of GET?", "9.3.2", head_status),
    check("head-fields", "Has HEAD the fields of GET?", "9.3.2", head_fields),
    check("options", "Is OPTIONS no crash, and right about GET?", "9.3.7", options),
    check("unknown-method", "Is a method that nobody knows refused?", "9.1", unknown_method),
    check(
        "slash",
        "Does an address with another slash at its end lead to the right one, or nowhere?",
        "15.4",
        slash_of_get,
    ),
    check("slash-post", "Is no POST made a GET by a slash?", "15.4.2", slash_of_post, **_WRITES),
    check("long-address", "Is a long address no crash?", "15.5.15", long_address),
    check("escapes", "Are strange escapes in an address no crash?", "RFC 3986, section 2.1", strange_escapes),
    check("date", "Has an answer a Date?", "6.6.1", date),
    check("clock", "Is the backend's clock right?", "6.6.1", clock),
    check("unasked-304", "Does 304 come only to who named a version?", "15.4.5", unasked_304),
    check("unasked-206", "Does 206 come only to who asked for a range?", "15.3.7", unasked_206),
    check("whole", "Are answers as long as they say?", "8.6", whole),
    check("kept-open", "Is a connection that is kept open answered on?", "RFC 9112, section 9.3", kept_open),
    check("close", "Is a connection closed where that is asked for?", "RFC 9112, section 9.6", says_close),
    check("expect", "Is who asks whether to send its body answered?", "10.1.1", expect_continue, **_WRITES),
    check(
        "chunked", "Is a body in chunks read, or a length asked for?", "RFC 9112, section 6.3", chunked_body, **_WRITES
    ),
    check("location", "Is what was made where Location says?", "15.3.2", created_place, **_WRITES),
)
