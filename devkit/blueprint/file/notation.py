"""Fields in a few words, as in `email! unique`: what the words mean, as JSON Schema and as what a column knows.

    what [!] [?] [unique] [read-only | write-only] [= default]

`what` is a type, a format, values with `|` between them, `-> resource [restrict | cascade | clear]`, or `list of` one
of these. `!` must be given, `?` may be null. What need not be given and has no default is null until it is set.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, get_args

from devkit import yamlcore
from devkit.contract.resources import OnDelete, Reference
from devkit.errors import did_you_mean
from devkit.records import dataclass
from devkit.schemas.base import Json, Schema

TYPES: Mapping[str, Schema] = {
    "string": {"type": "string"},
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "object": {"type": "object"},
    "any": {},
    **{
        name: {"type": "string", "format": name}
        for name in (
            "email", "uri", "uuid", "date", "date-time", "time", "duration", "hostname", "ipv4", "ipv6", "password",
        )
    },
    "url": {"type": "string", "format": "uri"},
}  # fmt: skip
"""The words for what a field holds."""

ON_DELETE: tuple[str, ...] = get_args(OnDelete)
MARKS = ("unique", "read-only", "write-only")
_KINDS = f"Types: {', '.join(TYPES)}; `a | b` for values, `-> resource` for a reference, `list of …` for several."

_LIST = re.compile(r"list of (.*)", re.DOTALL)
NO_DEFAULT: Any = object()


class NotationError(ValueError):
    """A sentence about what makes no sense, and what would."""

    def __init__(self, problem: str, remedy: str | None = None) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A field as it was written: `schema` is without null and without the default. What holds a `reference` has the
    schema of ids of that resource, which is not known here: there it is empty.
    """

    schema: Schema
    nullable: bool = False
    default: Json = NO_DEFAULT
    required: bool = False
    unique: bool = False
    reference: Reference | None = None
    server: bool = False
    hidden: bool = False

    def complete(self, ids: Schema | None = None) -> Schema:
        """The column's schema; `ids` is that of what it refers to."""
        schema = self.schema
        if ids is not None:
            schema = {**schema, "items": ids} if schema.get("type") == "array" else {**ids, **schema}
        if self.nullable:
            schema = or_null(schema)
        return schema if self.default is NO_DEFAULT else {**schema, "default": self.default}


def read(text: str) -> Noted:
    """What a field's words mean. Raises NotationError."""
    what, equals, default = text.partition(" =")
    words, marks = what.strip(), set[str]()
    while (last := words.rpartition(" ")[2]) in MARKS:
        marks.add(last)
        words = words.removesuffix(last).rstrip()
    # `-> customers! cascade` as well as `-> customers cascade!`.
    words = re.sub(r"(->\s*[^\s!?]+)([!?]+)\s+(\S+)$", r"\1 \3\2", words)
    core = words.rstrip("!? ")
    signs = words[len(core) :]
    if not core:
        raise NotationError("it is not said what the field holds", _KINDS)
    schema, reference = _what(core)
    required, nullable = "!" in signs, "?" in signs
    if equals and required:
        raise NotationError("what must be given has no default", "Leave out the `!`, or the `=` and what follows.")
    if {"read-only", "write-only"} <= marks:
        raise NotationError("`read-only` and `write-only` leave nobody who sees it", "Leave out one of them.")
    return Noted(
        schema=schema,
        nullable=nullable or not (required or equals),
        default=_default(default.strip(), schema, nullable) if equals else NO_DEFAULT,
        required=required and "read-only" not in marks,
        unique="unique" in marks,
        reference=reference,
        server="read-only" in marks,
        hidden="write-only" in marks,
    )


def choice(values: list[Any]) -> Noted:
    """A field that is one of the values of a YAML list."""
    if not values:
        raise NotationError("an empty list leaves nothing that the field could be", "Write the values it may have.")
    return Noted(schema=_enum(values), nullable=True)


