"""Rows of all resources of a contract of somebody's own: who keeps which of its operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.resources import Resource
from devkit.domain.base import Caller, Keeper, Resources
from devkit.domain.rowservice import RowService
from devkit.domain.rowvalues import Check, Fill, Values
from devkit.schemas.base import Components
from devkit.storage.committing import Then

AtOnce = Callable[[Caller, Any], Any]
KeepThen = Callable[[Caller, Any, Then], None]


class Rows:
    """The rows of one sandbox. Keepers are called with the `Caller` and a `Told`, and give: a `Page[Record]` for a
    list, the `Record` for all others, a deletion included.
    """

    def __init__(
        self,
        resources: Resources,
        kinds: Mapping[str, Resource],
        components: Components,
        *,
        check: Check,
        fill: Fill | None = None,
    ) -> None:
        """`check` judges what a change makes of a row. `fill` makes the values of columns that the server gives, where
        nothing says how.
        """
        self._services = {
            name: RowService(resources, kind, Values(kind, components, check, fill)) for name, kind in kinds.items()
        }

    def keeper(self, by: ByResource | ByTransition) -> Keeper:
        """What keeps an operation's promise."""
        service = self._services[by.resource]
        verb = by.verb if isinstance(by, ByResource) else "transition"
        return partial(getattr(service, verb), by)

    def at_once(self, by: ByResource | ByTransition) -> AtOnce | None:
        """What does so in microseconds, ready to send (`Ready`, `ReadyPage`); None where nothing does. It gives None
        itself where the keeper has to be asked all the same.
        """
        service = self._services[by.resource]
        if not isinstance(by, ByResource) or by.parent:
            return None
        found = {"list": service.list_at_once, "get": service.get_at_once}.get(by.verb)
        return partial(found, by) if found else None

    def then(self, by: ByResource | ByTransition) -> KeepThen | None:
        """What does so without a task that waits, and tells the outcome (`Ready`); for calls without an idempotency
        key.
        """
        if not isinstance(by, ByResource) or by.verb != "create":
            return None
        return partial(self._services[by.resource].create_then, by)

    def scope(self, by: ByResource | ByTransition, caller: Caller) -> str:
        """By what changes an answer stays true (`Changes.stamp`)."""
        return self._services[by.resource].scope(caller)
