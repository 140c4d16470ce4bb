"""Who keeps each operation of a sandbox's contract: chosen here, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from devkit.contract.base import Contract
from devkit.contract.keeping import ByAnswer, ByEvents, ByFunction, ByResource, ByTransition
from devkit.contract.operations import Need, Operation
from devkit.domain.base import Caller, Keeper, Resources
from devkit.storage.committing import Then

if TYPE_CHECKING:
    from devkit.domain.answers import Answers
    from devkit.domain.functions import Functions
    from devkit.domain.rows.keeping import Rows

AtOnce = Callable[[Caller, Any], Any]
"""Keeps an operation's promise in microseconds, without waiting for anything; None where it cannot."""

KeepThen = Callable[[Caller, Any, Then], None]
"""Keeps an operation's promise, and tells its outcome once that is done."""

_AT_ONCE: Mapping[str, str] = {"tasks.list": "list_at_once", "tasks.get": "get_at_once"}
_THEN: Mapping[str, str] = {"tasks.create": "create_then"}
"""Methods that can do so for a service's method."""


def is_at_once(operation: Operation) -> bool:
    """Whether it can be kept at once."""
    keeper = operation.keeper
    return keeper in _AT_ONCE if isinstance(keeper, str) else isinstance(keeper, ByResource) and keeper.verb in _READS


def is_told_later(operation: Operation) -> bool:
    """Whether its keeper can tell the outcome without anybody waiting for it."""
    keeper = operation.keeper
    return keeper in _THEN if isinstance(keeper, str) else isinstance(keeper, ByResource) and keeper.verb == "create"


_LEAVES, _CHANGES = "accounts.delete", "accounts.update_profile"
"""What takes a user's rows along, and what changes what they say of the user."""

_READS = frozenset({"list", "get"})


class Keepers:
    """By the ids of operations, what keeps each in one sandbox."""

    def __init__(self, contract: Contract, services: Mapping[str, Any], resources: Resources) -> None:
        self._contract, self._services, self._resources = contract, services, resources
        self._kept: dict[str, Keeper] = {}
        self._at_once: dict[str, AtOnce] = {}
        self._then: dict[str, KeepThen] = {}

    def __getitem__(self, operation_id: str) -> Keeper:
        """What keeps an operation's promise."""
        found = self._kept.get(operation_id)
        if found is None:
            found = self._kept[operation_id] = self._keeper(self._contract.operations[operation_id])
        return found

    def at_once(self, operation: Operation) -> AtOnce:
        """The same for one that `is_at_once`."""
        found = self._at_once.get(operation.id)
        if found is None:
            found = self._at_once[operation.id] = self._quick(operation, _AT_ONCE, "at_once")
        return found

    def then(self, operation: Operation) -> KeepThen:
        """The same for one that `is_told_later`."""
        found = self._then.get(operation.id)
        if found is None:
            found = self._then[operation.id] = self._quick(operation, _THEN, "then")
        return found

    async def open(self) -> Sequence[str]:
        """See that a database that was just opened, filled or restored has what the contract needs; what a person
        should know of it, in sentences.
        """
        return await self.rows.open() if self._contract.resources else ()

    @cached_property
    def rows(self) -> Rows:
        """What keeps the rows of the contract's resources."""
        from devkit.domain.rows.keeping import Rows

        return Rows(self._resources, self._contract)

    @cached_property
    def answers(self) -> Answers:
        """What answers where the contract's promises are all that there is."""
        from devkit.domain.answers import Answers

        return Answers(self._resources, self._contract)

    @cached_property
    def functions(self) -> Functions:
        """What calls functions of the user's."""
        from devkit.domain.functions import Functions

        return Functions(self._resources, lambda: self.rows, tuple(self._contract.resources))

    def _keeper(self, operation: Operation) -> Keeper:
        keeper = operation.keeper
        if isinstance(keeper, str):
            kept: Keeper = self._method(keeper, keeper.partition(".")[2])
        elif isinstance(keeper, ByResource | ByTransition):
            kept = self.rows.keeper(keeper)
        elif isinstance(keeper, ByAnswer):
            kept = self.answers.keeper(operation)
        elif isinstance(keeper, ByEvents):
            from devkit.domain.listening import listen

            kept = partial(listen, keeper)
        elif isinstance(keeper, ByFunction):
            kept = self.functions.keeper(operation, keeper)
        else:
            raise NotImplementedError(keeper)
        return kept if isinstance(keeper, str) else self._with_more(kept, operation)

    def _with_more(self, kept: Keeper, operation: Operation) -> Keeper:
        """What else is done where an operation is kept that is no service of ours."""
        if operation.emits:
            from devkit.domain.emitting import emitting

            kept = emitting(kept, operation, self._contract, self._resources.events)
        # Rows see to it themselves, in one transaction with what they store.
        if Need.IDEMPOTENCY in operation.has and isinstance(operation.keeper, ByAnswer | ByFunction):
            from devkit.domain.remembering import remembering

            kept = remembering(kept, operation, self._resources)
        return kept

    def _quick(self, operation: Operation, methods: Mapping[str, str], of_rows: str) -> Any:
        """A service's other way to keep what one of its `methods` keeps, or that of the rows."""
        keeper = operation.keeper
        if isinstance(keeper, str):
            return self._method(keeper, methods[keeper])
        return getattr(self.rows, of_rows)(keeper)

    def _method(self, keeper: str, method: str) -> Any:
        service = self._services[keeper.partition(".")[0]]
        if keeper == _LEAVES and self._contract.resources:
            return partial(service.delete_with, leave=self.rows.leave)
        if keeper == _CHANGES and self._contract.resources:
            return partial(service.update_profile, follow=self.rows.follow)
        return getattr(service, method)
