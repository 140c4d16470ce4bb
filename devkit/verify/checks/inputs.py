"""What is sent that is no good."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devkit.contract.operations import Media
from devkit.dialects.base import Route
from devkit.dialects.calling import example_of
from devkit.verify.asking import raw, reader, takes_json
from devkit.verify.base import Check
from devkit.verify.case import Case
from devkit.verify.exchange import Answer
from devkit.verify.verdicts import expect, skip
from devkit.verify.visitor import Visitor

_JSON = {"Content-Type": "application/json"}


async def malformed(case: Case) -> None:
    for body in (b"{", b'{"a": 1,}', b"{'a': 1}", b"not json"):
        answer = await raw(case, body)
        expect(answer.status in {400, 422}, f"malformed JSON ({body!r}) is answered with {answer.status}, not 400")


async def wrong_shape(case: Case) -> None:
    for body in (b"[]", b'"text"', b"42", b"null"):
        answer = await raw(case, body)
        expect(answer.status in {400, 415, 422}, f"JSON that is no object ({body!r}) is answered with {answer.status}")


async def media(case: Case) -> None:
    answer = await raw(case, b"<a/>", {"Content-Type": "application/xml"})
    expect(answer.status in {400, 415}, f"application/xml is answered with {answer.status} where 415 is right")


async def encoding(case: Case) -> None:
    answer = await raw(case, b'{"a":"\xff\xfe"}')
    expect(answer.status in {400, 422}, f"JSON that is not UTF-8 is answered with {answer.status}")


def _required(route: Route) -> list[str]:
    """The names of members that a body cannot lack, as they are spelled."""
    if route.shape is not None:
        schema = next(iter(route.shape.body.media.values()), {}) if route.shape.body else {}
        return list(schema.get("required", ())) if isinstance(schema, dict) else []
    known = route.operation.input.model_fields
    return [
        route.name_of(name)
        for name in route.fields
        if known[name].is_required() and name not in route.path_fields and name not in route.row.cookies
    ]


def _validated(case: Case) -> Iterator[tuple[Route, list[str]]]:
    """Calls with required members, those that store nothing first."""
    routes = [case.target.login, case.target.register, *(one.create for one in case.target.collections)]
    for route in routes:
        if route is not None and route.media is Media.JSON and (names := _required(route)):
            yield route, names


async def _empty(case: Case, route: Route) -> Answer:
    visitor = await reader(case) if route is not case.target.login else case.visitor()
    call = visitor.spelled(route)
    return await visitor.send(call.method, call.target, headers=_JSON, body=b"{}")


async def fields_told(case: Case) -> None:
    found = [*_validated(case)] or skip("no call of the contract has required members")
    for route, names in found[:2]:
        answer = await _empty(case, route)
        where = f"{route.method} {route.path} without any member"
        expect(400 <= answer.status < 500, f"{where} is answered with {answer.status}")
        text = answer.content.decode("utf-8", "replace")
        missing = [name for name in names if name not in text]
        expect(not missing, f"{where} does not tell that {', '.join(missing)} must be there")


async def too_large(case: Case) -> None:
    body = b'{"title":"' + b"x" * (12 * 1024 * 1024) + b'"}'
    answer = await raw(case, body)
    expect(answer.status in {400, 413, 422}, f"12 MiB of JSON are answered with {answer.status} where 413 is right")


async def unlike(case: Case) -> None:
    answer = await raw(case, b'{"' + b"devkit-verify-unknown" + b'":1}')
    expect(answer.status < 500, f"a member that nobody knows is answered with {answer.status}")


async def types(case: Case) -> None:
    route = takes_json(case)
    example = example_of(route)
    texts = [name for name, value in example.items() if isinstance(value, str) and name not in route.path_fields]
    if not texts:
        skip(f"{route.path} takes no text")
    visitor = await reader(case)
    for wrong in ({"a": 1}, ["x"], 12, True):
        answer = await visitor.call(route, {texts[0]: wrong})
        if answer.ok and (made := answer.json) is not None and case.target.login is not route:
            await _take_back(case, visitor, made)
        expect(answer.status < 500, f"{texts[0]} = {wrong!r} is answered with {answer.status}")


async def _take_back(case: Case, visitor: Visitor, made: Any) -> None:
    """What was made although it should not have been."""
    for one in case.target.collections:
        if one.create is takes_json(case) and one.delete is not None and isinstance(made, dict) and made.get("id"):
            route, given = case.item(one.delete, str(made["id"]))
            await visitor.call(route, given)


async def no_crash(case: Case) -> None:
    for exchange in [one for one in await _bad_bodies(case) if one.answer]:
        status = exchange.answer.status if exchange.answer else 0
        expect(status < 500, f"a body that is no good is answered with {status}: {exchange.request.body[:60]!r}")


async def _bad_bodies(case: Case) -> Any:
    for body in (
        b"", b"{", b"null", b"[]", b'"text"', b"123", b'{"a":', b"[" * 2000 + b"]" * 2000, b'{"\xff":1}',
        b'{"a":"\\u0000"}', b'{"a":1e999}', b'{"a":"\\ud800"}',
    ):  # fmt: skip
        await raw(case, body)
    return case.exchanges


CHECKS = (
    Check(
        id="errors.malformed",
        asks="Is malformed JSON answered with 400?",
        why="RFC 9110, section 15.5.1; RFC 8259",
        run=malformed,
    ),
    Check(
        id="errors.wrong-shape",
        asks="Is JSON refused that is no object where one is asked for?",
        why="RFC 9110, section 15.5.1",
        run=wrong_shape,
    ),
    Check(
        id="errors.encoding",
        asks="Is JSON refused that is not UTF-8?",
        why="RFC 8259, section 8.1",
        run=encoding,
    ),
    Check(
        id="errors.media-type",
        asks="Is a body of another type answered with 415?",
        why="RFC 9110, section 15.5.16",
        run=media,
    ),
    Check(
        id="errors.fields",
        asks="Is each member named that is missing, all at once?",
        why="the contract: validation reports every bad field at once",
        run=fields_told,
    ),
    Check(
        id="errors.types",
        asks="Does no value of another type make it crash?",
        why="RFC 9110, section 15.6.1: a client's mistake is no 500",
        read_only=False,
        run=types,
    ),
    Check(
        id="errors.bodies",
        asks="Does no body make it crash, however odd?",
        why="RFC 9110, section 15.6.1: a client's mistake is no 500",
        run=no_crash,
    ),
    Check(
        id="errors.unknown-member",
        asks="Does a member that nobody knows do no harm?",
        why="RFC 9110, section 15.6.1: a client's mistake is no 500",
        read_only=False,
        run=unlike,
    ),
    Check(
        id="errors.too-large",
        asks="Is too much JSON answered with 413, and not with silence?",
        why="RFC 9110, section 15.5.14",
        run=too_large,
    ),
)
