"""Language models: stopped → starting → running, which takes its time and goes on by itself."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from functools import partial
from sqlite3 import Connection

from devkit.contract.entities_chat import Model, ModelChange, ModelStatus
from devkit.contract.errors import DomainError
from devkit.contract.events import ModelUpdate
from devkit.contract.models import ChangeModel, ModelId
from devkit.domain.base import Caller, Resources
from devkit.domain.preconditions import require, require_match
from devkit.effects import Instant
from devkit.storage import models
from devkit.storage.committing import DISCARDING
from devkit.units import format_size

log = logging.getLogger("devkit")


class ModelService:
    """Holds a task for each model that is starting, until `halt`."""

    def __init__(self, resources: Resources) -> None:
        self._on = resources
        self._starting: dict[str, asyncio.Task[None]] = {}

    async def list(self, caller: Caller, data: object) -> tuple[Model, ...]:
        return self._on.database.read(models.all_of)

    async def get(self, caller: Caller, data: ModelId) -> Model:
        found = self._on.database.read(partial(_existing, model_id=data.id))
        require_match(data, found.tag)
        return found

    async def start(self, caller: Caller, data: ChangeModel) -> ModelChange:
        def change(connection: Connection) -> None:
            model = _existing(connection, data.model_id)
            require(data, model.tag)
            if model.status in {"starting", "running"}:
                raise DomainError("conflict", f"The model is {model.status} already")
            models.set_status(connection, model.id, "starting", now)

        now = self._on.clock.now()
        await self._on.database.write(change)
        self._tell(data.model_id, "starting", "Model is starting")
        if not DISCARDING.get():
            self._begin(data.model_id, now)
        return ModelChange("Model is starting", data.model_id, "starting")

    async def stop(self, caller: Caller, data: ChangeModel) -> ModelChange:
        now = self._on.clock.now()

        def change(connection: Connection) -> None:
            model = _existing(connection, data.model_id)
            require(data, model.tag)
            if model.status == "stopped":
                raise DomainError("conflict", "The model is stopped already")
            models.set_status(connection, model.id, "stopped", now)

        await self._on.database.write(change)
        if not DISCARDING.get() and (task := self._starting.pop(data.model_id, None)):
            task.cancel()
        self._tell(data.model_id, "stopped", "Model stopped")
        return ModelChange("Model stopped", data.model_id, "stopped")

    def running(self, model_id: str) -> Model:
        """That model, which runs. Raises DomainError `not_found` or `model_not_running`."""
        model = self._on.database.read(partial(_existing, model_id=model_id))
        if model.status != "running":
            raise DomainError("model_not_running", f"The model {model.id} is {model.status}; start it first")
        return model

    def resume(self) -> None:
        """Go on with what was starting when the database was left: by a former server, a snapshot, or the seed."""
        for model in self._on.database.read(models.all_of):
            if model.status == "starting" and model.id not in self._starting:
                self._begin(model.id, self._on.clock.now())

    async def halt(self) -> None:
        """Models that are starting stay so, until `resume`."""
        tasks = list(self._starting.values())
        self._starting.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, model_id: str, now: Instant) -> None:
        # With a context of its own: what was discarded, or who called, does not reach into what happens later.
        task = asyncio.get_running_loop().create_task(
            self._load(model_id, now + self._on.pace.start_delay), context=contextvars.Context()
        )
        self._starting[model_id] = task
        task.add_done_callback(partial(self._loaded, model_id))

    def _loaded(self, model_id: str, task: asyncio.Task[None]) -> None:
        if self._starting.get(model_id) is task:
            del self._starting[model_id]
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, DomainError):
            log.error("The model %s failed to start", model_id, exc_info=error)

    async def _load(self, model_id: str, due: Instant) -> None:
        """Wait as long as loading takes, then run, or fail for want of memory."""
        await self._wait(due)
        clock, memory = self._on.clock, self._on.pace.memory

        def change(connection: Connection) -> tuple[ModelStatus, str] | None:
            model = models.find(connection, model_id)
            if model is None or model.status != "starting":
                return None
            free = max(0, memory - models.in_memory(connection, model_id))
            if model.size > free:
                error = f"Not enough memory: it needs {format_size(model.size)}, and {format_size(free)} are free"
                models.set_status(connection, model_id, "error", clock.now(), error)
                return "error", error
            models.set_status(connection, model_id, "running", clock.now())
            return "running", "Model started"

        if told := await self._on.database.write(change):
            self._tell(model_id, *told)

    async def _wait(self, due: Instant) -> None:
        """Until the delay has really passed, or somebody has turned the clock past its end."""
        turned = asyncio.Event()
        unwatch = self._on.clock.watch(turned.set)
        try:
            async with asyncio.timeout(self._on.pace.start_delay / 1000):
                while self._on.clock.now() < due:
                    await turned.wait()
                    turned.clear()
        except TimeoutError:
            pass
        finally:
            unwatch()

    def _tell(self, model_id: str, status: ModelStatus, message: str) -> None:
        self._on.events.publish("model_update", ModelUpdate(model_id, status, {"message": message}), user_id=None)


def _existing(connection: Connection, model_id: str) -> Model:
    model = models.find(connection, model_id)
    if model is None:
        raise DomainError("not_found", "There is no such model")
    return model
