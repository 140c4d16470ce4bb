"""Whether the parts of a sandbox work: each is tried, none is assumed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from devkit import __version__
from devkit.contract.entities import ChatHealth, Component, Health, HealthState
from devkit.contract.errors import DomainError
from devkit.contract.system import HealthCheck
from devkit.domain.base import Caller, Resources
from devkit.storage import catalogue, figures, mails

_WORSE: tuple[HealthState, ...] = ("healthy", "degraded", "down")


class HealthService:
    def __init__(self, resources: Resources) -> None:
        self._on = resources

    async def health(self, caller: Caller, data: HealthCheck) -> Health:
        components = [await self._database()]
        if data.detailed:
            components += [await self._storage(), self._event_hub(), await self._mail()]
        status = worst(component.status for component in components)
        return Health(status, __version__, self._on.clock.now(), tuple(components))

    async def chat(self, caller: Caller, data: object) -> ChatHealth:
        models = self._on.database.read(figures.models)
        running = sum(model.status == "running" for model in models)
        status: HealthState = "healthy" if running else "degraded" if models else "down"
        return ChatHealth(status, running, models, self._on.clock.now())

    async def _database(self) -> Component:
        """Reads, and commits a transaction that changes nothing."""
        try:
            version = self._on.database.read(figures.schema_version)
            await self._on.database.write(catalogue.flags)
        except DomainError as error:
            return Component("database", "down", self._on.database.damage or error.message)
        if self._on.database.damage is not None:
            return Component("database", "down", self._on.database.damage)
        return Component("database", "healthy", f"SQLite, schema {version}")

    async def _storage(self) -> Component:
        try:
            room = await asyncio.to_thread(self._on.uploads.room)
        except OSError as error:
            return Component("storage", "down", f"Uploads cannot be stored: {error.strerror or error}")
        if room is None:
            return Component("storage", "healthy", "Nothing was stored yet")
        if room < self._on.limits.upload:
            return Component("storage", "degraded", f"{room} bytes free: less than one upload may have")
        return Component("storage", "healthy", f"{room} bytes free")

    def _event_hub(self) -> Component:
        return Component("event_hub", "healthy", f"Connections: {self._on.events.connections()}")

    async def _mail(self) -> Component:
        now = self._on.clock.now()
        try:
            count = await self._on.database.scan(lambda connection: mails.count(connection, now))
        except DomainError as error:
            return Component("mail", "down", error.message)
        return Component("mail", "healthy", f"Mails in the mailbox: {count}")


def worst(states: Iterable[HealthState]) -> HealthState:
    return max(states, key=_WORSE.index, default="healthy")
