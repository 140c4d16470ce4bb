"""The operations of a resource: list, create, get, replace, update and delete, with all that may be told and is
answered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from devkit.blueprint.base import Planned
from devkit.blueprint.naming import pascal
from devkit.contract.keeping import ByResource
from devkit.contract.operations import Access
from devkit.contract.resources import VERBS, Column, Pages, Resource, Verb
from devkit.contract.shapes import Body, Outcome, Parameter, Place, Shape
from devkit.records import dataclass
from devkit.schemas.base import REF, Json, Schema

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
METHODS: Mapping[Verb, str] = {
    "list": "GET", "create": "POST", "get": "GET", "replace": "PUT", "update": "PATCH", "delete": "DELETE",
}  # fmt: skip
RANGES = ("gte", "gt", "lte", "lt")
"""What may stand in brackets behind a filter's name, where its column has an order."""
_ON_ONE: Collection[Verb] = ("get", "replace", "update", "delete")
_DONE: Mapping[Verb, str] = {"create": "created", "replace": "updated", "update": "updated", "delete": "deleted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a resource's operations are and for whom. `path` is the collection's; its parameters, and
    headers, name columns in `parents`, whose value they decide. `area` begins the ids. With `bulk` several
    rows may be created at once, all or none; with `query` lists are also asked for by QUERY (RFC 10008).
    """

    path: str
    area: str
    parents: Mapping[str, str]
    access: Mapping[Verb, Access]
    roles: Mapping[Verb, str]
    reason: str
    bulk: bool = False
    query: bool = False


def component_name(resource: Resource) -> str:
    """What the schema of one row is called."""
    return pascal(resource.singular)


def row_schema(resource: Resource) -> Schema:
    """One row, as it is answered."""
    shown = [column for column in resource.columns.values() if not column.hidden]
    return {
        "type": "object",
        "properties": {column.name: _answered(column) for column in shown},
        "required": [column.name for column in shown],
    }


def page_schema(pages: Pages, row: Schema) -> Schema:
    """One page of rows, with its members where the pages have them."""
    rows: Schema = {"type": "array", "items": row}
    if not pages.items:
        return rows
    whole: dict[str, Any] = {}
    count: Schema = {"type": "integer", "minimum": 0}
    if pages.addresses:
        neighbour: Schema = {"type": ["string", "null"], "format": "uri-reference"}
    else:
        neighbour = {"type": ["string" if pages.style == "cursor" else "integer", "null"]}
    members: dict[str, Schema] = {
        pages.items: rows,
        pages.total: count,
        pages.next: neighbour,
        pages.previous: neighbour,
        pages.more: {"type": "boolean"},
    }
    members |= dict.fromkeys(pages.echo.values(), count)
    for place, schema in members.items():
        if place:
            is_there = pages.nulls or place not in {pages.next, pages.previous}
            _put(whole, place.split("."), schema if is_there else _bare(schema), is_there=is_there)
    return whole


def body_schema(resource: Resource, verb: Verb, parents: Collection[str] = ()) -> Schema:
    """What a client gives. A change need give nothing; the others what is `required`, unless the path does."""
    given = [column for column in resource.columns.values() if not column.server and column.name not in parents]
    if verb == "update":
        changed = {one.name: {key: value for key, value in one.schema.items() if key != "default"} for one in given}
        return {"type": "object", "properties": changed}
    required = [column.name for column in given if column.required]
    properties = {column.name: column.schema for column in given}
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def operations_of(resource: Resource, way: Way, verbs: Collection[Verb] = VERBS) -> Iterator[Planned]:
    """The operations at a way, in the order in which they are listed everywhere."""
    row: Schema = {"$ref": f"{REF}{component_name(resource)}"}
    above = tuple(_parameter(resource, way, name) for name in way.parents)
    item = resource.ids.name
    for verb in VERBS:
        if verb not in verbs:
            continue
        on_one = verb in _ON_ONE
        name = item if item not in way.parents else f"{item}_"
        mine = (*above, _id_parameter(resource, name)) if on_one else above
        yield Planned(
            id=f"{way.area}.{verb}",
            method=METHODS[verb],
            path=f"{way.path}/{{{name}}}" if on_one else way.path,
            keeping=ByResource(resource=resource.name, verb=verb, item=name if on_one else "", parent=way.parents),
            shape=Shape(parameters=(*mine, *_parameters(resource, verb)), body=_body(resource, verb, way)),
            outcomes=(_outcome(resource, verb, row, way),),
            access=way.access[verb],
            role=way.roles.get(verb, ""),
            summary=_summary(resource, verb),
            area=way.area.partition(".")[0],
            emits=tuple(filter(None, [getattr(resource.events, _DONE[verb])])) if verb in _DONE else (),
            reason=way.reason,
        )
        if verb == "list" and way.query:
            yield _by_query(resource, way, above, row)


def _by_query(resource: Resource, way: Way, above: tuple[Parameter, ...], row: Schema) -> Planned:
    """The list as it is asked for by a body: what is too long for an address, or too private (RFC 10008)."""
    properties: dict[str, Schema] = {}
    for one in _parameters(resource, "list"):
        several = one.schema.get("type") == "array"
        properties[one.name] = {"anyOf": [one.schema["items"], one.schema]} if several else one.schema
    schema: Schema = {"type": "object", "properties": properties}
    # The address of another page says which: without a usual one, which would go before what the body says.
    pages = [replace(one, schema=_bare(one.schema)) for one in _of_pages(resource.pages)]
    return Planned(
        id=f"{way.area}.query",
        method="QUERY",
        path=way.path,
        keeping=ByResource(resource=resource.name, verb="list", parent=way.parents),
        shape=Shape(parameters=(*above, *pages), body=Body(media={JSON: schema, FORM: schema}, required=False)),
        outcomes=(_outcome(resource, "list", row, way),),
        access=way.access["list"],
        role=way.roles.get("list", ""),
        summary=_summary(resource, "list"),
        area=way.area.partition(".")[0],
        reason=way.reason,
    )


def _answered(column: Column) -> Schema:
    return {**column.schema, "readOnly": True} if column.server else column.schema


def _put(whole: dict[str, Any], steps: list[str], schema: Schema, *, is_there: bool) -> None:
    """Add a member to an object's schema, and the objects on the way to it."""
    for step in steps[:-1]:
        whole.setdefault("type", "object")
        if is_there and step not in whole.get("required", ()):
            whole.setdefault("required", []).append(step)
        whole = whole.setdefault("properties", {}).setdefault(step, {})
    whole.setdefault("type", "object")
    whole.setdefault("properties", {})[steps[-1]] = schema
    if is_there:
        whole.setdefault("required", []).append(steps[-1])


def _bare(schema: Schema) -> Schema:
    """The schema of a value that was given, without null and without a default."""
    found = {key: value for key, value in schema.items() if key not in {"default", "readOnly", "uniqueItems"}}
    options = found.get("anyOf")
    if isinstance(options, list) and len(others := [one for one in options if one != {"type": "null"}]) == 1:
        return _bare(others[0])
    if isinstance(kinds := found.get("type"), list):
        kept = [kind for kind in kinds if kind != "null"]
        found["type"] = kept[0] if len(kept) == 1 else kept
    if isinstance(values := found.get("enum"), list):
        found["enum"] = [value for value in values if value is not None]
    return found


def has_order(schema: Schema) -> bool:
    """Whether values of that kind come before and after each other: numbers and times."""
    bare = _bare(schema)
    return bare.get("type") in {"integer", "number"} or bare.get("format") in {"date", "date-time", "time"}


def _parameter(resource: Resource, way: Way, name: str) -> Parameter:
    schema = _bare(resource.columns[way.parents[name]].schema)
    place: Place = "path" if f"{{{name}}}" in way.path else "header"
    return Parameter(name=name, place=place, schema=schema, required=True)


def _id_parameter(resource: Resource, name: str) -> Parameter:
    schema = _bare(resource.columns[resource.ids.name].schema)
    return Parameter(name=name, place="path", schema=schema, required=True)


def _parameters(resource: Resource, verb: Verb) -> tuple[Parameter, ...]:
    if verb == "list":
        return (*_of_pages(resource.pages), *_of_listing(resource))
    if verb == "create":
        return (IDEMPOTENCY_KEY,)
    if verb == "get":
        return (_header("If-None-Match", "304 where the row is still this version"),)
    return (_header("If-Match", "Only where the row is still this version, else 412"),)


def _header(name: str, summary: str) -> Parameter:
    return Parameter(name=name, place="header", schema={"type": "string"}, summary=summary)


IDEMPOTENCY_KEY = _header("Idempotency-Key", "The same key again: the same answer, and nothing is done twice")
NOT_IDEMPOTENT = frozenset({"POST", "PATCH"})
"""Methods that mean something else the second time (RFC 9110, section 9.2.2): what is asked for so may have a key."""


def _of_pages(pages: Pages) -> Iterator[Parameter]:
    if pages.style == "none":
        return
    if pages.style == "cursor":
        yield _asked(pages.page, {"type": "string", "minLength": 1}, "Where to go on: what the page before told")
    else:
        first = 0 if pages.style == "offset" else pages.first
        summary = "How many rows to leave out" if pages.style == "offset" else "Which page"
        yield _asked(pages.page, {"type": "integer", "minimum": first, "default": first}, summary)
    size: Schema = {"type": "integer", "minimum": 1, "maximum": pages.most, "default": pages.usual}
    yield _asked(pages.size, size, "How many rows at most")


def _of_listing(resource: Resource) -> Iterator[Parameter]:
    listing = resource.listing
    for name, column in listing.filters.items():
        if column in resource.marks:
            texts: dict[str, Json] = {"type": "array", "items": {"type": "string"}}
            told = f"Only those that one of these users has marked ({column}), by username or id"
            yield Parameter(name=name, place="query", schema=texts, style="form", explode=True, summary=told)
            continue
        known = resource.columns.get(column)
        value = _bare(known.schema) if known else {}  # of a member of what a column holds nothing is said
        one = value.get("items", {}) if value.get("type") == "array" else value
        # One of several: given more than once, or with commas.
        yield Parameter(
            name=name,
            place="query",
            schema={"type": "array", "items": one},
            style="form",
            explode=True,
            summary=f"Only those whose {column} is one of these",
        )
        yield _asked(f"{name}[ne]", one, f"Only those whose {column} is another")
        for bound in RANGES if has_order(one) else ():
            yield _asked(f"{name}[{bound}]", one, f"Only those whose {column} is {_BOUNDS[bound]}")
    if listing.sorts:
        values = [value for column in listing.sorts for value in (column, f"-{column}")]
        schema: dict[str, Json] = {"type": "array", "items": {"type": "string", "enum": values}}
        yield Parameter(
            name=listing.sort, place="query", schema=schema, style="form", summary="In this order, `-` for falling"
        )
    if listing.search:
        yield _asked(listing.q, {"type": "string"}, f"Only those with this text in {', '.join(listing.search)}")


_BOUNDS = {"gte": "at least this", "gt": "more than this", "lte": "at most this", "lt": "less than this"}


def _asked(name: str, schema: Schema, summary: str, place: Place = "query") -> Parameter:
    return Parameter(name=name, place=place, schema=schema, summary=summary)


def _body(resource: Resource, verb: Verb, way: Way) -> Body | None:
    if verb in {"list", "get", "delete"}:
        return None
    schema = body_schema(resource, verb, [*way.parents.values()])
    if verb == "create" and way.bulk:
        return Body(media={JSON: _or_several(schema)})
    if verb != "update":
        return Body(media={JSON: schema})
    return Body(media={JSON: schema, MERGE_PATCH: schema, JSON_PATCH: _JSON_PATCH})


_JSON_PATCH: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": {"type": "string"},
            "from": {"type": "string"},
            "value": {},
        },
        "required": ["op", "path"],
    },
}
"""RFC 6902, section 4."""


