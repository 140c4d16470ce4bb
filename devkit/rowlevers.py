"""A sandbox's rows as faults move them (`devkit.faults.rows`): tasks, and those of a contract of somebody's own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property, partial

from devkit.contract.entities import Task
from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.resources import Column, Record, Verb
from devkit.contract.shapes import Told
from devkit.contract.tasks import CreateTask, ListTasks, TaskId, UpdateTask
from devkit.domain.base import Caller
from devkit.domain.rows.references import sight_of
from devkit.domain.rows.service import RowService
from devkit.domain.tasks import TaskService
from devkit.effects import Clock, Instant, Randomness, parse_instant
from devkit.schemas.base import Components, Json
from devkit.schemas.merging import Unsatisfiable
from devkit.storage.inventing import Inventor

_PRIORITIES = ("low", "medium", "high")
_BEYOND_SEEDS = 10**6
"""No seed has so many rows of one kind: what is unique there is another."""
_TRIES = 8
_ITEM = "{}"
"""Stands for the row's id: no parameter of a path is called so."""


class TaskRows:
    """One user's tasks."""

    def __init__(self, service: TaskService, caller: Caller) -> None:
        self._service, self._caller = service, caller
        self.name = f"tasks/{caller.user_id}"

    def wanted(self, given: TaskId) -> str:
        return given.id

    def belongs(self, row: Task, given: ListTasks) -> bool:
        wanted = (given.completed in (None, row.completed), given.priority in (None, row.priority))
        found = (given.q or "").casefold() in f"{row.title}\n{row.description or ''}".casefold()
        return all(wanted) and found and (given.ids is None or row.id in given.ids)

    def from_start(self, given: ListTasks) -> bool:
        return True

    def made_at(self, row: Task) -> Instant:
        return row.created_at

    def read(self, row_id: str) -> Task | None:
        return self._service.find(self._caller, row_id)

    async def some(self) -> Sequence[Task]:
        return (await self._service.list(self._caller, ListTasks(limit=100))).items

    async def delete(self, row_id: str) -> None:
        await self._service.delete(self._caller, TaskId(id=row_id))

    def way_back(self, row_id: str) -> Callable[[], Awaitable[None]] | None:
        task = self.read(row_id)
        return partial(self._service.restore, self._caller, task) if task else None

    async def add_one(self, like: Sequence[Task], number: int) -> bool:
        await self._service.create(self._caller, CreateTask(title=f"Came in between ({number})"))
        return True

    async def change(self, row: Task, chance: Randomness) -> bool:
        others = [priority for priority in _PRIORITIES if priority != row.priority]
        priority = others[chance.integer(0, len(others) - 1)]
        await self._service.update(self._caller, UpdateTask.model_validate({"id": row.id, "priority": priority}))
        return True


class ResourceRows:
    """Rows of a resource; `by` is what the struck operation does to them."""

    def __init__(
        self,
        service: RowService,
        by: ByResource | ByTransition,
        caller: Caller,
        components: Components,
        clock: Clock,
        given: Told | None,
    ) -> None:
        self._service, self._by, self._caller = service, by, caller
        self._components, self._clock = components, clock
        self._resource = service.resource
        # Rows that are kept apart are those where the call is.
        self._path: Mapping[str, Json] = given.path if given is not None else {}
        self._places = by.places if given is not None else {}
        here = sight_of(self._plain("list"), caller, Told(path=self._path)).places.get(self._resource.name)
        self.name = service.scope(caller) if here is None else f"{service.scope(caller)}/{here}"

    def wanted(self, given: Told) -> str:
        return str(given.path[self._by.item])

    def belongs(self, row: Record, given: Told) -> bool:
        return isinstance(self._by, ByResource) and self._service.selects(self._by, given, row)

    def from_start(self, given: Told) -> bool:
        return isinstance(self._by, ByResource) and not self._service.asked(self._by, given).cursor

    def made_at(self, row: Record) -> Instant | None:
        made_at = row.values.get(self._resource.created_at)
        return parse_instant(made_at) if made_at else None

    def read(self, row_id: str) -> Record | None:
        row = self._service.find(self._plain("get"), self._caller, self._told(row_id))
        return self._service.record(row) if row else None

    async def some(self) -> Sequence[Record]:
        return (await self._service.list(self._plain("list"), self._caller, self._told())).items

    async def delete(self, row_id: str) -> None:
        await self._service.delete(self._plain("delete"), self._caller, self._told(row_id))

    def way_back(self, row_id: str) -> Callable[[], Awaitable[None]] | None:
        by, told = self._plain("delete"), self._told(row_id)
        row = self._service.find(by, self._caller, told)
        return partial(self._service.restore, by, self._caller, told, row) if row else None

    async def add_one(self, like: Sequence[Record], number: int) -> bool:
        # What it refers to is there, and a list of what lies below another row has it.
        given = {name: like[0].values.get(name) for name in self._references} if like else {}
        try:
            made = await asyncio.to_thread(self._invented, number, given)
            body = {name: value for name, value in made.items() if value is not None}
            await self._service.create(self._plain("create"), self._caller, self._told(body=body))
        except (Unsatisfiable, DomainError):
            return False
        return True

    async def change(self, row: Record, chance: Randomness) -> bool:
        columns = [column for column in self._resource.columns.values() if self._may_change(column)]
        while columns:
            column = columns.pop(chance.integer(0, len(columns) - 1))
            other = await asyncio.to_thread(self._another, column, row.values.get(column.name), chance)
            if other is None:
                continue
            told = self._told(row.id, {column.name: other})
            try:
                changed = await self._service.update(self._plain("update"), self._caller, told)
            except DomainError as error:
                if error.code != "validation_error":
                    raise
            else:
                if changed.version != row.version:
                    return True
        return False

    def _plain(self, verb: Verb) -> ByResource:
        return ByResource(resource=self._resource.name, verb=verb, item=_ITEM, places=self._places)

    def _told(self, row_id: str = "", body: Json = None) -> Told:
        return Told(path={**self._path, _ITEM: row_id}, body=body)

    @property
    def _references(self) -> Sequence[str]:
        return [name for name, column in self._resource.columns.items() if column.reference]

    def _may_change(self, column: Column) -> bool:
        apart = column.server or column.hidden or column.unique or column.reference
        return not apart and column.name != self._resource.ids.name

    def _invented(self, number: int, given: Mapping[str, Json]) -> Mapping[str, Json]:
        """A row that is none of the seed's."""
        return self._inventor.make(self._resource, _BEYOND_SEEDS + number, given)

    def _another(self, column: Column, value: Json, chance: Randomness) -> Json:
        """Another value for a column; None where none was found."""
        for _ in range(_TRIES):
            with contextlib.suppress(Unsatisfiable):
                other = self._inventor.value(column.schema, chance.integer(0, _BEYOND_SEEDS), column.name)
                # To a patch, null and an object are no values (RFC 7396, section 2).
                if other != value and not isinstance(other, Mapping):
                    return other
        return None

    @cached_property
    def _inventor(self) -> Inventor:
        return Inventor(self._components, 0, self._clock.now())
