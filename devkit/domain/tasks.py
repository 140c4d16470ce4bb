"""Tasks: each user's own."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from functools import partial
from sqlite3 import Connection
from typing import Any

from devkit.contract.entities import Page, Ready, ReadyPage, Task, tag_of
from devkit.contract.errors import DomainError
from devkit.contract.events import TaskChanged
from devkit.contract.operations import CONDITIONS
from devkit.contract.tasks import CompleteTask, CreateTask, ListTasks, ReplaceTask, TaskId, UpdateTask
from devkit.domain.base import Caller, Resources
from devkit.domain.paging import window
from devkit.domain.preconditions import require, require_match
from devkit.storage import tasks
from devkit.storage.changes import tasks_of
from devkit.storage.committing import Then
from devkit.storage.listed import Orders
from devkit.storage.taskids import task_id


class TaskService:
    def __init__(self, resources: Resources) -> None:
        self._on = resources
        self._orders: Orders[tasks.Selection] = Orders(tasks)

    async def list(self, caller: Caller, data: ListTasks) -> Page[Task]:
        selection, owner, (offset, limit) = _selection(data), caller.number, window(data)

        def select(connection: Connection) -> tuple[tuple[Task, ...], int]:
            total = tasks.count(connection, owner, selection)
            found = tasks.page(connection, owner, selection, limit, offset) if offset < total else ()
            return found, total

        database = self._on.database
        bounded = selection.bounded(database.read(partial(tasks.count_all, owner=owner)))
        rows, total = database.read(select) if bounded else await database.scan(select)
        return Page(rows, total, data.page, data.limit, offset)

    def list_at_once(self, caller: Caller, data: ListTasks) -> ReadyPage[Task] | None:
        """What `list` gives, ready to send; None where that takes too long to wait for it in the loop."""
        selection, owner, (offset, limit) = _selection(data), caller.number, window(data)
        stamp = self._on.database.changes.stamp(tasks_of(caller.user_id))

        def select(connection: Connection) -> ReadyPage[Task] | None:
            found = self._orders.page(connection, owner, selection, stamp, offset, limit)
            return found and ReadyPage(Task, *found, data.page, data.limit)

        return self._on.database.read(select)

    async def create(self, caller: Caller, data: CreateTask) -> Task:
        add, user_id, key = self._adding(caller, data), caller.user_id, data.idempotency_key
        now = self._on.clock.now()

        def make(connection: Connection) -> tuple[Task, str]:
            task, _ = add(connection)
            return task, json.dumps(dataclasses.asdict(task))

        def store(connection: Connection) -> tuple[Task, bool]:
            if key is None:
                return add(connection)[0], True
            from devkit.storage.idempotency import Keyed, once

            call = Keyed(user_id, "tasks.create", key, _fingerprint(data))
            return once(connection, call, now, make, lambda text: Task(**json.loads(text)))

        task, is_new = await self._on.database.write(store, tasks_of(user_id))
        if is_new:
            self._tell("task_created", caller, task)
        return task

    def create_then(self, caller: Caller, data: CreateTask, then: Then) -> None:
        """Tell `then` what `create` gives without an idempotency key, ready to send, or the error that it raises."""

        def created(result: tuple[Task, str] | None, error: Exception | None) -> None:
            if result is None:
                then(None, error)
                return
            task, text = result
            try:
                self._tell("task_created", caller, task)
            except Exception as failure:  # noqa: BLE001 - as where the caller waits: it is told
                then(None, failure)
            else:
                then(Ready(Task, task.id, text, task.tag), None)

        self._on.database.write_then(self._adding(caller, data), tasks_of(caller.user_id), created)

    def _adding(self, caller: Caller, data: CreateTask) -> Callable[[Connection], tuple[Task, str]]:
        """What stores a new task; it gives the task, and the same ready to send."""
        now, uuid, owner = self._on.clock.now(), self._on.randomness.uuid(), caller.number

        def add(connection: Connection) -> tuple[Task, str]:
            number = tasks.next_number(connection)
            task = Task(
                id=task_id(uuid, number),
                title=data.title,
                description=data.description,
                completed=data.completed,
                priority=data.priority,
                due_date=data.due_date,
                created_at=now,
                updated_at=now,
                version=1,
            )
            return task, tasks.insert(connection, owner, task, number)

        return add

    def find(self, caller: Caller, task_id: str) -> Task | None:
        return self._on.database.read(partial(tasks.find, owner=caller.number, task_id=task_id))

    async def get(self, caller: Caller, data: TaskId) -> Task:
        found = self.find(caller, data.id)
        if found is None:
            raise _missing()
        require_match(data, found.tag)
        return found

    def get_at_once(self, caller: Caller, data: TaskId) -> Ready[Task]:
        """What `get` gives, ready to send."""
        found = self._on.database.read(partial(tasks.find_ready, owner=caller.number, task_id=data.id))
        if found is None:
            raise _missing()
        text, version = found
        tag = tag_of(data.id, version)
        require_match(data, tag)
        return Ready(Task, data.id, text, tag)

    async def replace(self, caller: Caller, data: ReplaceTask) -> Task:
        return await self._change(caller, data, data.model_dump(exclude={"id", *CONDITIONS}))

    async def update(self, caller: Caller, data: UpdateTask) -> Task:
        return await self._change(caller, data, data.model_dump(exclude={"id", *CONDITIONS}, exclude_unset=True))

    async def complete(self, caller: Caller, data: CompleteTask) -> Task:
        return await self._change(caller, data, {"completed": data.completed})

    async def delete(self, caller: Caller, data: TaskId) -> None:
        user_id, owner = caller.user_id, caller.number

        def delete(connection: Connection) -> Task:
            task = _current(connection, owner, data)
            tasks.delete(connection, owner, task.id)
            return task

        deleted = await self._on.database.write(delete, tasks_of(user_id))
        self._tell("task_deleted", caller, deleted)

    async def restore(self, caller: Caller, task: Task) -> None:
        """Put a deleted task back as it was, and tell of it, unless it is there."""
        owner = caller.number

        def put_back(connection: Connection) -> bool:
            if tasks.find(connection, owner, task.id) is not None:
                return False
            tasks.insert(connection, owner, task)
            return True

        if await self._on.database.write(put_back, tasks_of(caller.user_id)):
            self._tell("task_created", caller, task)

    async def _change(self, caller: Caller, data: TaskId, changes: dict[str, Any]) -> Task:
        now, user_id, owner = self._on.clock.now(), caller.user_id, caller.number

        def change(connection: Connection) -> tuple[Task, bool]:
            before = _current(connection, owner, data)
            after = dataclasses.replace(before, **changes)
            if after == before:
                return before, False
            after = dataclasses.replace(after, updated_at=now, version=before.version + 1)
            tasks.save(connection, owner, after)
            return after, True

        task, changed = await self._on.database.write(change, tasks_of(user_id))
        if changed:
            self._tell("task_updated", caller, task)
        return task

    def _tell(self, event: str, caller: Caller, task: Task) -> None:
        self._on.events.publish(event, TaskChanged(task), user_id=caller.user_id)


def _current(connection: Connection, owner: int, data: TaskId) -> Task:
    """The task as it is. Raises DomainError `not_found` or `precondition_failed`."""
    task = tasks.find(connection, owner, data.id)
    if task is None:
        raise _missing()
    require(data, task.tag)
    return task


def _selection(data: ListTasks) -> tasks.Selection:
    return tasks.Selection(sort=data.sort, completed=data.completed, priority=data.priority, q=data.q, ids=data.ids)


def _missing() -> DomainError:
    return DomainError("not_found", "There is no such task")


def _fingerprint(data: CreateTask) -> str:
    told = data.model_dump(exclude={"idempotency_key"})
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
