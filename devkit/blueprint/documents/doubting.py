"""What is odd about a document and no reason to refuse it: schemas that nothing fits, patterns that are none, examples
that break their schema. Each is a sentence with its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from devkit.blueprint.base import Planned
from devkit.blueprint.documents.following import Node
from devkit.errors import did_you_mean
from devkit.schemas.base import REF, Components, Json, Schema

TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
_BOUNDS = (
    ("minimum", "maximum"),
    ("exclusiveMinimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)
SUSPECT = frozenset({"pattern", "patternProperties", "enum", "allOf", *(low for low, _ in _BOUNDS)})
"""Words with which a schema is worth a second look."""
_MOST = 20
"""Sentences of one kind; of further ones it is told how many there are."""


def sane(node: Node, made: dict[str, Json], warnings: list[str]) -> None:
    """Takes out of a schema what JSON Schema does not know there, and would refuse all of it for."""
    kinds = made.get("type")
    known = [kind for kind in ([kinds] if isinstance(kinds, str) else kinds or []) if kind in TYPES]
    if kinds is not None and not known:
        told = f"the type {kinds!r} is none of {', '.join(TYPES)}.{did_you_mean(str(kinds), TYPES)}"
        warnings.append(node.at("type").warning(f"{told} It is not looked at"))
        del made["type"]
    elif isinstance(kinds, list) and len(known) < len(kinds):
        made["type"] = known
    required = made.get("required")
    if required is not None and not isinstance(required, list):
        told = "`required` is a list of members' names, beside `properties`. It is not looked at"
        warnings.append(node.at("required").warning(told))
        del made["required"]


def doubts_of_schemas(
    suspects: Iterable[tuple[Node, Schema]], places: Mapping[str, Node], components: Components
) -> Iterator[str]:
    """Of schemas, and of components that need themselves without end."""
    from devkit.schemas.merging import Unsatisfiable, flattened
    from devkit.schemas.patterns import usable

    for node, schema in suspects:
        pattern = schema.get("pattern")
        if isinstance(pattern, str) and usable(pattern) is None:
            yield node.at("pattern").warning(f"{pattern!r} is no pattern that can be read: nothing is checked by it")
        why = _contradiction(schema)
        if not why and "allOf" in schema:
            try:
                why = _contradiction(flattened(schema, components).words)
            except Unsatisfiable as error:
                why = str(error)
        if why:
            yield node.warning(f"nothing fits this schema: {why}")
    for name in endless(components):
        if name in places:
            yield places[name].warning("nothing fits this schema: it needs itself, without end")


def doubts_of_examples(operations: Sequence[Planned], components: Components) -> Iterator[str]:
    """Of examples that break their schema, by the operation and what they are examples of."""
    from devkit.schemas.checking import Checker
    from devkit.schemas.problems import dotted

    asked, answered = Checker(components, "readOnly"), Checker(components, "writeOnly")
    found: list[str] = []
    for operation in operations:
        bodies = [(asked, "request", operation.shape.body)]
        bodies += [(answered, outcome.status, outcome.body) for outcome in operation.outcomes]
        for checker, place, body in bodies:
            for media_type, examples in (body.examples if body else {}).items():
                schema = body.media[media_type] if body else {}
                for name, value in examples.items():
                    problem = next(iter(checker.problems(schema, value)), None) if schema else None
                    if problem:
                        called = "its example" if name == "example" else f"its example {name!r}"
                        where = dotted(problem.path)
                        found.append(
                            f"{operation.id}, {place}: {called} breaks the schema at {where}: {problem.message.lower()}"
                        )
    yield from found[:_MOST]
    if len(found) > _MOST:
        yield f"{len(found) - _MOST} more examples break their schemas"


def endless(components: Components) -> list[str]:
    """Components that no value of finite size fits."""
    ends: set[str] = set()
    while True:
        more = {name for name, schema in components.items() if name not in ends and _ends(schema, ends)}
        if not more:
            return [name for name in components if name not in ends]
        ends |= more


def _ends(schema: Json, ends: set[str]) -> bool:
    if not isinstance(schema, Mapping):
        return True
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.removeprefix(REF) not in ends:
        return False
    choices = [schema[key] for key in ("anyOf", "oneOf") if schema.get(key)]
    if not all(any(_ends(option, ends) for option in options) for options in choices):
        return False
    needed = [*schema.get("allOf", ())]
    kinds = schema.get("type", ())
    if not set([kinds] if isinstance(kinds, str) else kinds) - {
        "object",
        "array",
    }:  # else a value without parts will do
        properties = schema.get("properties", {})
        needed += [properties.get(name) for name in schema.get("required", ())]
        needed += [schema.get("items")] if schema.get("minItems") else []
    return all(_ends(part, ends) for part in needed)


def _contradiction(schema: Mapping[str, Json]) -> str:
    """Why its own words exclude each other; empty where they do not."""
    for low, high in _BOUNDS:
        least, most = schema.get(low), schema.get(high)
        if isinstance(least, int | float) and isinstance(most, int | float):
            if least > most:
                return f"{low} {least} is above {high} {most}"
            if low == "exclusiveMinimum" and least == most:
                return f"{low} {least} leaves nothing up to {high} {most}"
    values, kinds = schema.get("enum"), schema.get("type")
    if values == []:
        return "its `enum` is empty"
    if isinstance(values, list) and kinds:
        allowed = {kinds} if isinstance(kinds, str) else set(kinds)
        if not any(_kinds_of(value) & allowed for value in values):
            return f"none of its `enum` is of type {' or '.join(sorted(allowed))}"
    return ""


def _kinds_of(value: Json) -> set[str]:
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, (int, float)):
        return {"integer", "number"} if float(value).is_integer() else {"number"}
    names = {str: "string", list: "array", dict: "object", type(None): "null"}
    return {names[type(value)]}
