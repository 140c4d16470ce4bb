"""Rows of the contract of yesterday: what fits that of today stays, and what does not is put aside, and named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from sqlite3 import Connection
from typing import Any

import orjson

from devkit.contract.base import Contract
from devkit.contract.resources import Resource
from devkit.domain.rows.values import Values
from devkit.effects import Instant
from devkit.records import dataclass
from devkit.schemas.base import Json
from devkit.storage import places, rows
from devkit.storage.rowindices import note, noted
from devkit.storage.rows import EVERYBODY, Row, Shelf

_NAMED = 10
"""So many rows are named at the most."""

_CONTRACT, _SEEDED = "rows_contract", "rows_seeded"
"""Keys of `meta`: the fingerprint of the contract that the rows fit, and the resources that have had their seed."""


@lru_cache(8)
def fingerprint_of(contract: Contract) -> str:
    """Hexadecimal: of all that rows depend on."""
    told: list[Any] = [contract.components]
    for resource in contract.resources.values():
        columns = [
            [column.name, column.schema, column.required, column.unique, column.server, column.hidden, column.made]
            + ([column.reference.resource] if column.reference else [])
            for column in resource.columns.values()
        ]
        facts = resource.ids, resource.created_at, resource.updated_at, resource.deleted_at, resource.version
        about = [resource.name, resource.owned, columns, [repr(fact) for fact in facts], resource.seed]
        told.append([*about, resource.apart] if resource.apart else about)
    try:
        text = orjson.dumps(told, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        text = json.dumps(told, default=_plain).encode()
    return hashlib.sha256(text).hexdigest()


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def remember(connection: Connection, contract: Contract) -> None:
    """Note which contract the rows fit, and that all its resources have had their seed."""
    seeded = {*seeded_names(connection), *contract.resources}
    note(connection, _CONTRACT, fingerprint_of(contract))
    note(connection, _SEEDED, json.dumps(sorted(seeded)))


def seeded_names(connection: Connection) -> frozenset[str]:
    """The resources that have had their seed."""
    return frozenset(json.loads(noted(connection, _SEEDED) or "[]"))


def fits(connection: Connection, contract: Contract) -> bool:
    """Whether the rows are those of that contract."""
    return noted(connection, _CONTRACT) == fingerprint_of(contract)


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row that was put aside, and why."""

    resource: str
    id: str
    why: str


def refit(connection: Connection, shelves: Mapping[str, tuple[Shelf, Values]], now: Instant) -> Sequence[str]:
    """Bring all rows to what the contract says today: columns that are new are given their default, or null; those that
    are gone are kept where no answer has them, and come back with their column. What does not fit is put aside, and
    comes back when it does. Returns what a person should know, in sentences.
    """
    aside = [misfit for shelf, values in shelves.values() for misfit in _refit(connection, shelf, values, now)]
    told = []
    if aside:
        named = "; ".join(f"{one.resource} {one.id} ({one.why})" for one in aside[:_NAMED])
        more = f"; and {len(aside) - _NAMED} more" if len(aside) > _NAMED else ""
        told.append(
            f"Rows that do not fit the contract any more are kept aside, in no answer until they do: {named}{more}."
        )
    for name, number in rows.strangers(connection, list(shelves)):
        rows_of = "1 row" if number == 1 else f"{number} rows"
        told.append(f"The contract has no resource {name}: {rows_of} of it are kept, and wait for it to come back.")
    return told


def _refit(connection: Connection, shelf: Shelf, values: Values, now: Instant) -> list[Misfit]:
    found: list[Misfit] = []
    for row, was_there in shelf.everything(connection):
        fitted, why = _fitted(shelf.resource, row, values, now, places.place_of(connection, row.owner))
        if why:
            found.append(Misfit(shelf.resource.name, row.id, why))
            if was_there:
                rows.hide(connection, row.number, rows.UNFIT)
            continue
        if not was_there or fitted.owner != row.owner:
            shelf.bring_back(connection, row.number, fitted.owner)
        if shelf.texts(fitted.values) != shelf.texts_of(connection, row.number):
            version = row.version + 1
            shelf.save(connection, fitted._replace(version=version, values=values.numbered(fitted.values, version)))
    return found


def _fitted(resource: Resource, row: Row, values: Values, now: Instant, place: places.Place | None) -> tuple[Row, str]:
    """The row as it has to be today, or why it cannot be."""
    if resource.owned and row.owner == EVERYBODY:
        return row, "it belongs to nobody"
    if place is not None and (not resource.apart or resource.owned == (place.whose == EVERYBODY)):
        return row, f"it belongs to {place.name}, which the contract does not tell apart"
    whole = values.completed(row.values, row.version, now)
    problems: Mapping[str, Json] = values.misfits({}, whole)
    if problems:
        name, problem = next(iter(problems.items()))
        return row, f"{name}: {problem[0].lower()}{problem[1:]}"
    keeps = resource.owned or place is not None
    return row._replace(owner=row.owner if keeps else EVERYBODY, values=whole), ""
