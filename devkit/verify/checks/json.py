"""What is answered, as a program of JavaScript reads it, and whether it is what was stored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from devkit.contract.operations import Need
from devkit.dialects.base import Route
from devkit.dialects.conformance import Promise
from devkit.effects import parse_instant
from devkit.verify.asking import reader, samples, text_field, writable
from devkit.verify.base import Check
from devkit.verify.case import Case, row_of, rows_of
from devkit.verify.exchange import Answer
from devkit.verify.promises import departure
from devkit.verify.verdicts import expect, skip, unclear
from devkit.verify.visitor import leaves

_SAFE = 2**53 - 1
"""The largest whole number that JavaScript counts exactly (ECMA-262, Number.MAX_SAFE_INTEGER)."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_TIMES = re.compile(r"(?:_at|[a-z]At|_on|[tT]imestamp)$")
_TEXT = "日本語 Ünïcödé 🤷🏽‍♀️ עברית é"
_ESCAPED = "\"quoted\" \\ / </script><b>&amp; 'x' %20 ${y}"


async def content_type(case: Case) -> None:
    for route, answer in await _json(case):
        expect(answer.is_json, f"{route.method} {route.path} is called {answer.media_type or 'nothing'}, and is JSON")


async def _json(case: Case) -> list[tuple[Route, Answer]]:
    """The samples whose routes promise JSON, and that hold something."""
    found = [(route, answer) for route, answer in await samples(case) if "json" in route.answer.media_type()]
    return [one for one in found if one[1].content] or skip("nothing answers with JSON")


async def charset(case: Case) -> None:
    for route, answer in await _json(case):
        said = re.search(r"charset=\"?([\w-]+)", answer.get("Content-Type") or "", re.IGNORECASE)
        expect(
            said is None or said[1].lower() in {"utf-8", "utf8"},
            f"{route.method} {route.path} says charset={said[1] if said else ''}: JSON is UTF-8",
        )
        try:
            answer.content.decode()
        except UnicodeDecodeError:
            expect(False, f"{route.method} {route.path} is not UTF-8")


async def no_bom(case: Case) -> None:
    for route, answer in await _json(case):
        marked = answer.content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
        expect(not marked, f"{route.method} {route.path} begins with a byte order mark")


async def parses(case: Case) -> None:
    for route, answer in await _json(case):
        whole = answer.json is not None or answer.content.strip() == b"null"
        expect(whole, f"the body of {route.method} {route.path} is no JSON")


async def promised(case: Case) -> None:
    validators: dict[bytes, Any] = {}
    for route, answer in await samples(case):
        _as_promised(route, validators, answer, f"{route.method} {route.path}")


def _as_promised(route: Route, validators: dict[bytes, Any], answer: Answer, where: str) -> None:
    told = departure(Promise(route, validators), route, answer)
    expect(told is None, f"{where} is not as the contract has it: {told.what if told else ''}")


async def row_promised(case: Case) -> None:
    collection, visitor = writable(case), await reader(case)
    made = await case.make(visitor, collection)
    validators: dict[bytes, Any] = {}
    if collection.create is not None:
        _as_promised(collection.create, validators, made.answer, collection.create.operation.id)
    route, given = case.item(collection.get, made.id)
    _as_promised(route, validators, await visitor.call(route, given), route.operation.id)


