"""The rows of one resource, read: lists in pages, and one by its id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from sqlite3 import Connection

from devkit.contract.entities import Page, Ready, ReadyPage
from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.resources import Record, Resource, row_tag
from devkit.contract.shapes import Told
from devkit.domain.base import Caller, Resources
from devkit.domain.preconditions import require_match
from devkit.domain.rows.lists import Asked, Lists, cursor_of, place_in
from devkit.domain.rows.references import References, Sight, owner_in, sight_of
from devkit.domain.rows.values import Values
from devkit.schemas.base import Json
from devkit.storage import marks, places, rows
from devkit.storage.changes import rows_of
from devkit.storage.listed import FEW, Orders
from devkit.storage.rowcolumns import Condition, Selection
from devkit.storage.rows import Row, Shelf


class RowReading:
    """The rows of one resource, as callers see them."""

    def __init__(self, resources: Resources, shelf: Shelf, values: Values, references: References) -> None:
        self._on, self._shelf, self._values, self._references = resources, shelf, values, references
        self.resource = shelf.resource
        self._lists = Lists(shelf.resource, shelf.columns)
        self._orders: Orders[Selection] = Orders(shelf)
        # Ids are seen to otherwise.
        self._unique = [
            name for name, column in self.resource.columns.items() if column.unique and name != self.resource.ids.name
        ]

    async def list(self, by: ByResource, caller: Caller, told: Told) -> Page[Record]:
        above = self._above(by, told)
        sight, asked = sight_of(by, caller, told), self._lists.read(by, told, above)
        selection, limit, offset = asked.selection, asked.limit, asked.offset
        if by.marked:
            mine = Condition(by.marked, "in", (caller.user_id,))
            selection = selection._replace(where=(*selection.where, mine))
            asked = replace(asked, selection=selection)

        def select(connection: Connection) -> Page[Record]:
            self._references.require(connection, sight, self.resource, above)
            owner = sight.owner(connection, self.resource)
            total = self._shelf.count(connection, owner, selection)
            if _by_cursor(by, self.resource):
                found, following = self._behind(connection, by, owner, asked)
                behind = self._shelf.rows(connection, found)
                return Page(tuple(self._seen(connection, caller, behind)), total, 1, limit, 0, following)
            rows = self._shelf.page(connection, owner, selection, limit, offset) if offset < total else ()
            # All of them are one page.
            size = total if limit < 0 else limit
            return Page(tuple(self._seen(connection, caller, rows)), total, asked.page, size, offset)

        def count(connection: Connection) -> int:
            return self._shelf.count_all(connection, sight.owner(connection, self.resource))

        bounded = selection.bounded(self._on.database.read(count))
        return self._on.database.read(select) if bounded else await self._on.database.scan(select)

    def list_at_once(self, by: ByResource, caller: Caller, told: Told) -> ReadyPage[Record] | None:
        """What `list` gives, ready to send; None where that takes too long to wait for it in the loop, or is another
        one for the caller.
        """
        if by.marked or self._marks(caller):
            return None
        above = self._above(by, told)
        sight, asked = sight_of(by, caller, told), self._lists.read(by, told, above)
        selection, limit, offset = asked.selection, asked.limit, asked.offset
        stamp = self._on.database.changes.stamp(self.scope(caller))

        def select(connection: Connection) -> ReadyPage[Record] | None:
            self._references.require(connection, sight, self.resource, above)
            owner = sight.owner(connection, self.resource)
            if limit >= 0 and not _by_cursor(by, self.resource):
                found = self._orders.page(connection, owner, selection, stamp, offset, limit)
                return found and ReadyPage(Record, *found, asked.page, limit, offset)
            among = self._shelf.count_all(connection, owner)
            # All rows at once are many where there are many.
            if not selection.bounded(among) or (limit < 0 and among > FEW):
                return None
            total = self._shelf.count(connection, owner, selection)
            if limit < 0:
                text = self._shelf.ready_page(connection, owner, selection, total, 0, total)
                return ReadyPage(Record, text, total, 1, total)
            numbers, following = self._behind(connection, by, owner, asked)
            return ReadyPage(Record, rows.ready_rows(connection, numbers), total, 1, limit, 0, following)

        return self._on.database.read(select)

    def _behind(self, connection: Connection, by: ByResource, owner: int, asked: Asked) -> tuple[Sequence[int], str]:
        """The numbers of the rows behind a cursor, and where they end; empty where none comes after them."""
        selection, place = asked.selection, None
        if asked.cursor:
            place = place_in(asked.cursor, selection.order)
            if place is None:
                # A row's id means the place behind it, as at Stripe's.
                row = self._shelf.find(connection, owner, asked.cursor)
                if row is None:
                    problem = "Must be what the page before told as the next one"
                    name = (by.pages or self.resource.pages).page
                    raise DomainError("validation_error", fields={name: problem})
                place = self._shelf.place_of(connection, selection, row.number)
            place[-1] = places.now_at(connection, owner, place[-1])
        found = self._shelf.behind(connection, owner, selection, place, asked.limit + 1)
        if len(found) <= asked.limit:
            return found, ""
        found = found[: asked.limit]
        return found, cursor_of(self._shelf.place_of(connection, selection, found[-1]))

    async def get(self, by: ByResource, caller: Caller, told: Told) -> Record:
        found = self._on.database.read(partial(self._there, by=by, sight=sight_of(by, caller, told), told=told))
        record = self._record(caller, found)
        require_match(told, record.tag)
        return record

    def _marks(self, caller: Caller) -> bool:
        """Whether the caller has marked any of these rows."""
        if not self.resource.marks or caller.user is None:
            return False
        return self._on.database.read(partial(marks.has_any, resource=self.resource.name, owner=caller.number))

    def _record(self, caller: Caller, row: Row) -> Record:
        """A row as the caller sees it."""
        return self._on.database.read(partial(self._seen, caller=caller, rows=[row]))[0]

    def _seen(self, connection: Connection, caller: Caller, rows: Sequence[Row]) -> Sequence[Record]:
        """Rows as the caller sees them: with what they have marked."""
        kinds = self.resource.marks.values() if caller.user is not None else ()
        if not kinds or not rows:
            return [self._shelf.record(row) for row in rows]
        there = marks.among(connection, (row.number for row in rows), caller.number)
        found = []
        for row in rows:
            mine = [mark for mark in kinds if (row.number, f"{self.resource.name}/{mark.name}") in there]
            flags = {mark.flag: True for mark in mine if mark.flag}
            tag = "".join(f"-{mark.name}" for mark in mine)
            found.append(replace(self._shelf.record(row._replace(values={**row.values, **flags})), marked=tag))
        return found

    def get_at_once(self, by: ByResource, caller: Caller, told: Told) -> Ready[Record] | None:
        """What `get` gives, ready to send."""
        if by.parent or self._marks(caller):
            return None
        row_id = str(told.path[by.item])
        sight = sight_of(by, caller, told)

        def find(connection: Connection) -> tuple[str, int] | None:
            return self._shelf.find_ready(connection, sight.owner(connection, self.resource), row_id)

        found = self._on.database.read(find)
        if found is None:
            raise self._missing()
        text, version = found
        tag = row_tag(row_id, version)
        require_match(told, tag)
        return Ready(Record, row_id, text, tag)

    def owner(self, caller: Caller) -> int:
        """Whose rows the caller sees, wherever they are. Raises DomainError `unauthorized` where they are somebody's,
        and nobody calls.
        """
        return owner_in(self.resource, caller)

    def scope(self, caller: Caller) -> str:
        """What a write of the caller's changes (see `devkit.storage.changes`)."""
        return rows_of(self.resource.name, self.owner(caller))

    def _there(self, connection: Connection, by: ByResource | ByTransition, sight: Sight, told: Told) -> Row:
        """Raises DomainError `not_found`."""
        found = self._shelf.find(connection, sight.owner(connection, self.resource), str(told.path[by.item]))
        above = self._above(by, told)
        if found is None or any(str(found.values.get(name)) != str(value) for name, value in above.items()):
            raise self._missing()
        return found

    def _above(self, by: ByResource | ByTransition, told: Told) -> dict[str, Json]:
        """What the path, or a header, says of the row: the values of columns."""
        return {
            column: self._shelf.columns.typed(
                column, told.path[name] if name in told.path else told.headers.get(name.lower())
            )
            for name, column in by.parent.items()
        }

    def _missing(self) -> DomainError:
        return DomainError("not_found", f"There is no such {self.resource.singular}")


def _by_cursor(by: ByResource, resource: Resource) -> bool:
    return (by.pages or resource.pages).style == "cursor"
