"""Rows of resources: what is kept for a contract of somebody's own.

One table holds all of them, so that no schema depends on a user's file. A row's `json` is as it is answered, ready to
send; `hidden` is what else is kept of it. `row_counts` counts those that are there, by resource and owner. Each is
somebody's, by the number of the account, or everybody's (0): nobody reaches another user's rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from sqlite3 import Connection
from typing import Any, NamedTuple

import orjson

from devkit.contract.resources import Record, Resource
from devkit.schemas.base import Json
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
_LISTED = "resource = ? AND owner = ? AND gone IS NULL ORDER BY number DESC LIMIT ? OFFSET ?"
_ROW = "number, owner, id, version, json, hidden"


class Shelf:
    """Where the rows of one resource stand."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self._name = resource.name
        self._order = list(resource.columns)
        if resource.ids.name not in resource.columns:
            self._order.insert(0, resource.ids.name)
        self._hidden = frozenset(name for name, column in resource.columns.items() if column.hidden)

    # Reading

    def count(self, connection: Connection, owner: int) -> int:
        """How many there are."""
        row = connection.execute(
            "SELECT count FROM row_counts WHERE resource = ? AND owner = ?", (self._name, owner)
        ).fetchone()
        return int(row[0]) if row else 0

    def page(self, connection: Connection, owner: int, limit: int, offset: int) -> list[Record]:
        found = connection.execute(_select(_ROW, _LISTED), (self._name, owner, limit, offset))
        return [self.record(row_of(row)) for row in found]

    def ready_page(self, connection: Connection, owner: int, limit: int, offset: int) -> str:
        """The same rows as they are answered, with commas between them."""
        statement = f"SELECT group_concat(json) FROM ({_select('json', _LISTED)})"
        found: str | None = connection.execute(statement, (self._name, owner, limit, offset)).fetchone()[0]
        return found or ""

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

    def new_id(self, connection: Connection, given: NewId) -> tuple[int, str]:
        """Number and id of a new row."""
        number = _next_number(connection)
        if given.uuid:
            return number, task_id(given.uuid, number)
        if given.text:
            return number, given.text
        counted = connection.execute(
            "INSERT INTO row_ids VALUES (?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last", (self._name,)
        ).fetchone()
        return number, str(counted[0])

    def insert(self, connection: Connection, row: Row) -> str:
        """Add a row; its number is that of a new one. Returns what is stored ready to send."""
        ready, hidden = self.texts(row.values)
        told = number_told(row.id) == row.number
        connection.execute(_INSERT, (row.number, self._name, row.owner, row.id, told, row.version, ready, hidden))
        return ready

    def restore(self, connection: Connection, row: Row) -> None:
        """Put back a row that was deleted, where it was, unless its number was given away."""
        if self.find(connection, row.owner, row.id) is not None:
            return
        # What was softly deleted stands there still.
        connection.execute("DELETE FROM rows WHERE number = ? AND id = ?", (row.number, row.id))
        if connection.execute("SELECT 1 FROM rows WHERE number = ?", (row.number,)).fetchone():
            row = row._replace(number=_next_number(connection))
        self.insert(connection, row)

    def save(self, connection: Connection, row: Row) -> None:
        """Store a changed row over the one of its number."""
        connection.execute(
            "UPDATE rows SET version = ?, json = ?, hidden = ? WHERE number = ?",
            (row.version, *self.texts(row.values), row.number),
        )

    def texts(self, values: Mapping[str, Json]) -> tuple[str, str | None]:
        """What is stored of a row: ready to send, and what no answer has."""
        shown = {name: values[name] for name in self._order if name in values and name not in self._hidden}
        hidden = {name: value for name, value in values.items() if name not in shown}
        return written(shown), written(hidden) if hidden else None


def delete(connection: Connection, number: int) -> None:
    connection.execute("DELETE FROM rows WHERE number = ?", (number,))


def hide(connection: Connection, number: int, why: str) -> None:
    """Keep a row, and let no answer have it."""
    connection.execute("UPDATE rows SET gone = ? WHERE number = ?", (why, number))


def row_of(found: Sequence[Any]) -> Row:
    number, owner, row_id, version, ready, hidden = found
    return Row(number, owner, row_id, version, read(ready) | (read(hidden) if hidden else {}))


def written(values: Mapping[str, Json]) -> str:
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


def _next_number(connection: Connection) -> int:
    return int(connection.execute("SELECT ifnull(max(number), 0) + 1 FROM rows").fetchone()[0])


@cache
def _select(columns: str, where: str) -> str:
    return f"SELECT {columns} FROM rows WHERE {where}"