def _or_several(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}


def _outcome(resource: Resource, verb: Verb, row: Schema, way: Way) -> Outcome:
    one = resource.singular
    if verb == "delete":
        return Outcome(status="204", summary=f"The {one} is gone")
    tag = {"ETag": Parameter(name="ETag", place="header", schema={"type": "string"})}
    if verb == "list":
        headers = {}
        if resource.pages.link and resource.pages.style != "none":
            headers["Link"] = Parameter(name="Link", place="header", schema={"type": "string"})
        if name := resource.pages.total_header:
            headers[name] = Parameter(name=name, place="header", schema={"type": "integer", "minimum": 0})
        page = page_schema(resource.pages, row)
        return Outcome(status="200", summary="A page of them", body=Body(media={JSON: page}), headers=headers)
    if verb == "create":
        location = Parameter(name="Location", place="header", schema={"type": "string", "format": "uri-reference"})
        body = Body(media={JSON: _or_several(row) if way.bulk else row})
        return Outcome(status="201", summary=f"The new {one}", body=body, headers={"Location": location, **tag})
    return Outcome(status="200", summary=f"The {one}", body=Body(media={JSON: row}), headers=tag)


def _summary(resource: Resource, verb: Verb) -> str:
    one = _readable(resource.singular)
    article = "an" if one[:1].lower() in "aeiou" else "a"
    return {
        "list": f"List {_readable(resource.name)}",
        "create": f"Create {article} {one}",
        "get": f"Get {article} {one}",
        "replace": f"Replace {article} {one}",
        "update": f"Change {article} {one}",
        "delete": f"Delete {article} {one}",
    }[verb]


def _readable(name: str) -> str:
    from devkit.blueprint.naming import words

    return " ".join(words(name))
