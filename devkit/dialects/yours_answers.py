"""How rows of a user's resources are spelled: as they are stored, in the pages that the user's frontend expects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from devkit.contract.entities import Page, Ready, ReadyPage
from devkit.contract.resources import Pages, Record, Resource
from devkit.contract.shapes import Outcome
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
        for step in reversed(self.wraps.split(".") if self.wraps else ()):
            value = {step: value}
        return value

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
        return self.location.count("{") < 2

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
        return not self.wraps

    def ready(self, result: ReadyPage[Any], path: str, query: Query, respell: Respelling, sandbox: str | None) -> Reply:
        """The same answer, from rows that are ready to send; path, query and sandbox are those of the context."""
        if self.wraps:
            raise NotImplementedError("rows within something each are never ready")
        told = self._told(result, path, query)
        return Reply(200, JsonBody(self._text(respell(result.text), told).encode()), self._fields(result, told))

    def reply(self, result: Page[Record], context: WireContext, spelling: Spelling) -> Reply:
        rows: Json = [self._wrapped(spelling.write(row, context)) for row in result.items]
        told = self._told(result, context.root + context.path, naming(context.sandbox, context.query))
        if not self.pages.items:
            return Reply(self.status, rows, self._fields(result, told))
        body: dict[str, Json] = {}
        for path, value in {self.pages.items: rows, **told.members}.items():
            _put(body, path, value)
        return Reply(self.status, body, self._fields(result, told))

    def _text(self, rows: str, told: _Told) -> str:
        import orjson

        if not self.pages.items:
            return f"[{rows}]"
        body: dict[str, Json] = {}
        for path, value in {self.pages.items: _MARK, **told.members}.items():
            _put(body, path, value)
        before, _, behind = orjson.dumps(body).decode().partition(f'"{_MARK}"')
        return f"{before}[{rows}]{behind}"

    def _told(self, page: Page[Any] | ReadyPage[Any], address: str, query: Query) -> _Told:
        """What is told beside the rows."""
        pages, size, total = self.pages, page.limit, page.total
        offset = getattr(page, "offset", None)
        offset = (page.page - 1) * size if offset is None else offset
        count = max(1, -(-total // size)) if size else 1
        following = getattr(page, "next", "")
        more = bool(following) if pages.style == "cursor" else offset + size < total
        members: dict[str, Json] = {pages.total: total, pages.more: more}
        if pages.next:
            members[pages.next] = following or None
        for what, path in pages.echo.items():
            members[path] = {"page": page.page - 1 + pages.first, "size": size, "pages": count, "offset": offset}.get(
                what
            )
        members.pop("", None)
        return _Told(members, self._links(page.page, count, offset, size, total, following, address, query))

    def _links(
        self, number: int, count: int, offset: int, size: int, total: int, following: str, address: str, query: Query
    ) -> str:
        pages = self.pages
        if not pages.link or pages.style == "none":
            return ""
        rest = urlencode([(name, value) for name, value in query if name != pages.page])
        start = f"<{address}?{rest}{'&' if rest else ''}{pages.page}="
        if pages.style == "cursor":
            return f'{start}{quote(following)}>; rel="next"' if following else ""
        wanted = [("first", 1)]
        wanted += [("prev", min(number - 1, count))] if number > 1 else []
        wanted += [("next", number + 1)] if offset + size < total else []
        wanted.append(("last", count))
        by_row = pages.style == "offset"
        return ", ".join(
            f'{start}{(page - 1) * size if by_row else page - 1 + pages.first}>; rel="{relation}"'
            for relation, page in wanted
        )

    def _fields(self, page: Page[Any] | ReadyPage[Any], told: _Told) -> dict[str, str]:
        found = {self.pages.total_header: str(page.total)} if self.pages.total_header else {}
        if told.links:
            found["Link"] = told.links
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
    links: str


def _put(body: dict[str, Json], path: str, value: Json) -> None:
    *above, last = path.split(".")
    for step in above:
        body = body.setdefault(step, {})
    body[last] = value


@dataclass(frozen=True, kw_only=True, eq=False)
class NoRow(_Promised):
    """A row is gone: no body, or what the document promises of it."""

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        if self.outcome is None or self.outcome.body is None:
            return Reply(self.status, has_body=False)
        return Reply(self.status, self._wrapped(spelling.write(result, context)))

    def headers(self) -> Mapping[str, str]:
        return {}
