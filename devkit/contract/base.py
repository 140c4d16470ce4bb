"""What a contract is: all that a backend promises, as one value that is handed down to whoever needs it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING

from devkit.contract.keeping import ByRecording
from devkit.contract.needs import meets, needs_of
from devkit.contract.operations import Need, Operation
from devkit.contract.resources import Resource
from devkit.records import dataclass
from devkit.registry import Registry
from devkit.schemas.base import Components, Schema

if TYPE_CHECKING:
    from devkit.schemas.checking import Checker


@dataclass(frozen=True)
class EventKind:
    """An event. In `topics` (`name` or `name:<id>`), `<field>` stands for a field of the payload (a dotted path). What
    tells of a row has a `Changed` as its payload, and the `schema` of that row.
    """

    name: str
    summary: str
    payload: type
    topics: tuple[str, ...]
    schema: Schema | None = None
    singular: str = ""

    @cached_property
    def names_fields(self) -> bool:
        """Whether its topics name something of the payload."""
        return any("<" in topic for topic in self.topics)


OWN = frozenset({"tasks", "uploads", "models"})
"""Services of ours whose things a contract of somebody's own may lack."""


# Compared by identity: two that say the same are two all the same.
@dataclass(frozen=True, kw_only=True, eq=False)
class Contract:
    """What a backend can do, and what it tells by itself.

    `topics` are what events are told on: those without an id, such as `tasks`, and in `owned_topics` those with one, as
    in `upload:<id>`. Entities and errors are those that the operations name. `resources` are rows that are kept for it
    beside what services of ours keep, and `components` what the schemas of it refer to.
    """

    name: str
    operations: Registry[Operation]
    events: Registry[EventKind]
    topics: tuple[str, ...] = ()
    owned_topics: tuple[str, ...] = ()
    resources: Mapping[str, Resource] = field(default_factory=dict)
    components: Components = field(default_factory=dict)

    @cached_property
    def needs(self) -> Mapping[str, Need]:
        """What each operation meets, by its id."""
        return {operation.id: needs_of(operation) for operation in self.operations}

    @cached_property
    def checker(self) -> Checker:
        """Judges what requests bring."""
        from devkit.schemas.checking import Checker

        return Checker(self.components, "readOnly")

    @property
    def is_recorded(self) -> bool:
        """Whether a recording keeps some of it."""
        return any(isinstance(operation.keeper, ByRecording) for operation in self.operations)

    def knows(self, what: str) -> bool:
        """Whether any operation may touch what is called so in our own words: tasks, uploads, models; what has no
        service of that name, such as users and mails, is there in every contract.
        """
        return what not in OWN or any(operation.service == what for operation in self.operations)

    def meeting(self, needs: Collection[Need]) -> frozenset[str]:
        """The ids of operations that meet one of these; all, where none is named."""
        return frozenset(name for name, has in self.needs.items() if meets(has, needs))
