"""Whether a value fits a schema, and what is wrong with it: all of it, in sentences."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import jsonschema_rs

from devkit.schemas import wording
from devkit.schemas.base import REF, Components, Json, Schema
from devkit.schemas.patterns import usable
from devkit.schemas.problems import Path, Problem, dotted, problems_of
from devkit.schemas.sayable import torn
from devkit.schemas.walking import EVERYTHING, items_of, member_of, parts

if TYPE_CHECKING:
    from jsonschema_rs import Validator

log = logging.getLogger("devkit")

T = TypeVar("T")
R = TypeVar("R")

Omits = Literal["", "readOnly", "writeOnly"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_IDENTIFIERS = frozenset({"$id", "$schema", "$anchor", "$dynamicAnchor", "$vocabulary", "components"})
"""What would make `#/components/…` mean another place."""
_LITERAL = frozenset({"const", "enum", "default", "example", "examples", "discriminator", "xml", "externalDocs"})
"""Words whose values are no schemas."""
_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Words whose values are schemas by names of the user's."""
_MOST = 256
"""Compiled schemas that are kept of those that lead to components: each takes a millisecond to make, and holds all of
these, a tenth of a megabyte in a large document. Others are small, and stay.
"""
_WHOLE: Mapping[str, tuple[int, int]] = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
"""Bounds of OpenAPI's formats of whole numbers (its Format Registry)."""


