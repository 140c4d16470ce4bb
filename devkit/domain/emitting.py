"""Events that an operation of somebody's own tells because its contract says so, beside those that rows tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from devkit.contract.base import Contract
from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.operations import Operation
from devkit.contract.resources import Changed, Record, Resource
from devkit.contract.shapes import Said
from devkit.domain.base import Caller, Events, Keeper

TOLD: ContextVar[set[str] | None] = ContextVar("TOLD", default=None)
"""The events that rows have told during a call, where somebody wants to know."""

_DONE = ("created", "updated", "deleted")


def emitting(keep: Keeper, operation: Operation, contract: Contract, events: Events) -> Keeper:
    """What keeps the operation, and after each success tells what it `emits` that no row tells by itself.

    An event tells what was answered, where that is an object. It is the caller's where the rows that it is named for
    are owned, and then nobody's where nobody is signed in; else it is everybody's.
    """
    further = _further(operation, contract)
    if not further:
        return keep
    own = contract.resources.get(getattr(operation.keeper, "resource", ""))

    async def kept(caller: Caller, *given: Any) -> Any:
        told: set[str] = set()
        before = TOLD.set(told)
        try:
            result = await keep(caller, *given)
        finally:
            TOLD.reset(before)
        if isinstance(result, Said) and result.status >= 400:
            return result
        values = _answered(result, own)
        for event, resource in further:
            if event in told or (resource.owned and caller.user is None):
                continue
            shown = {name: value for name, value in values.items() if not _is_hidden(resource, name)}
            user_id = caller.user_id if resource.owned else None
            events.publish(event, Changed(resource.singular, shown), user_id=user_id)
        return result

    return kept


def _further(operation: Operation, contract: Contract) -> Sequence[tuple[str, Resource]]:
    """Its events that no row tells by itself, each with the resource that it is named for."""
    named = {getattr(one.events, what): one for one in contract.resources.values() for what in _DONE}
    keeper = operation.keeper
    own: set[str] = set()
    if isinstance(keeper, ByResource | ByTransition):
        done = ("updated",) if isinstance(keeper, ByTransition) else _DONE
        own = {getattr(contract.resources[keeper.resource].events, what) for what in done}
    return [(event, named[event]) for event in operation.emits if event in named and event not in own]


def _answered(result: Any, own: Resource | None) -> Mapping[str, Any]:
    """What was answered, where that is an object; nothing else is told."""
    if isinstance(result, Record) and own is not None:
        return own.shown(result.values)
    if isinstance(result, Said) and isinstance(result.body, Mapping):
        return result.body
    return {}


def _is_hidden(resource: Resource, name: str) -> bool:
    return name in resource.columns and resource.columns[name].hidden
