"""OpenAPI 3.1 from the dialect tables: nothing is described here that a table does not say already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from devkit import __version__
from devkit.contract.errors import DomainError
from devkit.dialects.base import HEADER_FIELDS, QUERY_TOO, Dialect, Route
from devkit.dialects.openapi import shapes as openapi_shapes
from devkit.dialects.openapi.parts import (
    FieldSchemas,
    Parts,
    error_of,
    is_tagged_read,
    possible_errors,
    serves_bytes,
    spelled_example,
)
from devkit.dialects.openapi.shared import shared
from devkit.dialects.spelling import Json

_RULES = """\
The mock backend of devkit, as the frontend sees it.

**What holds everywhere**

- Times are ISO 8601 in UTC with milliseconds: `2026-01-20T10:00:00.000Z`.
- Errors are JSON with a stable machine code and a message, also for 404, 405, 413 and 415; validation errors name every
  bad field at once.
- Every answer carries `X-Request-ID`: the request's own where it matches `[A-Za-z0-9._-]{1,128}`, else a new one.
- A request is authenticated by its bearer token, else by `X-API-Key`, else by the cookie. A 401 has `WWW-Authenticate`.
- What belongs to another user answers 404.
- CORS: credentials are allowed for the configured origins; any requested header is allowed by name; preflights are not
  cached.
- `If-None-Match` answers 304 where the entity tag is current, and 412 where something was to be changed; `If-Match`
  412 where it is not.
"""


def document(
    dialects: Sequence[Dialect], *, served: Sequence[Dialect] = (), server_url: str | None = None
) -> dict[str, Any]:
    """The OpenAPI document of those dialects, as JSON values; a new one at every call.

    `served` are all that the server speaks, where these are not all: what is at an address of theirs that another has
    as well is described as it is answered there. `server_url` is scheme and host of the server (None: wherever the
    document was read from). With several dialects, operation ids, tags and components begin with the dialect's name.
    """
    builder = _Builder(dialects)
    for dialect in served or dialects:
        builder.add(dialect)
    return {
        "openapi": "3.2.0" if builder.is_newer else "3.1.0",
        "info": {
            "title": " · ".join(dialect.title for dialect in dialects),
            "version": __version__,
            "description": _described(dialects),
        },
        "servers": [{"url": server_url or "/"}],
        "tags": [{"name": name, "description": text} for name, text in sorted(builder.tags.items(), key=_tag_order)],
        "paths": builder.paths,
        "components": builder.parts.components(),
    }


_METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"})
"""Those of a path in OpenAPI 3.1 ("Path Item Object")."""


def _described(dialects: Sequence[Dialect]) -> str:
    """What holds everywhere, once where several dialects say the same of themselves."""
    rules = dict.fromkeys(_RULES if dialect.about is None else dialect.about for dialect in dialects)
    return "\n".join(filter(None, rules)) + "".join(_sockets(dialect) for dialect in dialects)


def _tag_order(item: tuple[str, str]) -> tuple[bool, str]:
    name, _ = item
    return name.endswith(")"), name


def _sockets(dialect: Dialect) -> str:
    if dialect.socket_path is None:
        return ""
    events = "\n".join(
        f"- `{event.name}`: {event.summary} ({', '.join(event.topics)})" for event in dialect.contract.events
    )
    return f"\n**WebSocket** `{dialect.socket_path}` ({dialect.name}): events and their topics\n\n{events}\n"


def responses(route: Route, parts: Parts) -> dict[str, Json]:
    """By status, what one route answers; what that refers to is kept in `parts`, without a label."""
    parts.begin(route.dialect, "")
    return _responses(route, parts)


class _Builder:
    """Collects the paths and components of several dialects."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        """`dialects` are those whose addresses are described."""
        self._alone = dialects[0].name if len(dialects) == 1 else None
        self._addresses = {(route.method, route.path) for dialect in dialects for route in dialect.routes()}
        self._ids: set[str] = set()
        self._routes: dict[tuple[str, str], Route] = {}
        self.parts = Parts()
        self.paths: dict[str, dict[str, Json]] = {}
        self.tags: dict[str, str] = {}
        self.is_newer = False
        """Whether there is what 3.2 alone describes."""

    def add(self, dialect: Dialect) -> None:
        routes = [route for route in dialect.routes() if (route.method, route.path) in self._addresses]
        if not routes:
            return
        self.parts.begin(dialect, "" if dialect.name == self._alone else f"{dialect.name}.")
        for route in routes:
            self._place(route)

    def _place(self, route: Route) -> None:
        """Put a route where its address is; an operation that dialects have at one address is the first one's."""
        key = (route.method, route.path)
        before = self._routes.setdefault(key, route)
        method, item = self._at(route)
        if before is route:
            item[method] = self._operation(route)
        elif route.row.told_by:
            item[method] = shared(item[method], self._operation(route), route.row.told_by, self.parts.resolve)
        elif before.row.told_by:
            item[method] = shared(self._operation(route), item[method], before.row.told_by, self.parts.resolve)
            self._routes[key] = route

    def _at(self, route: Route) -> tuple[str, dict[str, Json]]:
        """Where an operation stands, and in what: OpenAPI 3.1 has a few methods, 3.2 has QUERY and any other."""
        item = self.paths.setdefault(route.path, {})
        if route.method in _METHODS:
            return route.method.lower(), item
        self.is_newer = True
        return (
            ("query", item) if route.method == "QUERY" else (route.method, item.setdefault("additionalOperations", {}))
        )

    def _operation(self, route: Route) -> Json:
        operation = route.operation
        fields = FieldSchemas(route, self.parts)
        version = _version(route)
        description = [operation.description] if operation.description else []
        if version:
            original = Route(route.dialect, route.row, route.dialect.prefixes[0])
            description.append(f"The same as `{route.method} {original.path}`.")
        found: dict[str, Json] = {
            "operationId": self._id(route),
            "tags": [self._tag(route)],
            "summary": operation.summary + (f" ({version})" if version else ""),
            "x-devkit-operation": operation.id,
            "x-devkit-dialect": route.dialect.name,
        }
        if description:
            found["description"] = "\n\n".join(description)
        if operation.emits:
            found["x-devkit-emits"] = list(operation.emits)
        found["security"] = self.parts.security(route)
        shape, known = operation.shape, route.dialect.contract.components
        told = _parameters(route, fields) if shape is None else openapi_shapes.parameters(shape, known, self.parts)
        if told:
            found["parameters"] = told
        body = fields.request_body() if shape is None else openapi_shapes.request_body(shape, known, self.parts)
        if body:
            found["requestBody"] = body
        found["responses"] = _responses(route, self.parts)
        return found

    def _id(self, route: Route) -> str:
        name = route.operation.id.replace(".", "_")
        if route.dialect.name != self._alone:
            name = f"{route.dialect.name}_{name}"
        if route.row.rooted:
            name += "_root"
        elif version := _version(route):
            name += f"_{version}"
        unique, count = name, 1
        while unique in self._ids:
            count += 1
            unique = f"{name}_{count}"
        self._ids.add(unique)
        return unique

    def _tag(self, route: Route) -> str:
        area, version = route.operation.area, _version(route)
        name = (
            ("" if route.dialect.name == self._alone else f"{route.dialect.name}: ")
            + area
            + (f" ({version})" if version else "")
        )
        where = f"below `{route.prefix}`" if version else f"{route.dialect.title}: {route.dialect.summary}"
        self.tags.setdefault(name, where)
        return name


