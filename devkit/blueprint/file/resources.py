"""The resources of a file: columns, ids, lists, pages and events, all as they look on the wire."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from devkit.blueprint.crud import has_order
from devkit.blueprint.file import fields
from devkit.blueprint.file.context import Reading
from devkit.blueprint.file.model import EventWords, PageWords, ResourceWords
from devkit.blueprint.file.notation import Noted
from devkit.blueprint.naming import singular
from devkit.contract.resources import CALLER_WORDS, Column, Events, Ids, Listing, Mark, Pages, Reference, Resource
from devkit.records import dataclass
from devkit.schemas.base import Schema
from devkit.schemas.walking import marked
from devkit.yamlfile import KeyPath

INSTANT: Schema = {"type": "string", "format": "date-time"}
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A resource whose words could be read: `noted` are its fields by the names in the file."""

    name: str
    words: ResourceWords
    noted: Mapping[str, Noted]

    @property
    def where(self) -> KeyPath:
        return ("resources", self.name)

    @property
    def singular(self) -> str:
        return self.words.singular or singular(self.name)

    @property
    def path(self) -> str:
        return self.words.path.rstrip("/") if self.words.path else f"/{self.name}"

    @property
    def parents(self) -> tuple[str, ...]:
        """The fields that parameters in the path decide."""
        return tuple(re.findall(r"\{([^{}]*)\}", self.path))


def drafts(reading: Reading, theirs: Collection[str]) -> list[Draft]:
    """Each resource that can be read; what is wrong with the others is told. `theirs` are a document's."""
    given = reading.raw.get("resources")
    if given is None:
        return []
    if not isinstance(given, dict):
        reading.wrong(("resources",), "resources: must be a mapping, with keys and values")
        return []
    found = []
    for name, value in given.items():
        where: KeyPath = ("resources", name)
        if name not in theirs and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", name):
            reading.wrong(where, f"{name!r} is no name for a resource", "Letters, digits, `_` and `-`, a letter first.")
        raw_fields = value.get("fields") if isinstance(value, dict) else None
        noted = _noted(reading, raw_fields, (*where, "fields")) if isinstance(raw_fields, dict) else {}
        words = reading.parse(ResourceWords, {} if value is None else value, where)
        if words is not None:
            found.append(Draft(name=name, words=words, noted=noted))
    return found


def resource_of(reading: Reading, draft: Draft, ids: Mapping[str, Ids]) -> Resource:
    """The resource; `ids` are those of all resources by their names, that one included."""
    words = draft.words
    columns = {column.name: column for column in _columns(reading, draft, ids)}
    created, updated = (words.timestamps.created, words.timestamps.updated) if words.timestamps else ("", "")
    resource = Resource(
        name=draft.name,
        singular=draft.singular,
        columns=columns,
        ids=ids[draft.name],
        owned=words.owner == "user",
        created_at=reading.spelled(created),
        updated_at=reading.spelled(updated),
        deleted_at=reading.spelled(words.soft_delete),
        version=reading.spelled(words.version or ""),
        pages=pages_of(words.pages or reading.head.pages),
        events=events_of(reading, draft),
        summary=words.summary,
    )
    resource = marked_of(reading, draft, filled_of(reading, draft, resource))
    for name in words.references:
        told = f"references: {draft.name} are the file's own, whose fields say what they refer to"
        reading.wrong((*draft.where, "references", name), told, f"Write `{name}: -> {words.references[name]}`.")
    for name in words.unique:
        told = f"unique: {draft.name} are the file's own, whose fields say what is unique"
        reading.wrong((*draft.where, "unique"), told, f"Write `unique` behind what `{name}` holds.")
    return replace(resource, listing=listing_of(reading, draft, resource))


def filled_of(reading: Reading, draft: Draft, resource: Resource) -> Resource:
    """The resource, with what the server puts into its rows."""
    words, columns = draft.words, dict(resource.columns)
    fills: dict[str, Any] = {}
    for name, value in words.fills.items():
        column = columns.get(reading.spelled(name))
        if column is None:
            reading.unknown((*draft.where, "fills", name), "field", name, resource.columns)
            continue
        fills[column.name] = value
        columns[column.name] = replace(column, server=True, made=False, required=False)
    only_by = reading.spelled(words.only_by or "")
    if only_by and only_by not in fills:
        told = f"only_by: {words.only_by} is none of the fields in `fills`, and says of no row whose it is"
        reading.wrong((*draft.where, "only_by"), told, f'Such as `fills: {{{words.only_by}: "{{user.id}}"}}`.')
    for word in re.findall(r"\{user\.([^{}]+)\}", str(fills)):
        if word not in CALLER_WORDS and word not in reading.own:
            reading.unknown((*draft.where, "fills"), "field of accounts", word, (*CALLER_WORDS, *reading.own))
    if (fills or only_by) and not reading.has_accounts and "{user." in str(fills):
        reading.wrong((*draft.where, "fills"), "fills: nobody signs in here", "Add `accounts: true` to the file.")
    usual = {name: schema.get("default") for name, schema in reading.own.items()}
    return replace(resource, fills=fills, only_by=only_by, columns=columns, own=usual)