def or_null(schema: Schema) -> Schema:
    """The schema, or null."""
    if not schema or "null" in ([kind] if isinstance(kind := schema.get("type"), str) else kind or ()):
        return schema
    allowed = schema.get("enum")
    if "$ref" in schema or "const" in schema or (kind is None and allowed is None):
        return {"anyOf": [schema, {"type": "null"}]}
    changed = dict(schema)
    if kind is not None:
        changed["type"] = [*([kind] if isinstance(kind, str) else kind), "null"]
    if allowed is not None and None not in allowed:
        changed["enum"] = [*allowed, None]
    return changed


def _what(core: str) -> tuple[Schema, Reference | None]:
    if found := _LIST.fullmatch(core):
        items, reference = _what(found[1].strip())
        return {"type": "array", "items": items}, reference
    if core.startswith("->"):
        return {}, _reference(core[2:].split())
    if "|" in core:
        parts = [part.strip() for part in core.split("|")]
        if "" in parts:
            raise NotationError("there is nothing on one side of a `|`", "Write a value on both sides of it.")
        return _enum([yamlcore.value_of(part) for part in parts]), None
    if core.startswith("[") and core.endswith("]"):
        return _enum([yamlcore.value_of(part.strip()) for part in core[1:-1].split(",")]), None
    if core in TYPES:
        return TYPES[core], None
    first, *more = core.split()
    if first.rstrip("!?") in TYPES and more:
        wrong = more[0]
        known = (*MARKS, "=")
        raise NotationError(f"there is no word {wrong!r} for a field.{did_you_mean(wrong, known)}", _KINDS)
    raise NotationError(f"there is no type {core!r}.{did_you_mean(core, (*TYPES, '-> '))}", _KINDS)


def _reference(parts: list[str]) -> Reference:
    if not parts:
        raise NotationError("the arrow leads nowhere", "Write the name of a resource behind it: `-> customers`.")
    name, *more = parts
    on_delete = more[0] if more else "restrict"
    if on_delete not in ON_DELETE:
        raise NotationError(
            f"there is no {on_delete!r} for a reference.{did_you_mean(on_delete, ON_DELETE)}",
            "What becomes of the row when the other one is deleted: `restrict` (it is not), `cascade` (this one goes "
            "too) or `clear` (this field does).",
        )
    if len(more) > 1:
        raise NotationError(f"there is no word {more[1]!r} for a field.{did_you_mean(more[1], MARKS)}", _KINDS)
    return Reference(resource=name, on_delete=on_delete)  # type: ignore[arg-type]  # looked at above


def _enum(values: list[Any]) -> Schema:
    if repeated := [value for number, value in enumerate(values) if value in values[:number]]:
        raise NotationError(f"the value {repeated[0]!r} stands here twice", "Write each once.")
    kinds = {_type_of(value) for value in values}
    if None in kinds:
        raise NotationError("a value that is no text and no number", "Write words, or JSON Schema.")
    kind = kinds.pop() if len(kinds) == 1 else None
    return {"type": kind, "enum": values} if kind else {"enum": values}


def _type_of(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", type(None): "null"}
    return names.get(type(value))


def _default(text: str, schema: Schema, nullable: bool) -> Json:
    if text == "null" and nullable:
        return None
    if text[:1] in {'"', "[", "{"}:
        try:
            return json.loads(text)
        except ValueError:
            raise NotationError(f"the default {text} is no JSON", "Close what it opens, or leave it out.") from None
    if "enum" in schema:
        fits = [value for value in schema["enum"] if text == value or yamlcore.value_of(text) == value]
        if not fits:
            known = [str(value) for value in schema["enum"]]
            raise NotationError(
                f"the default {text!r} is none of the values.{did_you_mean(text, known)}",
                f"The values: {', '.join(known)}.",
            )
        return fits[0]
    kind = schema.get("type")
    if kind == "string":
        return text
    value = yamlcore.value_of(text)
    if kind and not _is(value, kind):
        raise NotationError(f"the default {text!r} is no {kind}", f"Write one that is, such as {_SUCH[kind]}.")
    return value


_SUCH = {"integer": "`= 0`", "number": "`= 0.5`", "boolean": "`= false`", "array": "`= []`", "object": "`= {}`"}


def _is(value: Any, kind: str) -> bool:
    return _type_of(value) == kind or (kind == "number" and _type_of(value) == "integer")
