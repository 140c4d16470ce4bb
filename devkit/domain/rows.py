"""Rows of all resources of a contract of somebody's own: who keeps which of its operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from devkit.contract.base import Contract
from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.shapes import Told
from devkit.domain.base import Caller, Keeper, Resources
from devkit.domain.references import References
from devkit.domain.rowservice import RowService
from devkit.domain.rowvalues import Fill, Values
from devkit.schemas.checking import Checker
from devkit.storage.committing import Then
from devkit.storage.rows import Shelf

AtOnce = Callable[[Caller, Any], Any]
KeepThen = Callable[[Caller, Any, Then], None]


class Rows:
    """The rows of one sandbox. Keepers are called with the `Caller` and a `Told`, and give: a `Page[Record]` for a
    list, the `Record` for all others, a deletion included.
    """

    def __init__(self, resources: Resources, contract: Contract, *, fill: Fill | None = None) -> None:
        """`fill` makes the values of columns that the server gives, where nothing says how."""
        check, components = Checker(contract.components).check, contract.components
        shelves = {name: Shelf(kind, components) for name, kind in contract.resources.items()}
        references = References(shelves)
        self._services = {
            name: RowService(
                resources, shelf, Values(shelf.resource, shelf.columns, components, check, fill), references
            )
            for name, shelf in shelves.items()
        }

    def service(self, resource: str) -> RowService:
        """What keeps the rows of one resource."""
        return self._services[resource]

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
    takes = by.takes if isinstance(by, ByResource) else ""
    if not takes:
        return keep

    def within(caller: Caller, told: Told, *more: Any) -> Any:
        inside = told.body.get(takes) if isinstance(told.body, dict) else None
        if not isinstance(inside, dict):
            raise DomainError("validation_error", fields={takes: "Must be an object"})
        return keep(caller, replace(told, body=inside), *more)

    return within
