"""Lists that come in pages: walked to their end, while rows come and go, and asked for what is out of bounds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from devkit.contract.operations import Need
from devkit.verify.base import Check
from devkit.verify.case import Case, rows_of
from devkit.verify.exchange import Answer
from devkit.verify.pages import Pager, Walk, filled, key_of, links_of, paged, reader, walked
from devkit.verify.promises import promises_header
from devkit.verify.target import Collection
from devkit.verify.verdicts import Failed, expect, skip, unclear
from devkit.verify.visitor import Visitor

_LIST = (Need.LIST,)
_LARGE = 100
_OFFSET_STYLE = "pages are counted, and rows that come in front move all others (the style cannot promise more)"


def steady(judge: Callable[[Case], Awaitable[None]]) -> Callable[[Case], Awaitable[None]]:
    """Somebody else may have written meanwhile: what is seen twice only is a failure."""

    async def run(case: Case) -> None:
        try:
            await judge(case)
        except Failed:
            await judge(case)

    return run


async def _walk(case: Case) -> tuple[Visitor, Collection, Pager, Walk]:
    collection, pager = paged(case)
    visitor = await reader(case, collection)
    size = await filled(case, visitor, collection, pager)
    walk = await walked(visitor, pager, size)
    if walk.pages < 2:
        skip("there are not rows enough for two pages")
    return visitor, collection, pager, walk


def _named(keys: list[str]) -> str:
    return ", ".join(keys[:3]) + ("…" if len(keys) > 3 else "")


async def none_twice(case: Case) -> None:
    _, collection, _, walk = await _walk(case)
    expect(not walk.twice, f"{collection.name}: rows come on two pages of one walk: {_named(walk.twice)}")


async def all_at_once(case: Case, visitor: Visitor, pager: Pager) -> list[str]:
    """The rows as one page has them. Skips where that does not hold them all."""
    answer = await pager.get(visitor, _LARGE)
    rows = [key_of(row) for row in rows_of(answer)]
    if not rows or (pager.total(answer) or 0) > len(rows) or (len(rows) % 10 == 0 and "next" in links_of(answer)):
        skip("no page is large enough to hold all rows, so that nobody can say what a walk misses")
    return rows


async def none_missed(case: Case) -> None:
    collection, pager = paged(case)
    visitor = await reader(case, collection)
    size = await filled(case, visitor, collection, pager)
    rows = await all_at_once(case, visitor, pager)
    walk = await walked(visitor, pager, size)
    missing = [one for one in rows if one not in walk.seen]
    expect(not missing, f"{collection.name}: a walk from the first page to the last misses {_named(missing)}")


async def ends(case: Case) -> None:
    _, collection, pager, walk = await _walk(case)
    total = pager.total(walk.answers[0])
    if not walk.whole and total is not None and total > len(walk.seen):
        skip(f"the list has more than {walk.pages} pages")
    expect(walk.whole, f"{collection.name}: after {walk.pages} pages, and {len(set(walk.seen))} rows, comes another")


async def total_is_right(case: Case) -> None:
    _, collection, pager, walk = await _walk(case)
    told = pager.total(walk.answers[0])
    if told is None or not walk.whole:
        skip("no total is told" if told is None else "the list is too long to be walked")
    found = len(set(walk.seen))
    expect(told == found, f"{collection.name}: the total is {told}, and the pages have {found} rows")


async def total_stays(case: Case) -> None:
    _, collection, pager, walk = await _walk(case)
    told = [pager.total(answer) for answer in walk.answers]
    if told[0] is None:
        skip("no total is told")
    expect(len({*told}) == 1, f"{collection.name}: the total differs from page to page: {_named([*map(str, told)])}")


async def header_agrees(case: Case) -> None:
    collection, pager = paged(case)
    answer = await pager.get(await reader(case, collection), 2)
    header, body = answer.get("X-Total-Count"), pager.total(answer)
    if header is None or body is None:
        skip("the total is not told both in X-Total-Count and in the body")
    expect(header == str(body), f"{collection.name}: X-Total-Count says {header}, and the body {body}")


async def same_again(case: Case) -> None:
    collection, pager = paged(case)
    visitor = await reader(case, collection)
    await filled(case, visitor, collection, pager)
    first, second = [[key_of(row) for row in rows_of(await pager.get(visitor, 20))] for _ in range(2)]
    expect(first == second, f"{collection.name}: the same page has its rows in another order when asked for again")


async def unique(case: Case) -> None:
    collection, pager = paged(case, lambda one, pager: True)
    visitor = await reader(case, collection)
    await filled(case, visitor, collection, pager)
    keys = [key_of(row) for row in rows_of(await pager.get(visitor))]
    expect(len(keys) == len({*keys}), f"{collection.name}: rows of one page share an id")


async def while_rows_come(case: Case) -> None:
    collection, pager = paged(case, lambda one, pager: bool(pager.size) and one.is_writable)
    visitor = await reader(case, collection)
    size = await filled(case, visitor, collection, pager)
    before = await all_at_once(case, visitor, pager)

    async def one_more(page: int, _: Answer) -> None:
        if page <= 2:
            await case.make(visitor, collection)

    walk = await walked(visitor, pager, size, one_more)
    missing = [one for one in before if one not in walk.seen]
    expect(not missing, f"{collection.name}: rows were made during the walk, and it misses others: {_named(missing)}")
    if pager.style == "cursor":
        expect(
            not walk.twice, f"{collection.name}: rows were made during the walk, and it has {_named(walk.twice)} twice"
        )


async def while_rows_go(case: Case) -> None:
    collection, pager = paged(case, lambda one, pager: bool(pager.size) and one.is_writable)
    visitor = await reader(case, collection)
    own = [(await case.make(visitor, collection)).id for _ in range(6)]
    size = await filled(case, visitor, collection, pager)
    gone: set[str] = set()

    async def one_less(_: int, answer: Answer) -> None:
        here = [key for row in rows_of(answer) if (key := key_of(row)) in own and key not in gone]
        if here and len(gone) < 2:
            route, item = case.item(collection.delete, here[0])
            if (await visitor.call(route, item)).ok:
                gone.add(here[0])

    walk = await walked(visitor, pager, size, one_less)
    expect(
        not walk.twice, f"{collection.name}: rows were deleted during the walk, and it has {_named(walk.twice)} twice"
    )
    if pager.style == "cursor" and walk.whole:
        missing = [one for one in own if one not in walk.seen]
        expect(not missing, f"{collection.name}: rows were deleted during the walk, and it misses {_named(missing)}")


async def limit_holds(case: Case) -> None:
    collection, pager = paged(case)
    visitor = await reader(case, collection)
    await filled(case, visitor, collection, pager)
    answer = await pager.get(visitor, 2)
    found = len(rows_of(answer))
    expect(not answer.ok or found <= 2, f"{collection.name}: with {pager.size}=2 come {found} rows")


async def full_pages(case: Case) -> None:
    _, collection, pager, walk = await _walk(case)
    if not pager.is_numbered:
        skip("a page that is no number may be short")
    short = [number for number, size in enumerate(walk.sizes[:-1], 1) if size < walk.sizes[0]]
    expect(not short, f"{collection.name}: page {short and short[0]} is short, and not the last one")


def out_of_bounds(of: str, *values: Any) -> Callable[[Case], Awaitable[None]]:
    """Each is refused, or taken for what is possible; it is no crash."""

    async def run(case: Case) -> None:
        collection, pager = paged(case)
        visitor = await reader(case, collection)
        name = pager.size if of == "size" else pager.page
        if not name or (of == "page" and pager.style == "cursor" and isinstance(values[0], int)):
            skip("pages have no number")
        for value in values:
            answer = await visitor.call(pager.route, {name: value})
            expect(answer.status < 500, f"{collection.name}: {name}={value} is answered with {answer.status}")

    return run


async def beyond_the_end(case: Case) -> None:
    collection, pager = paged(case, lambda one, pager: pager.style in {"page", "offset"})
    visitor = await reader(case, collection)
    answer = await visitor.call(pager.route, {pager.page: 99_999})
    expect(answer.status < 500, f"{collection.name}: a page beyond the end is answered with {answer.status}")
    if not answer.ok:
        expect(answer.status in {400, 404, 416, 422}, f"a page beyond the end is answered with {answer.status}")
        return
    rows = rows_of(answer)
    expect(not rows, f"{collection.name}: a page beyond the end has {len(rows)} rows")


async def empty_is_a_list(case: Case) -> None:
    collection, pager = paged(case, lambda one, pager: pager.style in {"page", "offset"})
    visitor = await reader(case, collection)
    full = await pager.get(visitor)
    answer = await visitor.call(pager.route, {pager.page: 99_999})
    if not answer.ok or not isinstance(full.json, dict) or not isinstance(answer.json, dict):
        skip("what is around rows is not told for a page without any")
    for name, value in full.json.items():
        if isinstance(value, list):
            held = answer.json.get(name)
            expect(isinstance(held, list), f"{collection.name}: of no rows, `{name}` is {held!r} and not an empty list")


async def _linked(case: Case) -> tuple[Collection, Pager, Walk]:
    _, collection, pager, walk = await _walk(case)
    promised = promises_header(pager.route, "Link")
    if not any(links_of(answer) for answer in walk.answers):
        expect(not promised, f"{collection.name}: the contract promises a Link header, and no page has one")
        skip("no page has a Link header")
    return collection, pager, walk


async def next_leads_on(case: Case) -> None:
    collection, _, walk = await _linked(case)
    expect("next" in links_of(walk.answers[0]), f"{collection.name}: the first page has no Link to the next")
    known = {key_of(row) for row in rows_of(walk.answers[0])}
    expect(
        not known & {key_of(row) for row in rows_of(walk.answers[1])},
        f"{collection.name}: the Link to the next page leads to rows that were there before",
    )


async def last_has_no_next(case: Case) -> None:
    collection, _, walk = await _linked(case)
    if not walk.whole:
        skip("the list is too long to be walked")
    expect("next" not in links_of(walk.answers[-1]), f"{collection.name}: the last page has a Link to a next one")


async def links_lead_back(case: Case) -> None:
    """To the host that was asked: what a browser may follow."""
    collection, pager = paged(case)
    visitor = await reader(case, collection)
    await filled(case, visitor, collection, pager)
    address = pager.next_address(visitor, await pager.get(visitor, 2))
    if not address:
        skip("pages do not say where the next one is")
    expect(
        address.startswith(case.target.root + "/"),
        f"{collection.name}: the next page is at {address}, which is not {case.target.root}",
    )


async def headers_are_readable(case: Case) -> None:
    collection, pager = paged(case)
    answer = await pager.get(await reader(case, collection), 2)
    there = [name for name in ("X-Total-Count", "Link", "Content-Range") if answer.get(name) is not None]
    if not there or answer.get("Access-Control-Allow-Origin") is None:
        skip("pages are told in the body alone, or nobody from elsewhere may read them")
    exposed = answer.words("Access-Control-Expose-Headers")
    hidden = [one for one in there if one.lower() not in exposed and "*" not in exposed]
    expect(not hidden, f"{collection.name}: a page of {case.target.origin} cannot read {', '.join(hidden)}")


async def new_is_listed(case: Case) -> None:
    collection, pager = paged(case, lambda one, pager: one.is_writable)
    visitor = await reader(case, collection)
    made = await case.make(visitor, collection)
    if not made.id:
        unclear("the answer to a creation names no row")
    walk = await walked(visitor, pager, 100 if pager.size else 0)
    if not walk.whole:
        skip("the list is too long to be walked")
    expect(made.id in walk.seen, f"{collection.name}: what was just made ({made.id}) is in no page")


_CONTRACT = 'CONTRACT, "Where rows meet": lists'
_NO_CRASH = "RFC 9110, section 15.6: 5xx says that the server failed, and here it was asked for what it cannot have"


def _check(name: str, asks: str, why: str, run: Callable[[Case], Awaitable[None]], **more: Any) -> Check:
    return Check(id=f"paging.{name}", asks=asks, why=why, run=run, needs=more.pop("needs", _LIST), **more)


_MADE = {"needs": (Need.LIST, Need.CREATE, Need.DELETE), "read_only": False}

CHECKS = (
    _check("none-twice", "Does each row come on one page only?", _CONTRACT, steady(none_twice)),
    _check("none-missed", "Is each row on some page?", _CONTRACT, steady(none_missed)),
    _check("ends", "Does a walk from page to page come to an end?", _CONTRACT, ends),
    _check("total", "Is the total the number of rows on all pages?", _CONTRACT, steady(total_is_right)),
    _check("total-stays", "Is the total the same on each page?", _CONTRACT, steady(total_stays)),
    _check("total-header", "Do X-Total-Count and the body agree?", _CONTRACT, steady(header_agrees)),
    _check("order", "Does a page have its rows in the same order each time?", _CONTRACT, steady(same_again)),
    _check("ids", "Has each row of a page an id of its own?", _CONTRACT, unique),
    _check(
        "rows-come", "Is nothing missed while rows are made?", f"{_CONTRACT}; {_OFFSET_STYLE}", while_rows_come, **_MADE
    ),
    _check(
        "rows-go",
        "Does nothing come twice while rows are deleted?",
        f"{_CONTRACT}; {_OFFSET_STYLE}",
        while_rows_go,
        **_MADE,
    ),
    _check("limit", "Has a page no more rows than were asked for?", _CONTRACT, limit_holds),
    _check("full", "Are all pages but the last one full?", _CONTRACT, full_pages),
    _check(
        "limit-bounds",
        "Is a page of no, fewer or a billion rows no crash?",
        _NO_CRASH,
        out_of_bounds("size", 0, -1, 10**9),
    ),
    _check("limit-text", "Is a size that is no number no crash?", _NO_CRASH, out_of_bounds("size", "many", "", "1e3")),
    _check("page-bounds", "Is the page before the first one no crash?", _NO_CRASH, out_of_bounds("page", 0, -1, 2**63)),
    _check("page-text", "Is a page that is none no crash?", _NO_CRASH, out_of_bounds("page", "first", "")),
    _check("beyond", "Is a page beyond the end empty, or not there?", _CONTRACT, beyond_the_end),
    _check("empty", "Are no rows an empty list?", "the contract's schema of the list", empty_is_a_list),
    _check("link-next", "Does the Link to the next page lead to it?", "RFC 8288, section 3", next_leads_on),
    _check("link-last", "Has the last page no Link to a next one?", "RFC 8288, section 3", last_has_no_next),
    _check("link-host", "Is the next page at the host that was asked?", "RFC 8288, section 3", links_lead_back),
    _check(
        "readable",
        "May a page of the frontend's origin read what tells of pages?",
        'Fetch, "CORS-safelisted response-header name"',
        headers_are_readable,
    ),
    _check("new-listed", "Is what was just made in the list?", _CONTRACT, new_is_listed, **_MADE),
)