def _instants(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """What is an instant by its look or by its name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _instants(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _instants(inner, name)
    elif isinstance(value, str) and _INSTANT.match(value):
        yield name, value


async def zones(case: Case) -> None:
    found = 0
    for route, answer in await _json(case):
        for name, value in _instants(answer.json):
            found += 1
            zone = re.search(r"(Z|[+-]\d\d:?\d\d)$", value)
            expect(zone, f"{name} of {route.method} {route.path} is {value}, without a zone")
    if not found:
        skip("no answer holds an instant")


async def instants(case: Case) -> None:
    found = 0
    for route, answer in await _json(case):
        for leaf in leaves(answer.json):
            name = leaf.place.rpartition(".")[2]
            if not _TIMES.search(name):
                continue
            found += 1
            try:
                parse_instant(leaf.value)
            except ValueError:
                expect(
                    False,
                    f"{name} of {route.method} {route.path} is {leaf.value[:40]}, no instant of ISO 8601",
                )
    if not found:
        skip("no answer holds an instant by its name")


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, int]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner, name)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield name, value


async def exact(case: Case) -> None:
    for route, answer in await _json(case):
        for name, value in _numbers(answer.json):
            expect(
                abs(value) <= _SAFE,
                f"{name} of {route.method} {route.path} is {value}: JavaScript reads another",
            )


async def lists(case: Case) -> None:
    listed = case.target.collections or skip("the contract has no lists")
    visitor = await reader(case)
    for one in listed[:4]:
        answer = await visitor.call(one.list)
        if not answer.ok:
            unclear(f"{one.list.path} is answered with {answer.status}")
        body = answer.json
        found = [body] if isinstance(body, list) else [*body.values()] if isinstance(body, dict) else []
        deeper = [inner for value in found if isinstance(value, dict) for inner in value.values()]
        lists_in = [value for value in (*found, *deeper) if isinstance(value, list)]
        expect(lists_in, f"the answer of {one.list.method} {one.list.path} holds no list")


async def ids(case: Case) -> None:
    listed = case.target.collections or skip("the contract has no lists")
    visitor = await reader(case)
    for one in listed[:4]:
        rows = rows_of(await visitor.call(one.list))
        found = [str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row]
        twice = {row_id for row_id in found if found.count(row_id) > 1}
        expect(not twice, f"{one.list.path} shows {len(twice)} rows twice in one answer")
        expect(not found or len(found) == len(rows), f"some rows of {one.list.path} have no id")


async def same_in_list(case: Case) -> None:
    collection = case.collection(lambda one: one.get is not None)
    visitor = await reader(case)
    rows = [row for row in rows_of(await visitor.call(collection.list)) if isinstance(row, dict) and row.get("id")]
    if not rows:
        skip(f"there are no rows in {collection.name}")
    route, given = case.item(collection.get, str(rows[0]["id"]))
    alone = row_of(await visitor.call(route, given))
    if not isinstance(alone, dict):
        unclear("the row by itself is no object")
    for name, value in rows[0].items():
        if name in alone and type(value) is not type(alone[name]) and None not in {_kind(value), _kind(alone[name])}:
            expect(False, f"{name} is {_kind(value)} in the list and {_kind(alone[name])} by itself")
    expect(str(alone.get("id")) == str(rows[0]["id"]), "the row by itself has another id than in the list")


def _kind(value: Any) -> str | None:
    return None if value is None else type(value).__name__


async def _kept(case: Case, text: str) -> None:
    collection, visitor = writable(case), await reader(case)
    made = await case.make(visitor, collection, **{text_field(collection): text})
    route, given = case.item(collection.get, made.id)
    answer = await visitor.call(route, given)
    expect(answer.ok, f"what was made is answered with {answer.status}")
    found = {leaf.value for leaf in leaves(answer.json)}
    expect(text in found, f"the text {text!r} comes back as another")


async def unicode(case: Case) -> None:
    await _kept(case, _TEXT)


async def escapes(case: Case) -> None:
    await _kept(case, _ESCAPED)


async def stored(case: Case) -> None:
    collection, visitor = writable(case), await reader(case)
    made = await case.make(visitor, collection)
    expect(made.id, f"{collection.name}: what was made has no id, neither in the body nor in a Location")
    route, given = case.item(collection.get, made.id)
    answer = await visitor.call(route, given)
    expect(answer.ok, f"what was just made is answered with {answer.status}")
    row = row_of(answer)
    for name, value in (made.row if isinstance(made.row, dict) else {}).items():
        if isinstance(row, dict) and name in row and not _TIMES.search(name):
            expect(row[name] == value, f"{name} is another right after the row was made")


async def listed(case: Case) -> None:
    collection, visitor = writable(case), await reader(case)
    before = {id_of_row(row) for row in rows_of(await visitor.call(collection.list))}
    made = await case.make(visitor, collection)
    for _ in range(2):
        after = {id_of_row(row) for row in rows_of(await visitor.call(collection.list))}
    if made.id not in after and len(after) == len(before):
        await _on_later_pages(case, collection.list, made.id)


def id_of_row(row: Any) -> str:
    return str(row.get("id", "")) if isinstance(row, dict) else ""


async def _on_later_pages(case: Case, route: Route, row_id: str) -> None:
    visitor = await reader(case)
    for page in range(2, 12):
        answer = await visitor.call(route, {"page": page})
        rows = [id_of_row(row) for row in rows_of(answer)]
        if row_id in rows:
            return
        if not rows:
            break
    expect(False, f"what was just made is on no page of {route.path}")


async def deleted(case: Case) -> None:
    collection, visitor = writable(case), await reader(case)
    made = await case.make(visitor, collection)
    delete, given = case.item(collection.delete, made.id)
    answer = await visitor.call(delete, given)
    expect(answer.ok, f"deleting what was just made is answered with {answer.status}")
    get, given = case.item(collection.get, made.id)
    answer = await visitor.call(get, given)
    expect(answer.status in {404, 410}, f"what was deleted is answered with {answer.status}, not 404")


async def sent_back(case: Case) -> None:
    collection, visitor = writable(case), await reader(case)
    change = collection.replace or collection.update
    if change is None:
        skip(f"rows of {collection.name} are never changed")
    made = await case.make(visitor, collection)
    get, given = case.item(collection.get, made.id)
    row = row_of(await visitor.call(get, given))
    call = visitor.spelled(change, case.item(change, made.id)[1])
    answer = await visitor.send(change.method, call.target, json=row)
    expect(answer.ok, f"a row that is sent back as it came is answered with {answer.status}: forms do just that")


async def partial(case: Case) -> None:
    collection, visitor = writable(case), await reader(case)
    if collection.update is None:
        skip(f"rows of {collection.name} are not changed in parts")
    made = await case.make(visitor, collection)
    name = text_field(collection)
    route, given = case.item(collection.update, made.id)
    call = visitor.spelled(route, given)
    spelled = route.name_of(name)
    answer = await visitor.send(route.method, call.target, json={spelled: "devkit verify changed it"})
    expect(answer.ok, f"a change of {spelled} alone is answered with {answer.status}")
    get, given = case.item(collection.get, made.id)
    row = row_of(await visitor.call(get, given))
    for key, value in (made.row if isinstance(made.row, dict) else {}).items():
        if key != spelled and key in row and not re.search(r"(?i)at$|version|revision|etag|slug", key):
            expect(row[key] == value, f"a change of {spelled} alone changes {key} as well")


_ROWS: dict[str, Any] = {"needs": (Need.CREATE, Need.DELETE, Need.LIST), "signed_in": True, "read_only": False}

CHECKS = (
    Check(id="json.content-type", asks="Is JSON called JSON?", why="RFC 8259, section 11", run=content_type),
    Check(
        id="json.charset",
        asks="Is it UTF-8, and not said to be anything else?",
        why="RFC 8259, section 8.1",
        run=charset,
    ),
    Check(id="json.no-bom", asks="Does it begin without a byte order mark?", why="RFC 8259, section 8.1", run=no_bom),
    Check(
        id="json.parses",
        asks="Does every parser read it?",
        why="RFC 8259, section 2: no NaN, nothing behind it",
        run=parses,
    ),
    Check(id="json.promised", asks="Is it what the contract says?", why="the contract's schemas", run=promised),
    Check(
        id="json.row-promised",
        asks="Is a new row what the contract says, where it is made and where it is read?",
        why="the contract's schemas",
        run=row_promised,
        **_ROWS,
    ),
    Check(
        id="json.zones",
        asks="Does every instant say its zone?",
        why="RFC 3339, section 4.4: local time without an offset is ambiguous",
        run=zones,
    ),
    Check(id="json.instants", asks="Can every instant be read?", why="RFC 3339, section 5.6", run=instants),
    Check(
        id="json.exact-numbers",
        asks="Is every number one that JavaScript reads exactly?",
        why="RFC 8259, section 6",
        run=exact,
    ),
    Check(id="json.lists", asks="Does every list hold a list, and no null?", why="the contract's schemas", run=lists),
    Check(id="json.ids", asks="Has every row of a list an id of its own?", why="the contract's rows", run=ids),
    Check(
        id="json.same-in-list",
        asks="Is a row in a list of the same types as by itself?",
        why="the contract: one shape for a thing",
        needs=(Need.LIST,),
        run=same_in_list,
    ),
    Check(
        id="json.unicode",
        asks="Do texts of all scripts come back as they went?",
        why="RFC 8259, section 8.1",
        run=unicode,
        **_ROWS,
    ),
    Check(
        id="json.escapes",
        asks="Do quotes, angles and backslashes come back as they went?",
        why="RFC 8259, section 7: what is escaped is the same text",
        run=escapes,
        **_ROWS,
    ),
    Check(
        id="json.stored",
        asks="Is what was made there at once, and the same?",
        why="RFC 9110, section 15.3.2",
        run=stored,
        **_ROWS,
    ),
    Check(id="json.listed", asks="Does the list show it at once?", why="RFC 9110, section 15.3.2", run=listed, **_ROWS),
    Check(
        id="json.deleted", asks="Is what was deleted gone at once?", why="RFC 9110, section 9.3.5", run=deleted, **_ROWS
    ),
    Check(
        id="json.sent-back",
        asks="May a row be sent back as it came?",
        why='OpenAPI 3.1, "Fixed Fields": what is readOnly is no mistake in a request',
        run=sent_back,
        **_ROWS,
    ),
    Check(
        id="json.partial",
        asks="Does a change of one field leave the others?",
        why="RFC 5789; RFC 7396",
        run=partial,
        **_ROWS,
    ),
)