def marked_of(reading: Reading, draft: Draft, resource: Resource) -> Resource:
    """The resource, with what callers may mark its rows with. A field that is not there yet comes with that."""
    columns, found = dict(resource.columns), dict[str, Mark]()
    if draft.words.marks and not reading.has_accounts:
        reading.wrong((*draft.where, "marks"), "marks: nobody signs in here", "Add `accounts: true` to the file.")
    for name, words in draft.words.marks.items():
        kinds: dict[str, Schema] = {
            reading.spelled(words.flag or ""): {"type": "boolean", "default": False},
            reading.spelled(words.count or ""): {"type": "integer", "default": 0},
        }
        kinds.pop("", None)
        for column, schema in kinds.items():
            known = columns.get(column)
            if known is None or known.schema.get("type") == schema["type"]:
                columns[column] = Column(name=column, schema=schema, server=True)
            else:
                told = f"{column} is no {schema['type']}, and says nothing of a mark"
                reading.wrong((*draft.where, "marks", name), told, "Name another field.")
        found[name] = Mark(name=name, flag=reading.spelled(words.flag or ""), count=reading.spelled(words.count or ""))
    return replace(resource, columns=columns, marks=found)


def ids_of(reading: Reading, draft: Draft) -> Ids:
    """How a resource's rows are called."""
    words, where = draft.words.id, (*draft.where, "id")
    if words.kind == "prefix" and not words.prefix:
        reading.wrong(where, "id: it is not said which prefix", "Write it behind the word: `id: prefix ord_`.")
    elif words.kind != "prefix" and words.prefix:
        reading.wrong(where, f"id: {words.kind} has no prefix", f"Write `id: prefix {words.prefix}`.")
    return Ids(name=reading.spelled(words.name), kind=words.kind, prefix=words.prefix)


def pages_of(words: PageWords) -> Pages:
    """How lists come in pages: what is not said is as the style usually has it."""
    usual = _USUAL[words.style]
    told = {
        name: value
        for name in ("items", "total", "next", "previous", "more", "page", "size", "link", "total_header")
        if (value := getattr(words, name)) is not None
    }
    echo = {str(what): place for what, place in words.echo.items()}
    most = max(words.most, words.usual)
    return replace(
        usual,
        **told,
        echo=echo,
        addresses=words.addresses,
        bare=words.bare,
        nulls=words.nulls,
        first=words.first,
        usual=words.usual,
        most=most,
    )


_USUAL: Mapping[str, Pages] = {
    "page": Pages(),
    "offset": Pages(style="offset", page="offset"),
    "cursor": Pages(style="cursor", page="cursor", total="", next="next", total_header=""),
    "link": Pages(items="", total=""),
    "none": Pages(style="none", items="", total="", link=False, total_header=""),
}


def _noted(reading: Reading, given: Mapping[str, Any], where: KeyPath) -> dict[str, Noted]:
    return {
        name: found
        for name, written in given.items()
        if (found := fields.noted(reading, written, (*where, name))) is not None
    }


def _columns(reading: Reading, draft: Draft, ids: Mapping[str, Ids]) -> Iterator[Column]:
    mine, words = ids[draft.name], draft.words
    taken = {mine.name: "is what ids are called here"}
    given = mine.kind == "given"
    yield Column(name=mine.name, schema=fields.schema_of_ids(mine), required=given, unique=True, server=not given)
    server = {reading.spelled(name): schema for name, schema in _server_columns(reading, words).items() if name}
    for name, noted in draft.noted.items():
        spelled, where = reading.spelled(name), (*draft.where, "fields", name)
        if spelled in taken:
            reading.wrong(where, f"{spelled!r} {taken[spelled]}", "Call it otherwise, or leave it out.")
            continue
        if spelled in server:
            reading.wrong(
                where,
                f"{spelled!r} is a field that is kept for you",
                "Leave it out; or say `timestamps: false` (or other names for them) and keep it yourself.",
            )
            continue
        taken[spelled] = "is here twice: both look so on the wire"
        schema = noted.complete(_target(reading, noted.reference, ids, where))
        yield Column(
            name=spelled,
            schema=schema,
            secret=tuple(sorted(marked(schema, {}, "writeOnly", {}))),
            required=noted.required,
            unique=noted.unique,
            reference=noted.reference,
            server=noted.server,
            hidden=noted.hidden,
        )
    for name, schema in server.items():
        yield Column(name=name, schema=schema, server=True, hidden=name == reading.spelled(words.soft_delete))


def _server_columns(reading: Reading, words: ResourceWords) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    if (tenant := reading.head.tenant) and words.tenant:
        values: Schema = {"enum": tenant.known} if tenant.known else {}
        found[tenant.field] = {"type": "string", **values}
    if words.timestamps:
        found |= {words.timestamps.created: INSTANT, words.timestamps.updated: INSTANT}
    if words.soft_delete:
        found[words.soft_delete] = {"type": ["string", "null"], "format": "date-time"}
    if words.version:
        found[words.version] = {"type": "integer", "minimum": 1}
    return found


