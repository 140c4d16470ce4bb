"""Who may read the answers, as the Fetch standard has it."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.contract.operations import Need
from devkit.dialects.base import HEADER_FIELDS, Route
from devkit.verify.asking import not_found
from devkit.verify.base import Check
from devkit.verify.case import Case
from devkit.verify.exchange import Answer
from devkit.verify.verdicts import expect, skip

_SIMPLE = frozenset({"GET", "HEAD", "POST"})
"""Methods that need no leave (Fetch, "CORS-safelisted method")."""
_READABLE = frozenset(
    {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
)
"""Fields that scripts may read without being told so (Fetch, "CORS-safelisted response-header name")."""
_TELLING = ("X-Total-Count", "Link", "Location", "ETag", "Retry-After", "Content-Range")


def unreadable(answer: Answer, origin: str, *, credentials: bool) -> str:
    """Why a page of that origin may not read the answer; empty where it may (Fetch, "CORS check")."""
    allowed = answer.all("Access-Control-Allow-Origin")
    if len(allowed) != 1:
        return "has no Access-Control-Allow-Origin" if not allowed else "has several Access-Control-Allow-Origin"
    if allowed[0] == "*" and not credentials:
        return ""
    if allowed[0] != origin:
        return f"has Access-Control-Allow-Origin: {allowed[0]}"
    if credentials and answer.get("Access-Control-Allow-Credentials") != "true":
        return "has no Access-Control-Allow-Credentials: true"
    return ""


def _credentials(case: Case) -> bool:
    """Whether the page's calls bring credentials: cookies do, tokens do not."""
    return case.visitor().by_cookie


def asked_of(case: Case, route: Route) -> list[str]:
    """The fields that a page sends there and that need leave, as a browser lists them."""
    names = [HEADER_FIELDS[name].lower() for name in route.fields if name in HEADER_FIELDS]
    names += ["authorization"] * (not _credentials(case) and case.world.session is not None)
    names += ["content-type"] * (route.sends_body and "application/json" in route.media_types)
    return sorted(names)


async def preflight(case: Case, route: Route, origin: str | None = None, extra: tuple[str, ...] = ()) -> Answer:
    """The answer to what a browser asks before it makes such a call."""
    visitor = case.visitor()
    headers: dict[str, str | None] = {
        "Access-Control-Request-Method": route.method,
        "Accept": "*/*",
        "Origin": origin or case.target.origin,
    }
    if asked := [*asked_of(case, route), *extra]:
        headers["Access-Control-Request-Headers"] = ",".join(sorted(asked))
    return await visitor.send("OPTIONS", visitor.spelled(route).target, headers=headers)


def _asked_before(case: Case) -> Iterator[Route]:
    """Calls that a browser asks leave for, one of each method."""
    seen = set()
    for route in case.target.routes:
        needs = case.target.needs_of(route)
        if needs & (Need.CONSENT | Need.CALLBACK) or route.method in seen:
            continue
        if route.method not in _SIMPLE or asked_of(case, route):
            seen.add(route.method)
            yield route


def _some(case: Case) -> list[Route]:
    return [*_asked_before(case)] or skip("no call of the contract needs a preflight")


async def answer_is_readable(case: Case) -> None:
    answer = await case.visitor().call(case.readable)
    trouble = unreadable(answer, case.target.origin, credentials=_credentials(case))
    expect(not trouble, f"the answer to a page of {case.target.origin} {trouble}")


async def errors_are_readable(case: Case) -> None:
    answer = await case.visitor().call(case.private)
    trouble = unreadable(answer, case.target.origin, credentials=_credentials(case))
    expect(not trouble, f"the error {answer.status} {trouble}: a page sees no status, and takes it for a dead network")


async def unknown_is_readable(case: Case) -> None:
    answer = await not_found(case)
    trouble = unreadable(answer, case.target.origin, credentials=_credentials(case))
    expect(not trouble, f"the {answer.status} of an unknown address {trouble}")


async def preflight_works(case: Case) -> None:
    for route in _some(case):
        answer = await preflight(case, route)
        where = f"the preflight of {route.method} {route.path}"
        expect(answer.ok, f"{where} is answered with {answer.status}: a browser wants 2xx, and asks without a session")
        trouble = unreadable(answer, case.target.origin, credentials=_credentials(case))
        expect(not trouble, f"{where} {trouble}")


