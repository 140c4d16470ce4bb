"""The usual ways to spell a result: rows of dialect tables are made of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from devkit.contract.entities import Done, Page, Ready, ReadyPage, UploadContent
from devkit.dialects.replies import Cookie, FileBody, JsonBody, Reply
from devkit.dialects.spelling import Json, Query, Respelling, Spelling, WireContext, naming
from devkit.records import dataclass

_CLEARS: Mapping[str, str] = {"Set-Cookie": "The session's cookies, cleared"}


@dataclass(frozen=True, slots=True)
class _JsonAnswer:
    status: int = 200

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {}


@dataclass(frozen=True, slots=True)
class One(_JsonAnswer):
    """An entity: bare, or below the key `wrap`. `location` is the path of what was created, relative to the prefix."""

    entity: type = object
    wrap: str | None = None
    location: str | None = None

    def ready(self, result: Ready[Any], prefix: str, respell: Respelling, sandbox: str | None) -> Reply:
        """The same answer, from an entity that is ready to send; `sandbox` is that of the context."""
        text = respell(result.text)
        body = JsonBody((f'{{"{self.wrap}":{text}}}' if self.wrap else text).encode())
        return self._headed(Reply(self.status, body), result, prefix, sandbox)

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        body: Json = spelling.write(result, context)
        reply = Reply(self.status, {self.wrap: body} if self.wrap else body)
        return self._headed(reply, result, context.prefix, context.sandbox)

    def _headed(self, reply: Reply, result: Any, prefix: str, sandbox: str | None) -> Reply:
        if self.location:
            query = naming(sandbox, ())
            place = prefix + self.location.format(id=result.id)
            reply.headers["Location"] = f"{place}?{urlencode(query)}" if query else place
        if tag := getattr(result, "tag", None):
            reply.headers["ETag"] = f'"{tag}"'
        return reply

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        schema = spelling.schema(self.entity, components)
        return object_schema({self.wrap: schema}) if self.wrap else schema

    def headers(self) -> Mapping[str, str]:
        found = {}
        if self.location:
            found["Location"] = "The path of what was created"
        if hasattr(self.entity, "tag"):
            found["ETag"] = "The version, for If-Match and If-None-Match"
        return found


@dataclass(frozen=True, slots=True)
class OneOrMany(_JsonAnswer):
    """A tuple of entities: the only one as itself, several as `{data: [...]}`."""

    entity: type = object
    location: str | None = None

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        if len(result) == 1:
            return One(self.status, self.entity, location=self.location).reply(result[0], context, spelling)
        return Reply(self.status, {"data": [spelling.write(item, context) for item in result]})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        schema = spelling.schema(self.entity, components)
        return {"anyOf": [schema, object_schema({"data": {"type": "array", "items": schema}})]}

    def headers(self) -> Mapping[str, str]:
        return One(self.status, self.entity, location=self.location).headers()


@dataclass(frozen=True, slots=True)
class Many(_JsonAnswer):
    """A page: `{data, total, page, limit}`, `X-Total-Count`, and `Link` (RFC 8288) to its neighbours: paths, which a
    client resolves against the page's own address, so that they are right behind any proxy. `key` is what `data` is
    called.
    """

    entity: type = object
    key: str = "data"

    def ready(self, result: ReadyPage[Any], path: str, query: Query, respell: Respelling, sandbox: str | None) -> Reply:
        """The same answer, from entities that are ready to send; path, query and sandbox are those of the context."""
        rows = respell(result.text)
        body = f'{{"{self.key}":[{rows}],"total":{result.total},"page":{result.page},"limit":{result.limit}}}'
        headers = {"X-Total-Count": str(result.total), "Link": links(result, path, naming(sandbox, query))}
        return Reply(self.status, JsonBody(body.encode()), headers)

    def reply(self, result: Page[Any], context: WireContext, spelling: Spelling) -> Reply:
        write = spelling.write
        body = {
            self.key: [write(item, context) for item in result.items],
            "total": result.total,
            "page": result.page,
            "limit": result.limit,
        }
        headers = {
            "X-Total-Count": str(result.total),
            "Link": links(result, context.root + context.path, naming(context.sandbox, context.query)),
        }
        return Reply(self.status, body, headers)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        count = {"type": "integer", "minimum": 0}
        return object_schema(
            {
                self.key: {"type": "array", "items": spelling.schema(self.entity, components)},
                "total": count,
                "page": {"type": "integer", "minimum": 1},
                "limit": {"type": "integer", "minimum": 1},
            }
        )

    def headers(self) -> Mapping[str, str]:
        return {"X-Total-Count": "How many there are on all pages", "Link": "first, prev, next and last page"}


@dataclass(frozen=True, slots=True)
class All(_JsonAnswer):
    """A tuple of entities, all there are: `{<key>: [...], total}`."""

    entity: type = object
    key: str = "data"

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        return Reply(self.status, {self.key: [spelling.write(item, context) for item in result], "total": len(result)})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        items = spelling.schema(self.entity, components)
        return object_schema({self.key: {"type": "array", "items": items}, "total": {"type": "integer", "minimum": 0}})


@dataclass(frozen=True, slots=True)
class Say(_JsonAnswer):
    """`{message}`, and `{redirect}` where the operation has one."""

    redirects: bool = False
    cookies: Callable[[WireContext], list[Cookie]] | None = None

    def reply(self, result: Done, context: WireContext, spelling: Spelling) -> Reply:
        body = {"message": result.message}
        if self.redirects and result.redirect:
            body["redirect"] = result.redirect
        return Reply(self.status, body, cookies=self.cookies(context) if self.cookies else [])

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        text = {"type": "string"}
        return object_schema({"message": text, "redirect": text} if self.redirects else {"message": text})

    def headers(self) -> Mapping[str, str]:
        return _CLEARS if self.cookies else {}


@dataclass(frozen=True, slots=True)
class Nothing:
    """No body; `cookies` are those to clear."""

    status: int = 204
    cookies: Callable[[WireContext], list[Cookie]] | None = None

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        return Reply(self.status, cookies=self.cookies(context) if self.cookies else [], has_body=False)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> None:
        return None

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return _CLEARS if self.cookies else {}


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an upload, with ranges."""

    status: int = 200
    _headers: Mapping[str, str] = field(default_factory=lambda: {"ETag": "The content's version"})

    def reply(self, result: UploadContent, context: WireContext, spelling: Spelling) -> Reply:
        upload = result.upload
        body = FileBody(result.path, upload.content_type, upload.filename)
        return Reply(self.status, body, {"ETag": f'"{upload.tag}"'})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return {"type": "string", "format": "binary"}

    def media_type(self) -> str:
        return "*/*"

    def headers(self) -> Mapping[str, str]:
        return self._headers


def object_schema(properties: Mapping[str, Json]) -> Json:
    """A JSON object that has just these properties, all of them."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def links(page: Page[Any] | ReadyPage[Any], address: str, query: Query) -> str:
    """The Link header of a page: the same address and query, with other page numbers."""
    last = max(1, -(-page.total // page.limit))
    start = f"<{address}{_query_before_page(query)}"
    found = [f'{start}1>; rel="first"']
    if page.page > 1:
        found.append(f'{start}{min(page.page - 1, last)}>; rel="prev"')
    if page.page < last:
        found.append(f'{start}{page.page + 1}>; rel="next"')
    found.append(f'{start}{last}>; rel="last"')
    return ", ".join(found)


@lru_cache(1024)
def _query_before_page(query: Query) -> str:
    """`?limit=20&page=`: a query up to where the number of the page goes."""
    rest = urlencode([(name, value) for name, value in query if name != "page"])
    return f"?{rest}{'&' if rest else ''}page="
