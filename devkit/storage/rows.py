"""Rows of resources: what is kept for a contract of somebody's own.

One table holds all of them, so that no schema depends on a user's file. A row's `json` is as it is answered, ready to
send; `hidden` is what else is kept of it. `row_counts` counts those that are there, by resource and owner. Each is
somebody's, by the number of the account, or everybody's (0), or, below 0, at a place (see `places`): nobody reaches
another user's rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from sqlite3 import Connection
from typing import Any, NamedTuple

import orjson

from devkit.contract.base import Contract
from devkit.contract.resources import Record, Resource
from devkit.schemas.base import Components, Json
from devkit.storage.listed import Numbered, joined, numbers
from devkit.storage.rowcolumns import Columns, Condition, Selection
from devkit.storage.taskids import number_told, task_id

EVERYBODY = 0
"""The owner of rows that all users see."""

DELETED, UNFIT = "deleted", "unfit"
"""Why a row is gone: it was softly deleted, or does not fit what the contract says today."""


class Row(NamedTuple):
    """A row as it stands. `values` are all that it holds, whatever columns there are."""

    number: int
    owner: int
    id: str
    version: int
    values: dict[str, Json]


class NewId(NamedTuple):
    """What the id of a new row is made of: itself, or a UUID that is told the row's number, or nothing for one that
    counts.
    """

    text: str = ""
    uuid: str = ""


_INSERT = "INSERT INTO rows (number, resource, owner, id, told, version, json, hidden) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_TOLD = "number = ? AND resource = ? AND owner = ? AND id = ? AND gone IS NULL"
_OWN = "resource = ? AND id = ? AND told = 0 AND owner = ? AND gone IS NULL"
_ROW = "number, owner, id, version, json, hidden"
_STATEMENTS = 500

ready_rows = Numbered("rows").ready_rows


class Shelf:
    """Where the rows of one resource stand."""

    def __init__(self, resource: Resource, components: Components) -> None:
        self.resource = resource
        self.columns = Columns(resource, components)
        self._name = resource.name
        self._order = list(resource.columns)
        if resource.ids.name not in resource.columns:
            self._order.insert(0, resource.ids.name)
        self._hidden = frozenset(name for name, column in resource.columns.items() if column.hidden)
        self._statements: dict[tuple[str, str, tuple[str, ...], bool], str] = {}

    # Reading

    def count_all(self, connection: Connection, owner: int) -> int:
        """How many there are."""
        row = connection.execute(
            "SELECT count FROM row_counts WHERE resource = ? AND owner = ?", (self._name, owner)
        ).fetchone()
        return int(row[0]) if row else 0

    def count(self, connection: Connection, owner: int, selection: Selection) -> int:
        """How many it selects."""
        if selection.is_whole:
            return self.count_all(connection, owner)
        where, given = self._where(owner, selection)
        return int(connection.execute(f"SELECT count(*) FROM rows WHERE {where}", given).fetchone()[0])

    def page(self, connection: Connection, owner: int, selection: Selection, limit: int, offset: int) -> list[Row]:
        found = connection.execute(*self._select(_ROW, owner, selection, limit, offset))
        return [row_of(row) for row in found]

    def ready_page(
        self, connection: Connection, owner: int, selection: Selection, limit: int, offset: int, total: int
    ) -> str:
        """The same page of all `total` rows, as they are answered, with commas between them."""
        beyond = total - offset - limit
        if beyond >= offset or not selection.in_index_order:
            return joined(connection, *self._select("json", owner, selection, limit, offset))
        # The end of the index is nearer.
        statement, given = self._select(
            "number", owner, selection, limit + min(beyond, 0), max(beyond, 0), backwards=True
        )
        return ready_rows(connection, numbers(connection, statement, given)[::-1])

    def numbers(
        self, connection: Connection, owner: int, selection: Selection, limit: int = -1, offset: int = 0
    ) -> Sequence[int]:
        """The numbers of the rows that it selects (all, or a page of them), in its order."""
        return numbers(connection, *self._select("number", owner, selection, limit, offset))

    ready_rows = staticmethod(ready_rows)

    def behind(
        self, connection: Connection, owner: int, selection: Selection, after: Sequence[Any] | None, limit: int
    ) -> Sequence[int]:
        """The numbers of rows behind the place that `place_of` gave, or the first ones."""
        where, given = self._where(owner, selection)
        if after is not None:
            clause, more = self.columns.behind(selection.order, after)
            where, given = f"{where} AND {clause}", (*given, *more)
        order = self.columns.order(selection.order)
        statement = f"SELECT number FROM rows WHERE {where} ORDER BY {order} LIMIT ?"
        return numbers(connection, statement, (*given, limit))

    def place_of(self, connection: Connection, selection: Selection, number: int) -> list[Any]:
        """Where a row stands in an order: what it is sorted by, and its number."""
        values = [self.columns.value(name.lstrip("-")) for name in selection.order]
        found = connection.execute(f"SELECT {', '.join([*values, 'number'])} FROM rows WHERE number = ?", (number,))
        return list(found.fetchone())

    def rows(self, connection: Connection, wanted: Sequence[int]) -> list[Row]:
        """Rows by their numbers."""
        return [row_of(connection.execute(_select(_ROW, "number = ?"), (number,)).fetchone()) for number in wanted]

    def _select(
        self, columns: str, owner: int, selection: Selection, limit: int, offset: int, *, backwards: bool = False
    ) -> tuple[str, tuple[Any, ...]]:
        where, given = self._where(owner, selection)
        key = columns, where, selection.order, backwards
        statement = self._statements.get(key)
        if statement is None:
            order = self.columns.order(selection.order, backwards=backwards)
            statement = f"SELECT {columns} FROM rows WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
            # Few, but for those that somebody makes up.
            if len(self._statements) < _STATEMENTS:
                self._statements[key] = statement
        return statement, (*given, limit, offset)

    def _where(self, owner: int, selection: Selection) -> tuple[str, tuple[Any, ...]]:
        clauses = [self.columns.mine, "owner = ?"]
        given: list[Any] = [owner]
        for condition in selection.where:
            clause, values = self.columns.condition(condition)
            clauses.append(clause)
            given += values
        if selection.q:
            clause, values = self.columns.search(selection.q)
            clauses.append(clause)
            given += values
        return " AND ".join(clauses), tuple(given)

    def selects(self, connection: Connection, values: Mapping[str, Json], selection: Selection) -> bool:
        """Whether it would select a row with these values, which need not be stored."""
        where, given = self._where(EVERYBODY, selection)
        one = "WITH rows (number, resource, owner, gone, json, hidden) AS (VALUES (0, ?, ?, NULL, ?, ?))"
        row = (self._name, EVERYBODY, *self.texts(values))
        return connection.execute(f"{one} SELECT 1 FROM rows WHERE {where}", (*row, *given)).fetchone() is not None

    def holds(self, connection: Connection, owner: int, row_id: str) -> bool:
        """Whether there is a row of that id."""
        return self._find(connection, "1", owner, row_id) is not None

    def taken(
        self, connection: Connection, owner: int, column: str, value: Json, besides: int, apart: Mapping[str, Json]
    ) -> bool:
        """Whether another row of the owner's has that value, among those that have what sets them `apart`."""
        clauses, given = [self.columns.mine, "owner = ?", "number <> ?"], [owner, besides]
        for name, one in ((column, value), *apart.items()):
            clause, values = self.columns.condition(Condition(name, "in", (plain(one),)))
            clauses.append(clause)
            given += values
        return connection.execute(_select("1", f"{' AND '.join(clauses)} LIMIT 1"), given).fetchone() is not None

    def referring(self, connection: Connection, column: str, row_id: str) -> list[Row]:
        """The rows of all users that name a row in a column of references."""
        # Ids that count are numbers in the one contract, and texts in the other.
        values = (row_id, int(row_id)) if row_id.isascii() and row_id.isdigit() and len(row_id) < 19 else (row_id,)
        clause, given = self.columns.condition(Condition(column, "in", values))
        return self._by(connection, clause, given)

    def saying(self, connection: Connection, path: str, value: Json) -> list[Row]:
        """The rows of all users that have that value in a column, or in a member of an object in it (`author.id`)."""
        return self._by(connection, *self.columns.condition(Condition(path, "in", (plain(value),))))

    def of_owner(self, connection: Connection, owner: int) -> list[Row]:
        """All rows of one owner."""
        return self._by(connection, "owner = ?", (owner,))

    def _by(self, connection: Connection, clause: str, given: Sequence[Any]) -> list[Row]:
        statement = f"SELECT {_ROW} FROM rows WHERE {self.columns.mine} AND {clause} ORDER BY number"
        return [row_of(found) for found in connection.execute(statement, given)]

    def find(self, connection: Connection, owner: int, row_id: str) -> Row | None:
        found = self._find(connection, _ROW, owner, row_id)
        return row_of(found) if found else None

    def find_ready(self, connection: Connection, owner: int, row_id: str) -> tuple[str, int] | None:
        """The row as it is answered, and its version."""
        found: tuple[str, int] | None = self._find(connection, "json, version", owner, row_id)
        return found

    def _find(self, connection: Connection, columns: str, owner: int, row_id: str) -> Any:
        told = number_told(row_id)
        found = None
        if told is not None:
            found = connection.execute(_select(columns, _TOLD), (told, self._name, owner, row_id)).fetchone()
        return found or connection.execute(_select(columns, _OWN), (self._name, row_id, owner)).fetchone()

    def record(self, row: Row) -> Record:
        """The row by the columns that there are."""
        values = row.values
        return Record(row.id, {name: values[name] for name in self._order if name in values}, row.version)

    # Writing

    def new_id(self, connection: Connection, given: NewId, owner: int = EVERYBODY) -> tuple[int, str]:
        """Number and id of a new row. Those that count do so at each place by themselves."""
        number = next_number(connection)
        if given.uuid:
            return number, task_id(given.uuid, number)
        if given.text:
            return number, given.text
        counted = connection.execute(
            "INSERT INTO row_ids VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
            (self._name, min(owner, EVERYBODY)),
        ).fetchone()
        return number, str(counted[0])

    def has_id(self, connection: Connection, row_id: str, owner: int = EVERYBODY) -> bool:
        """Whether a row of anybody's has that id, or, where the owner is a place, one there; or had it and is gone. For
        ids that tell no number.
        """
        statement = "SELECT 1 FROM rows WHERE resource = ? AND id = ? AND told = 0"
        if owner < EVERYBODY:
            found = connection.execute(f"{statement} AND owner = ?", (self._name, row_id, owner))
        else:
            found = connection.execute(statement, (self._name, row_id))
        return found.fetchone() is not None

    def insert(self, connection: Connection, row: Row) -> str:
        """Add a row; its number is that of a new one. Returns what is stored ready to send."""
        ready, hidden = self.texts(row.values)
        told = number_told(row.id) == row.number
        connection.execute(_INSERT, (row.number, self._name, row.owner, row.id, told, row.version, ready, hidden))
        return ready

    def restore(self, connection: Connection, row: Row) -> None:
        """Put back a row that was deleted, where it was, unless its number was given away."""
        # What was softly deleted stands there still.
        connection.execute("DELETE FROM rows WHERE number = ? AND id = ?", (row.number, row.id))
        if connection.execute("SELECT 1 FROM rows WHERE number = ?", (row.number,)).fetchone():
            row = row._replace(number=next_number(connection))
        self.insert(connection, row)

    def save(self, connection: Connection, row: Row) -> None:
        """Store a changed row over the one of its number."""
        connection.execute(
            "UPDATE rows SET version = ?, json = ?, hidden = ? WHERE number = ?",
            (row.version, *self.texts(row.values), row.number),
        )

    def everything(self, connection: Connection) -> list[tuple[Row, bool]]:
        """All rows of all users, and whether each is there; but for those that were deleted."""
        found = connection.execute(
            f"SELECT {_ROW}, gone FROM rows WHERE resource = ? AND gone IS NOT ? ORDER BY number", (self._name, DELETED)
        )
        return [(row_of(row[:-1]), row[-1] is None) for row in found]

    def bring_back(self, connection: Connection, number: int, owner: int) -> None:
        """Let answers have a row again, as that owner's."""
        # Counted out and in again.
        hide(connection, number, UNFIT)
        connection.execute("UPDATE rows SET owner = ? WHERE number = ?", (owner, number))
        connection.execute("UPDATE rows SET gone = NULL WHERE number = ?", (number,))

    def texts_of(self, connection: Connection, number: int) -> tuple[str, str | None]:
        """What is stored of a row, as `texts` makes it."""
        found: tuple[str, str | None] = connection.execute(_select("json, hidden", "number = ?"), (number,)).fetchone()
        return found

    def texts(self, values: Mapping[str, Json]) -> tuple[str, str | None]:
        """What is stored of a row: ready to send, and what no answer has."""
        shown = {name: values[name] for name in self._order if name in values and name not in self._hidden}
        hidden = {name: value for name, value in values.items() if name not in shown}
        if self.resource.partly:
            whole, shown = shown, self.resource.told(shown)
            # What is hidden is read over what is shown.
            hidden |= {name: value for name, value in whole.items() if value != shown[name]}
        return written(shown), written(hidden) if hidden else None