def _target(reading: Reading, reference: Reference | None, ids: Mapping[str, Ids], where: KeyPath) -> Schema | None:
    if reference is None:
        return None
    if reference.resource in ids:
        return fields.schema_of_ids(ids[reference.resource])
    resources = reading.raw.get("resources", {})
    if reference.resource not in resources:
        reading.unknown(where, "resource", reference.resource, resources)
    return {"type": "string"}


def listing_of(reading: Reading, draft: Draft, resource: Resource) -> Listing:
    """What a list of its rows can be asked for."""
    words, where = draft.words.listing, (*draft.where, "list")
    shown = {name: column for name, column in resource.columns.items() if not column.hidden}
    names = {reading.spelled(name): name for name in draft.noted} | {name: name for name in shown}
    known = [written for spelled, written in names.items() if spelled in shown]

    def columns(key: str, given: list[str] | None, usual: list[str]) -> list[str]:
        if given is None:
            return usual
        found = []
        for number, name in enumerate(given):
            bare = name.removeprefix("-") if key == "sort" else name
            if reading.spelled(bare) not in shown:
                reading.unknown((*where, key, number), "field", bare, known)
            else:
                found.append(reading.spelled(bare))
        return found

    # What each caller sees otherwise chooses nothing, and orders nothing.
    flags = {mark.flag for mark in resource.marks.values()}
    filters: dict[str, str] = {}
    if words.filter is None:
        filters = {name: name for name, column in shown.items() if _filtered(column) and name not in flags}
    for parameter, name in (words.filter or {}).items():
        head, dot, rest = name.partition(".")
        whole = reading.spelled(name)
        if name in resource.marks:
            filters[parameter] = name
        elif whole in shown:
            filters[reading.spelled(parameter) if parameter == name else parameter] = whole
        elif dot and reading.spelled(head) in shown:
            filters[parameter] = f"{reading.spelled(head)}.{rest}"
        else:
            at = (*where, "filter", parameter if parameter != name else [*(words.filter or {})].index(parameter))
            reading.unknown(at, "field", name, [*known, *resource.marks])
    ordered = [name for name, column in shown.items() if _kinds(column.schema) & _SCALARS and name not in flags]
    sorts = columns("sort", words.sort, ordered)
    searched = columns("search", words.search, [name for name, column in shown.items() if _searched(column)])
    for number, name in enumerate(words.search or ()):
        column = shown.get(reading.spelled(name))
        if column is not None and "string" not in _kinds(column.schema):
            reading.wrong((*where, "search", number), f"{name!r} is no text: it cannot be searched in")
    return Listing(
        filters=filters,
        sorts=tuple(dict.fromkeys(sorts)),
        order=_order(reading, draft, [*known], shown),
        search=tuple(searched),
    )


def _order(reading: Reading, draft: Draft, known: list[str], shown: Mapping[str, Column]) -> str:
    """The usual order: `order`, or what is written with `-` in `sort`, where else it would mean nothing."""
    words, where = draft.words.listing, (*draft.where, "list", "order")
    order = words.order or next((name for name in words.sort or () if name.startswith("-")), "")
    if not order:
        return ""
    bare = order.removeprefix("-")
    if reading.spelled(bare) not in shown:
        if words.order:
            reading.unknown(where, "field", bare, known)
        return ""
    return ("-" if order.startswith("-") else "") + reading.spelled(bare)


def _kinds(schema: Schema) -> frozenset[str]:
    kind = schema.get("type")
    if kind is None:
        options = [one for key in ("anyOf", "oneOf") for one in schema.get(key, ())]
        return frozenset().union(*(_kinds(option) for option in options if isinstance(option, dict)))
    return frozenset([kind] if isinstance(kind, str) else kind)


def _filtered(column: Column) -> bool:
    return bool(column.reference or "enum" in column.schema or "boolean" in _kinds(column.schema))


def _searched(column: Column) -> bool:
    """Texts that people write: neither values of a few, nor ids, nor times."""
    schema = column.schema
    return (
        "string" in _kinds(schema)
        and not column.server
        and column.reference is None
        and "enum" not in schema
        and not has_order(schema)
        and schema.get("format") not in {"uuid", "password"}
    )


def events_of(reading: Reading, draft: Draft) -> Events:
    """What is told when its rows change."""
    head, own = reading.head.events, draft.words.events
    if own is None or (head is None and own == type(own)()):
        return Events()
    usual = head or EventWords()
    said = {"singular": draft.singular, "resource": draft.name}

    def name(given: str | None, verb: str) -> str:
        if given is not None:
            return given
        return _filled(usual.names, said | {"verb": verb}) if head else ""

    topic = own.topic if own.topic is not None else _filled(usual.topic, said)
    return Events(
        created=name(own.created, "created"),
        updated=name(own.updated, "updated"),
        deleted=name(own.deleted, "deleted"),
        topic=topic,
    )


def _filled(template: str, said: Mapping[str, str]) -> str:
    for word, value in said.items():
        template = template.replace(f"{{{word}}}", value)
    return template