async def preflight_method(case: Case) -> None:
    for route in _some(case):
        if route.method in _SIMPLE:
            continue
        answer = await preflight(case, route)
        methods = {word.upper() for word in answer.words("Access-Control-Allow-Methods")}
        star = "*" in methods and not _credentials(case)
        where = f"the preflight of {route.method} {route.path}"
        expect(route.method in methods or star, f"{where} does not allow the method")


async def preflight_fields(case: Case) -> None:
    for route in _some(case):
        asked = asked_of(case, route)
        answer = await preflight(case, route)
        allowed = set(answer.words("Access-Control-Allow-Headers"))
        # A star means nothing beside credentials, and never Authorization.
        star = "*" in allowed and not _credentials(case)
        missing = [name for name in asked if name not in allowed and (not star or name == "authorization")]
        expect(not missing, f"the preflight of {route.method} {route.path} does not allow {', '.join(missing)}")


async def preflight_stranger(case: Case) -> None:
    for route in _some(case):
        answer = await preflight(case, route, case.target.other_origin)
        trouble = unreadable(answer, case.target.other_origin, credentials=True)
        expect(trouble, f"{case.target.other_origin} may {route.method} {route.path}, with the user's cookies")


async def preflight_age(case: Case) -> None:
    for route in _some(case)[:1]:
        told = (await preflight(case, route)).get("Access-Control-Max-Age")
        expect(told is None or told.isdigit(), f"Access-Control-Max-Age is {told}, which is no number of seconds")
        expect(told is None or int(told) <= 86_400, f"what is allowed is kept for {told} s: a change takes days")


async def preflight_changes_nothing(case: Case) -> None:
    collection = case.collection(lambda one: one.is_writable)
    visitor = await case.signed_in()
    made = await case.make(visitor, collection)
    delete, given = case.item(collection.delete, made.id)
    target = visitor.spelled(delete, given).target
    headers = {"Access-Control-Request-Method": "DELETE"}
    await case.visitor().send("OPTIONS", target, headers=headers)
    get, given = case.item(collection.get, made.id)
    answer = await visitor.call(get, given)
    expect(answer.ok, f"after the preflight of a DELETE the row is gone ({answer.status})")


async def _allowed(case: Case, origin: str) -> bool:
    """Whether a page of that origin may read, with the user's cookies."""
    answer = await case.visitor().call(case.readable, headers={"Origin": origin})
    return not unreadable(answer, origin, credentials=True)


async def stranger(case: Case) -> None:
    other = case.target.other_origin
    expect(not await _allowed(case, other), f"any origin may read what is the user's: {other} is, with credentials")


async def null_origin(case: Case) -> None:
    expect(not await _allowed(case, "null"), "the origin null may read what is the user's: sandboxed frames have it")


async def alike_origin(case: Case) -> None:
    scheme, _, host = case.target.origin.partition("://")
    name, _, port = host.partition(":")
    tail = f":{port}" if port else ""
    for other in (
        f"{scheme}://{name}.elsewhere.invalid{tail}",
        f"{scheme}://not{name}{tail}",
        f"{scheme}://{host}.elsewhere.invalid",
        f"{scheme}://elsewhere.invalid/{host}",
    ):
        expect(not await _allowed(case, other), f"{other} may read, which only looks like {case.target.origin}")


async def star(case: Case) -> None:
    answer = await case.visitor().call(case.readable)
    both = answer.get("Access-Control-Allow-Origin") == "*" and answer.get("Access-Control-Allow-Credentials") == "true"
    expect(not both, "`*` stands beside Access-Control-Allow-Credentials: browsers refuse that")


async def vary(case: Case) -> None:
    mine = await case.visitor().call(case.readable)
    other = await case.visitor().call(case.readable, headers={"Origin": case.target.other_origin})
    if mine.get("Access-Control-Allow-Origin") == other.get("Access-Control-Allow-Origin"):
        skip("every origin is answered alike")
    for answer in (mine, other):
        expect(
            {"origin", "*"} & set(answer.words("Vary")),
            "the answer depends on Origin, and Vary does not say so: a cache gives one origin's to another",
        )


async def exposed(case: Case) -> None:
    visitor = await case.signed_in() if case.world.session else case.visitor()
    routes = [one.list for one in case.target.collections[:2]] or [case.readable]
    for route in routes:
        answer = await visitor.call(route)
        told = set(answer.words("Access-Control-Expose-Headers")) | _READABLE
        if "*" in told and not _credentials(case):
            continue
        hidden = [name for name in _TELLING if answer.get(name) is not None and name.lower() not in told]
        expect(not hidden, f"{route.method} {route.path} sends {', '.join(hidden)}, which a page may not read")


