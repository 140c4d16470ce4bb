"""Rows that nobody wrote: believable, and the same each time for the same seed and number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from devkit.contract.resources import Column, Resource
from devkit.effects import Instant
from devkit.schemas.base import Components, Json, Schema
from devkit.schemas.checking import Checker
from devkit.schemas.making import Maker


class Inventor:
    """Makes rows of a contract's resources. `now` is the sandbox's present: what has a date, has one near it."""

    def __init__(self, components: Components, seed: int, now: Instant) -> None:
        self._checker = Checker(components)
        self._maker = Maker(self._checker, seed, now)
        self._schemas: dict[tuple[str, frozenset[str]], Schema] = {}

    def make(self, resource: Resource, number: int, given: Mapping[str, Json]) -> dict[str, Json]:
        """The row of that number: all columns of the resource, those that are `given` (ids, references, instants of the
        server's) as they are. What must be unique is, among the rows of a seed.

        Raises Unsatisfiable, with the column's name, where nothing fits its schema.
        """
        key = f"{resource.name}/{number}"
        made = self._maker.value(self._schema(resource, given), key, of=resource.singular, varied=True)
        for name, column in resource.columns.items():
            if column.unique and name not in given:
                made[name] = self._distinct(made.get(name), column, number, key)
        return {name: given[name] if name in given else made.get(name) for name in resource.columns}

    def value(self, schema: Schema, number: int, name: str = "") -> Json:
        """A value for one column, the same for the same number. Raises Unsatisfiable."""
        return self._maker.value(schema, f"{name}/{number}", name=name, varied=True)

    def _schema(self, resource: Resource, given: Mapping[str, Json]) -> Schema:
        """That of what has to be made. What is given needs not fit: nobody here judges it."""
        key = (resource.name, frozenset(given))
        found = self._schemas.get(key)
        if found is None:
            left = {name: column for name, column in resource.columns.items() if name not in given}
            found = self._schemas[key] = {
                "type": "object",
                "properties": {name: column.schema for name, column in left.items()},
                "required": [name for name, column in left.items() if column.required or column.server],
            }
        return found

    def _distinct(self, value: Json, column: Column, number: int, key: str) -> Json:
        """The value, with the row's number in it where that fits."""
        for one in (*_numbered(value, number), *_numbered(self._again(column, key), number)):
            if self._checker.fits(column.schema, one):
                return one
        # A pattern, or a format that has no room for a number: hardly ever the same twice.
        return self._again(column, key)

    def _again(self, column: Column, key: str) -> Json:
        return self._maker.value(column.schema, f"{key}/{column.name}", name=column.name, varied=True)


def _numbered(value: Json, number: int) -> Iterator[Json]:
    if isinstance(value, str) and "@" in value:
        head, _, domain = value.rpartition("@")
        yield f"{head}{number}@{domain}"
    elif isinstance(value, str):
        yield from (
            f"{value}{joint}{number}" for joint in ("" if value.islower() and " " not in value else " ", "-", "")
        )
        yield f"{value[: -len(str(number))]}{number}"
    elif isinstance(value, int) and not isinstance(value, bool):
        yield number
        yield value // 10**6 * 10**6 + number