@lru_cache(8)
def shelves_of(contract: Contract) -> Mapping[str, Shelf]:
    """Those of a contract's resources, by their names: the same for all databases."""
    return {name: Shelf(kind, contract.components) for name, kind in contract.resources.items()}


def ids(connection: Connection, resource: str) -> dict[str, int]:
    """The owners of a resource's rows by their ids, in the order in which they were made; without those at places."""
    found = connection.execute(
        "SELECT id, owner FROM rows WHERE resource = ? AND owner >= 0 AND gone IS NULL ORDER BY number", (resource,)
    )
    return dict(found.fetchall())


def count_from(connection: Connection, resource: str, taken: Iterable[str]) -> None:
    """Ids that count go on behind these."""
    last = max((int(row_id) for row_id in taken if row_id.isascii() and row_id.isdigit()), default=0)
    connection.execute(
        "INSERT INTO row_ids VALUES (?, 0, ?) ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
        (resource, last),
    )


def strangers(connection: Connection, known: Sequence[str]) -> list[tuple[str, int]]:
    """Other resources that there are rows of, and how many."""
    found = connection.execute(
        "SELECT resource, count(*) FROM rows WHERE resource NOT IN (SELECT value FROM json_each(?)) GROUP BY resource",
        (json.dumps(known),),
    )
    return found.fetchall()


