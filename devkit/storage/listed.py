"""Lists that come in pages, of rows that are ready to send: tasks, and what a contract of somebody's own has. What
makes a page is SQL here and in their modules; which rows a page has is remembered from one to the next.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cache
from sqlite3 import Connection
from typing import Any, Generic, Protocol, TypeVar

import orjson

from devkit.records import dataclass
from devkit.storage.kept import Kept

_JOINED = "SELECT group_concat(json) FROM ({0})"
_LISTED = "SELECT json_group_array(number) FROM ({0})"

_SPREAD = 3
"""Rows that lie among so many times as many are read with these."""

FEW = 2_000
"""A user who has no more rows than these can be searched and sorted through in some hundred microseconds."""


class Numbered:
    """A table whose rows have a `number`, which is their key, and a `json`."""

    def __init__(self, table: str) -> None:
        self._rising = f"SELECT json FROM {table} WHERE number BETWEEN ? AND ? ORDER BY number"
        self._falling = f"{self._rising} DESC"
        self._between = f"SELECT number, json FROM {table} WHERE number BETWEEN ? AND ?"
        self._among = f"SELECT number, json FROM {table} WHERE number IN ({{0}})"

    def ready_rows(self, connection: Connection, wanted: Sequence[int]) -> str:
        """Rows by their numbers: each as JSON, with commas between them."""
        if not wanted:
            return ""
        first, last = wanted[0], wanted[-1]
        if abs(first - last) == len(wanted) - 1 and list(wanted) == _run(first, last):
            # Made one after another, as rows of one user often are.
            if first <= last:
                return joined(connection, self._rising, (first, last))
            return joined(connection, self._falling, (last, first))
        found: dict[int, str] = dict(connection.execute(*self._by_numbers(wanted)))
        return ",".join([found[number] for number in wanted])

    def _by_numbers(self, wanted: Sequence[int]) -> tuple[str, tuple[int, ...]]:
        """A statement that finds these rows, and perhaps some others: number and JSON of each."""
        if (high := max(wanted)) - (low := min(wanted)) < _SPREAD * len(wanted):
            # Near to one another: one walk finds them sooner than each by itself.
            return self._between, (low, high)
        return around(self._among, _marks(len(wanted))), tuple(wanted)


def joined(connection: Connection, statement: str, given: tuple[object, ...]) -> str:
    """The one column of a statement's rows, in their order: one text takes half of the time of a row each."""
    text: str | None = connection.execute(around(_JOINED, statement), given).fetchone()[0]
    return text or ""


def numbers(connection: Connection, statement: str, given: tuple[object, ...]) -> Sequence[int]:
    """The numbers that a statement selects, in its order."""
    # One text instead of a row each: a thousand take half of the time.
    text = connection.execute(around(_LISTED, statement), given).fetchone()[0]
    found = orjson.loads(text)
    return array("I" if not found or max(found) < 2**32 else "Q", found)


# Statements are few, and it takes longer to put one together than to find the same text again, which SQLite's module
# has to know too.
@cache
def around(outer: str, inner: str) -> str:
    return outer.format(inner)


def _run(first: int, last: int) -> list[int]:
    """The whole numbers from the one to the other, both included."""
    return list(range(first, last + 1) if first <= last else range(first, last - 1, -1))


@cache
def _marks(count: int) -> str:
    return ", ".join("?" * count)


_ROOM = 6 * 1024 * 1024
"""Bytes of orders that are kept."""
_ORDER_COST, _NUMBER_COST = 256, 4
_PATIENCE = 5
"""An order is kept once the pages before have cost as much: as many looks at an index as so many times all rows."""


class Selection(Protocol):
    """Which rows, in which order; it can be a key."""

    @property
    def is_whole(self) -> bool:
        """Whether every row counts."""

    @property
    def in_index_order(self) -> bool: ...

    @property
    def q(self) -> str | None: ...

    def bounded(self, rows: int) -> bool:
        """Whether a page of it costs little, for a user who has so many rows."""


S_contra = TypeVar("S_contra", bound=Selection, contravariant=True)


class Ordered(Protocol[S_contra]):
    """Where the rows are."""

    def count_all(self, connection: Connection, owner: int) -> int: ...

    def count(self, connection: Connection, owner: int, selection: S_contra) -> int: ...

    def numbers(self, connection: Connection, owner: int, selection: S_contra) -> Sequence[int]: ...

    def ready_rows(self, connection: Connection, wanted: Sequence[int]) -> str: ...

    def ready_page(
        self, connection: Connection, owner: int, selection: S_contra, limit: int, offset: int, total: int
    ) -> str: ...


@dataclass(slots=True)
class _Order:
    """How many rows a selection has, of how many in all, and the numbers of these, in order, where those are kept:
    making them takes longer than a page does. `looked` is how often an index was looked at for pages alone.

    `stamp` is that of the data it was made from.
    """

    stamp: int
    total: int
    among: int
    numbers: Sequence[int] | None = None
    looked: int = 0


class Orders(Generic[S_contra]):
    """What is known of lists, and pages made by it."""

    def __init__(self, rows: Any) -> None:
        """`rows` is an `Ordered[S_contra]`, or a module that has its functions."""
        self._rows: Ordered[S_contra] = rows
        self._kept: Kept[tuple[int, S_contra], _Order] = Kept(_ROOM)

    def page(
        self, connection: Connection, owner: int, selection: S_contra, stamp: int, offset: int, limit: int
    ) -> tuple[str, int] | None:
        """The rows of a page as JSON, with commas between them, and how many there are on all; None where finding that
        out takes too long. `stamp` is that of the data as it is.
        """
        order = self._order(connection, owner, selection, stamp, offset, limit)
        if order is None:
            return None
        text = ""
        if order.numbers is not None:
            text = self._rows.ready_rows(connection, order.numbers[offset : offset + limit])
        elif offset < order.total:
            text = self._rows.ready_page(connection, owner, selection, limit, offset, order.total)
        return text, order.total

    def _order(
        self, connection: Connection, owner: int, selection: S_contra, stamp: int, offset: int, limit: int
    ) -> _Order | None:
        """What is known of a selection, as of `stamp`, for a page of it; None where finding that out takes too long."""
        kept = self._kept.get((owner, selection))
        if kept is not None and kept.stamp == stamp:
            if kept.numbers is not None:
                return kept
        else:
            among = self._rows.count_all(connection, owner)
            if not selection.bounded(among):
                return None
            # How many rows a search finds, only its whole order tells.
            known = among if selection.is_whole or selection.q else self._rows.count(connection, owner, selection)
            kept = _Order(stamp, known, among)
        # The index is walked to the page, from its nearer end; where it gives another order, all of it is looked at,
        # and sorted.
        steps = min(offset + limit, max(kept.total - offset, 0)) * kept.among // (kept.total or 1)
        kept.looked += steps if selection.in_index_order else 2 * kept.among
        if (kept.looked > _PATIENCE * kept.among or selection.q) and kept.among <= FEW:
            kept.numbers = self._rows.numbers(connection, owner, selection)
            kept.total = len(kept.numbers)
        self._kept.put((owner, selection), kept, _ORDER_COST + _NUMBER_COST * len(kept.numbers or ()))
        return kept
