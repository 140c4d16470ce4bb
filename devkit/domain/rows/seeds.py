"""The rows that a contract begins with: those that it names, or so many that are made up, the same each time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import count
from sqlite3 import Connection
from typing import Any

from devkit.contract.base import Contract
from devkit.contract.resources import Column, Resource
from devkit.domain.rows.fitting import fingerprint_of, remember
from devkit.domain.rows.values import Values
from devkit.effects import HOUR, Instant, Randomness
from devkit.records import dataclass
from devkit.schemas.base import Json
from devkit.schemas.checking import Checker
from devkit.storage import rows, users
from devkit.storage.rowindices import index
from devkit.storage.rows import EVERYBODY, Row, Shelf, shelves_of

log = logging.getLogger("devkit")

Make = Callable[[Resource, int, Mapping[str, Json]], Mapping[str, Json]]
"""A row of that number, with what is given. Raises an exception where nothing fits its schemas."""

Makers = Callable[[int, Instant], Make]
"""What makes rows for a seed's number, and what is now."""

_WEEKS = 8 * 7 * 24 * HOUR
"""How far before the epoch seeded rows begin."""
_OTHERS = 5
"""One in so many rows is another user's than the first one's."""
_LINKS = 3
"""So many rows a list of references names at the most."""


@dataclass(frozen=True, slots=True)
class _Planned:
    """A row that is to be made, and what is known of it before the others are."""

    owner: int
    id: str
    at: Instant
    number: int
    given: Mapping[str, Json]
    is_told: bool


class RowSeeds:
    """Fills databases with a contract's rows. `makers` says who makes up what nobody wrote."""

    def __init__(self, contract: Contract, makers: Makers | None = None) -> None:
        self._contract, self._makers = contract, makers
        self._shelves = shelves_of(contract)

    @property
    def fingerprint(self) -> str:
        """Hexadecimal: another contract, another fingerprint."""
        return fingerprint_of(self._contract)

    def fill(self, connection: Connection, number: int, epoch: Instant, besides: Collection[str] = ()) -> None:
        """Add the rows of all resources but those named, which have theirs; and what finds rows quickly. `connection`
        is in a transaction, users are there.
        """
        index(connection, self._shelves.values())
        wanted = [name for name in self._shelves if name not in besides]
        if any(self._contract.resources[name].seed for name in wanted):
            makers = self._makers or _inventor(self._contract)
            _Seeding(connection, self._contract, self._shelves, number, epoch, makers(number, epoch)).fill(wanted)
        remember(connection, self._contract)


def _inventor(contract: Contract) -> Makers:
    # Faker takes a while to load.
    from devkit.storage.inventing import Inventor

    return lambda number, epoch: Inventor(contract.components, number, epoch).make


