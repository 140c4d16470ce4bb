"""What a schema says of the values that fit it, through `$ref`, `allOf`, `anyOf` and `oneOf`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from devkit.schemas.base import REF, Components, Json, Schema

OBJECT_WORDS = frozenset({"properties", "additionalProperties", "required", "minProperties", "maxProperties"})
ARRAY_WORDS = frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"})

EVERYTHING: Schema = {}
_MOST = 400
"""Schemas that are looked at for one: a few of Stripe's have alternatives of alternatives."""


def parts(schema: Json, components: Components, *, alternatives: bool = True) -> Iterator[Schema]:
    """The schema and all that it is put together from: what it refers to, what all of it must fit, and, with
    `alternatives`, what any of it may fit. Each once, the nearest first.
    """
    waiting: list[Json] = [schema]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST:
        one = waiting.pop(0)
        if not isinstance(one, Mapping) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if "$ref" in one:
            waiting.append(components.get(str(one["$ref"]).removeprefix(REF)))
        for word in ("allOf", "anyOf", "oneOf") if alternatives else ("allOf",):
            waiting.extend(one.get(word, ()))
        if alternatives:
            waiting.extend(one.get(word) for word in ("then", "else"))


def types_of(schema: Json, components: Components) -> frozenset[str]:
    """The types that it names, or means by what it asks for; none where any may come."""
    found: set[str] = set()
    for part in parts(schema, components):
        named = part.get("type")
        if named is not None:
            found.update([named] if isinstance(named, str) else named)
        elif "enum" in part or "const" in part:
            found.update(map(type_of, part.get("enum", [part.get("const")])))
        elif OBJECT_WORDS & part.keys():
            found.add("object")
        elif ARRAY_WORDS & part.keys():
            found.add("array")
    return frozenset(found)


def type_of(value: Json) -> str:
    """What JSON Schema calls it. A number without a fraction is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "integer" if value == value // 1 else "number"
    if isinstance(value, (str, bytes)):
        return "string"
    return "object" if isinstance(value, Mapping) else "array"


def names_of(schema: Json, components: Components) -> frozenset[str]:
    """The members of an object that it names."""
    return frozenset(name for part in parts(schema, components) for name in part.get("properties", ()))


def member_of(schema: Json, components: Components, name: str) -> list[Json]:
    """The schemas of one member, whether it is named or not."""
    named = [part["properties"][name] for part in parts(schema, components) if name in part.get("properties", ())]
    others = (part.get("additionalProperties") for part in parts(schema, components))
    return named or [other for other in others if isinstance(other, Mapping)]


EACH = "*"
"""Stands for the name of every member, or every item, in a path."""
_DEEPEST = 6

Paths = frozenset[tuple[str, ...]]


def marked(schema: Json, components: Components, mark: str, known: dict[str, Paths], depth: int = 0) -> Paths:
    """The paths of members within an object or a list that are marked so, such as `writeOnly`. `known` is what was
    found of components.
    """
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return frozenset()
    reference = str(schema.get("$ref", ""))
    if reference and len(schema) == 1:
        if reference not in known:
            # Whatever goes in circles goes no further.
            known[reference] = frozenset()
            inside = components.get(reference.removeprefix(REF))
            known[reference] = marked(inside, components, mark, known, depth)
        return known[reference]
    found: set[tuple[str, ...]] = set()
    for word in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(word, ()):
            found |= marked(one, components, mark, known, depth)
    properties = schema.get("properties")
    members = [*properties.items()] if isinstance(properties, Mapping) else []
    members += [(EACH, schema.get(word)) for word in ("items", "additionalProperties")]
    for name, member in members:
        if name != EACH and any(part.get(mark) is True for part in parts(member, components, alternatives=False)):
            found.add((name,))
        else:
            found |= {(name, *path) for path in marked(member, components, mark, known, depth + 1)}
    return frozenset(found)


def without(value: Json, paths: Sequence[tuple[str, ...]]) -> Json:
    """A value without what is at these paths."""
    if isinstance(value, list):
        inside = [path[1:] for path in paths if path[0] == EACH]
        return [without(one, inside) for one in value] if inside else value
    if not isinstance(value, Mapping):
        return value
    gone = {path[0] for path in paths if len(path) == 1}
    found = {}
    for name, one in value.items():
        if name not in gone:
            inside = [path[1:] for path in paths if path[0] in (name, EACH) and len(path) > 1]
            found[name] = without(one, inside) if inside else one
    return found


def default_of(schema: Json, components: Components) -> tuple[bool, Json]:
    """Whether there is a default, and which."""
    for part in parts(schema, components, alternatives=False):
        if "default" in part:
            return True, part["default"]
    return False, None


def items_of(schema: Json, components: Components, position: int = 0) -> list[Json]:
    """The schemas of an item of an array."""
    found: list[Json] = []
    for part in parts(schema, components):
        first = part.get("prefixItems", ())
        if position < len(first):
            found.append(first[position])
        elif "items" in part:
            found.append(part["items"])
    return found
