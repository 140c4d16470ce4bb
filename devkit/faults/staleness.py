"""Reads that lag behind, deletions that do not last, and somebody else who changes things."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, ClassVar

from devkit.contract.entities import Page, Task
from devkit.contract.errors import DomainError
from devkit.contract.operations import Need
from devkit.effects import Instant
from devkit.faults.base import Fault, Proceed
from devkit.faults.hit import Hit
from devkit.faults.parameters import Duration

_CHANGES = ("tasks.replace", "tasks.update", "tasks.complete", "tasks.delete")
_PRIORITIES = ("low", "medium", "high")


class ReadStale(Fault):
    """Reads of tasks come from a replica that is `lag` behind: what was created is not there yet, what was changed
    looks as before, what was deleted is still there. It knows of the changes that it matched itself: match `tasks.*`.
    """

    kind = "read.stale"
    needs: ClassVar[tuple[Need, ...]] = (Need.RESOURCE,)
    example: ClassVar = {"lag": "2s"}

    lag: Duration

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        operation, horizon = hit.subject.operation, hit.levers.clock.now() - self.lag
        if operation == "tasks.list":
            return self._list(hit, await proceed(), horizon)
        if operation == "tasks.get":
            return await self._get(hit, proceed, horizon)
        if operation in _CHANGES and hit.subject.user_id:
            before = await hit.levers.call("tasks.get", hit.subject.user_id, id=hit.subject.input.id)
            result = await proceed()
            now = hit.levers.clock.now()
            hit.memory.setdefault(hit.subject.user_id, []).append((now, before, operation == "tasks.delete"))
            return result
        return await proceed()

    def _list(self, hit: Hit, page: Page[Task], horizon: Instant) -> Page[Task]:
        old = {task.id: task for task in self._replaced(hit, horizon)}
        deleted = [task for task in self._replaced(hit, horizon, deleted=True) if page.page == 1]
        fresh = [old.get(task.id, task) for task in page.items if task.created_at <= horizon]
        hidden = len(page.items) - len(fresh)
        return dataclasses.replace(page, items=(*deleted, *fresh), total=page.total - hidden + len(deleted))

    async def _get(self, hit: Hit, proceed: Proceed, horizon: Instant) -> Task:
        try:
            task: Task = await proceed()
        except DomainError:
            wanted = hit.subject.input.id
            gone = [task for task in self._replaced(hit, horizon, deleted=True) if task.id == wanted]
            if not gone:
                raise
            return gone[0]
        if task.created_at > horizon:
            raise DomainError("not_found", "There is no such task")
        return next((before for before in self._replaced(hit, horizon) if before.id == task.id), task)

    def _replaced(self, hit: Hit, horizon: Instant, *, deleted: bool = False) -> Iterable[Task]:
        """The oldest versions that were replaced (or deleted) after the horizon."""
        changes: list[tuple[Instant, Task, bool]] = hit.memory.get(hit.subject.user_id or "", [])
        changes[:] = [change for change in changes if change[0] > horizon]
        first: dict[str, Task] = {}
        for _, task, was_deleted in changes:
            if was_deleted == deleted:
                first.setdefault(task.id, task)
        return first.values()


class DeleteResurrect(Fault):
    """A deleted task is there again `after` a while, as when a replica wins over the deletion; an event tells of it."""

    kind = "delete.resurrect"
    needs: ClassVar[tuple[Need, ...]] = (Need.RESOURCE | Need.DELETE,)
    example: ClassVar = {"after": "1s"}

    after: Duration

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        user_id = hit.subject.user_id or ""
        task = await hit.levers.call("tasks.get", user_id, id=hit.subject.input.id)
        result = await proceed()
        hit.levers.later(self.after, lambda: hit.levers.restore_task(user_id, task))
        hit.felt = True
        return result


class BackgroundMutate(Fault):
    """Somebody else works on the test user's tasks: one of them changes its priority `every` so often, and events tell
    of it.
    """

    kind = "background.mutate"
    needs: ClassVar[tuple[Need, ...]] = (Need.RESOURCE | Need.WRITE,)
    example: ClassVar = {"every": "2s"}

    every: Duration

    async def on_activate(self, hit: Hit) -> None:
        hit.memory["on"] = True
        self._schedule(hit)

    async def on_deactivate(self, hit: Hit) -> None:
        hit.memory["on"] = False

    def _schedule(self, hit: Hit) -> None:
        hit.levers.later(max(50, self.every), lambda: self._mutate(hit))

    async def _mutate(self, hit: Hit) -> None:
        if not hit.memory.get("on"):
            return
        user_id = hit.levers.first_user()
        page: Page[Task] = await hit.levers.call("tasks.list", user_id, limit=100)
        if page.items:
            task = page.items[hit.chance.integer(0, len(page.items) - 1)]
            others = [priority for priority in _PRIORITIES if priority != task.priority]
            priority = others[hit.chance.integer(0, 1)]
            await hit.levers.call("tasks.update", user_id, id=task.id, priority=priority)
        self._schedule(hit)


KINDS: tuple[type[Fault], ...] = (ReadStale, DeleteResurrect, BackgroundMutate)
