"""Looks at schemas: what members an object has, what kinds of values one allows, which component it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from devkit.records import dataclass
from devkit.schemas.base import REF, Components, Json, Schema
from devkit.schemas.walking import Paths, marked

_DEEPEST = 12
_NULL = {"type": "null"}
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


@dataclass(frozen=True, slots=True)
class Object:
    """An object's members, with those of all that it is made of."""

    properties: Mapping[str, Schema]
    required: frozenset[str]


class Look:
    def __init__(self, components: Components) -> None:
        self._components = components
        self._objects: dict[str, Object | None] = {}
        self._secrets: dict[str, Paths] = {}

    def bare(self, schema: Schema) -> Schema:
        """What a schema comes to, behind references and beside null."""
        for _ in range(_DEEPEST):
            name = self._named(schema)
            if name:
                schema = self._components.get(name, {})
                continue
            options = _options(schema)
            if len(options) != 1 or "properties" in schema:
                return schema
            schema = options[0]
        return {}

    def origin(self, schema: Schema) -> str:
        """The component that a schema is, whatever its name is written beside; empty where it is none."""
        found = ""
        for _ in range(_DEEPEST):
            name = self._named(schema)
            if name:
                found, schema = name, self._components.get(name, {})
                if _is_object(schema):
                    return found
                continue
            options = _options(schema)
            if len(options) != 1 or "properties" in schema:
                return found
            schema = options[0]
        return found

    def kinds(self, schema: Schema, depth: int = 0) -> frozenset[str]:
        """The types that values may have, null left out; none where anything goes."""
        schema = self.bare(schema)
        kind = schema.get("type")
        if isinstance(kind, str | list):
            return frozenset([kind] if isinstance(kind, str) else kind) - {"null"}
        if "properties" in schema or depth > _DEEPEST:
            return frozenset({"object"}) if "properties" in schema else frozenset()
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if isinstance(values, list):
            return frozenset(filter(None, map(_kind_of, values)))
        found: frozenset[str] = frozenset()
        for part in _parts(schema, "allOf"):
            found |= self.kinds(part, depth + 1)
        for key in ("anyOf", "oneOf"):
            each = [self.kinds(part, depth + 1) for part in _parts(schema, key) if part != _NULL]
            if each and all(each):
                found |= frozenset().union(*each)
        return found

    def is_scalar(self, schema: Schema) -> bool:
        kinds = self.kinds(schema)
        return bool(kinds) and kinds <= _SCALARS

    def is_marked(self, schema: Schema, mark: str) -> bool:
        """Whether it is `readOnly` or `writeOnly`: by its own words, or by those of what it refers to."""
        return bool(schema.get(mark) or self.bare(schema).get(mark))

    def secret(self, schema: Schema) -> tuple[tuple[str, ...], ...]:
        """The paths within a value of what no answer may have (`writeOnly`)."""
        return tuple(sorted(marked(schema, self._components, "writeOnly", self._secrets)))

    def takes_null(self, schema: Schema) -> bool:
        """Whether null fits, as far as the schema itself tells."""
        for _ in range(_DEEPEST):
            kind = schema.get("type")
            if kind == "null" or (isinstance(kind, list) and "null" in kind):
                return True
            if any(part == _NULL for key in ("anyOf", "oneOf") for part in _parts(schema, key)):
                return True
            name = self._named(schema)
            if not name:
                return False
            schema = self._components.get(name, {})
        return False

    def object(self, schema: Schema) -> Object | None:
        """Its members; None where it is no object, or one of which nothing is told."""
        name = self._named(schema)
        if name and name in self._objects:
            return self._objects[name]
        properties: dict[str, Schema] = {}
        required: set[str] = set()
        self._gather(schema, properties, required, 0)
        found = Object(properties, frozenset(required)) if properties else None
        if name:
            self._objects[name] = found
        return found

    def items(self, schema: Schema) -> Schema | None:
        """What an array is of; None where it is none."""
        if self.kinds(schema) != {"array"}:
            return None
        items = self.bare(schema).get("items", {})
        return items if isinstance(items, Mapping) else {}

    def _gather(self, schema: Schema, properties: dict[str, Schema], required: set[str], depth: int) -> None:
        if depth > _DEEPEST:
            return
        schema = self.bare(schema)
        own = schema.get("properties")
        if isinstance(own, Mapping):
            for name, value in own.items():
                known = properties.get(name)
                properties[name] = value if known is None else _both(known, value)
        required.update(name for name in schema.get("required", ()) if isinstance(name, str))
        for part in _parts(schema, "allOf"):
            self._gather(part, properties, required, depth + 1)
        for key in ("anyOf", "oneOf"):
            # Any of them will do: a row is what the first one says.
            options = [part for part in _parts(schema, key) if part != _NULL]
            if options and self.kinds(options[0]) <= {"object"}:
                self._gather(options[0], properties, required, depth + 1)

    def _named(self, schema: Schema) -> str:
        reference = schema.get("$ref")
        return reference.removeprefix(REF) if isinstance(reference, str) else ""


def _both(one: Schema, other: Schema) -> Schema:
    """What fits both. One that says nothing about values leaves it to the other."""
    silent = {"title", "description", "examples", "default", "deprecated"}
    if one == other or not set(other) - silent:
        return one
    return {"allOf": [one, other]} if set(one) - silent else other


def _options(schema: Schema) -> list[Schema]:
    """The one schema that another wraps, or null aside; nothing where it says more."""
    found = [part for key in ("anyOf", "oneOf") for part in _parts(schema, key) if part != _NULL]
    return [*found, *_parts(schema, "allOf")]


def _parts(schema: Schema, key: str) -> Iterator[Schema]:
    parts = schema.get(key)
    if isinstance(parts, list):
        yield from (part for part in parts if isinstance(part, Mapping))


def _is_object(schema: Schema) -> bool:
    return "properties" in schema or len(_options(schema)) > 1


def _kind_of(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds: Mapping[type, str] = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return kinds.get(type(value), "")
