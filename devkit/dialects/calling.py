"""How an operation is called: from what it is told, by the contract's names, to a request as the dialect spells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from devkit.contract.shapes import is_json
from devkit.dialects.base import HEADER_FIELDS, Route
from devkit.dialects.spelling import Json
from devkit.effects import machine_now
from devkit.records import dataclass

BODY = "(body)"
"""The name by which a body is told that is no object. No field is called so: one called `body` is a member."""

BOUNDARY = "----devkit-7d5a2f60c1e84b93"
"""What stands between the parts of a `multipart/form-data` body."""

_SAFE = "-._~!$&'()*+,;=:@"
"""Characters that a path's segment may hold as they are (RFC 3986, section 3.3)."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of an upload."""

    content: bytes
    name: str = "verify.txt"
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request: `target` is path and query, as they are sent."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def example_of(route: Route, number: int = 0) -> dict[str, Json]:
    """What a valid call is told: the contract's example, else what its schemas allow; what a query may leave out is
    left out. Values that are made differ with `number`. Raises Unsatisfiable where a schema allows nothing.
    """
    if route.shape is not None:
        return _made(route, number)
    known = route.operation.input.model_fields
    return {
        name: value
        for name, value in route.operation.example.items()
        if name in route.fields and (route.sends_body or known[name].is_required())
    }


def spelled(route: Route, given: Mapping[str, Json], *, owner: str = "", files: Sequence[File] = ()) -> Call:
    """The request that tells an operation what is `given`. `owner` is the user's id, where the path names them. What a
    cookie of the dialect carries is left to the cookie.
    """
    places = _shaped(route, given) if route.shape is not None else _told(route, given)
    path, query, headers, members, whole = places
    if route.row.owner:
        path = {route.row.owner: owner, **path}
    target = route.path
    for name in route.path_fields:
        target = target.replace(f"{{{name}}}", quote(str(path.get(name, "")), safe=_SAFE))
    if query:
        target += f"?{urlencode([(name, _text(value)) for name, value in query.items()])}"
    body, content_type = _body(route, members if whole is None else whole, files)
    sent = {name: _text(value) for name, value in headers.items()}
    if content_type:
        sent["Content-Type"] = content_type
    return Call(method=route.method, target=target, headers=sent, body=body)


_Fields = dict[str, Json]


def _told(route: Route, given: Mapping[str, Json]) -> tuple[_Fields, _Fields, _Fields, _Fields, Json]:
    path: _Fields = {}
    query: _Fields = {}
    headers: _Fields = {}
    members: _Fields = {}
    for name, value in given.items():
        if name in route.path_fields:
            path[name] = value
        elif name in HEADER_FIELDS:
            headers[HEADER_FIELDS[name]] = value
        elif name in route.fields:
            (members if route.sends_body else query)[route.name_of(name)] = value
    return path, query, headers, members, None


def _shaped(route: Route, given: Mapping[str, Json]) -> tuple[_Fields, _Fields, _Fields, _Fields, Json]:
    assert route.shape is not None  # noqa: S101 - for the type checker: whoever calls has looked
    path: _Fields = {}
    query: _Fields = {}
    headers: _Fields = {}
    members: _Fields = {}
    places = {"path": path, "query": query, "header": headers}
    parameters = {one.name: one.place for one in route.shape.parameters}
    for name, value in given.items():
        if name in HEADER_FIELDS and name not in parameters:
            headers[HEADER_FIELDS[name]] = value
        elif name in route.path_fields:
            path[name] = value
        elif name in parameters:
            places.get(parameters[name], {})[name] = value
        elif name != BODY:
            members[name] = value
    return path, query, headers, members, given.get(BODY)


def _body(route: Route, value: Json, files: Sequence[File]) -> tuple[bytes, str]:
    """The body's bytes and what they are called; nothing where the route takes none."""
    media = route.media_types[0] if route.media_types else ""
    if not route.sends_body or not media:
        return b"", ""
    if media == "multipart/form-data":
        return b"".join(_parts(value, files)), f"{media}; boundary={BOUNDARY}"
    if media == "application/x-www-form-urlencoded":
        return urlencode([(name, _text(one)) for name, one in value.items()]).encode(), media
    if "*" in media or is_json(media):
        return orjson.dumps(value), "application/json" if "*" in media else media
    return (value if isinstance(value, bytes) else _text(value).encode()), media


def _parts(members: Mapping[str, Json], files: Sequence[File]) -> Iterator[bytes]:
    """RFC 7578."""
    for name, value in members.items():
        yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{_text(value)}\r\n'.encode()
    for file in files:
        head = f'Content-Disposition: form-data; name="file"; filename="{file.name}"'
        yield f"--{BOUNDARY}\r\n{head}\r\nContent-Type: {file.content_type}\r\n\r\n".encode()
        yield file.content + b"\r\n"
    yield f"--{BOUNDARY}--\r\n".encode()


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _made(route: Route, number: int) -> dict[str, Json]:
    from devkit.schemas.filling import filled
    from devkit.schemas.making import Maker

    shape, checker = route.shape, route.dialect.contract.checker
    assert shape is not None  # noqa: S101 - as above
    maker = Maker(checker, number, machine_now())
    found: dict[str, Any] = {}
    for one in shape.parameters:
        if one.place == "path" or (one.required and one.place in {"query", "header"}):
            made = one.example if one.example is not None else maker.value(one.schema, one.name, name=one.name)
            found[one.name] = made
    if shape.body is None or not route.sends_body:
        return found
    media, schema = next(iter(shape.body.media.items()))
    examples = shape.body.examples.get(media, {})
    if examples and not number:
        body = filled(next(iter(examples.values())), schema, checker, defaults=False)
    else:
        body = maker.value(schema, f"{route.operation.id}/{number}", of=route.operation.area, varied=True)
    return found | (body if isinstance(body, dict) else {BODY: body})
