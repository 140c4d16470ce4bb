"""What is known of a scenario that is on, and of each of its rules."""

from __future__ import annotations

import asyncio
from dataclasses import field
from typing import TYPE_CHECKING, Any

from devkit.effects import Instant
from devkit.faults.base import Fault, Moment
from devkit.faults.hit import Hit
from devkit.records import dataclass
from devkit.scenario.matching import Check

if TYPE_CHECKING:
    # Only for types: the model of scenario files brings all kinds of faults along, which a start need not wait for.
    from devkit.scenario.model import Rule, Scenario

START = "start"
"""The state that a scenario begins in."""


@dataclass(slots=True)
class RuleState:
    """A rule, the `operations` that it may strike, and its counters: matches and strikes, by what `count_by` names."""

    rule: Rule
    activation: Activation
    checks: dict[Moment, tuple[Check, ...]]
    operations: frozenset[str]
    matched: dict[str, int] = field(default_factory=dict)
    struck: dict[str, int] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def strikes(self) -> int:
        return sum(self.struck.values())

    @property
    def matches(self) -> int:
        return sum(self.matched.values())


@dataclass(slots=True)
class Activation:
    """A scenario that is on. `until` is when it takes itself back (the sandbox's time); `number` rises with each.
    `forced`: it strikes also what a dev server in between would not survive.
    """

    number: int
    scenario: Scenario
    since: Instant
    until: Instant | None
    state: str = START
    forced: bool = False
    rules: list[RuleState] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    alarm: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that strikes, and the moment it strikes at: only the hooks of that moment act."""

    fault: Fault
    hit: Hit
    moment: Moment
