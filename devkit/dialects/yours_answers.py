"""How rows of a user's resources are spelled: as they are stored, in the pages that the user's frontend expects."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from devkit.contract.entities import Page, Ready, ReadyPage
from devkit.contract.resources import Pages, Record, Resource
from devkit.contract.shapes import Outcome
from devkit.dialects.around import made_around, put
from devkit.dialects.replies import JsonBody, Reply
from devkit.dialects.spelling import Json, Query, Respelling, Spelling, WireContext, naming
from devkit.records import dataclass
from devkit.schemas.base import Components, Schema, gathered


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

    @cached_property
    def _made(self) -> dict[str, Json]:
        """What is around a row, or rows, besides what is known."""
        return made_around(self.around, self.components)

    @property
    def sends_stored(self) -> bool:
        """Whether `ready` does, what is stored being what is sent."""
        return False

    def media_type(self) -> str:
        body = self.outcome.body if self.outcome else None
        return next(iter(body.media)) if body else "application/json"

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json | None:
        body = self.outcome.body if self.outcome else None
        if body is None:
            return None
        schema: Schema = next(iter(body.media.values()))
        gathered(schema, self.components, components)
        return dict(schema)

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
        return self.location.count("{") < 2 and not self.around

    def ready(self, result: Ready[Any], prefix: str, respell: Respelling, sandbox: str | None) -> Reply:
        """The same answer, from a row that is ready to send; `sandbox` is that of the context."""
        before, behind = self._around()
        body = JsonBody(f"{before}{respell(result.text)}{behind}".encode())
        return self._headed(Reply(self.status, body), result.id, result.tag, prefix, sandbox, ())

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        if isinstance(result, tuple):
            return Reply(self.status, [self._wrapped(spelling.write(one, context)) for one in result])
        reply = Reply(self.status, self._wrapped(spelling.write(result, context)))
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
    parts = template.split("/")
    last = max((at for at, part in enumerate(parts) if part.startswith("{")), default=0)
    for at, part in enumerate(parts):
        if at == last:
            parts[at] = quote(row_id, safe="")
        elif part.startswith("{") and at < len(asked):
            parts[at] = asked[at]
    return "/".join(parts)


@dataclass(frozen=True, kw_only=True, eq=False)
class ManyRows(_Promised):
    """A page of rows."""

    resource: Resource
    pages: Pages

    @property
    def sends_stored(self) -> bool:
        # Addresses in the body are whole ones, which begin with the host that was asked.
        return not self.wraps and not self.pages.addresses

    def ready(self, result: ReadyPage[Any], path: str, query: Query, respell: Respelling, sandbox: str | None) -> Reply:
        """The same answer, from rows that are ready to send; path, query and sandbox are those of the context."""
        if self.wraps:
            raise NotImplementedError("rows within something each are never ready")
        told = self._told(result, path, query)
        return Reply(200, JsonBody(self._text(respell(result.text), told).encode()), self._fields(result, told))

    def reply(self, result: Page[Record], context: WireContext, spelling: Spelling) -> Reply:
        rows: Json = [spelling.write(row, context) for row in result.items]
        if self.wraps:
            rows = [_below(self.wraps, row) for row in rows]
        host = context.base_url.removesuffix(context.root)
        told = self._told(result, context.root + context.path, naming(context.sandbox, context.query), host)
        if not self.pages.items:
            return Reply(self.status, rows, self._fields(result, told))
        body = deepcopy(self._made)
        for path, value in {self.pages.items: rows, **told.members}.items():
            put(body, path, value)
        return Reply(self.status, body, self._fields(result, told))

    def _text(self, rows: str, told: _Told) -> str:
        import orjson

        if not self.pages.items:
            return f"[{rows}]"
        body = deepcopy(self._made)
        for path, value in {self.pages.items: _MARK, **told.members}.items():
            put(body, path, value)
        before, _, behind = orjson.dumps(body).decode().partition(f'"{_MARK}"')
        return f"{before}[{rows}]{behind}"

    def _told(self, page: Page[Any] | ReadyPage[Any], address: str, query: Query, host: str = "") -> _Told:
        """What is told beside the rows. `host` is what addresses in the body begin with."""
        pages, size, total = self.pages, page.limit, page.total
        offset = getattr(page, "offset", None)
        offset = (page.page - 1) * size if offset is None else offset
        count = max(1, -(-total // size)) if size else 1
        following = getattr(page, "next", "")
        more = bool(following) if pages.style == "cursor" else offset + size < total
        links = self._links(page.page, count, offset, size, total, following, address, query)
        members: dict[str, Json] = {pages.total: total, pages.more: more}
        if pages.addresses:
            for path, relation in ((pages.next, "next"), (pages.previous, "prev")):
                members[path] = host + links[relation] if relation in links else None
        elif pages.next:
            members[pages.next] = following or None
        for what, path in pages.echo.items():
            members[path] = {"page": page.page - 1 + pages.first, "size": size, "pages": count, "offset": offset}.get(
                what
            )
        members.pop("", None)
        return _Told(members, links if pages.link else {})

    def _links(
        self, number: int, count: int, offset: int, size: int, total: int, following: str, address: str, query: Query
    ) -> dict[str, str]:
        """The addresses of other pages, by what they are to this one (RFC 8288)."""
        pages = self.pages
        if pages.style == "none":
            return {}
        rest = urlencode([(name, value) for name, value in query if name != pages.page])
        start = f"{address}?{rest}{'&' if rest else ''}{pages.page}="
        if pages.style == "cursor":
            return {"next": f"{start}{quote(following)}"} if following else {}
        wanted = {"first": 1}
        wanted |= {"prev": min(number - 1, count)} if number > 1 else {}
        wanted |= {"next": number + 1} if offset + size < total else {}
        wanted["last"] = count
        by_row = pages.style == "offset"
        return {
            relation: f"{start}{(page - 1) * size if by_row else page - 1 + pages.first}"
            for relation, page in wanted.items()
        }

    def _fields(self, page: Page[Any] | ReadyPage[Any], told: _Told) -> dict[str, str]:
        found = {self.pages.total_header: str(page.total)} if self.pages.total_header else {}
        if told.links:
            found["Link"] = ", ".join(f'<{address}>; rel="{relation}"' for relation, address in told.links.items())
        return found

    def headers(self) -> Mapping[str, str]:
        found = {self.pages.total_header: "How many there are on all pages"} if self.pages.total_header else {}
        if self.pages.link and self.pages.style != "none":
            found["Link"] = "first, prev, next and last page"
        return found


_MARK = "devkit: rows"
"""Where the rows go in what was written without them; a total or a page's number is never this."""


@dataclass(frozen=True, slots=True)
class _Told:
    members: dict[str, Json]
    links: Mapping[str, str]


def _below(path: str, value: Json) -> Json:
    for step in reversed(path.split(".")):
        value = {step: value}
    return value


@dataclass(frozen=True, kw_only=True, eq=False)
class NoRow(_Promised):
    """A row is gone: no body, or what the document promises of it."""

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        if self.outcome is None or self.outcome.body is None:
            return Reply(self.status, has_body=False)
        return Reply(self.status, self._wrapped(spelling.write(result, context)))

    def headers(self) -> Mapping[str, str]:
        return {}
