"""Rows of all resources of a contract of somebody's own: who keeps which of its operations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

from devkit.contract.base import Contract
from devkit.contract.entities import User
from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.shapes import Told
from devkit.domain.base import Caller, Keeper, Resources
from devkit.domain.rows import filling
from devkit.domain.rows.fitting import fits, refit, seeded_names
from devkit.domain.rows.references import References
from devkit.domain.rows.seeds import Makers, RowSeeds
from devkit.domain.rows.service import RowService
from devkit.domain.rows.values import Values
from devkit.schemas.base import Json, Schema
from devkit.schemas.checking import Checker
from devkit.storage import marks, seeded
from devkit.storage.committing import Then
from devkit.storage.rowindices import is_indexed
from devkit.storage.rows import shelves_of

if TYPE_CHECKING:
    from devkit.storage.inventing import Inventor

AtOnce = Callable[[Caller, Any], Any]
KeepThen = Callable[[Caller, Any, Then], None]


class Rows:
    """The rows of one sandbox. Keepers are called with the `Caller` and a `Told`, and give: a `Page[Record]` for a
    list, the `Record` for all others, a deletion included.
    """

    def __init__(self, resources: Resources, contract: Contract, *, makers: Makers | None = None) -> None:
        """`makers` says who makes up rows to begin with."""
        self._on, self._contract = resources, contract
        self._seeds = RowSeeds(contract, makers)
        check = Checker(contract.components).check
        self._inventor: Inventor | None = None
        shelves = shelves_of(contract)
        references = self._references = References(shelves)
        self._kept = {
            name: (shelf, Values(shelf.resource, shelf.columns, check, self._invent)) for name, shelf in shelves.items()
        }
        self._services = {
            name: RowService(resources, shelf, values, references) for name, (shelf, values) in self._kept.items()
        }

    async def open(self) -> Sequence[str]:
        """See that a database that was just opened, filled or restored has what this contract needs: rows that fit it,
        what finds them quickly, those that new resources begin with. Returns what a person should know of rows that
        do not fit, in sentences.
        """
        shelves = [shelf for shelf, _ in self._kept.values()]
        if any(
            kind.seed or any(column.server or column.made for column in kind.columns.values())
            for kind in self._contract.resources.values()
        ):
            # What makes up values takes long to load.
            await asyncio.to_thread(self._load)

        def is_ready(connection: Connection) -> bool:
            return fits(connection, self._contract) and is_indexed(connection, shelves)

        def prepare(connection: Connection) -> Sequence[str]:
            told = refit(connection, self._kept, now) if not fits(connection, self._contract) else ()
            state, epoch = seeded.seed_state(connection), seeded.epoch_of(connection)
            self._seeds.fill(connection, state[0] if state else 0, epoch, besides=seeded_names(connection))
            return told

        now = self._on.clock.now()
        return () if self._on.database.read(is_ready) else await self._on.database.write(prepare)

    def _load(self) -> Inventor:
        from devkit.storage.inventing import Inventor

        if self._inventor is None:
            self._inventor = Inventor(self._contract.components, self._on.randomness.seed, self._on.clock.now())
        return self._inventor

    def _invent(self, schema: Schema, number: int, name: str) -> Json:
        """A value that fits the schema. Raises ValueError where nothing does."""
        from devkit.schemas.merging import Unsatisfiable

        try:
            return self._load().value(schema, number, name)
        except Unsatisfiable as why:
            raise ValueError(str(why)) from None

    def service(self, resource: str) -> RowService:
        """What keeps the rows of one resource."""
        return self._services[resource]

    def leave(self, connection: Connection, caller: Caller) -> Callable[[], None]:
        """Do to others' rows what follows where the caller's account goes (`Leave`)."""
        for number, name in marks.of_owner(connection, caller.number):
            resource, _, mark = name.partition("/")
            if resource in self._services:
                self._services[resource].unmark(connection, number, mark)
        done = self._references.leave(connection, caller.number, self._on.clock.now())

        def tell() -> None:
            for one in done:
                self._services[one.resource.name].tell(one.kind, caller, one.row)

        return tell

    def follow(self, connection: Connection, before: User, after: User) -> None:
        """Have rows say of who made them what that user is now (`Follow`)."""
        for shelf, _ in self._kept.values():
            resource = shelf.resource
            for column, path in filling.telling(resource).items():
                said = filling.at(filling.filled_for(resource, before), path)
                for row in shelf.saying(connection, path, said) if said is not None else ():
                    changed = {**row.values, column: filling.followed(resource, row.values, after)[column]}
                    if changed != row.values:
                        version = row.version + 1
                        counted = {resource.version: version} if resource.version else {}
                        shelf.save(connection, row._replace(version=version, values=changed | counted))

    def keeper(self, by: ByResource | ByTransition) -> Keeper:
        """What keeps an operation's promise."""
        service = self._services[by.resource]
        verb = by.verb if isinstance(by, ByResource) else "transition"
        return _within(by, partial(getattr(service, verb), by))

    def at_once(self, by: ByResource) -> AtOnce:
        """What does so for a list and for one row in microseconds, ready to send (`Ready`, `ReadyPage`). It gives None
        where the keeper has to be asked all the same.
        """
        service = self._services[by.resource]
        return partial({"list": service.list_at_once, "get": service.get_at_once}[by.verb], by)

    def then(self, by: ByResource) -> KeepThen:
        """What does so for a creation without a task that waits, and tells the outcome (`Ready`); for calls without an
        idempotency key.
        """
        return _within(by, partial(self._services[by.resource].create_then, by))

    def scope(self, by: ByResource | ByTransition, caller: Caller) -> str:
        """By what changes an answer stays true (`Changes.stamp`)."""
        return self._services[by.resource].scope(caller)


def _within(by: ByResource | ByTransition, keep: Callable[..., Any]) -> Callable[..., Any]:
    """What keeps it where the row is a member of the body: it is told that member alone."""
    if not isinstance(by, ByResource) or not (by.takes or by.members):
        return keep
    takes, members = by.takes, by.members

    def within(caller: Caller, told: Told, *more: Any) -> Any:
        inside = told.body
        if takes:
            inside = told.body.get(takes, {}) if isinstance(told.body, dict) else told.body or {}
            if not isinstance(inside, dict):
                raise DomainError("validation_error", fields={takes: "Must be an object"})
        if members is not None and isinstance(inside, dict):
            inside = members.gathered(inside)
        return keep(caller, replace(told, body=inside), *more)

    return within