async def single(case: Case) -> None:
    for answer in (await case.visitor().call(case.readable), await case.visitor().call(case.private)):
        for name in ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"):
            found = answer.all(name)
            expect(len(found) <= 1 and "," not in "".join(found), f"{name} is there {len(found)} times, or a list")


async def without_origin(case: Case) -> None:
    with_it = await case.visitor().call(case.readable)
    without = await case.visitor().call(case.readable, headers={"Origin": None})
    expect(
        without.status == with_it.status,
        f"without an Origin the answer is {without.status}, with one {with_it.status}: the page's own host sends none",
    )


_CHECK = 'Fetch, "CORS check"'
_PREFLIGHT = 'Fetch, "CORS-preflight fetch"'

CHECKS = (
    Check(
        id="cors.readable",
        asks="May a page of the frontend's origin read an answer?",
        why=_CHECK,
        run=answer_is_readable,
    ),
    Check(
        id="cors.errors",
        asks="May it read an error as well?",
        why=f"{_CHECK}; the contract: errors carry the CORS headers too",
        signed_in=True,
        run=errors_are_readable,
    ),
    Check(
        id="cors.unknown",
        asks="May it read the 404 of an address that there is nothing at?",
        why=f"{_CHECK}; the contract: errors carry the CORS headers too",
        run=unknown_is_readable,
    ),
    Check(
        id="cors.preflight",
        asks="Is each preflight of a browser answered well, without a session?",
        why=f"{_PREFLIGHT}: a status of 200 to 299, and the CORS check",
        run=preflight_works,
    ),
    Check(
        id="cors.preflight-method",
        asks="Does it allow the method?",
        why=_PREFLIGHT,
        run=preflight_method,
    ),
    Check(
        id="cors.preflight-fields",
        asks="Does it allow by name each field that the page sends?",
        why=f"{_PREFLIGHT}: `*` counts neither with credentials nor for Authorization",
        run=preflight_fields,
    ),
    Check(
        id="cors.preflight-stranger",
        asks="Does it allow nothing to an origin that nobody allowed?",
        why=_PREFLIGHT,
        run=preflight_stranger,
    ),
    Check(
        id="cors.preflight-age",
        asks="Is what it allows kept for a day at the most?",
        why='Fetch, "CORS-preflight cache"',
        run=preflight_age,
    ),
    Check(
        id="cors.preflight-changes-nothing",
        asks="Does a preflight leave what it asks about alone?",
        why="RFC 9110, section 9.2.1: OPTIONS is safe",
        needs=(Need.LIST,),
        signed_in=True,
        read_only=False,
        run=preflight_changes_nothing,
    ),
    Check(
        id="cors.stranger",
        asks="Is an origin that nobody allowed kept from the answers of a session?",
        why='Fetch, "CORS protocol and credentials"',
        run=stranger,
    ),
    Check(
        id="cors.null-origin",
        asks="Is the origin `null` kept from them?",
        why='HTML, "origin": sandboxed frames and files are all `null`',
        run=null_origin,
    ),
    Check(
        id="cors.alike-origin",
        asks="Are origins kept from them that only look like the frontend's?",
        why="RFC 6454, section 5: origins are compared as a whole",
        run=alike_origin,
    ),
    Check(
        id="cors.star",
        asks="Does no `*` stand beside credentials?",
        why=_CHECK,
        run=star,
    ),
    Check(
        id="cors.vary",
        asks="Does Vary name Origin where the answer depends on it?",
        why='Fetch, "CORS protocol and HTTP caches"',
        run=vary,
    ),
    Check(
        id="cors.exposed",
        asks="May a page read the fields that the answers tell things in?",
        why='Fetch, "CORS-exposed header-name list"',
        signed_in=True,
        run=exposed,
    ),
    Check(
        id="cors.single",
        asks="Does each field of CORS stand in an answer once?",
        why=f"{_CHECK}: two values fail",
        signed_in=True,
        run=single,
    ),
    Check(
        id="cors.without-origin",
        asks="Is a call without an Origin answered as well?",
        why='Fetch, "append a request Origin header": a page of the same origin sends none with GET',
        run=without_origin,
    ),
)
