"""Rows that refer to rows: what must be there, and what becomes of those that refer to one that goes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from sqlite3 import Connection
from typing import Literal, NamedTuple

from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.resources import Column, Resource
from devkit.contract.shapes import Told
from devkit.domain.base import Caller
from devkit.domain.rows.values import settled
from devkit.effects import Instant
from devkit.records import dataclass
from devkit.schemas.base import Json
from devkit.storage import places, rows
from devkit.storage.rows import EVERYBODY, Row, Shelf


@dataclass(frozen=True, slots=True)
class Consequence:
    """What happens to a row because another goes: it goes too, or the columns do not name that one any more."""

    kind: Literal["deleted", "updated"]
    resource: Resource
    row: Row


def owner_in(resource: Resource, caller: Caller) -> int:
    """Whose rows of a resource the caller sees. Raises DomainError `unauthorized` where they are somebody's, and
    nobody calls.
    """
    return caller.number if resource.owned else EVERYBODY


_NOWHERE: Mapping[str, str] = {}


class Sight(NamedTuple):
    """Whose rows a call sees: the caller's, or everybody's; of those that are kept apart, what is at its `places`,
    which are named by resources. `above` are columns of rows that lie below one that is part of their place.
    """

    caller: Caller
    places: Mapping[str, str]
    above: Mapping[str, str]

    def owner(self, connection: Connection, resource: Resource) -> int:
        whose, name = owner_in(resource, self.caller), self.places.get(resource.name)
        return whose if name is None else places.seen_at(connection, resource.name, whose, name)

    def own(self, connection: Connection, shelf: Shelf) -> int:
        """The same for a call that writes."""
        resource = shelf.resource
        whose, name = owner_in(resource, self.caller), self.places.get(resource.name)
        if name is None:
            return whose
        return places.own_at(connection, resource.name, whose, name, *shelf.columns.called(self.above))


def sight_of(by: ByResource | ByTransition, caller: Caller, told: Told) -> Sight:
    """What a call sees."""
    if not by.places:
        return Sight(caller, _NOWHERE, _NOWHERE)
    named = {resource: places.name_of(told.path[name] for name in names) for resource, names in by.places.items()}
    here = by.places.get(by.resource, ())
    return Sight(caller, named, {by.parent[name]: str(told.path[name]) for name in here if name in by.parent})


class References:
    """Those between all resources of a contract."""

    def __init__(self, shelves: Mapping[str, Shelf]) -> None:
        self._shelves = shelves
        self._inward: dict[str, list[tuple[Shelf, Column]]] = {}
        for shelf in shelves.values():
            for column in shelf.resource.columns.values():
                if column.reference is not None:
                    self._inward.setdefault(column.reference.resource, []).append((shelf, column))

    def reach(self, resource: Resource) -> bool:
        """Whether other rows, or answers about them, may be others where one of these goes."""
        return resource.name in self._inward

    def missing(
        self,
        connection: Connection,
        sight: Sight,
        resource: Resource,
        before: Mapping[str, Json],
        after: Row,
        apart: Mapping[str, Json],
    ) -> Iterator[tuple[str, str]]:
        """The columns, of those that are others than before, that name a row that the caller cannot see, or that is not
        among those that have what sets these rows `apart`.
        """
        for name, column in resource.columns.items():
            target = column.reference and self._shelves.get(column.reference.resource)
            value = after.values.get(name)
            if not target or value is None or before.get(name) == value:
                continue
            owner = sight.owner(connection, target.resource)
            for one in _named(value):
                if not _holds(target, connection, owner, one, apart):
                    yield name, f"There is no {target.resource.singular} {one}"
                    break

    def require(self, connection: Connection, sight: Sight, resource: Resource, above: Mapping[str, Json]) -> None:
        """See that what the path names is there. Raises DomainError `not_found`."""
        for name, value in above.items():
            column = resource.columns.get(name)
            target = column and column.reference and self._shelves.get(column.reference.resource)
            if target and not target.holds(connection, sight.owner(connection, target.resource), str(value)):
                raise DomainError("not_found", f"There is no such {target.resource.singular}")

    def consequences(
        self, connection: Connection, leaving: Sequence[tuple[Resource, Row]], owners: Collection[int] = ()
    ) -> list[Consequence]:
        """What has to happen to others where rows are `leaving`, without those that are to go first; whatever these
        `owners` have goes by itself. Raises DomainError `conflict` where one of the others keeps one of them, and does
        not go itself.
        """
        going = {row.number: Consequence("deleted", resource, row) for resource, row in leaving}
        staying: dict[int, Consequence] = {}
        kept: list[tuple[Resource, Row, Consequence]] = []
        waiting, first = [*going.values()], frozenset(going)
        while waiting:
            gone = waiting.pop(0)
            for shelf, column in self._inward.get(gone.resource.name, ()):
                for found in _referring(connection, shelf, column, gone):
                    if found.number in going or found.owner in owners:
                        continue
                    on_delete = column.reference.on_delete if column.reference else "restrict"
                    if on_delete == "cascade":
                        going[found.number] = Consequence("deleted", shelf.resource, found)
                        waiting.append(going[found.number])
                    elif on_delete == "clear" and not (column.required and not isinstance(_of(found, column), list)):
                        before = staying[found.number].row if found.number in staying else found
                        cleared = _without(before, column, gone.row.id, column.name in shelf.columns.nullable)
                        staying[found.number] = Consequence("updated", shelf.resource, cleared)
                    else:
                        kept.append((shelf.resource, found, gone))
        for resource, found, of in kept:
            if found.number not in going:
                what = f"the {of.resource.singular} {of.row.id}"
                raise DomainError("conflict", f"The {resource.singular} {found.id} refers to {what}: delete it first")
        others = [consequence for number, consequence in going.items() if number not in first]
        return [consequence for number, consequence in staying.items() if number not in going] + others

    def leave(self, connection: Connection, number: int, now: Instant) -> list[Consequence]:
        """Do what follows for others where the user of that number goes, with all that is theirs; what it made of rows
        is returned. Raises DomainError `conflict` as `consequences` does.
        """
        owners = {number, *places.of_user(connection, number)}
        leaving = [
            (shelf.resource, row)
            for name, shelf in self._shelves.items()
            if name in self._inward and shelf.resource.owned
            for owner in owners
            for row in shelf.of_owner(connection, owner)
        ]
        others = self.consequences(connection, leaving, owners)
        return [self.carry_out(connection, consequence, now) for consequence in others]

    def carry_out(self, connection: Connection, consequence: Consequence, now: Instant) -> Consequence:
        """Do what follows; what it made of the row is returned."""
        resource, row = consequence.resource, consequence.row
        if consequence.kind == "deleted":
            return replace(consequence, row=self.remove(connection, resource, row, now))
        version = row.version + 1
        shelf = self._shelves[resource.name]
        changed = row._replace(version=version, values=settled(resource, shelf.columns, row.values, version, now))
        shelf.save(connection, changed)
        return replace(consequence, row=changed)

    def remove(self, connection: Connection, resource: Resource, row: Row, now: Instant) -> Row:
        """Let a row go: it is kept, and in no answer, where its resource says when it was deleted."""
        if not resource.deleted_at:
            rows.delete(connection, row.number)
            return row
        shelf, version = self._shelves[resource.name], row.version + 1
        gone = {**row.values, resource.deleted_at: shelf.columns.moment(resource.deleted_at, now)}
        changed = row._replace(version=version, values=settled(resource, shelf.columns, gone, version, now))
        shelf.save(connection, changed)
        rows.hide(connection, row.number, rows.DELETED)
        return changed


def _holds(shelf: Shelf, connection: Connection, owner: int, row_id: str, apart: Mapping[str, Json]) -> bool:
    told = {name: value for name, value in apart.items() if name in shelf.resource.columns}
    if not told:
        return shelf.holds(connection, owner, row_id)
    row = shelf.find(connection, owner, row_id)
    return row is not None and all(row.values.get(name) == value for name, value in told.items())


def _referring(connection: Connection, shelf: Shelf, column: Column, gone: Consequence) -> Sequence[Row]:
    """The rows that name one that goes: where those are kept apart, only the ones at its place, and of rows that users
    have only its user's, since ids need be the only ones of each.
    """
    found = shelf.referring(connection, column.name, gone.row.id)
    if not gone.resource.apart:
        return found
    place = places.place_of(connection, gone.row.owner)
    if place is None:
        return [row for row in found if row.owner >= EVERYBODY]
    # They are where it is, or below it alone.
    below = len(shelf.resource.apart) > len(gone.resource.apart)
    name = f"{place.name}/{places.name_of([gone.row.id])}" if below else place.name
    like = shelf.columns.called({column.name: gone.row.id} if below else {})
    whose = place.whose if shelf.resource.owned and gone.resource.owned else None
    if shelf.resource.apart:
        # What there is at the beginning goes here, and stays elsewhere.
        for owner in {row.owner for row in found if row.owner >= EVERYBODY}:
            if whose in (None, owner):
                places.own_at(connection, shelf.resource.name, owner, name, *like)
        found = shelf.referring(connection, column.name, gone.row.id)
    mine = places.within(connection, shelf.resource.name, place.name, whose)
    return [row for row in found if row.owner in mine]


def _of(row: Row, column: Column) -> Json:
    return row.values.get(column.name)


def _named(value: Json) -> Iterator[str]:
    """The ids that a column of references names."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str | int) and not isinstance(one, bool):
            yield str(one)


def _without(row: Row, column: Column, row_id: str, nullable: bool) -> Row:
    """The row without what its column says of that one."""
    value = _of(row, column)
    values = {name: one for name, one in row.values.items() if name != column.name or nullable}
    if isinstance(value, list):
        values = {**row.values, column.name: [one for one in value if str(one) != row_id]}
    elif nullable:
        values[column.name] = None
    return row._replace(values=values)
