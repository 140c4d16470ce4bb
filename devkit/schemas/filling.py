"""A value as an operation is told it: with the defaults of what was left out, without what is no client's to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import field

from devkit.records import dataclass
from devkit.schemas.base import Json, Schema
from devkit.schemas.checking import Checker
from devkit.schemas.walking import EVERYTHING, default_of, parts

_CHOICES = ("anyOf", "oneOf", "if")


def filled(value: Json, schema: Json, checker: Checker, *, defaults: bool = True) -> Json:
    """The value without the members that the checker omits, and with the `defaults` of those that it lacks (JSON Schema
    validation, section 9.2). Of alternatives, those count that the value fits.
    """
    if isinstance(value, Mapping):
        plan = checker.remembered(schema, _planned)
        if plan.chooses:
            plan = _plan(list(_meant(schema, value, checker)), checker)
        return _followed(plan, value, checker, defaults=defaults)
    if isinstance(value, list):
        return [
            filled(one, checker.item(schema, position), checker, defaults=defaults)
            for position, one in enumerate(value)
        ]
    return value


@dataclass(frozen=True, slots=True)
class _Plan:
    """What becomes of an object's members. `chooses`: that depends on which of several schemas the value fits."""

    omitted: frozenset[str] = frozenset()
    defaults: Mapping[str, Json] = field(default_factory=dict)
    nested: Mapping[str, list[Json]] = field(default_factory=dict)
    others: tuple[Json, ...] = ()
    chooses: bool = False


def _planned(schema: Json, checker: Checker) -> _Plan:
    several = list(parts(schema, checker.components, alternatives=False))
    if any(word in part for part in several for word in _CHOICES):
        return _Plan(chooses=True)
    return _plan(several, checker)


def _plan(several: list[Schema], checker: Checker) -> _Plan:
    members: dict[str, list[Json]] = {}
    for part in several:
        for name, member in part.get("properties", {}).items():
            members.setdefault(name, []).append(member)
    omitted = {name for name, schemas in members.items() if any(map(checker.leaves_out, schemas))}
    usual: dict[str, Json] = {}
    for name, schemas in members.items():
        for schema in schemas:
            has_default, default = default_of(schema, checker.components)
            if has_default and name not in omitted:
                usual.setdefault(name, default)
    others = tuple(one for part in several if isinstance(one := part.get("additionalProperties"), Mapping))
    return _Plan(frozenset(omitted), usual, members, others)


def _followed(plan: _Plan, value: Mapping[str, Json], checker: Checker, *, defaults: bool) -> dict[str, Json]:
    out = {name: one for name, one in value.items() if name not in plan.omitted} if plan.omitted else dict(value)
    for name, one in out.items():
        if isinstance(one, (Mapping, list)):
            for schema in plan.nested.get(name, plan.others):
                out[name] = filled(out[name], schema, checker, defaults=defaults)
    if defaults:
        for name, default in plan.defaults.items():
            if name not in out:
                # Its own: what is told may be changed by whoever keeps it.
                out[name] = deepcopy(default)
    return out


def _meant(schema: Json, value: Json, checker: Checker) -> Iterator[Schema]:
    """The parts of a schema that say something of this value."""
    for part in parts(schema, checker.components, alternatives=False):
        yield part
        for word in ("anyOf", "oneOf"):
            for alternative in part.get(word, ()):
                if checker.fits(alternative, value):
                    yield from _meant(alternative, value, checker)
        if "if" in part:
            branch = part.get("then" if checker.fits(part["if"], value) else "else", EVERYTHING)
            yield from _meant(branch, value, checker)
