"""The fields of resources: in a few words, as a list of values, or as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devkit.blueprint.file import notation
from devkit.blueprint.file.context import Reading
from devkit.blueprint.file.notation import NO_DEFAULT, ON_DELETE, NotationError, Noted
from devkit.contract.resources import Ids, Reference
from devkit.errors import did_you_mean
from devkit.schemas.base import Schema
from devkit.yamlfile import KeyPath

OURS = ("required", "unique", "references", "on_delete", "fields")
"""What a field may say beside JSON Schema."""
_KEYWORDS = (
    "type", "format", "enum", "const", "default", "title", "description", "examples", "example", "deprecated",
    "readOnly", "writeOnly", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "pattern", "items", "prefixItems", "contains", "minContains", "maxContains", "minItems", "maxItems",
    "uniqueItems", "properties", "patternProperties", "additionalProperties", "propertyNames", "minProperties",
    "maxProperties", "dependentRequired", "dependentSchemas", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
    "contentEncoding", "contentMediaType", "contentSchema", "unevaluatedProperties", "unevaluatedItems", "$ref",
    "$comment",
)  # fmt: skip
_OBJECT = "A mapping is JSON Schema here; an object with fields of its own is `{fields: {street: string!}}`."
_JSON_TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")


def noted(reading: Reading, written: Any, where: KeyPath) -> Noted | None:
    """A field as it was written at that place; None where it makes no sense, which is told."""
    try:
        if isinstance(written, str):
            return notation.read(written)
        if isinstance(written, list):
            return notation.choice(written)
    except NotationError as error:
        reading.wrong(where, f"{where[-1]}: {error.problem}", error.remedy)
        return None
    if isinstance(written, dict):
        return _as_schema(reading, written, where)
    reading.wrong(
        where,
        f"{where[-1]}: {reading.document.written(where, written)} is no field",
        "Write what it holds, such as `string!`, `free | pro`, or JSON Schema.",
    )
    return None


def schema_of_ids(ids: Ids) -> Schema:
    """What an id of a resource is."""
    if ids.kind == "integer":
        return {"type": "integer", "minimum": 1}
    if ids.kind == "uuid":
        return {"type": "string", "format": "uuid"}
    return {"type": "string", "minLength": 1}


def object_of(reading: Reading, fields: Mapping[str, Any], where: KeyPath) -> Schema:
    """An object with these fields, as one is told or answered with; references are not looked at."""
    properties: dict[str, Schema] = {}
    required = []
    for name, written in fields.items():
        found = noted(reading, written, (*where, name))
        if found is not None:
            schema = found.complete({"type": "string"} if found.reference else None)
            marks = {"readOnly": found.server, "writeOnly": found.hidden}
            properties[reading.spelled(name)] = {**schema, **{mark: True for mark, holds in marks.items() if holds}}
            required += [reading.spelled(name)] if found.required else []
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def sound(reading: Reading, schema: Schema, where: KeyPath) -> bool:
    """Whether it is a JSON Schema; what is wrong with it is told."""
    from devkit.schemas.judging import wrong_with

    problems = [*wrong_with(schema)]
    for problem in problems:
        name = problem.path[-1] if problem.path else where[-1]
        reading.wrong((*where, *problem.path), f"{name}: {problem.message[:1].lower()}{problem.message[1:]}")
    return not problems


def _as_schema(reading: Reading, written: Mapping[str, Any], where: KeyPath) -> Noted | None:
    known = (*_KEYWORDS, *OURS)
    wrong = [key for key in written if key not in known and not key.startswith("x-")]
    for key in wrong:
        reading.wrong((*where, key), f"unknown key {key!r}.{did_you_mean(key, known)}", _OBJECT)
    for kind in _listed(written.get("type")):
        if kind not in _JSON_TYPES:
            reading.unknown((*where, "type"), "type", str(kind), _JSON_TYPES)
            wrong.append("type")
    reference = _reference(reading, written, where)
    given = written.get("required", False)
    required = given is True
    kept = {*OURS, "default", "readOnly", "writeOnly"} - ({"required"} if isinstance(given, list) else set())
    schema = {key: value for key, value in written.items() if key not in kept}
    if isinstance(inner := written.get("fields"), dict):
        schema = {**schema, **object_of(reading, inner, (*where, "fields"))}
    elif "fields" in written:
        reading.wrong((*where, "fields"), "fields: must be a mapping, with keys and values")
    if not isinstance(given, bool | list):
        reading.wrong((*where, "required"), "required: must be true or false (of an object: a list of its fields)")
        wrong.append("required")
    for key in ("unique", "readOnly", "writeOnly"):
        if not isinstance(written.get(key, False), bool):
            reading.wrong((*where, key), f"{key}: must be true or false")
            wrong.append(key)
    if required and "default" in written:
        reading.wrong((*where, "default"), "what must be given has no default", "Leave out one of both.")
        wrong.append("default")
    if wrong or not sound(reading, schema, where):
        return None
    return Noted(
        schema=schema,
        nullable=not required and "default" not in written,
        default=written.get("default", NO_DEFAULT),
        required=required and not written.get("readOnly"),
        unique=bool(written.get("unique")),
        reference=reference,
        server=bool(written.get("readOnly")),
        hidden=bool(written.get("writeOnly")),
    )


def _reference(reading: Reading, written: Mapping[str, Any], where: KeyPath) -> Reference | None:
    on_delete = written.get("on_delete", "restrict")
    if on_delete not in ON_DELETE:
        reading.unknown((*where, "on_delete"), "way to go on", str(on_delete), ON_DELETE)
        on_delete = "restrict"
    target = written.get("references")
    if target is None:
        if "on_delete" in written:
            reading.wrong((*where, "on_delete"), "on_delete: it is not said what it refers to", "Add `references:`.")
        return None
    if not isinstance(target, str):
        reading.wrong((*where, "references"), "references: must be the name of a resource")
        return None
    return Reference(resource=target, on_delete=on_delete)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