def _version(route: Route) -> str:
    """What tells a route from the same row at the dialect's first prefix: `v1`, or nothing."""
    if route.row.rooted or route.prefix == route.dialect.prefixes[0]:
        return ""
    return route.prefix.rpartition("/")[2]


def _parameters(route: Route, fields: FieldSchemas) -> list[Json]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": fields.parameter(name), **_example(route, name)}
        for name in route.path_fields
    ]
    for name in fields.outside_body():
        places = [("header", HEADER_FIELDS[name])] if name in HEADER_FIELDS else []
        if name in QUERY_TOO or name not in HEADER_FIELDS:
            places.append(("query", route.name_of(name)))
        for place, wire_name in places:
            parameter: dict[str, Json] = {"name": wire_name, "in": place, "schema": fields.parameter(name)}
            if fields.is_required(name):
                parameter["required"] = True
            found.append(parameter | _example(route, name))
    own = route.row.query.parameters if route.row.query else {}
    found += [{"name": name, "in": "query", "schema": schema} for name, schema in own.items()]
    found += [
        {"name": route.name_of(name), "in": "query", "schema": fields.parameter(name)} for name in route.row.query_too
    ]
    found += [
        {"name": cookie, "in": "cookie", "schema": fields.parameter(name)}
        for name in route.row.cookies
        for cookie in route.cookies_of(name)
    ]
    if is_tagged_read(route):
        found.append(_header_parameter("If-None-Match", "An entity tag: 304 where it is still the current one."))
    if serves_bytes(route):
        found.append(_header_parameter("Range", "A single range of bytes (RFC 9110, section 14): `bytes=0-99`."))
    return found


def _header_parameter(name: str, description: str) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


def _example(route: Route, name: str) -> dict[str, Json]:
    example = spelled_example(route, [name])
    return {"example": next(iter(example.values()))} if example else {}


def _responses(route: Route, parts: Parts) -> dict[str, Json]:
    answer = route.answer
    success: dict[str, Json] = {"description": route.operation.summary, "headers": parts.headers(route)}
    schema = parts.body_schema(route)
    if serves_bytes(route):
        # OpenAPI 3.1 describes raw bytes by having no schema for them.
        success["content"] = {answer.media_type(): {}}
    elif schema is not None:
        success["content"] = {answer.media_type(): {"schema": schema}}
        # No schema says what a stream holds.
        success["content"] |= {media_type: {} for media_type in getattr(answer, "also", ())}
    found: dict[str, Json] = {str(answer.status): success}
    if serves_bytes(route):
        span = {"Content-Range": {"schema": {"type": "string"}, "required": True}}
        found["206"] = success | {"description": "The range asked for", "headers": success["headers"] | span}
    if is_tagged_read(route):
        found["304"] = {"description": "Not modified", "headers": parts.headers(route)}
    if route.row.redirects:
        location = {"Location": {"schema": {"type": "string"}, "required": True}}
        found["302"] = {"description": "On to the address that was given", "headers": parts.headers(route) | location}
    known = route.dialect.contract.components
    for outcome in route.operation.outcomes:
        if outcome.status not in found:
            found[outcome.status] = openapi_shapes.response(outcome, known, parts)
    by_status: dict[int, list[DomainError]] = {}
    for error in (error_of(route, name) for name in possible_errors(route)):
        by_status.setdefault(route.errors.status_of(error), []).append(error)
    for status, errors in sorted(by_status.items()):
        found.setdefault(str(status), parts.error_response(route, status, errors))
    return dict(sorted(found.items()))
