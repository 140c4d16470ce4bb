"""How rows of a user's resources are spelled: as they are stored, in the pages that the user's frontend expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import field
from functools import cache, cached_property
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from devkit.contract.entities import Page, Ready, ReadyPage
from devkit.contract.keeping import Members
from devkit.contract.resources import Pages, Record, Resource
from devkit.contract.shapes import Outcome
from devkit.dialects.replies import JsonBody, Reply
from devkit.dialects.spelling import Json, Query, Respelling, Spelling, WireContext, naming
from devkit.dialects.yours.around import made_around, put
from devkit.dialects.yours.describing import body_schema_of, media_type_of
from devkit.records import dataclass
from devkit.schemas.base import Components, Schema


# Compared by identity: what it is made of may have no hash.
@dataclass(frozen=True, kw_only=True, eq=False)
class _Promised:
    """An answer whose body a schema describes; `outcome` is None where there is no body."""

    status: int = 200
    outcome: Outcome | None = None
    components: Components
    wraps: str = ""
    around: Schema = field(default_factory=dict)
    shows: bool = True
    members: Members | None = None

    @cached_property
    def _made(self) -> dict[str, Json]:
        """What is around a row, or rows, besides what is known."""
        return made_around(self.around, self.components)

    @property
    def sends_stored(self) -> bool:
        """Whether `ready` does, what is stored being what is sent."""
        return False

    def media_type(self) -> str:
        return media_type_of(self.outcome)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json | None:
        return body_schema_of(self.outcome, self.components, components)

    def _row(self, resource: Resource, values: Mapping[str, Json]) -> dict[str, Json]:
        """What may be seen of a row, where it is in an answer."""
        shown = resource.shown(values)
        return shown if self.members is None else self.members.spread(shown)

    def _wrapped(self, value: Json) -> Json:
        """A row, with what is around it."""
        if self.around:
            whole = deepcopy(self._made)
            if not self.shows:
                return whole
            if not self.wraps:
                return whole | value
            put(whole, self.wraps, value)
            return whole
        return _below(self.wraps, value) if self.wraps else value

    def _around(self) -> tuple[str, str]:
        """What stands before and behind a row that is ready to send."""
        steps = self.wraps.split(".") if self.wraps else []
        return "".join(f'{{"{step}":' for step in steps), "}" * len(steps)


@dataclass(frozen=True, kw_only=True, eq=False)
class OneRow(_Promised):
    """A row. `location` is the path of what was created, with `{id}` in it, behind the prefix; empty for none."""

    resource: Resource
    location: str = ""

    @property
    def sends_stored(self) -> bool:
        # Where the path has another parameter, only the request tells it.
        return self.location.count("{") < 2 and not self.around and self.members is None

    def ready(self, result: Ready[Any], prefix: str, respell: Respelling, sandbox: str | None) -> Reply:
        """The same answer, from a row that is ready to send; `sandbox` is that of the context."""
        before, behind = self._around()
        body = JsonBody(f"{before}{respell(result.text)}{behind}".encode())
        return self._headed(Reply(self.status, body), result.id, result.tag, prefix, sandbox, ())

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        if isinstance(result, tuple):
            return Reply(self.status, [self._wrapped(self._row(self.resource, one.values)) for one in result])
        reply = Reply(self.status, self._wrapped(self._row(self.resource, result.values)))
        parents = tuple(context.path.removeprefix(context.prefix).split("/"))
        return self._headed(reply, result.id, result.tag, context.prefix, context.sandbox, parents)

    def _headed(
        self, reply: Reply, row_id: str, tag: str, prefix: str, sandbox: str | None, asked: tuple[str, ...]
    ) -> Reply:
        reply.headers["ETag"] = f'"{tag}"'
        if self.location:
            query = naming(sandbox, ())
            place = prefix + _filled(self.location, asked, row_id)
            reply.headers["Location"] = f"{place}?{urlencode(query)}" if query else place
        return reply

    def headers(self) -> Mapping[str, str]:
        found = {"ETag": "The version, for If-Match and If-None-Match"}
        if self.location:
            found["Location"] = "The path of what was created"
        return found


def _filled(template: str, asked: tuple[str, ...], row_id: str) -> str:
    """A path whose last parameter is the row, and whose others are those of the path that was asked for."""
    parts, last, others = _parted(template)
    filled = [*parts]
    filled[last] = quote(row_id, safe="")
    for at in others:
        if at < len(asked):
            filled[at] = asked[at]
    return "/".join(filled)


@cache
def _parted(template: str) -> tuple[Sequence[str], int, Sequence[int]]:
    """The segments of a path, and which of them are parameters: the last one and the others."""
    parts = template.split("/")
    parameters = [at for at, part in enumerate(parts) if part.startswith("{")] or [0]
    return parts, parameters[-1], parameters[:-1]


@dataclass(frozen=True, kw_only=True, eq=False)
class ManyRows(_Promised):
    """A page of rows."""

    resource: Resource
    pages: Pages

    @property
    def sends_stored(self) -> bool:
        # Addresses in the body are whole ones, which begin with the host that was asked.
        return not self.wraps and not self.pages.addresses and self.members is None

    def ready(self, result: ReadyPage[Any], path: str, query: Query, respell: Respelling, sandbox: str | None) -> Reply:
        """The same answer, from rows that are ready to send; path, query and sandbox are those of the context."""
        rows, place = f"[{respell(result.text)}]", _Place(self.pages, result, path, naming(sandbox, query))
        if self.pages.items:
            before, _, behind = orjson.dumps(self._body(_MARK, place.members(""))).decode().partition(f'"{_MARK}"')
            rows = f"{before}{rows}{behind}"
        return Reply(self.status, JsonBody(rows.encode()), place.fields())

    def reply(self, result: Page[Record], context: WireContext, spelling: Spelling) -> Reply:
        rows: Json = [self._row(self.resource, row.values) for row in result.items]
        if self.wraps:
            rows = [_below(self.wraps, row) for row in rows]
        place = _Place(self.pages, result, context.root + context.path, naming(context.sandbox, context.query))
        if self.pages.items:
            rows = self._body(rows, place.members(context.base_url.removesuffix(context.root)))
        return Reply(self.status, rows, place.fields())

    def _body(self, rows: Json, members: Mapping[str, Json]) -> dict[str, Json]:
        body = deepcopy(self._made)
        for path, value in {self.pages.items: rows, **members}.items():
            put(body, path, value)
        return body

    def headers(self) -> Mapping[str, str]:
        found = {self.pages.total_header: "How many there are on all pages"} if self.pages.total_header else {}
        if self.pages.link and self.pages.style != "none":
            found["Link"] = "first, prev, next and last page"
        return found


_MARK = "devkit: rows"
"""Where the rows go in what was written without them; a total or a page's number is never this."""