class Checker:
    """Judges values by schemas that may refer to `components`. Each is compiled when it is first needed, and kept: give
    it those that stay, none that is made for one call.

    What `omits` names is no part of the values here: members that are `readOnly` in requests, `writeOnly` in answers
    (OpenAPI 3.1, "Schema Object"; JSON Schema validation, section 9.4). They are not demanded, and may be anything.
    """

    def __init__(self, components: Components, omits: Omits = "") -> None:
        self.components = components
        self.omits = omits
        self._validators: dict[int, tuple[Json, Validator]] = {}
        self._large: dict[int, None] = {}
        """Which of them hold components, the oldest first."""
        self._prepared: dict[str, Json] = {}
        self._joined: dict[tuple[int, ...], Json] = {}
        self._remembered: dict[tuple[int, Any], tuple[Any, Any]] = {}
        self._warned: set[str] = set()

    def fits(self, schema: Json, value: Json) -> bool:
        """Whether it does."""
        try:
            return self._validator(schema).is_valid(value)
        except ValueError:
            return False

    def check(self, schema: Json, value: Json) -> Mapping[str, str]:
        """What is wrong, by field; empty where nothing is."""
        found: dict[str, str] = {}
        for problem in self.problems(schema, value):
            found.setdefault(dotted(problem.path), problem.message)
        return found

    def problems(self, schema: Json, value: Json) -> Sequence[Problem]:
        """All that is wrong with it, in the order of the value's fields."""
        validator = self._validator(schema)
        try:
            if validator.is_valid(value):
                return ()
            told = [problem for error in validator.iter_errors(value) for problem in problems_of(error)]
        except UnicodeEncodeError:
            return [Problem(path, *wording.torn()) for path in torn(value)]
        except ValueError:
            return [Problem((), *wording.too_deep())]
        first: dict[tuple[Path, str], Problem] = {(problem.path, problem.message): problem for problem in told}
        return list(first.values())

    def remembered(self, of: T, make: Callable[[T, Checker], R]) -> R:
        """What was made of something that stays, such as a schema or a parameter; made when it is first asked for."""
        kept = self._remembered.get((id(of), make))
        if kept is None:
            kept = self._remembered[id(of), make] = (of, make(of, self))
        found: R = kept[1]
        return found

    def member(self, schema: Json, name: str) -> Json:
        """The schema of one member of an object: that of any of several, where alternatives differ in it."""
        return self._any(member_of(schema, self.components, name))

    def item(self, schema: Json, position: int) -> Json:
        """The schema of an item of an array."""
        return self._any(items_of(schema, self.components, position))

    def both(self, one: Json, other: Json) -> Json:
        """The schema of what fits two."""
        return self._joined.setdefault((-1, id(one), id(other)), {"allOf": [one, other]})

    def _any(self, several: list[Json]) -> Json:
        if len(several) < 2:
            return several[0] if several else EVERYTHING
        # Kept, since what is compiled is found again by its identity.
        return self._joined.setdefault(tuple(map(id, several)), {"anyOf": several})

    def _validator(self, schema: Json) -> Validator:
        kept = self._validators.get(id(schema))
        if kept is None:
            if len(self._large) >= _MOST:
                # Those that were made first, whether they are asked often or not: what is needed again comes again.
                for first in list(self._large)[: _MOST // 2]:
                    self._large.pop(first, None)
                    self._validators.pop(first, None)
            # With the schema itself: what has been thrown away may leave its id to another.
            kept = self._validators[id(schema)] = (schema, self._compiled(schema))
        return kept[1]

    def _compiled(self, schema: Json) -> Validator:
        whole = self._part(schema)
        if not isinstance(whole, dict):
            return jsonschema_rs.validator_for(whole)
        needed: dict[str, Json] = {}
        self._gather(whole, needed)
        if needed:
            self._large[id(schema)] = None
        whole = {"$schema": _DRAFT, **whole, "components": {"schemas": needed}}
        try:
            return jsonschema_rs.validator_for(whole, validate_formats=True)
        except ValueError as error:
            # One of a document that somebody else wrote: what cannot be judged passes.
            self._warn(f"a schema is not valid, and nothing is checked by it: {str(error).splitlines()[0]}")
            return jsonschema_rs.validator_for(True)

    def _gather(self, schema: Json, into: dict[str, Json]) -> None:
        """The components that it leads to, made ready: those alone are compiled."""
        waiting = [schema]
        while waiting:
            for name in _references(waiting.pop()):
                if name not in into:
                    if name not in self._prepared:
                        self._prepared[name] = self._part(self.components.get(name, True))
                    into[name] = self._prepared[name]
                    waiting.append(into[name])

    def _part(self, schema: Json, omitted: frozenset[str] = frozenset()) -> Json:
        """A schema as the engine takes it, without what is no part of the values here. `omitted` are the members of
        the object that the schema is a part of.
        """
        if not isinstance(schema, Mapping):
            return schema if isinstance(schema, bool) else True
        if self.omits:
            omitted |= self._omitted(schema)
        if self.omits == "readOnly" and "oneOf" in schema and "discriminator" in schema:
            schema = _marked(schema)
        out: dict[str, Json] = {}
        for word, said in schema.items():
            if word == "required" and isinstance(said, Sequence):
                out[word] = [name for name in said if name not in omitted]
            elif word == "pattern":
                pattern = self._pattern(said)
                out |= {} if pattern is None else {word: pattern}
            elif word not in _IDENTIFIERS:
                out[word] = said if word in _LITERAL else self._said(word, said, omitted)
        return _bounded(out)

    def _said(self, word: str, said: Json, omitted: frozenset[str]) -> Json:
        """What a word says, made ready where it is a schema, or several."""
        if word in _NAMED and isinstance(said, Mapping):
            return self._named(word, said, omitted)
        if isinstance(said, Mapping):
            return self._part(said)
        if isinstance(said, Sequence) and not isinstance(said, str):
            inside = omitted if word in {"allOf", "anyOf", "oneOf"} else frozenset[str]()
            return [self._part(one, inside) if isinstance(one, (Mapping, bool)) else one for one in said]
        return said

    def _named(self, word: str, said: Mapping[str, Json], omitted: frozenset[str]) -> Json:
        named: dict[str, Json] = {}
        for name, one in said.items():
            spelled = self._pattern(name) if word == "patternProperties" else name
            if spelled is not None:
                named[spelled] = True if word == "properties" and name in omitted else self._part(one)
        return named

    def _omitted(self, schema: Schema) -> frozenset[str]:
        """Members that are no part of an object here, whichever of the schemas that it must fit says so."""
        return frozenset(
            name
            for part in parts(schema, self.components, alternatives=False)
            if isinstance(part.get("properties"), Mapping)
            for name, member in part["properties"].items()
            if self.leaves_out(member)
        )

    def leaves_out(self, member: Json) -> bool:
        """Whether a member with that schema is no part of the values here."""
        return bool(self.omits) and self.remembered(member, _is_left_out)

    def _pattern(self, pattern: Json) -> str | None:
        found = usable(pattern) if isinstance(pattern, str) else None
        if found is None:
            self._warn(f"the pattern {pattern!r} is none that can be checked, and whatever comes there passes")
        return found

    def _warn(self, what: str) -> None:
        if what not in self._warned:
            self._warned.add(what)
            log.warning("%s", what)


def _is_left_out(member: Json, checker: Checker) -> bool:
    return any(part.get(checker.omits) is True for part in parts(member, checker.components, alternatives=False))


def _references(schema: Json) -> Iterator[str]:
    waiting: list[Json] = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            if isinstance(one.get("$ref"), str):
                yield one["$ref"].removeprefix(REF)
            for word, said in one.items():
                if word in _NAMED and isinstance(said, dict):
                    waiting.extend(said.values())
                elif word not in _LITERAL:
                    waiting.append(said)


def _marked(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    """With alternatives that are told apart by their mark (OpenAPI 3.1, "Discriminator Object"). Backends read it so,
    though to JSON Schema a value that fits two open ones by their members fits neither.
    """
    said = schema["discriminator"]
    member, mapping = said.get("propertyName"), said.get("mapping", {})
    marks: dict[str, list[str]] = {}
    for mark, target in mapping.items():
        marks.setdefault(str(target).rpartition("/")[2], []).append(mark)
    alternatives = []
    for one in schema["oneOf"]:
        name = str(one.get("$ref", "")).removeprefix(REF) if isinstance(one, Mapping) else ""
        if not name or member is None:
            return schema
        alternatives.append({"allOf": [one, {"properties": {member: {"enum": marks.get(name, [name])}}}]})
    return {**schema, "oneOf": alternatives, "required": [*schema.get("required", ()), member]}


def _bounded(schema: dict[str, Json]) -> dict[str, Json]:
    """With the bounds that OpenAPI's format of a whole number means, which JSON Schema does not know."""
    bounds = _WHOLE.get(schema["format"]) if isinstance(schema.get("format"), str) else None
    if bounds is None:
        return schema
    return {**schema, "allOf": [*schema.get("allOf", ()), {"minimum": bounds[0], "maximum": bounds[1]}]}
