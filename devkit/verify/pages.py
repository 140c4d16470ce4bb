"""Lists, walked as a frontend walks them: how the next page is asked for, whatever the style, and what was seen."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import field
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson

from devkit.contract.resources import Pages
from devkit.dialects.base import Route
from devkit.records import dataclass
from devkit.verify.case import Case, rows_of
from devkit.verify.exchange import Answer
from devkit.verify.target import Collection, Target
from devkit.verify.verdicts import skip, unclear
from devkit.verify.visitor import Visitor

MOST = 60
"""Pages that a walk goes at the most."""

_SIZES = ("limit", "page_size", "pageSize", "per_page", "perPage", "size", "take", "count", "_limit", "_per_page")
_NUMBERS = ("page", "page_number", "pageNumber", "_page")
_OFFSETS = ("offset", "skip", "start", "_start")
_CURSORS = ("cursor", "after", "page_token", "pageToken", "starting_after", "continuation_token")
_TOTALS = ("total", "total_count", "totalCount", "count", "totalItems", "total_items")
_NEXT = ("next", "next_page", "next_page_url", "next_cursor", "nextCursor", "next_page_token", "nextPageToken")
_AROUND = ("", "meta", "pagination", "page_info", "pageInfo", "links", "_links")
_LINK = re.compile(r'<([^>]*)>\s*((?:;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s;,]*)\s*)*)')
_REL = re.compile(r'rel\s*=\s*(?:"([^"]*)"|([^\s;,]*))', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """How a list comes in pages. `page` is the parameter that says which one, by its number from `first`, the rows
    before it (`offset`) or what the page before said (`cursor`); `size` the one for how many rows; empty for none.
    """

    route: Route
    style: str
    page: str = ""
    size: str = ""
    first: int = 1
    told: Pages | None = None

    @property
    def is_numbered(self) -> bool:
        """Whether rows that come in front move all others to later places."""
        return self.style in {"page", "offset", "link"}

    async def get(self, visitor: Visitor, size: int = 0, **given: Any) -> Answer:
        if size and self.size:
            given[self.size] = size
        return await visitor.call(self.route, given)

    async def after(self, visitor: Visitor, answer: Answer, walk: Walk, size: int) -> Answer | None:
        """The page behind this one; None where that was the last."""
        if (address := self.next_address(visitor, answer)) is not None:
            return await visitor.send("GET", _here(visitor, address)) if address else None
        if self.style == "page":
            return await self.get(visitor, size, **{self.page: self.first + walk.pages})
        if self.style == "offset":
            return await self.get(visitor, size, **{self.page: len(walk.seen)})
        if self.style == "cursor":
            cursor = self.cursor(answer)
            return await self.get(visitor, size, **{self.page: cursor}) if cursor else None
        return None

    def next_address(self, visitor: Visitor, answer: Answer) -> str | None:
        """Where the answer says that the next page is; empty where it says that there is none, None where it says
        nothing.
        """
        target = visitor.target
        here = f"{target.root}{target.base}{visitor.spelled(self.route).target}"
        links = links_of(answer)
        if links:
            return urljoin(here, links["next"]) if "next" in links else ""
        said = self._member(answer, _NEXT)
        if isinstance(said, str) and re.match(r"https?://|/|\?", said):
            return urljoin(here, said)
        return None

    def cursor(self, answer: Answer) -> Any:
        """What the next page is asked for with; None for the last one."""
        return self._member(answer, _NEXT)

    def _member(self, answer: Answer, names: Sequence[str]) -> Any:
        places = [self.told.next] if self.told is not None and self.told.next else []
        places += [f"{around}.{name}" if around else name for around in _AROUND for name in names]
        return next((value for place in places if (value := at(answer.json, place)) not in {None, ""}), None)

    def total(self, answer: Answer) -> int | None:
        """How many rows there are on all pages, as the body says it; None where it does not."""
        places = [self.told.total] if self.told is not None and self.told.total else []
        places += [f"{around}.{name}" if around else name for around in _AROUND for name in _TOTALS]
        here = len(rows_of(answer))
        for place in places:
            value = at(answer.json, place)
            # A `count` may as well be of this page's rows.
            if type(value) is int and not (place.endswith("count") and value == here):
                return value
        return None


@dataclass(slots=True, kw_only=True)
class Walk:
    """What was seen from the first page to the last: the rows' keys in their order. `sizes` are how many each page
    had; `whole`: it came to the end.
    """

    seen: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    whole: bool = False

    @property
    def pages(self) -> int:
        return len(self.sizes)

    @property
    def twice(self) -> list[str]:
        return [one for number, one in enumerate(self.seen) if one in self.seen[:number]]


def _here(visitor: Visitor, address: str) -> str:
    """That address, at the host that is measured."""
    parts = urlsplit(address)
    return visitor.target.root + parts.path + (f"?{parts.query}" if parts.query else "")


def at(value: Any, place: str) -> Any:
    """The member at a path with dots; None where there is none, or what could not be compared."""
    for name in place.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str | int) else None


def links_of(answer: Answer) -> dict[str, str]:
    """The addresses in the Link header by their relations (RFC 8288, section 3)."""
    found: dict[str, str] = {}
    for address, parameters in _LINK.findall(answer.get("Link") or ""):
        match = _REL.search(parameters)
        for relation in ((match[1] or match[2]) if match else "").lower().split():
            found.setdefault(relation, address)
    return {name: address for name, address in found.items() if name in {"first", "prev", "next", "last", "previous"}}


def key_of(row: Any) -> str:
    """What tells a row from all others: its id, else all of it."""
    if isinstance(row, dict):
        for name in ("id", "_id", "uuid", "pk", "key", "slug"):
            if isinstance(value := row.get(name), str | int) and value != "":
                return str(value)
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS).decode()


def pager_of(target: Target, route: Route) -> Pager:
    """How this list comes in pages, as the contract says it, else as its parameters are called."""
    told = _told(target, route)
    names = [*parameters(route)]
    if told is not None and told.style != "none" and told.page in names:
        size = told.size if told.size in names else ""
        return Pager(route=route, style=told.style, page=told.page, size=size, first=told.first, told=told)
    size = next((name for name in _SIZES if name in names), "")
    for style, known in (("page", _NUMBERS), ("offset", _OFFSETS), ("cursor", _CURSORS)):
        if page := next((name for name in known if name in names), ""):
            return Pager(route=route, style=style, page=page, size=size, told=told)
    return Pager(route=route, style="link" if size else "none", size=size, told=told)


def parameters(route: Route) -> list[str]:
    """What a query of it may say."""
    if route.shape is not None:
        return [one.name for one in route.shape.parameters if one.place == "query"]
    return [name for name in route.fields if name not in route.path_fields]


def _told(target: Target, route: Route) -> Pages | None:
    keeper: Any = route.operation.keeper
    pages: Pages | None = getattr(keeper, "pages", None)
    resource = target.dialect.contract.resources.get(getattr(keeper, "resource", ""))
    return pages or (resource.pages if resource is not None else None)


def paged(
    case: Case, fits: Callable[[Collection, Pager], bool] = lambda _, pager: bool(pager.size)
) -> tuple[Collection, Pager]:
    """A list that comes in pages. Skips where there is none."""
    known = ((one, pager_of(case.target, one.list)) for one in case.target.collections)
    found = next(((one, pager) for one, pager in known if pager.style != "none" and fits(one, pager)), None)
    return found or skip("the contract has no list that comes in pages of a size that can be asked for")


async def reader(case: Case, collection: Collection) -> Visitor:
    """A browser that may read the list."""
    private = collection.list.operation.access.value != "public"
    return await case.signed_in() if private and case.world.session else case.visitor()


async def filled(case: Case, visitor: Visitor, collection: Collection, pager: Pager, rows: int = 5) -> int:
    """How many rows a page should have for a walk of a few pages, with so many rows at least: those that lack are made.
    Skips where they cannot be.
    """
    answer = await pager.get(visitor)
    if not answer.ok:
        unclear(f"{pager.route.operation.id} was answered with {answer.status}")
    there = max(pager.total(answer) or 0, len(rows_of(answer)))
    for _ in range(rows - there):
        await case.make(visitor, collection)
    return max(2, -(-max(there, rows) // 4))


Between = Callable[[int, Answer], Awaitable[None]]


async def walked(visitor: Visitor, pager: Pager, size: int, between: Between | None = None) -> Walk:
    """Go from the first page to the last; `between` is called behind each, with how many were read. Unclear where a
    page is not answered.
    """
    walk = Walk()
    # Some tell of neighbours only to who asks for a page.
    first = {pager.page: pager.first} if pager.style == "page" else {}
    answer: Answer | None = await pager.get(visitor, size, **first)
    while answer is not None and walk.pages < MOST:
        if not answer.ok:
            # A page behind the last one may be refused as not there.
            if walk.pages and answer.status == 404:
                walk.whole = True
                return walk
            unclear(f"page {walk.pages + 1} was answered with {answer.status}")
        rows = [key_of(row) for row in rows_of(answer)]
        if not rows:
            break
        walk.seen += rows
        walk.sizes.append(len(rows))
        walk.answers.append(answer)
        if between is not None:
            await between(walk.pages, answer)
        answer = await pager.after(visitor, answer, walk, size)
    walk.whole = walk.pages < MOST
    return walk