class _Place:
    """Where a page stands among the others, and how it tells."""

    def __init__(self, pages: Pages, page: Page[Any] | ReadyPage[Any], address: str, query: Query) -> None:
        """`address` and `query` are those at which it was asked for."""
        self._pages, self._total, self._number, self._size = pages, page.total, page.page, page.limit
        self._before, self._following = max(page.offset, 0), page.next
        self._count = max(1, -(-page.total // page.limit)) if page.limit > 0 else 1
        rest = urlencode([(name, value) for name, value in query if name != pages.page])
        self._start = f"{address}?{rest}{'&' if rest else ''}{pages.page}="
        self._bare = f"{address}?{rest}" if rest else address

    def members(self, host: str) -> dict[str, Json]:
        """What is told beside the rows, by its path. `host` is what addresses in the body begin with."""
        pages, following, preceding = self._pages, self._next(), self._previous()
        more = following is not None
        if pages.addresses:
            following = None if following is None else f"{host}{self._start}{quote(str(following))}"
            is_first = pages.bare and preceding == self._asked(1)
            before = self._bare if is_first else f"{self._start}{preceding}"
            preceding = None if preceding is None else f"{host}{before}"
        found: dict[str, Json] = {
            pages.total: self._total,
            pages.more: more,
            **{
                path: neighbour
                for path, neighbour in ((pages.next, following), (pages.previous, preceding))
                if neighbour is not None or pages.nulls
            },
        }
        known = {"page": self._asked(self._number), "size": self._size, "pages": self._count, "offset": self._before}
        found |= {path: known.get(what) for what, path in pages.echo.items()}
        found.pop("", None)
        return found

    def fields(self) -> dict[str, str]:
        """The header fields that tell of it."""
        found = {self._pages.total_header: str(self._total)} if self._pages.total_header else {}
        if self._pages.link and (links := self._links()):
            found["Link"] = ", ".join(f'<{self._start}{asked}>; rel="{relation}"' for relation, asked in links)
        return found

    def _links(self) -> list[tuple[str, str]]:
        """How other pages are asked for, and what they are to this one (RFC 8288)."""
        following, preceding = self._next(), self._previous()
        numbered = self._pages.style in {"page", "offset"}
        found: list[tuple[str, Json]] = [("first", self._asked(1))] if numbered else []
        found += [("prev", preceding)] if preceding is not None else []
        found += [("next", following)] if following is not None else []
        found += [("last", self._asked(self._count))] if numbered else []
        return [(relation, quote(str(asked))) for relation, asked in found]

    def _asked(self, number: int) -> int:
        """How a page is asked for, by its number from 1."""
        return (number - 1) * max(self._size, 0) if self._pages.style == "offset" else number - 1 + self._pages.first

    def _next(self) -> Json:
        """How the page behind this one is asked for; None where there is none."""
        if self._pages.style == "cursor":
            return self._following or None
        if self._pages.style == "none" or self._before + self._size >= self._total:
            return None
        return self._before + self._size if self._pages.style == "offset" else self._asked(self._number + 1)

    def _previous(self) -> Json:
        if self._pages.style not in {"page", "offset"} or self._before <= 0:
            return None
        if self._pages.style == "offset":
            return max(0, self._before - self._size)
        return self._asked(min(self._number - 1, self._count))


def _below(path: str, value: Json) -> Json:
    for step in reversed(path.split(".")):
        value = {step: value}
    return value


@dataclass(frozen=True, kw_only=True, eq=False)
class NoRow(_Promised):
    """A row is gone: no body, or what the document promises of it."""

    resource: Resource

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        if self.outcome is None or self.outcome.body is None:
            return Reply(self.status, has_body=False)
        return Reply(self.status, self._wrapped(self._row(self.resource, result.values)))

    def headers(self) -> Mapping[str, str]:
        return {}
