"""The scenarios that are on in one sandbox: which of their rules strike, and when.

Everything here depends on the sandbox's clock, its seed and the order of what happens, and on nothing else: the same
requests meet the same faults.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from devkit.contract.base import Contract
from devkit.effects import Randomness
from devkit.faults.base import Moment
from devkit.faults.hit import Hit, Subject
from devkit.faults.levers import Levers
from devkit.scenario.activation import Activation, RuleState, Strike
from devkit.scenario.matching import checks_of, names_operations, operations_of, reaches_message

if TYPE_CHECKING:
    # Only for types: the model of scenario files brings all kinds of faults along, which a start need not wait for.
    from devkit.scenario.model import Rule, Scenario

_OF_OPERATIONS = frozenset({Moment.REQUEST, Moment.PREFLIGHT, Moment.MAIL})
"""Moments that belong to an operation."""

_KEYS_MAX = 10_000
"""Users or paths that a rule counts apart; the oldest is forgotten first."""


class Engine:
    """One sandbox's scenarios."""

    def __init__(self, sandbox: str, seed: int, levers: Levers, contract: Contract) -> None:
        self._sandbox, self._contract = sandbox, contract
        self._seed = seed
        self._levers = levers
        self._active: dict[str, Activation] = {}
        self._borrowed: dict[str, Activation] = {}
        self._reach: dict[tuple[Moment, str | None, bool], tuple[RuleState, ...]] = {}
        self._spared: dict[str, bool] = {}
        self._listeners: list[Callable[[], None]] = []
        self._background: set[asyncio.Task[None]] = set()
        self._concerned: dict[Moment, bool] = {}
        self._newest = 0

    def adopt(self, contract: Contract) -> None:
        """What is on goes on with that contract: rules mean its operations."""
        self._contract = contract
        for activation in (*self._active.values(), *self._borrowed.values()):
            for state in activation.rules:
                state.operations = self._meant(state.rule)
        self._changed()

    @property
    def idle(self) -> bool:
        """Whether nothing is on: then a request has nothing to ask."""
        return not self._active

    @property
    def newest(self) -> int:
        """The number of the newest activation: what was switched on later has a higher one."""
        return self._newest

    def concerns(self, moment: Moment) -> bool:
        """Whether anything that is on can strike at such a moment."""
        found = self._concerned.get(moment)
        if found is None:
            found = any(moment in state.checks for activation in self._active.values() for state in activation.rules)
            self._concerned[moment] = found
        return found

    def active(self) -> list[Activation]:
        """What is on, in the order it was switched on; what has run out goes first."""
        self._expire()
        return list(self._active.values())

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever a scenario was switched on or off, until the returned function is called."""
        self._listeners.append(listener)

        def stop() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return stop

    async def use(self, scenario: Scenario, ttl: int | None = None, *, forced: bool = False) -> Activation:
        """Switch on, for `ttl` milliseconds of the sandbox's time or until it is switched off.

        One that is on already begins anew: its counters, its states and its time.
        """
        await self.off(scenario.name)
        activation = self._activate(scenario, ttl)
        activation.forced = forced
        self._active[scenario.name] = activation
        self._changed()
        for strike in self._sandbox_strikes(activation):
            await strike.fault.on_activate(strike.hit)
        return activation

    async def off(self, name: str) -> bool:
        """Switch off; False where it was not on. What waits because of it goes on at once."""
        activation = self._active.pop(name, None)
        if activation is None:
            return False
        activation.released.set()
        self._changed()
        await self._end(activation)
        return True

    async def off_all(self) -> list[str]:
        names = list(self._active)
        for name in names:
            await self.off(name)
        self._borrowed.clear()
        return names

    async def replace(self, scenario: Scenario) -> None:
        """Put a scenario that was edited in the place of the one that is on; counters of rules that stay are kept."""
        old = self._active.get(scenario.name)
        if old is None or old.scenario == scenario:
            return
        new = self._activate(scenario, None)
        new.since, new.until, new.state, new.forced = old.since, old.until, old.state, old.forced
        new.alarm, old.alarm = old.alarm, None
        kept = {state.rule.id: state for state in old.rules}
        for state in new.rules:
            before = kept.get(state.rule.id)
            if before is not None and before.rule == state.rule:
                state.matched, state.struck, state.memory = before.matched, before.struck, before.memory
        self._active[scenario.name] = new
        old.released.set()
        self._changed()
        await self._end(old)
        for strike in self._sandbox_strikes(new):
            await strike.fault.on_activate(strike.hit)

    def strike(
        self, moment: Moment, subject: Subject, borrowed: Iterable[Scenario] = (), *, newer_than: int = 0
    ) -> list[Strike]:
        """The faults that strike now, in file order: all shaping ones, and the first terminal one.

        `borrowed` are scenarios for this one request (`X-Devkit-Scenario`); their counters live as long as the server.
        `newer_than` leaves out activations up to that number: what they did to an open socket is done.
        """
        self._expire()
        found: list[Strike] = []
        terminal = False
        is_event = moment is Moment.FRAME and subject.event is not None
        for state in self._candidates(moment, _aim(moment, subject), borrowed, is_event=is_event):
            if (state.rule.fault.terminal and terminal) or state.activation.number <= newer_than:
                continue
            hit = self._try(state, moment, subject)
            if hit is not None:
                terminal = terminal or state.rule.fault.terminal
                found.append(Strike(state.rule.fault, hit, moment))
        return found

    def reaches(self, moment: Moment, operation: str | None, borrowed: Iterable[Scenario] = ()) -> bool:
        """Whether any rule may strike at all; cheap, so that what no rule is about need not be looked at closer."""
        return any(True for _ in self._candidates(moment, operation, borrowed))

    def spares(self, operation: str) -> bool:
        """Whether no rule that is on may strike a call of the operation, nor a mail that it sends."""
        if not self._active:
            return True
        spared = self._spared.get(operation)
        if spared is None:
            spared = not any(self.reaches(moment, operation) for moment in (Moment.REQUEST, Moment.MAIL))
            self._spared[operation] = spared
        return spared

    def forced(self, name: str) -> bool:
        """Whether a scenario that is on strikes whatever may come of it."""
        return name in self._active and self._active[name].forced

    def wants_body(self, operation: str | None, borrowed: Iterable[Scenario] = ()) -> bool:
        """Whether a rule that may strike looks into the request's body."""
        return any(state.rule.match.body for state in self._candidates(Moment.REQUEST, operation, borrowed))

    async def close(self) -> None:
        """Let go of everything: the server stops, or the sandbox is removed."""
        await self.off_all()
        await asyncio.gather(*self._background, return_exceptions=True)
        self._listeners.clear()

    def release_all(self) -> None:
        """Let everything go on that waits, without switching anything off."""
        for activation in (*self._active.values(), *self._borrowed.values()):
            activation.released.set()

    # Which rules

    def _activate(self, scenario: Scenario, ttl: int | None) -> Activation:
        now = self._levers.clock.straight()
        self._newest += 1
        activation = Activation(self._newest, scenario, now, None if ttl is None else now + ttl)
        if ttl is not None:
            # Whatever waits must be let go although nothing else happens; a clock that was turned is asked then again.
            activation.alarm = asyncio.get_running_loop().call_later(ttl / 1000 + 0.005, self._expire)
        for rule in scenario.rules:
            checks = {moment: checks_of(rule.match, moment) for moment in type(rule.fault).moments()}
            activation.rules.append(RuleState(rule, activation, checks, self._meant(rule)))
        return activation

    def _meant(self, rule: Rule) -> frozenset[str]:
        """The operations that a rule can strike."""
        return operations_of(rule.match, self._contract) & self._contract.meeting(rule.fault.needs)

    def _candidates(
        self, moment: Moment, aim: str | None, borrowed: Iterable[Scenario], *, is_event: bool = False
    ) -> Iterator[RuleState]:
        key = moment, aim, is_event
        found = self._reach.get(key)
        if found is None:
            found = tuple(self._reaching(self._active.values(), moment, aim, is_event))
            if len(self._reach) < _KEYS_MAX:
                self._reach[key] = found
        yield from found
        for scenario in borrowed:
            if scenario.name not in self._active:
                yield from self._reaching([self._borrow(scenario)], moment, aim, is_event)

    def _reaching(
        self, activations: Iterable[Activation], moment: Moment, aim: str | None, is_event: bool
    ) -> Iterator[RuleState]:
        for activation in activations:
            for state in activation.rules:
                if moment not in state.checks:
                    continue
                if moment in _OF_OPERATIONS and not _reaches(state, aim):
                    continue
                if moment is Moment.FRAME and not reaches_message(state.rule, aim, is_event=is_event):
                    continue
                yield state

    def _borrow(self, scenario: Scenario) -> Activation:
        known = self._borrowed.get(scenario.name)
        if known is None or known.scenario is not scenario:
            known = self._borrowed[scenario.name] = self._activate(scenario, None)
        return known

    # When

    def _try(self, state: RuleState, moment: Moment, subject: Subject) -> Hit | None:
        rule, when, activation = state.rule, state.rule.when, state.activation
        if when.state is not None and when.state != activation.state:
            return None
        age = self._levers.clock.straight() - activation.since
        if age < when.after or (when.for_ is not None and age >= when.after + when.for_):
            return None
        if not all(check(subject) for check in state.checks[moment]):
            return None
        key = self._key(when.count_by, subject)
        if moment is Moment.PREFLIGHT:
            # Counted apart: a preflight must not use up what was meant for the call behind it.
            key = f"preflight {key}"
        seen = state.matched.get(key, 0)
        _count(state.matched, key)
        remaining = seen - when.skip
        struck = state.struck.get(key, 0)
        if remaining < 0 or (remaining + 1) % when.every or (when.times is not None and struck >= when.times):
            return None
        draw = None
        if when.probability is not None:
            draw = self._draw(activation, rule, f"{key}/{seen}")
            if draw >= when.probability:
                return None
        _count(state.struck, key)
        before = activation.state
        if rule.then is not None:
            activation.state = rule.then.state
        hit = self._hit(state, subject, struck + 1, seen, draw, key)
        hit.give_back = partial(_give_back, state, key, before)
        return hit

    def _hit(self, state: RuleState, subject: Subject, number: int, seen: int, draw: float | None, key: str) -> Hit:
        rule, activation = state.rule, state.activation
        scope = f"{self._sandbox}/{activation.scenario.name}/{rule.id}/{key}/{seen}"
        return Hit(
            scenario=activation.scenario.name,
            rule=rule.id,
            kind=type(rule.fault).kind,
            number=number,
            seen=seen,
            draw=draw,
            subject=subject,
            levers=self._levers,
            chance=Randomness(self._seed, scope),
            memory=state.memory,
            released=activation.released,
            after_commit=rule.phase == "after_commit",
            operations=state.operations,
        )

    def _draw(self, activation: Activation, rule: Rule, moment: str) -> float:
        """A number from 0 to 1 that depends on seed, sandbox, rule and count alone."""
        text = f"{self._seed}/{self._sandbox}/{activation.scenario.name}/{rule.id}/{moment}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64

    def _key(self, count_by: str, subject: Subject) -> str:
        if count_by == "user":
            return subject.user or ""
        return subject.path if count_by == "path" else ""

    # The end

    def _expire(self) -> None:
        now = self._levers.clock.straight()
        for name, activation in list(self._active.items()):
            if activation.until is not None and now >= activation.until:
                del self._active[name]
                activation.released.set()
                self._changed()
                task = asyncio.get_running_loop().create_task(self._end(activation))
                self._background.add(task)
                task.add_done_callback(self._background.discard)

    async def _end(self, activation: Activation) -> None:
        if activation.alarm is not None:
            activation.alarm.cancel()
        for strike in self._sandbox_strikes(activation):
            await strike.fault.on_deactivate(strike.hit)

    def _sandbox_strikes(self, activation: Activation) -> Iterator[Strike]:
        for state in activation.rules:
            if Moment.SANDBOX in state.checks:
                yield Strike(state.rule.fault, self._hit(state, Subject(), 1, 0, None, ""), Moment.SANDBOX)

    def _changed(self) -> None:
        self._reach.clear()
        self._spared.clear()
        self._concerned.clear()
        for listener in list(self._listeners):
            listener()


def _aim(moment: Moment, subject: Subject) -> str | None:
    """What a rule must be able to reach: the operation, or the type of the frame."""
    return subject.message if moment is Moment.FRAME else subject.operation


def _reaches(state: RuleState, operation: str | None) -> bool:
    """Whether the rule may act on that operation (None: on what belongs to no operation)."""
    if operation is None:
        # What no operation keeps must be named by its path: a fault without a match means operations.
        return state.rule.match.path is not None and not names_operations(state.rule.match)
    return operation in state.operations


def _count(counters: dict[str, int], key: str) -> None:
    if key not in counters and len(counters) >= _KEYS_MAX:
        del counters[next(iter(counters))]
    counters[key] = counters.get(key, 0) + 1


def _give_back(state: RuleState, key: str, before: str) -> None:
    """A strike was none: the rule has it still, and the scenario is in the state from before."""
    if state.struck.get(key):
        state.struck[key] -= 1
    rule, activation = state.rule, state.activation
    if rule.then is not None and activation.state == rule.then.state:
        activation.state = before
