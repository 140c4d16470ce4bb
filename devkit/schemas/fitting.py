"""A value that is known, changed as little as it takes to fit a schema: rows are one thing, and what an operation
promises of them may be another.
"""

from __future__ import annotations

from collections.abc import Mapping

from devkit.schemas.base import Json
from devkit.schemas.checking import Checker
from devkit.schemas.making import Maker
from devkit.schemas.merging import Unsatisfiable
from devkit.schemas.walking import names_of, parts, type_of, types_of


def fitted(value: Json, schema: Json, maker: Maker, key: str) -> Json:
    """The value itself where it fits. Else members are left out that may not be there, those that must be are made, and
    so is what is of another kind, unless it can be written as that: the same each time for the same `key`, and for the
    same id of what the member is of.

    Raises Unsatisfiable.
    """
    return value if maker.checker.fits(schema, value) else _Fitting(maker).fit(value, schema, "", key)


class _Fitting:
    def __init__(self, maker: Maker) -> None:
        self._maker, self._checker = maker, maker.checker

    def fit(self, value: Json, schema: Json, name: str, key: str) -> Json:
        """Raises Unsatisfiable."""
        if self._checker.fits(schema, value):
            return value
        found = self._changed(value, schema, name, key)
        if found is not _NOTHING and self._checker.fits(schema, found):
            return found
        return self._maker.value(schema, key, name=name)

    def _changed(self, value: Json, schema: Json, name: str, key: str) -> Json:
        for part in parts(schema, self._checker.components, alternatives=False):
            for alternative in (*part.get("anyOf", ()), *part.get("oneOf", ())):
                if type_of(value) not in types_of(alternative, self._checker.components):
                    continue
                try:
                    found = self.fit(value, alternative, name, key)
                except Unsatisfiable:
                    continue
                if self._checker.fits(schema, found):
                    return found
        if isinstance(value, Mapping):
            return self._object(value, schema, key)
        if isinstance(value, list):
            return self._array(value, schema, name, key)
        return _respelled(value, types_of(schema, self._checker.components))

    def _object(self, value: Mapping[str, Json], schema: Json, key: str) -> Json:
        components = self._checker.components
        several = list(parts(schema, components))
        named = names_of(schema, components)
        closed = any(part.get("additionalProperties") is False for part in several)
        closed |= any(part.get("unevaluatedProperties") is False for part in several)
        required = {name for part in parts(schema, components, alternatives=False) for name in part.get("required", ())}
        identity = value.get("id")
        key = f"{key}/{identity}" if isinstance(identity, str | int) else key
        out: dict[str, Json] = {}
        for name, one in value.items():
            if closed and name not in named:
                continue
            member = self._checker.member(schema, name)
            spare = one is None and name not in required and not self._checker.fits(member, None)
            if spare or self._checker.leaves_out(member):
                continue
            try:
                out[name] = self.fit(one, member, name, f"{key}/{name}")
            except Unsatisfiable:
                if name in required:
                    raise
        for name in sorted(required - out.keys()):
            member = self._checker.member(schema, name)
            if not self._checker.leaves_out(member):
                out[name] = self._maker.value(member, f"{key}/{name}", name=name)
        return out

    def _array(self, value: list[Json], schema: Json, name: str, key: str) -> Json:
        out: list[Json] = []
        for place, one in enumerate(value):
            try:
                out.append(self.fit(one, self._checker.item(schema, place), name, f"{key}/{place}"))
            except Unsatisfiable:
                continue
        return out


_NOTHING: Json = object()


def _respelled(value: Json, types: frozenset[str]) -> Json:
    """The value as one of these types, where it can be written so."""
    if isinstance(value, bool) or value is None:
        return _NOTHING
    if "string" in types and isinstance(value, int | float):
        return str(value)
    if isinstance(value, str) and types & {"integer", "number"}:
        try:
            return int(value) if value.lstrip("-").isdecimal() else float(value) if "number" in types else _NOTHING
        except ValueError:
            return _NOTHING
    return _NOTHING


def always_fits(schema: Json, columns: Mapping[str, tuple[Json, bool]], checker: Checker) -> bool:
    """Whether every row of these columns fits, as far as can be told without looking at one. Columns are the schemas of
    their values, and whether there always is one that is not null.
    """
    components = checker.components
    named = names_of(schema, components)
    several = list(parts(schema, components))
    if any(word in part for part in several for word in ("anyOf", "oneOf", "not", "if", "unevaluatedProperties")):
        return False
    if any(part.get("additionalProperties", True) is not True for part in several) and not columns.keys() <= named:
        return False
    required = {name for part in several for name in part.get("required", ())}
    if not required <= columns.keys():
        return False
    for name, (column, always) in columns.items():
        if name not in named:
            continue
        member = checker.member(schema, name)
        same = _judging(member) in (_judging(column), {"anyOf": [column, {"type": "null"}]})
        if not same or not (always or checker.fits(member, None)):
            return False
    return True


_SAYING = frozenset({"title", "description", "readOnly", "writeOnly", "default", "examples", "example", "deprecated"})
"""Words of a schema that judge nothing (JSON Schema validation, section 9)."""


def _judging(schema: Json) -> Json:
    """What a schema asks for, without what it only says."""
    if not isinstance(schema, Mapping):
        return schema
    return {word: said for word, said in schema.items() if word not in _SAYING}
