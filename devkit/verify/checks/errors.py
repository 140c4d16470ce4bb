"""What is said where something goes wrong."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import Any

from devkit.contract.operations import Media, Need
from devkit.dialects.conformance import Promise
from devkit.verify.asking import not_found, raw, reader
from devkit.verify.base import Check
from devkit.verify.case import Case
from devkit.verify.exchange import Answer
from devkit.verify.promises import departure
from devkit.verify.verdicts import expect, skip

TRACE = re.compile(
    r"Traceback \(most recent call last\)|^\s+at .+\(.*:\d+(:\d+)?\)$|\bFile \"[^\"]+\", line \d+|"
    r"SQLSTATE\[|\bpsycopg2?\.|sqlalchemy\.exc|/node_modules/|/site-packages/|\bORA-\d{5}\b|goroutine \d+ \[",
    re.MULTILINE,
)
_JSON = {"Content-Type": "application/json"}
_ABSENT = "00000000-0000-4000-8000-00000000dead"


async def unknown_address(case: Case) -> None:
    answer = await not_found(case)
    expect(answer.status == 404, f"an address that there is nothing at is answered with {answer.status}")


async def no_page(case: Case) -> None:
    for answer in (await not_found(case), await case.visitor().call(case.readable, headers={"Accept": "text/html"})):
        if answer.ok:
            continue
        expect(answer.content, f"the body of the {answer.status} is empty: there is nothing to show")
        expect(answer.is_json, f"the {answer.status} is {answer.media_type or 'of no type'} and no JSON")


async def every(case: Case) -> list[Answer]:
    """Errors of several kinds."""
    found = [await not_found(case), await case.visitor().call(case.readable, {"limit": "many"})]
    if case.target.private:
        found.append(await case.visitor().call(case.private, headers={"Authorization": "Bearer nonsense"}))
    if any(route.media is Media.JSON for route in case.target.routes):
        found += [await raw(case, b"{"), await raw(case, b"[]"), await raw(case, b'{"a":"\\u0000"}')]
    return [answer for answer in found if answer.status >= 400]


async def no_trace(case: Case) -> None:
    for answer in await every(case):
        found = TRACE.search(answer.content.decode("utf-8", "replace"))
        expect(found is None, f"the {answer.status} shows the backend's inside: {found[0].strip() if found else ''}")


async def shape(case: Case) -> None:
    validators: dict[bytes, Any] = {}
    dialect = case.target.dialect
    if dialect.usual and dialect.errors.media_type == "application/problem+json":
        skip("the contract does not say how errors look")
    promise = Promise(dialect, validators)
    for answer in [await not_found(case)]:
        told = departure(promise, case.target.dialect, answer)
        expect(told is None, f"the {answer.status} is not as the contract has errors: {told.what if told else ''}")
    route = case.private
    promise = Promise(route, validators)
    answer = await case.visitor().call(route)
    told = departure(promise, route, answer)
    expect(told is None, f"the {answer.status} is not as the contract has it: {told.what if told else ''}")


async def method(case: Case) -> None:
    route = case.readable
    known = {one.method for one in case.target.routes if one.path == route.path}
    other = next((one for one in ("DELETE", "PUT", "PATCH", "POST") if one not in known), None)
    if other is None:
        skip(f"{route.path} knows every method")
    visitor = await reader(case)
    answer = await visitor.send(other, visitor.spelled(route).target, headers=_JSON, body=b"{}")
    expect(answer.status in {403, 405}, f"{other} {route.path} is answered with {answer.status} where 405 is right")
    if answer.status == 405:
        allowed = {word.upper() for word in answer.words("Allow")}
        expect(allowed, "the 405 has no Allow: which methods are there?")
        expect(other not in allowed, f"the 405 to {other} says that {other} is allowed")
        expect(route.method in allowed, f"the 405 does not tell in Allow that {route.method} is there")


async def absent_row(case: Case) -> None:
    collection = case.collection(lambda one: one.get is not None)
    visitor = await reader(case)
    for odd in (_ABSENT, "999999999"):
        route, given = case.item(collection.get, odd)
        answer = await visitor.call(route, given)
        expect(answer.status in {400, 404, 422}, f"{route.path} of a row that is not there is answered {answer.status}")


async def odd_ids(case: Case) -> None:
    collection = case.collection(lambda one: one.get is not None)
    visitor = await reader(case)
    for odd in ("nonsense", "-1", "0", "%00", "..%2f..%2fetc%2fpasswd", "1' OR '1'='1", "a" * 300, "💥"):
        route, given = case.item(collection.get, odd)
        answer = await visitor.call(route, given)
        expect(400 <= answer.status < 500, f"the id {odd[:30]!r} is answered with {answer.status} where 404 is right")


async def absent_delete(case: Case) -> None:
    collection = case.collection(lambda one: one.delete is not None)
    route, given = case.item(collection.delete, _ABSENT)
    answer = await (await reader(case)).call(route, given)
    expect(answer.status < 500, f"deleting a row that is not there is answered with {answer.status}")


async def odd_query(case: Case) -> None:
    visitor = await reader(case)
    target = visitor.spelled(case.readable).target
    mark = "&" if "?" in target else "?"
    for odd in ("a=%zz", "%00=1", "a=%ff%fe", "&&&", "page=1&page=2", "a[b][c]=1", "q=%27%22%3B--"):
        answer = await visitor.send("GET", f"{target}{mark}{odd}")
        expect(answer.status < 500, f"the query ?{odd} is answered with {answer.status}")


async def long_address(case: Case) -> None:
    visitor = await reader(case)
    target = visitor.spelled(case.readable).target
    for length in (2_000, 4_000, 20_000):
        answer = await visitor.send("GET", f"{target}?q={'a' * length}")
        expect(
            answer.ok or answer.status in {400, 404, 414, 422, 431},
            f"an address of {length} letters is answered with {answer.status} where 414 is right",
        )


async def not_acceptable(case: Case) -> None:
    answer = await (await reader(case)).call(case.readable, headers={"Accept": "image/png"})
    expect(answer.ok or answer.status == 406, f"`Accept: image/png` is answered with {answer.status}: 406, or as ever")
    expect(answer.media_type != "image/png" or not answer.is_json, "what is JSON is called image/png")


async def rate_limit(case: Case) -> None:
    await case.arrange("rate-limited")
    visitor = await reader(case)
    answers = [await visitor.call(case.readable) for _ in range(3)]
    limited = next((answer for answer in answers if answer.status == 429), None)
    expect(limited, "the state 'rate-limited' is arranged, and three calls are answered without a 429")
    told = limited.get("Retry-After") if limited else None
    expect(told, "the 429 has no Retry-After: when may the client come again?")
    expect(_parses(told or ""), f"Retry-After is {told}: whole seconds or an HTTP date are right")


def _parses(told: str) -> bool:
    if told.isdigit():
        return True
    try:
        return parsedate_to_datetime(told).tzinfo is not None and told.endswith("GMT")
    except ValueError:
        return False


async def same_twice(case: Case) -> None:
    first, second = await not_found(case), await not_found(case)
    expect(first.status == second.status, f"the same mistake is answered {first.status} and then {second.status}")


_HOLDS = "the contract: errors are JSON, never HTML, never empty"

CHECKS = (
    Check(
        id="errors.unknown-address",
        asks="Is an address that there is nothing at answered with 404?",
        why="RFC 9110, section 15.5.5",
        run=unknown_address,
    ),
    Check(id="errors.json", asks="Are errors JSON, never HTML and never empty?", why=_HOLDS, run=no_page),
    Check(
        id="errors.shape",
        asks="Do errors look as the contract has them?",
        why="the contract's error shape",
        signed_in=True,
        run=shape,
    ),
    Check(
        id="errors.no-trace",
        asks="Does no error show the backend's inside?",
        why="OWASP ASVS 5.0, 16.5.1",
        run=no_trace,
    ),
    Check(
        id="errors.same-twice",
        asks="Is the same mistake answered alike each time?",
        why="RFC 9110, section 15.5",
        run=same_twice,
    ),
    Check(
        id="errors.method",
        asks="Is a method that is not there answered with 405, and Allow with those that are?",
        why="RFC 9110, section 15.5.6",
        run=method,
    ),
    Check(
        id="errors.absent-row",
        asks="Is a row that is not there answered with 404?",
        why="RFC 9110, section 15.5.5",
        needs=(Need.LIST,),
        signed_in=True,
        run=absent_row,
    ),
    Check(
        id="errors.odd-ids",
        asks="Is an id that is none answered with 404, and never with a crash?",
        why="the contract: a malformed id is 404",
        needs=(Need.LIST,),
        signed_in=True,
        run=odd_ids,
    ),
    Check(
        id="errors.absent-delete",
        asks="Is deleting what is not there no crash?",
        why="RFC 9110, section 9.3.5",
        needs=(Need.DELETE,),
        signed_in=True,
        run=absent_delete,
    ),
    Check(
        id="errors.odd-query",
        asks="Does no query make it crash?",
        why="RFC 9110, section 15.6.1: a client's mistake is no 500",
        run=odd_query,
    ),
    Check(
        id="errors.long-address",
        asks="Is an address that is too long answered with 414?",
        why="RFC 9110, section 15.5.15",
        run=long_address,
    ),
    Check(
        id="errors.not-acceptable",
        asks="Is what the client cannot read answered with 406, or as ever?",
        why="RFC 9110, section 12.5.1",
        run=not_acceptable,
    ),
    Check(
        id="errors.rate-limit",
        asks="Does a 429 say when to come again, so that a client can read it?",
        why="RFC 9110, section 10.2.3; RFC 6585, section 4",
        state="rate-limited",
        run=rate_limit,
    ),
)
