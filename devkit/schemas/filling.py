"""A value as an operation is told it: with the defaults of what was left out, without what is no client's to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from devkit.schemas.base import Json, Schema
from devkit.schemas.checking import Checker
from devkit.schemas.walking import EVERYTHING, default_of, parts


def filled(value: Json, schema: Json, checker: Checker, *, defaults: bool = True) -> Json:
    """The value without the members that the checker omits, and with the `defaults` of those that it lacks (JSON Schema
    validation, section 9.2). Of alternatives, those count that the value fits.
    """
    if isinstance(value, Mapping):
        out = dict(value)
        meant = list(_meant(schema, value, checker))
        members = _members(meant)
        for name in members:
            if any(checker.leaves_out(member) for member in members[name]):
                out.pop(name, None)
            elif name in out:
                for member in members[name]:
                    out[name] = filled(out[name], member, checker, defaults=defaults)
            elif defaults:
                _give(out, name, members[name], checker)
        for name in out.keys() - members.keys():
            for part in meant:
                other = part.get("additionalProperties")
                if isinstance(other, Mapping):
                    out[name] = filled(out[name], other, checker, defaults=defaults)
        return out
    if isinstance(value, list):
        return [
            filled(one, checker.item(schema, position), checker, defaults=defaults)
            for position, one in enumerate(value)
        ]
    return value


def _give(out: dict[str, Json], name: str, members: list[Json], checker: Checker) -> None:
    for member in members:
        has_default, default = default_of(member, checker.components)
        if has_default:
            out[name] = default
            return


def _members(meant: list[Schema]) -> dict[str, list[Json]]:
    members: dict[str, list[Json]] = {}
    for part in meant:
        for name, member in part.get("properties", {}).items():
            members.setdefault(name, []).append(member)
    return members


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