def delete(connection: Connection, number: int) -> None:
    connection.execute("DELETE FROM rows WHERE number = ?", (number,))


def hide(connection: Connection, number: int, why: str) -> None:
    """Keep a row, and let no answer have it."""
    connection.execute("UPDATE rows SET gone = ? WHERE number = ?", (why, number))


def plain(value: Json) -> Any:
    """A value as SQL has what `json_extract` takes out of a text."""
    if isinstance(value, bool):
        return int(value)
    return written(value) if isinstance(value, (dict, list)) else value


def row_of(found: Sequence[Any]) -> Row:
    number, owner, row_id, version, ready, hidden = found
    return Row(number, owner, row_id, version, read(ready) | (read(hidden) if hidden else {}))


def written(values: Json) -> str:
    """As JSON. What the fast library refuses (lone surrogates, whole numbers of more than 64 bits) takes longer."""
    try:
        return orjson.dumps(values).decode()
    except TypeError:
        return json.dumps(values, separators=(",", ":"))


def read(text: str) -> dict[str, Json]:
    """What was `written`."""
    # orjson makes other numbers of large ones.
    found: dict[str, Json] = json.loads(text)
    return found


def next_number(connection: Connection) -> int:
    """The number of the next row."""
    return int(connection.execute("SELECT ifnull(max(number), 0) + 1 FROM rows").fetchone()[0])


@cache
def _select(columns: str, where: str) -> str:
    return f"SELECT {columns} FROM rows WHERE {where}"
