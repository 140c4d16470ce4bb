"""Whether a schema is one: what is wrong with it, before anything is checked by it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from devkit.schemas import wording
from devkit.schemas.base import REF, Components, Json, Schema
from devkit.schemas.checking import Checker
from devkit.schemas.patterns import usable
from devkit.schemas.problems import Path, Problem

_META: Schema = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
_NAMED = ("properties", "patternProperties", "$defs", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_PARTS = (
    "items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else", "unevaluatedItems",
    "unevaluatedProperties", "contentSchema",
)  # fmt: skip


def wrong_with(schema: Schema) -> Iterator[Problem]:
    """What is no JSON Schema (draft 2020-12) in it, each with its place; and patterns that nothing here can check."""
    # The engine knows fewer patterns than are mended here: those are looked at below.
    format_of_patterns, _ = wording.told("format", {"format": "regex"}, None)
    problems = [one for one in _checker().problems(_META, schema) if not one.message.endswith(format_of_patterns)]
    yield from problems
    if problems:
        return
    for path, part in subschemas(schema):
        patterns = {"pattern": part["pattern"]} if isinstance(part.get("pattern"), str) else {}
        patterns |= {pattern: pattern for pattern in part.get("patternProperties", ())}
        for key, pattern in patterns.items():
            if usable(pattern) is None:
                where = (*path, key) if key == "pattern" else (*path, "patternProperties", key)
                yield Problem(where, f"The pattern {pattern!r} is none that can be checked", "pattern")


def strangers(schema: Schema, components: Components) -> Iterator[tuple[Path, str]]:
    """Each `$ref` that leads to nothing, and its place."""
    for path, part in subschemas(schema):
        reference = part.get("$ref")
        if isinstance(reference, str) and reference.removeprefix(REF) not in components:
            yield (*path, "$ref"), reference


def subschemas(schema: Json, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """A schema that is one, and all in it, each with its place."""
    waiting: list[tuple[Path, Json]] = [(path, schema)]
    while waiting:
        where, one = waiting.pop()
        if not isinstance(one, dict):
            continue
        yield where, one
        waiting += [((*where, word), one.get(word)) for word in _PARTS]
        for word in _LISTS:
            waiting += [((*where, word, number), part) for number, part in enumerate(one.get(word) or ())]
        for word in _NAMED:
            waiting += [((*where, word, name), part) for name, part in (one.get(word) or {}).items()]


@cache
def _checker() -> Checker:
    return Checker({})
