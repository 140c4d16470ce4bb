"""What the task bot can do: its tools, which are the calls of the task service, each written down with its outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from devkit.contract.entities import Task
from devkit.contract.errors import DomainError
from devkit.contract.tasks import CompleteTask, CreateTask, ListTasks, TaskId, UpdateTask
from devkit.contract.validation import validate
from devkit.domain.base import Caller
from devkit.domain.tasks import TaskService
from devkit.effects import isoformat

Call = dict[str, Any]
"""`{name, arguments, result}`."""

SHOWN = 10
"""Tasks in one answer."""


class Toolbox:
    """The tools, in the hands of one caller while one message is answered."""

    def __init__(self, tasks: TaskService, caller: Caller) -> None:
        self._tasks, self._caller = tasks, caller
        self.calls: list[Call] = []

    async def add_task(self, title: str, priority: str | None) -> Task:
        given = {"title": title, **({"priority": priority} if priority else {})}
        try:
            task = await self._tasks.create(self._caller, validate(CreateTask, given, strict=True))
        except DomainError as error:
            raise self._failed("add_task", given, error) from None
        return self._made("add_task", given, task)

    async def list_tasks(self, **filters: Any) -> tuple[tuple[Task, ...], int]:
        """The newest that fit, and how many do."""
        given = {name: value for name, value in filters.items() if value is not None}
        found = await self._tasks.list(self._caller, validate(ListTasks, {**given, "limit": SHOWN}, strict=True))
        self.shown(given, found.items, found.total)
        return found.items, found.total

    def shown(self, arguments: Mapping[str, Any], tasks: Sequence[Task], total: int) -> None:
        """Write down that these were shown: what is said next may speak of them by number."""
        result = {"tasks": [_written(task) for task in tasks], "total": total}
        self.calls.append({"name": "list_tasks", "arguments": dict(arguments), "result": result})

    async def find(self, words: str) -> tuple[Task, ...]:
        """Tasks of that title, else those that have these words in it; without a call being written down."""
        wanted = words.casefold()
        longest = max(wanted.split(), key=len, default=wanted)
        page = await self._tasks.list(self._caller, ListTasks(limit=100, q=longest))
        same = tuple(task for task in page.items if task.title.casefold() == wanted)
        holding = tuple(task for task in page.items if wanted in task.title.casefold())
        scattered = (task for task in page.items if set(wanted.split()) <= set(task.title.casefold().split()))
        return same or holding or tuple(scattered)

    async def complete_task(self, task_id: str, *, completed: bool) -> Task:
        given = {"task_id": task_id, "completed": completed}
        try:
            task = await self._tasks.complete(self._caller, CompleteTask(id=task_id, completed=completed))
        except DomainError as error:
            raise self._failed("complete_task", given, error) from None
        return self._made("complete_task", given, task)

    async def update_task(self, task_id: str, **changes: str) -> Task:
        given = {"task_id": task_id, **changes}
        try:
            data = validate(UpdateTask, {"id": task_id, **changes}, strict=True)
            task = await self._tasks.update(self._caller, data)
        except DomainError as error:
            raise self._failed("update_task", given, error) from None
        return self._made("update_task", given, task)

    async def delete_task(self, task_id: str) -> Task:
        given = {"task_id": task_id}
        try:
            task = await self._tasks.get(self._caller, TaskId(id=task_id))
            await self._tasks.delete(self._caller, TaskId(id=task_id))
        except DomainError as error:
            raise self._failed("delete_task", given, error) from None
        return self._made("delete_task", given, task)

    def _made(self, name: str, arguments: Mapping[str, Any], task: Task) -> Task:
        self.calls.append({"name": name, "arguments": dict(arguments), "result": {"task": _written(task)}})
        return task

    def _failed(self, name: str, arguments: Mapping[str, Any], error: DomainError) -> DomainError:
        result: dict[str, Any] = {"error": error.code, "message": error.message}
        if error.fields:
            result["fields"] = error.fields
        self.calls.append({"name": name, "arguments": dict(arguments), "result": result})
        return error


def _written(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "title": task.title,
        "completed": task.completed,
        "priority": task.priority,
        "due_date": None if task.due_date is None else isoformat(task.due_date),
    }