class _Seeding:
    """One filling of a database."""

    def __init__(
        self,
        connection: Connection,
        contract: Contract,
        shelves: Mapping[str, Shelf],
        number: int,
        epoch: Instant,
        make: Make,
    ) -> None:
        self._connection, self._contract, self._shelves = connection, contract, shelves
        self._chance, self._epoch, self._make = Randomness(number, "seed"), epoch, make
        self._checker = Checker(contract.components)
        self._users = users.numbers(connection)
        self._ids = {name: rows.ids(connection, name) for name in shelves}
        """By the resource, whose each row is, by its id, in the order in which they were made."""

    def fill(self, wanted: Sequence[str]) -> None:
        # All ids first: rows may refer to each other in a circle.
        planned = {name: [*self._plan(self._shelves[name])] for name in wanted}
        while (
            lost := next((name for name in planned if planned[name] and self._lacks(name, planned)), None)
        ) is not None:
            log.warning("%s has no rows to begin with: there is nothing that they could refer to", lost)
            planned[lost] = []
        for name in wanted:
            known = self._ids[name]
            # What refers to its own kind refers to what was made before.
            for row in planned[name]:
                known[row.id] = row.owner
        for name in wanted:
            self._insert(self._shelves[name], planned[name])

    def _lacks(self, name: str, planned: Mapping[str, Sequence[_Planned]]) -> bool:
        """Whether rows of a resource must refer to others of which there are none."""
        shelf = self._shelves[name]
        needed = {
            column.reference.resource
            for column in shelf.resource.columns.values()
            if column.reference and column.required and shelf.columns.kinds[column.name] != "array"
        }
        is_told = planned[name][0].is_told
        return not is_told and any(not planned.get(one) and not self._ids[one] for one in needed & self._ids.keys())

    def _plan(self, shelf: Shelf) -> Iterator[_Planned]:
        resource, chance = shelf.resource, self._chance.branch(f"rows/{shelf.resource.name}")
        told: Sequence[Mapping[str, Json]] = () if isinstance(resource.seed, int) else resource.seed
        total = resource.seed if isinstance(resource.seed, int) else len(told)
        if resource.owned and not self._users:
            return
        values = Values(resource, shelf.columns, self._checker.check, None)
        counted = count(1)
        taken = {str(one[resource.ids.name]) for one in told if one.get(resource.ids.name) is not None}
        for position in range(total):
            # One after another, the last one shortly before the epoch.
            at = self._epoch - HOUR - (_WEEKS * (total - 1 - position) + chance.integer(0, _WEEKS)) // (total + 1)
            given = told[position] if told else {}
            if given.get(resource.ids.name) is not None:
                row_id = str(given[resource.ids.name])
            elif resource.ids.kind == "integer":
                row_id = next(text for text in map(str, counted) if text not in taken)
            elif resource.ids.kind == "given":
                row_id = str(self._given_id(resource, position + 1))
            else:
                fresh = values.new_id(given, chance, at)
                row_id = fresh.text or fresh.uuid
            yield _Planned(self._owner(resource, position, bool(told)), row_id, at, position + 1, given, bool(told))

    def _given_id(self, resource: Resource, number: int) -> Json:
        column = resource.columns.get(resource.ids.name)
        names = f"{resource.singular}-{number}", number, str(number)
        fitting = (name for name in names if column is None or self._checker.fits(column.schema, name))
        return next(fitting, names[0])

    def _owner(self, resource: Resource, position: int, is_told: bool) -> int:
        if not resource.owned:
            return EVERYBODY
        others = self._users[1:]
        # What somebody wrote down is for the user whom they sign in as.
        if is_told or not others or position % _OTHERS != _OTHERS - 1:
            return int(self._users[0])
        return int(others[position // _OTHERS % len(others)])

    def _insert(self, shelf: Shelf, planned: Sequence[_Planned]) -> None:
        resource = shelf.resource
        chance = self._chance.branch(f"rows/{resource.name}/references")
        columns = resource.columns
        earlier: dict[str, int] = {}
        for row in planned:
            given, lacks = self._given(shelf, row), False
            for name, column in columns.items():
                if column.reference is not None and name not in given:
                    found = self._references(shelf, column, row, earlier, chance)
                    lacks |= found is None and column.required and column.reference.resource in self._shelves
                    if found is not None or name in shelf.columns.nullable or not column.required:
                        given[name] = found
            if lacks:
                # What it would have to refer to is another user's.
                self._ids[resource.name].pop(row.id, None)
                continue
            earlier[row.id] = row.owner
            try:
                made = dict(self._make(resource, row.number, given))
            except Exception as error:  # noqa: BLE001 - a schema that nothing fits is a user's, and no reason to stop
                log.warning("%s has no rows to begin with: %s", resource.name, error)
                return
            values = {
                name: made.get(name)
                for name, column in columns.items()
                if made.get(name) is not None or name in shelf.columns.nullable
            }
            if resource.ids.name not in columns:
                values = {resource.ids.name: row.id, **values}
            shelf.insert(self._connection, Row(rows.next_number(self._connection), row.owner, row.id, 1, values))
        if resource.ids.kind == "integer":
            rows.count_from(self._connection, resource.name, [row.id for row in planned])

    def _given(self, shelf: Shelf, row: _Planned) -> dict[str, Json]:
        """What is known of a row."""
        resource, columns = shelf.resource, shelf.columns
        found: dict[str, Json] = {name: columns.moment(name, row.at) for name in (resource.created_at,) if name}
        if resource.updated_at:
            found[resource.updated_at] = columns.moment(resource.updated_at, row.at)
        found |= {name: value for name, value in ((resource.version, 1), (resource.deleted_at, None)) if name}
        if row.is_told:
            # Who writes rows down leaves out what they have not.
            found |= {
                name: columns.defaults.get(name)
                for name, column in resource.columns.items()
                if not (column.required or column.server or column.made)
            }
        found |= {name: value for name, value in row.given.items() if name in resource.columns}
        name, counts = resource.ids.name, resource.ids.kind == "integer" and row.id.isdigit()
        found[name] = int(row.id) if counts else columns.typed(name, row.id)
        return found

    def _references(
        self, shelf: Shelf, column: Column, row: _Planned, earlier: Mapping[str, int], chance: Randomness
    ) -> Json:
        """Ids of rows that this one may refer to; None for none."""
        reference = column.reference
        target = self._shelves.get(reference.resource) if reference else None
        if target is None:
            return None
        own = target.resource is shelf.resource
        ids = earlier if own else self._ids[target.resource.name]
        seen = [row_id for row_id, owner in ids.items() if owner in (EVERYBODY, row.owner)]
        if not seen and own and column.required:
            seen = [row.id]
        drawn = chance.fraction()
        if not seen or (own and not column.required and drawn < 0.5):
            return [] if shelf.columns.kinds[column.name] == "array" else None
        counts = target.resource.ids.kind == "integer"

        def typed(row_id: str) -> Any:
            kind = shelf.columns.kinds[column.name]
            return int(row_id) if counts and kind != "text" and row_id.isdigit() else row_id

        if shelf.columns.kinds[column.name] == "array":
            wanted = {seen[chance.integer(0, len(seen) - 1)]: None for _ in range(chance.integer(0, _LINKS))}
            return [int(one) if counts and one.isdigit() else one for one in wanted]
        if column.unique:
            return typed(seen[row.number - 1]) if row.number <= len(seen) else None
        return typed(seen[chance.integer(0, len(seen) - 1)])
