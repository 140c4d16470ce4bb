"""The rows of one resource: what each verb of a resource does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from sqlite3 import Connection
from typing import Any

from devkit.contract.entities import Page, Ready, ReadyPage, tag_of
from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.resources import Changed, Record, Resource
from devkit.contract.shapes import Told
from devkit.domain.base import Caller, Resources
from devkit.domain.patches import JSON_PATCH, merged, patched
from devkit.domain.preconditions import require, require_match
from devkit.domain.rowvalues import Values, body_of
from devkit.schemas.base import Json
from devkit.storage import rows
from devkit.storage.changes import rows_of
from devkit.storage.committing import Then
from devkit.storage.idempotency import NOBODY, Keyed, once
from devkit.storage.rows import EVERYBODY, Row, Shelf

Added = tuple[Row, str]
"""A new row, and the same ready to send."""


class RowService:
    def __init__(self, resources: Resources, resource: Resource, values: Values) -> None:
        self._on, self.resource, self._values = resources, resource, values
        self._shelf = Shelf(resource)

    # Reading

    async def list(self, by: ByResource, caller: Caller, told: Told) -> Page[Record]:
        owner, (page, limit, offset) = self.owner(caller), self._window(by, told)

        def select(connection: Connection) -> Page[Record]:
            total = self._shelf.count(connection, owner)
            found = self._shelf.page(connection, owner, limit, offset) if offset < total else ()
            return Page(tuple(found), total, page, limit, offset)

        return self._on.database.read(select)

    def list_at_once(self, by: ByResource, caller: Caller, told: Told) -> ReadyPage[Record] | None:
        """What `list` gives, ready to send; None where that takes too long to wait for it in the loop."""
        owner, (page, limit, offset) = self.owner(caller), self._window(by, told)

        def select(connection: Connection) -> ReadyPage[Record]:
            total = self._shelf.count(connection, owner)
            text = self._shelf.ready_page(connection, owner, limit, offset) if offset < total else ""
            return ReadyPage(Record, text, total, page, limit)

        return self._on.database.read(select)

    async def get(self, by: ByResource, caller: Caller, told: Told) -> Record:
        found = self._on.database.read(partial(self._there, by=by, caller=caller, told=told))
        record = self._shelf.record(found)
        require_match(told, record.tag)
        return record

    def get_at_once(self, by: ByResource, caller: Caller, told: Told) -> Ready[Record] | None:
        """What `get` gives, ready to send."""
        if by.parent:
            return None
        row_id = str(told.path[by.item])
        found = self._on.database.read(partial(self._shelf.find_ready, owner=self.owner(caller), row_id=row_id))
        if found is None:
            raise self._missing()
        text, version = found
        tag = tag_of(row_id, version)
        require_match(told, tag)
        return Ready(Record, row_id, text, tag)

    # Writing

    async def create(self, by: ByResource, caller: Caller, told: Told) -> Record:
        add, key = self._adding(by, caller, told), told.idempotency_key
        now = self._on.clock.now()

        def make(connection: Connection) -> tuple[Row, str]:
            row, _ = add(connection)
            return row, json.dumps(row)

        def store(connection: Connection) -> tuple[Row, bool]:
            if key is None:
                return add(connection)[0], True
            user_id = caller.user_id if caller.user is not None else NOBODY
            call = Keyed(user_id, f"rows/{self.resource.name}", str(key), _fingerprint(told))
            return once(connection, call, now, make, lambda text: Row(*json.loads(text)))

        row, is_new = await self._on.database.write(store, self.scope(caller))
        if is_new:
            self._tell(self.resource.events.created, caller, row)
        return self._shelf.record(row)

    def create_then(self, by: ByResource, caller: Caller, told: Told, then: Then) -> None:
        """Tell `then` what `create` gives without an idempotency key, ready to send, or the error that it raises."""

        def created(result: Added | None, error: Exception | None) -> None:
            if result is None:
                then(None, error)
                return
            row, text = result
            try:
                self._tell(self.resource.events.created, caller, row)
            except Exception as failure:  # noqa: BLE001 - as where the caller waits: it is told
                then(None, failure)
            else:
                then(Ready(Record, row.id, text, tag_of(row.id, row.version)), None)

        self._on.database.write_then(self._adding(by, caller, told), self.scope(caller), created)

    def _adding(self, by: ByResource, caller: Caller, told: Told) -> Callable[[Connection], Added]:
        """What stores a new row; it gives the row, and the same ready to send."""
        given = body_of(told) | self._above(by, told)
        now, chance, owner = self._on.clock.now(), self._on.randomness, self.owner(caller)
        fresh, drawn = self._values.new_id(given, chance, now), chance.integer(0, 2**31)

        def add(connection: Connection) -> Added:
            number, row_id = self._shelf.new_id(connection, fresh)
            values = self._values.created(given, row_id, now, drawn)
            self._refuse(self._values.missing(values))
            row = Row(number, owner, row_id, 1, values)
            return row, self._shelf.insert(connection, row)

        return add

    async def replace(self, by: ByResource, caller: Caller, told: Told) -> Record:
        given = body_of(told)
        return await self._change(by, caller, told, lambda before: self._values.replaced(before, given))

    async def update(self, by: ByResource, caller: Caller, told: Told) -> Record:
        apply = patched if told.media_type.partition(";")[0].strip().lower() == JSON_PATCH else merged
        if apply is merged:
            body_of(told)

        def patch(before: Mapping[str, Json]) -> dict[str, Json]:
            after = apply(before, told.body)
            if not isinstance(after, Mapping):
                raise DomainError("validation_error", fields={"body": "Must leave an object"})
            return self._values.changed(before, after)

        return await self._change(by, caller, told, patch)

    async def _change(
        self,
        by: ByResource | ByTransition,
        caller: Caller,
        told: Told,
        change: Callable[[Mapping[str, Json]], dict[str, Json]],
    ) -> Record:
        now = self._on.clock.now()

        def store(connection: Connection) -> tuple[Row, bool]:
            before = self._current(connection, by, caller, told)
            after = change(before.values)
            self._refuse(self._values.misfits(before.values, after))
            if after == before.values:
                return before, False
            version = before.version + 1
            row = before._replace(version=version, values=self._values.settled(after, version, now))
            self._shelf.save(connection, row)
            return row, True

        row, changed = await self._on.database.write(store, self.scope(caller))
        if changed:
            self._tell(self.resource.events.updated, caller, row)
        return self._shelf.record(row)

    async def delete(self, by: ByResource, caller: Caller, told: Told) -> Record:
        def remove(connection: Connection) -> Row:
            row = self._current(connection, by, caller, told)
            rows.delete(connection, row.number)
            return row

        row = await self._on.database.write(remove, self.scope(caller))
        self._tell(self.resource.events.deleted, caller, row)
        return self._shelf.record(row)

    # What is no operation

    def find(self, caller: Caller, row_id: str) -> Row | None:
        """A row as it is kept."""
        return self._on.database.read(partial(self._shelf.find, owner=self.owner(caller), row_id=row_id))

    async def restore(self, caller: Caller, row: Row) -> None:
        """Put a deleted row back as it was, and tell of it."""
        await self._on.database.write(partial(self._shelf.restore, row=row), self.scope(caller))
        self._tell(self.resource.events.created, caller, row)

    def record(self, row: Row) -> Record:
        """A row as its operations give it."""
        return self._shelf.record(row)

    # What all of them ask

    def owner(self, caller: Caller) -> int:
        """Whose rows the caller sees. Raises DomainError `unauthorized` where they are somebody's, and nobody calls."""
        return caller.number if self.resource.owned else EVERYBODY

    def scope(self, caller: Caller) -> str:
        """What a write of the caller's changes (see `devkit.storage.changes`)."""
        return rows_of(self.resource.name, self.owner(caller))

    def _there(self, connection: Connection, by: ByResource | ByTransition, caller: Caller, told: Told) -> Row:
        """Raises DomainError `not_found`."""
        found = self._shelf.find(connection, self.owner(caller), str(told.path[by.item]))
        above = self._above(by, told) if isinstance(by, ByResource) else {}
        if found is None or any(found.values.get(name) != value for name, value in above.items()):
            raise self._missing()
        return found

    def _current(self, connection: Connection, by: ByResource | ByTransition, caller: Caller, told: Told) -> Row:
        """The row as it is. Raises DomainError `not_found` or `precondition_failed`."""
        found = self._there(connection, by, caller, told)
        require(told, tag_of(found.id, found.version))
        return found

    def _above(self, by: ByResource, told: Told) -> dict[str, Json]:
        """What the path says of the row: the values of columns."""
        return {column: told.path[parameter] for parameter, column in by.parent.items()}

    def _window(self, by: ByResource, told: Told) -> tuple[int, int, int]:
        pages = by.pages or self.resource.pages
        limit = min(int(told.query.get(pages.size, pages.usual)), pages.most)
        page = int(told.query.get(pages.page, pages.first)) - pages.first
        return page + 1, limit, page * limit

    def _refuse(self, problems: Mapping[str, str]) -> None:
        if problems:
            raise DomainError("validation_error", fields=problems)

    def _missing(self) -> DomainError:
        return DomainError("not_found", f"There is no such {self.resource.singular}")

    def _tell(self, event: str, caller: Caller, row: Row) -> None:
        if event:
            shown = self.resource.shown(self._shelf.record(row).values)
            user_id = caller.user_id if self.resource.owned else None
            self._on.events.publish(event, Changed(self.resource.singular, shown), user_id=user_id)


def _fingerprint(told: Told) -> str:
    said: Any = {"path": dict(told.path), "body": told.body}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
