"""A sandbox's rows as faults move them (`devkit.faults.rows`): tasks, and those of a contract of somebody's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from devkit.contract.entities import Task
from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.resources import Column, Record
from devkit.contract.shapes import Told
from devkit.contract.tasks import CreateTask, ListTasks, TaskId, UpdateTask
from devkit.domain.base import Caller
from devkit.domain.rowservice import RowService
from devkit.domain.tasks import TaskService
from devkit.effects import Instant, Randomness, parse_instant
from devkit.schemas.base import Components, Json, Schema
from devkit.schemas.walking import parts, types_of

_PRIORITIES = ("low", "medium", "high")


class TaskRows:
    """One user's tasks."""

    def __init__(self, service: TaskService, caller: Caller) -> None:
        self._service, self._caller = service, caller
        self.name = f"tasks/{caller.user_id}"

    def wanted(self, given: TaskId) -> str:
        return given.id

    def belongs(self, row: Task, given: ListTasks) -> bool:
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
        self, service: RowService, by: ByResource | ByTransition, caller: Caller, components: Components
    ) -> None:
        self._service, self._by, self._caller, self._components = service, by, caller, components
        self._resource = service.resource
        self.name = service.scope(caller)

    def wanted(self, given: Told) -> str:
        return str(given.path[self._by.item])

    def belongs(self, row: Record, given: Told) -> bool:
        above = self._by.parent if isinstance(self._by, ByResource) else {}
        return all(row.values.get(column) == given.path[parameter] for parameter, column in above.items())

    def made_at(self, row: Record) -> Instant | None:
        made_at = row.values.get(self._resource.created_at)
        return parse_instant(made_at) if made_at else None

    def read(self, row_id: str) -> Record | None:
        row = self._service.find(self._caller, row_id)
        return self._service.record(row) if row else None

    async def some(self) -> Sequence[Record]:
        return (await self._service.list(self._plain("list"), self._caller, Told())).items

    async def delete(self, row_id: str) -> None:
        await self._service.delete(self._plain("delete"), self._caller, Told(path={"id": row_id}))

    def way_back(self, row_id: str) -> Callable[[], Awaitable[None]] | None:
        row = self._service.find(self._caller, row_id)
        return partial(self._service.restore, self._caller, row) if row else None

    async def add_one(self, like: Sequence[Record], number: int) -> bool:
        """One like the first of those, but for what must differ."""
        if not like:
            return False
        body = dict(like[0].values)
        ids = self._resource.ids
        for name, column in self._resource.columns.items():
            if name in body and (column.unique or (ids.kind == "given" and name == ids.name)):
                body[name] = _another(body[name], number)
        try:
            await self._service.create(self._plain("create"), self._caller, Told(body=body))
        except DomainError:
            # What it would be is not allowed: a pattern that nobody can guess, say.
            return False
        return True

    async def change(self, row: Record, chance: Randomness) -> bool:
        changes = [*self._changes(row)]
        while changes:
            change = changes.pop(chance.integer(0, len(changes) - 1))
            try:
                await self._service.update(self._plain("update"), self._caller, Told(path={"id": row.id}, body=change))
            except DomainError as error:
                if error.code != "validation_error":
                    raise
            else:
                return True
        return False

    def _plain(self, verb: Any) -> ByResource:
        return ByResource(resource=self._resource.name, verb=verb, item="id")

    def _changes(self, row: Record) -> Iterator[Mapping[str, Json]]:
        """What may be changed of it: values whose schema says which others there are."""
        for name, column in self._resource.columns.items():
            if self._is_the_clients(column) and name in row.values:
                for other in _others(column.schema, row.values[name], self._components):
                    yield {name: other}

    def _is_the_clients(self, column: Column) -> bool:
        return not (column.server or column.unique or column.reference or column.name == self._resource.ids.name)


def _another(value: Json, number: int) -> Json:
    """Another value of that kind, for a column in which none comes twice."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    if isinstance(value, str):
        before, at, behind = value.rpartition("@")
        return f"{before}+{number}{at}{behind}" if at else f"{value}-{number}"
    return value + number


def _others(schema: Schema, value: Json, components: Components) -> Iterator[Json]:
    """Other values that it names, or the next number."""
    for part in parts(schema, components):
        yield from (other for other in part.get("enum", ()) if other != value and other is not None)
    types = types_of(schema, components)
    if "boolean" in types:
        yield not value
    if isinstance(value, int | float) and not isinstance(value, bool) and types & {"integer", "number"}:
        step = max((part.get("multipleOf", 1) for part in parts(schema, components)), default=1)
        yield from (value + step, value - step)
