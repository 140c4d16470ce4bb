"""The rows of one resource: what each verb of a resource does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from sqlite3 import Connection
from typing import Literal

from devkit.contract.entities import Ready
from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.resources import Changed, Mark, Record, Resource, row_tag
from devkit.contract.shapes import Told
from devkit.domain.base import Caller
from devkit.domain.emitting import TOLD
from devkit.domain.preconditions import require
from devkit.domain.remembering import keyed
from devkit.domain.rows import filling
from devkit.domain.rows.lists import Asked
from devkit.domain.rows.patches import JSON_PATCH, merged, patched, same
from devkit.domain.rows.reading import RowReading
from devkit.domain.rows.references import Consequence, Sight, sight_of
from devkit.domain.rows.values import bodies_of, object_of
from devkit.schemas.base import Json
from devkit.storage import marks, places, users
from devkit.storage.committing import Then
from devkit.storage.idempotency import once
from devkit.storage.rows import EVERYBODY, NewId, Row

Added = tuple[Row, str]
"""A new row, and the same ready to send."""

_SMALL = 20
"""So many rows at the most are a small write."""


class RowService(RowReading):
    """What each verb of a resource does."""

    async def create(self, by: ByResource, caller: Caller, told: Told) -> Record | tuple[Record, ...]:
        """A row; or several, all or none, where the body is a list."""
        many, now = isinstance(told.body, list), self._on.clock.now()
        call = keyed(f"rows/{self.resource.name}", caller, told)
        several = [self._adding(by, caller, told, body, place) for body, place in bodies_of(told)]

        def add(connection: Connection) -> list[Row]:
            return [one(connection)[0] for one in several]

        def make(connection: Connection) -> tuple[list[Row], str]:
            made = add(connection)
            return made, json.dumps(made)

        def store(connection: Connection) -> tuple[list[Row], bool]:
            if call is None:
                return add(connection), True
            return once(connection, call, now, make, lambda text: [Row(*row) for row in json.loads(text)])

        # Many rows are no small write.
        scope = self.scope(caller) if len(several) <= _SMALL else None
        made, are_new = await self._on.database.write(store, scope)
        records = tuple(self._record(caller, row) for row in made)
        if are_new:
            for row in made:
                self.tell("created", caller, row)
        return records if many else records[0]

    def create_then(self, by: ByResource, caller: Caller, told: Told, then: Then) -> None:
        """Tell `then` what `create` gives without an idempotency key, ready to send, or the error that it raises."""

        def created(result: Added | None, error: Exception | None) -> None:
            if result is None:
                then(None, error)
                return
            row, text = result
            try:
                self.tell("created", caller, row)
            except Exception as failure:  # noqa: BLE001 - as where the caller waits: it is told
                then(None, failure)
            else:
                then(Ready(Record, row.id, text, row_tag(row.id, row.version)), None)

        self._on.database.write_then(self._adding(by, caller, told, told.body), self.scope(caller), created)

    def _adding(
        self, by: ByResource, caller: Caller, told: Told, body: Json, place: str = "", called: str = ""
    ) -> Callable[[Connection], Added]:
        """What stores a new row; it gives it, and the same ready to send. `place` is the body's in what was sent."""
        above, given = self._above(by, told), object_of(body, place)
        filled = filling.filled(self.resource, caller) | above
        now, chance, sight = self._on.clock.now(), self._on.randomness, sight_of(by, caller, told)
        fresh = NewId(called) if called else self._values.new_id(given, chance, now, place)
        drawn = chance.integer(0, 2**31)
        is_given = self.resource.ids.kind == "given" or called  # others are made so that none comes twice

        def add(connection: Connection) -> Added:
            self._references.require(connection, sight, self.resource, above)
            owner = sight.own(connection, self._shelf)
            number, row_id = self._shelf.new_id(connection, fresh, owner)
            if is_given and self._shelf.has_id(connection, row_id, owner):
                taken = {place + self.resource.ids.name: "Is taken"}
                raise DomainError("conflict", f"There is a {self.resource.singular} {row_id}", fields=taken)
            # What is above counts even where the server alone gives a column, such as whose rows these are.
            row = Row(number, owner, row_id, 1, self._values.created(given, filled, row_id, now, drawn) | filled)
            self._refuse(self._values.missing(row.values), place)
            self._look(connection, sight, {}, row, above, place)
            return row, self._shelf.insert(connection, row)

        return add

    async def replace(self, by: ByResource, caller: Caller, told: Told) -> Record:
        given, row_id = object_of(told.body), str(told.path[by.item])
        if not by.makes or self.find(by, caller, told) is not None:
            return await self._change(by, caller, told, lambda before: self._values.replaced(before, given))
        add = self._adding(by, caller, told, given | {self.resource.ids.name: told.path[by.item]}, called=row_id)
        row, _ = await self._on.database.write(add, self.scope(caller))
        self.tell("created", caller, row)
        return self._record(caller, row)

    async def update(self, by: ByResource, caller: Caller, told: Told) -> Record:
        apply = patched if told.media_type.partition(";")[0].strip().lower() == JSON_PATCH else merged
        body = object_of(told.body) if apply is merged else told.body

        def patch(before: Mapping[str, Json]) -> dict[str, Json]:
            after = apply(before, body)
            if not isinstance(after, Mapping):
                raise DomainError("validation_error", fields={"body": "Must leave an object"})
            return self._values.changed(before, after)

        return await self._change(by, caller, told, patch)

    async def transition(self, by: ByTransition, caller: Caller, told: Told) -> Record:
        def step(before: Mapping[str, Json]) -> dict[str, Json]:
            for name, wanted in by.when.items():
                value = before.get(name)
                if not any(same(value, one) for one in (wanted if isinstance(wanted, list) else [wanted])):
                    now = "nothing" if value is None else value
                    is_not = f"The {self.resource.singular}'s {name} is {now}, and must be {_told(wanted)} for this"
                    raise DomainError(by.otherwise, is_not)
            return {**before, **by.set}

        return await self._change(by, caller, told, step)

    async def _change(
        self,
        by: ByResource | ByTransition,
        caller: Caller,
        told: Told,
        change: Callable[[Mapping[str, Json]], dict[str, Json]],
    ) -> Record:
        """What is no step may be done twice: the same comes of it."""
        now, sight, call = self._on.clock.now(), sight_of(by, caller, told), None
        if isinstance(by, ByTransition):
            what = json.dumps([by.when, by.set, by.mark, by.unmarks])
            call = keyed(f"rows/{self.resource.name}/{what}", caller, told)

        def store(connection: Connection) -> tuple[Row, bool]:
            if call is None:
                return step(connection)
            new = False

            def make(connection: Connection) -> tuple[Row, str]:
                nonlocal new
                made, new = step(connection)
                return made, json.dumps(made)

            found, _ = once(connection, call, now, make, lambda text: Row(*json.loads(text)))
            return found, new

        def step(connection: Connection) -> tuple[Row, bool]:
            before = self._current(connection, by, sight, told)
            if isinstance(by, ByResource):
                filling.refuse_others(self.resource, caller, before.values)
            after = change(before.values)
            if isinstance(by, ByTransition) and by.mark:
                return self._marked(connection, by, caller, before)
            self._refuse(self._values.misfits(before.values, after))
            if same(after, before.values):
                return before, False
            version = before.version + 1
            row = before._replace(version=version, values=self._values.settled(after, version, now))
            self._look(connection, sight, before.values, row, self._above(by, told))
            self._shelf.save(connection, row)
            return row, True

        # What somebody has marked may be in other lists.
        marks_it = isinstance(by, ByTransition) and by.mark
        row, changed = await self._on.database.write(store, None if marks_it else self.scope(caller))
        if changed:
            self.tell("updated", caller, row)
        return self._record(caller, row)

    def _marked(self, connection: Connection, by: ByTransition, caller: Caller, row: Row) -> tuple[Row, bool]:
        """The row, which the caller marks, or takes that back, and whether it is another one for all."""
        mark, name = self.resource.marks[by.mark], f"{self.resource.name}/{by.mark}"
        moves = marks.take if by.unmarks else marks.put
        if not moves(connection, name, row.number, caller.number) or not mark.count:
            return row, False
        return self._counted(connection, row, mark, -1 if by.unmarks else 1), True

    def _counted(self, connection: Connection, row: Row, mark: Mark, by: int) -> Row:
        """The row, which so many more have marked."""
        version = row.version + 1
        values = {**row.values, mark.count: max(0, int(row.values.get(mark.count) or 0) + by)}
        values |= {self.resource.version: version} if self.resource.version else {}
        counted = row._replace(version=version, values=values)
        self._shelf.save(connection, counted)
        return counted

    def unmark(self, connection: Connection, number: int, name: str) -> None:
        """Count a mark no more, since whoever made it goes."""
        mark = self.resource.marks.get(name)
        if mark is not None and mark.count:
            for row in self._shelf.rows(connection, [number]):
                self._counted(connection, row, mark, -1)

    async def delete(self, by: ByResource, caller: Caller, told: Told) -> Record:
        now, sight = self._on.clock.now(), sight_of(by, caller, told)

        def remove(connection: Connection) -> tuple[Row, Sequence[Consequence]]:
            row = self._current(connection, by, sight, told)
            filling.refuse_others(self.resource, caller, row.values)
            others = self._references.consequences(connection, [(self.resource, row)])
            return self._references.remove(connection, self.resource, row, now), [
                self._references.carry_out(connection, consequence, now) for consequence in others
            ]

        # What refers to it may be anybody's.
        scope = None if self._references.reach(self.resource) else self.scope(caller)
        row, others = await self._on.database.write(remove, scope)
        for consequence in others:
            self.tell(consequence.kind, caller, consequence.row, consequence.resource)
        self.tell("deleted", caller, row)
        return self._shelf.record(row)

    # What is no operation

    def find(self, by: ByResource | ByTransition, caller: Caller, told: Told) -> Row | None:
        """The row that a call is about, as it is kept."""
        sight, row_id = sight_of(by, caller, told), str(told.path[by.item])

        def there(connection: Connection) -> Row | None:
            found = self._shelf.find(connection, sight.owner(connection, self.resource), row_id)
            here = found is not None and all(str(found.values.get(name)) == one for name, one in sight.above.items())
            return found if here else None

        return self._on.database.read(there)

    def asked(self, by: ByResource, told: Told) -> Asked:
        """What a list is asked for."""
        return self._lists.read(by, told, self._above(by, told))

    def selects(self, by: ByResource, told: Told, record: Record) -> bool:
        """Whether a list would have a row that looks like that, on one of its pages."""
        selection = self.asked(by, told).selection
        return self._on.database.read(partial(self._shelf.selects, values=record.values, selection=selection))

    async def restore(self, by: ByResource | ByTransition, caller: Caller, told: Told, row: Row) -> None:
        """Put a row that such a call deleted back as it was, and tell of it, unless it is there. Raises DomainError
        where that cannot be any more: what it names is gone, or what only one may have is another's.
        """

        def put_back(connection: Connection) -> bool:
            # Its place may have got rows of its own with the deletion.
            owner = sight.own(connection, self._shelf)
            back = row._replace(owner=owner, number=places.now_at(connection, owner, row.number))
            if self._shelf.find(connection, back.owner, row.id) is not None:
                return False
            self._look(connection, sight, {}, back, {})
            self._shelf.restore(connection, back)
            return True

        sight = sight_of(by, caller, told)

        if await self._on.database.write(put_back, self.scope(caller)):
            self.tell("created", caller, row)

    def record(self, row: Row) -> Record:
        """A row as its operations give it."""
        return self._shelf.record(row)

    # What all of them ask

    def _current(self, connection: Connection, by: ByResource | ByTransition, sight: Sight, told: Told) -> Row:
        """The row as it is. Raises DomainError `not_found` or `precondition_failed`."""
        sight.own(connection, self._shelf)
        found = self._there(connection, by, sight, told)
        require(told, self._seen(connection, sight.caller, [found])[0].tag)
        return found

    def _look(
        self,
        connection: Connection,
        sight: Sight,
        before: Mapping[str, Json],
        row: Row,
        above: Mapping[str, Json],
        place: str = "",
    ) -> None:
        """See that what a row names is there, and what only one may have is no other's. Raises DomainError
        `validation_error` or `conflict`.
        """
        # What is above a row and is no row itself, such as a tenant, sets rows apart.
        columns = self.resource.columns
        apart = {name: one for name, one in above.items() if name in columns and columns[name].reference is None}
        missing = self._references.missing(connection, sight, self.resource, before, row, apart)
        self._refuse(dict(missing), place)
        taken = {}
        for name in self._unique:
            value = row.values.get(name)
            if value is None or before.get(name) == value:
                continue
            if self._shelf.taken(connection, row.owner, name, value, row.number, apart):
                taken[place + name] = "Is taken"
        if taken:
            names = ", ".join(taken)
            raise DomainError("conflict", f"There is a {self.resource.singular} with this {names}", fields=taken)

    def _refuse(self, problems: Mapping[str, str], place: str = "") -> None:
        if problems:
            raise DomainError("validation_error", fields={place + name: told for name, told in problems.items()})

    def tell(
        self, what: Literal["created", "updated", "deleted"], caller: Caller, row: Row, of: Resource | None = None
    ) -> None:
        """Publish the event that a row of this resource, or another, has for that."""
        resource = of or self.resource
        event = getattr(resource.events, what)
        if not event:
            return
        if (told := TOLD.get()) is not None:
            told.add(event)
        user_id = None
        place = self._on.database.read(partial(places.place_of, owner=row.owner)) if row.owner < EVERYBODY else None
        owner = place.whose if place is not None else row.owner
        if owner != EVERYBODY:
            mine = caller.user is not None and caller.number == owner
            user_id = caller.user_id if mine else self._on.database.read(partial(users.id_of, number=owner))
        self._on.events.publish(event, Changed(resource.singular, resource.shown(row.values)), user_id=user_id)


def _told(wanted: Json) -> str:
    return " or ".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted)
