"""One plain schema from all that a value must fit at once: `$ref` and `allOf` are taken together, and what is left to
choose (`anyOf`, `oneOf`, `if`) is kept apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from typing import Any

from devkit.records import dataclass
from devkit.schemas.base import REF, Components, Json


class Unsatisfiable(Exception):
    """Nothing that fits a schema could be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Schemas of which a value fits one, or just one."""

    schemas: Sequence[Json]
    just_one: bool = False
    discriminator: Mapping[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Flat:
    """`words` are JSON Schema's, without those that refer or choose; `patterns` are all that a text must match. `names`
    are the components that it was put together from, the first one first.
    """

    words: dict[str, Json] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def flattened(schema: Json, components: Components) -> Flat:
    """All of it. Raises Unsatisfiable where it contradicts itself."""
    flat = Flat()
    _take(schema, components, flat)
    return flat


def chosen(flat: Flat, schema: Json, components: Components) -> Flat:
    """What fits one of the schemas of the first choice too, with the other choices still to be made. Raises
    Unsatisfiable.
    """
    found = Flat(dict(flat.words), list(flat.choices[1:]), list(flat.patterns), list(flat.names))
    _take(schema, components, found)
    return found


class Flats:
    """Schemas that were flattened, kept: give it those that stay."""

    def __init__(self, components: Components) -> None:
        self._components = components
        self._flats: dict[int, tuple[Json, Flat | Unsatisfiable]] = {}
        self._chosen: dict[tuple[int, int], Flat | Unsatisfiable] = {}

    def of(self, schema: Json) -> Flat:
        """Raises Unsatisfiable."""
        kept = self._flats.get(id(schema))
        if kept is None:
            # Kept with the schema: an id is another's once that is gone.
            kept = self._flats[id(schema)] = (schema, _tried(flattened, schema, self._components))
        return _or_raised(kept[1])

    def chosen(self, flat: Flat, schema: Json) -> Flat:
        """Raises Unsatisfiable."""
        key = (id(flat), id(schema))
        if key not in self._chosen:
            self._chosen[key] = _tried(chosen, flat, schema, self._components)
        return _or_raised(self._chosen[key])


def _tried(make: Callable[..., Flat], *arguments: Any) -> Flat | Unsatisfiable:
    try:
        return make(*arguments)
    except Unsatisfiable as error:
        return error


def _or_raised(found: Flat | Unsatisfiable) -> Flat:
    if isinstance(found, Unsatisfiable):
        raise Unsatisfiable(str(found))
    return found


def _take(schema: Json, components: Components, flat: Flat) -> None:
    if schema is False:
        raise Unsatisfiable("nothing may be there")
    if not isinstance(schema, Mapping):
        return
    plain: dict[str, Json] = {}
    later: list[Json] = []
    for word, said in schema.items():
        if word == "$ref":
            name = str(said).removeprefix(REF)
            if name not in flat.names:
                flat.names.append(name)
                later.append(components.get(name, True))
        elif word == "allOf":
            later.extend(said)
        elif word in {"anyOf", "oneOf"}:
            flat.choices.append(Choice(said, word == "oneOf", schema.get("discriminator", {})))
        elif word == "pattern":
            flat.patterns.append(said)
        elif word == "if":
            then, otherwise = schema.get("then", True), schema.get("else", True)
            flat.choices.append(Choice([{"allOf": [said, then]}, {"allOf": [{"not": said}, otherwise]}]))
        elif word not in {"then", "else", "$id", "$schema", "$defs", "discriminator"}:
            plain[word] = said
    _join(flat.words, plain)
    for one in later:
        _take(one, components, flat)


def _join(words: dict[str, Json], more: Mapping[str, Json]) -> None:
    for word, said in more.items():
        if word not in words:
            words[word] = said
        elif word in _JOINERS:
            words[word] = _JOINERS[word](words[word], said)


def _types(one: Json, other: Json) -> Json:
    ones, others = ({said} if isinstance(said, str) else set(said) for said in (one, other))
    both = ones & others
    if ("integer" in ones and "number" in others) or ("integer" in others and "number" in ones):
        both.add("integer")
    if not both:
        raise Unsatisfiable(f"it must be {_shown(one)} and {_shown(other)} at once")
    return sorted(both)


def _shown(said: Json) -> str:
    return said if isinstance(said, str) else " or ".join(said)


def _options(one: Json, other: Json) -> Json:
    both = [option for option in one if option in other]
    if not both:
        raise Unsatisfiable("two lists of what it may be have nothing in common")
    return both


def _same(one: Json, other: Json) -> Json:
    if one != other:
        raise Unsatisfiable(f"it must be {one!r} and {other!r} at once")
    return one


def _members(one: Json, other: Json) -> Json:
    both = dict(one)
    for name, schema in other.items():
        both[name] = {"allOf": [both[name], schema]} if name in both else schema
    return both


def _each(one: Json, other: Json) -> Json:
    return False if one is False or other is False else {"allOf": [one, other]}


def _multiple(one: Json, other: Json) -> Json:
    first, second = Fraction(str(one)), Fraction(str(other))
    common = Fraction(math.lcm(first.numerator * second.denominator, second.numerator * first.denominator))
    found = common / (first.denominator * second.denominator)
    return int(found) if found.denominator == 1 else float(found)


_JOINERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "type": _types,
    "enum": _options,
    "const": _same,
    "required": lambda one, other: list(dict.fromkeys([*one, *other])),
    "properties": _members,
    "patternProperties": _members,
    "items": _each,
    "additionalProperties": _each,
    "contains": _each,
    "propertyNames": _each,
    "multipleOf": _multiple,
    "uniqueItems": lambda one, other: one or other,
    "not": lambda one, other: {"anyOf": [one, other]},
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"), min),
}
"""How two of one word are taken together. Of others, the outer one counts."""
