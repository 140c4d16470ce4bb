"""Tasks (seed 004 for their rules, seed 000 for pagination; CONTRACT.md, "`agreed`")."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from devkit.contract.entities import Page, Priority, Task
from devkit.contract.fields import Description, Filter, InstantInput, OfDialect, TaskSort, Text, Title
from devkit.contract.operations import Conditional, Input, Media, Need, Operation
from devkit.contract.paging import ROWS_MAX, Paged


class ListTasks(Paged):
    """`ids`: only those of these ids."""

    sort: TaskSort = Field("-created_at", json_schema_extra={"x-devkit-names": True})
    completed: Annotated[bool | None, Filter] = None
    priority: Annotated[Priority | None, Filter] = None
    q: Annotated[Text | None, Filter] = Field(None, description="A substring of title or description, in any case.")
    ids: Annotated[tuple[str, ...] | None, Field(max_length=ROWS_MAX), OfDialect] = None


class CreateTask(Input):
    title: Title
    description: Description | None = None
    priority: Priority = "medium"
    due_date: InstantInput | None = None
    completed: bool = False
    idempotency_key: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class TaskId(Conditional):
    id: str


class ReplaceTask(TaskId):
    """What is left out falls back to its default."""

    title: Title
    description: Description | None = None
    priority: Priority = "medium"
    due_date: InstantInput | None = None
    completed: bool = False


class UpdateTask(TaskId):
    """What is left out stays as it is."""

    title: Title = ""
    description: Description | None = None
    priority: Priority = "medium"
    due_date: InstantInput | None = None
    completed: bool = False


class CompleteTask(TaskId):
    completed: bool


_ID = {"id": "00000000-0000-4000-8000-000000000000"}
_TASK = {"title": "Buy milk", "description": "Two litres", "priority": "high", "due_date": "2026-02-01T09:00:00.000Z"}

OPERATIONS = [
    Operation(
        id="tasks.list",
        summary="The user's tasks, a page at a time",
        keeper="tasks.list",
        result=Page[Task],
        input=ListTasks,
        errors=("validation_error",),
        example={"page": 1, "limit": 20, "sort": "-created_at"},
        has=Need.RESOURCE,
    ),
    Operation(
        id="tasks.create",
        summary="Create a task",
        description="An Idempotency-Key makes a repeated call safe: it answers with the task made the first time.",
        keeper="tasks.create",
        result=Task,
        media=Media.JSON,
        input=CreateTask,
        errors=("validation_error", "idempotency_key_reused"),
        emits=("task_created",),
        example=_TASK,
        has=Need.RESOURCE | Need.CREATE,
    ),
    Operation(
        id="tasks.get",
        summary="One task",
        keeper="tasks.get",
        result=Task,
        input=TaskId,
        errors=("not_found", "precondition_failed"),
        example=_ID,
        has=Need.RESOURCE,
    ),
    Operation(
        id="tasks.replace",
        summary="Replace a task",
        keeper="tasks.replace",
        result=Task,
        media=Media.JSON,
        input=ReplaceTask,
        errors=("validation_error", "not_found", "precondition_failed"),
        emits=("task_updated",),
        example={**_ID, **_TASK},
        has=Need.RESOURCE | Need.WRITE,
    ),
    Operation(
        id="tasks.update",
        summary="Change some fields of a task",
        keeper="tasks.update",
        result=Task,
        media=Media.JSON,
        input=UpdateTask,
        errors=("validation_error", "not_found", "precondition_failed"),
        emits=("task_updated",),
        example={**_ID, "priority": "low"},
        has=Need.RESOURCE | Need.WRITE,
    ),
    Operation(
        id="tasks.complete",
        summary="Tick a task off, or take that back",
        keeper="tasks.complete",
        result=Task,
        media=Media.JSON,
        input=CompleteTask,
        errors=("validation_error", "not_found", "precondition_failed"),
        emits=("task_updated",),
        example={**_ID, "completed": True},
        has=Need.RESOURCE | Need.WRITE,
    ),
    Operation(
        id="tasks.delete",
        summary="Delete a task",
        keeper="tasks.delete",
        result=None,
        input=TaskId,
        errors=("not_found", "precondition_failed"),
        emits=("task_deleted",),
        example=_ID,
        has=Need.RESOURCE | Need.DELETE,
    ),
]
