"""Answers that come late, in another order, or never."""

from __future__ import annotations

import asyncio
import math
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from devkit.contract.fields import rejected
from devkit.errors import did_you_mean
from devkit.faults.base import Fault
from devkit.faults.parameters import Duration

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from devkit.contract.base import Contract
    from devkit.dialects.replies import Reply
    from devkit.effects import Randomness
    from devkit.faults.hit import Hit
    from devkit.faults.matter import Step, Wire

OVERTAKEN_AT_MOST = 5_000
"""Milliseconds that `reorder` holds an answer when no later call comes."""


class Fixed(Fault):
    """The answer comes this much later than it would. The work is done after the delay; with `phase: after_commit`,
    before it.
    """

    kind = "delay.fixed"
    example = {"delay": "300ms"}

    delay: Duration

    async def on_request(self, hit: Hit) -> None:
        await hit.sleep(self.delay)


class Uniform(Fault):
    """Each answer comes later, by any time from `lower` to `upper`: all are equally likely."""

    kind = "delay.uniform"
    example = {"lower": "100ms", "upper": "800ms"}

    lower: Duration
    upper: Duration

    @model_validator(mode="after")
    def _in_order(self) -> Uniform:
        if self.lower > self.upper:
            raise rejected("`lower` is longer than `upper`")
        return self

    async def on_request(self, hit: Hit) -> None:
        await hit.sleep(hit.chance.integer(self.lower, self.upper))


class Normal(Fault):
    """Each answer comes later, by times that spread around `mean` as a bell curve with `stddev`; never early."""

    kind = "delay.normal"
    example = {"mean": "300ms", "stddev": "80ms"}

    mean: Duration
    stddev: Duration

    async def on_request(self, hit: Hit) -> None:
        await hit.sleep(self.mean + self.stddev * _bell(hit.chance))


class LogNormal(Fault):
    """Each answer comes later, as real networks are late: half of them by less than `median`, a few by much more
    (`sigma` says how much: 0.5 is mild, 1.5 wild), none by more than `max`.
    """

    kind = "delay.lognormal"
    example = {"median": "150ms", "sigma": 0.8, "max": "3s"}

    median: Duration
    sigma: Annotated[float, Field(gt=0, le=5, allow_inf_nan=False)]
    longest: Annotated[Duration | None, Field(alias="max")] = None

    async def on_request(self, hit: Hit) -> None:
        delay = self.median * math.exp(self.sigma * _bell(hit.chance))
        await hit.sleep(delay if self.longest is None else min(delay, self.longest))


class Ramp(Fault):
    """Answers get slower and slower: from the first call on, the delay goes from `from` to `to` within `over`, and
    stays there (the sandbox's clock). The other way round, a backend that recovers.
    """

    kind = "delay.ramp"
    example = {"from": "0", "to": "2s", "over": "30s"}

    first: Annotated[Duration, Field(alias="from")]
    to: Duration
    over: Duration

    async def on_request(self, hit: Hit) -> None:
        now = hit.levers.clock.straight()
        age = now - hit.memory.setdefault("since", now)
        part = min(1.0, max(0.0, age / self.over)) if self.over else 1.0
        await hit.sleep(self.first + (self.to - self.first) * part)


class Spike(Fault):
    """Now and then everything is slow at once: out of each `every`, counted from the first call, answers of the first
    `lasts` come this much later; between the spikes all is well (the sandbox's clock).
    """

    kind = "delay.spike"
    example = {"delay": "2s", "lasts": "5s", "every": "30s"}

    delay: Duration
    lasts: Annotated[Duration, Field(gt=0)] = 5_000
    every: Annotated[Duration, Field(gt=0)] = 30_000

    @model_validator(mode="after")
    def _ends(self) -> Spike:
        if self.lasts >= self.every:
            raise rejected("`lasts` must be shorter than `every`: else it is delay.fixed")
        return self

    async def on_request(self, hit: Hit) -> None:
        now = hit.levers.clock.straight()
        if (now - hit.memory.setdefault("since", now)) % self.every < self.lasts:
            await hit.sleep(self.delay)


class ColdStart(Fault):
    """The first call, and the first after a pause of `idle` (the sandbox's clock), wakes the backend up and waits this
    long; calls that come while it wakes wait for the same moment. Then it is as quick as ever.
    """

    kind = "delay.cold_start"
    example = {"delay": "3s", "idle": "5m"}

    delay: Duration
    idle: Duration = 300_000

    async def on_request(self, hit: Hit) -> None:
        now, last = hit.levers.clock.straight(), hit.memory.get("last")
        hit.memory["last"] = now
        waking: asyncio.Event | None = hit.memory.get("waking")
        if waking is not None and not waking.is_set():
            await hit.until(waking.wait())
        elif last is None or now - last >= self.idle:
            hit.memory["waking"] = waking = asyncio.Event()
            try:
                await hit.sleep(self.delay)
            finally:
                waking.set()


class FirstByte(Fault):
    """The work is done at once (events arrive, others see it), but the answer's first byte comes this much later."""

    kind = "delay.first_byte"
    example = {"delay": "1s"}

    delay: Duration

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        await hit.sleep(self.delay)
        return reply


class Hang(Fault):
    """No answer comes, and the connection stays open, until the client gives up or the scenario is switched off."""

    kind = "hang"
    terminal = True

    async def on_request(self, hit: Hit) -> None:
        await hit.hang()


class Barrier(Fault):
    """Calls are held, with nothing done yet, until somebody releases the barrier of that name
    (`devkit barrier release`, or the control API); then all that wait go on at once. Later calls wait for the next
    release.
    """

    kind = "barrier"
    example = {"name": "gate"}

    name: Annotated[str, Field(min_length=1, max_length=100)]

    async def on_request(self, hit: Hit) -> None:
        await hit.until(hit.levers.barrier(self.name))


class Reorder(Fault):
    """Answers overtake each other: of the calls of these operations, one is answered only behind the call that follows
    it, the third behind the fourth, and so on. The work is done in the right order. A call that none follows is
    answered after 5 s.
    """

    kind = "reorder"
    example = {"operations": ["tasks.list"]}

    among: Annotated[list[str], Field(alias="operations", min_length=1)] = ["*"]

    def misnamed(self, contract: Contract) -> Iterator[tuple[str, str]]:
        names = contract.operations.names()
        for glob in self.among:
            if not any(fnmatchcase(name, glob) for name in names):
                yield "operations", f"there is no operation {glob!r}.{did_you_mean(glob, names)}"

    async def on_request(self, hit: Hit) -> None:
        if not any(fnmatchcase(hit.subject.operation or "", glob) for glob in self.among):
            return
        earlier: Hit | None = hit.memory.pop("earlier", None)
        if earlier is None or (earlier.subject.gone and earlier.subject.gone.done()):
            hit.memory["earlier"] = hit
            hit.notes["overtaken"] = asyncio.Event()
        else:
            hit.notes["overtakes"] = earlier.notes["overtaken"]

    def on_wire(self, hit: Hit, wire: Wire) -> AsyncIterator[Step] | None:
        if "overtaken" in hit.notes:
            return self._behind(hit, wire.steps())
        return self._ahead(hit, wire.steps()) if "overtakes" in hit.notes else None

    async def _behind(self, hit: Hit, steps: AsyncIterator[Step]) -> AsyncIterator[Step]:
        await hit.until(hit.notes["overtaken"].wait(), at_most=OVERTAKEN_AT_MOST)
        if hit.memory.get("earlier") is hit:
            del hit.memory["earlier"]
        async for step in steps:
            yield step

    async def _ahead(self, hit: Hit, steps: AsyncIterator[Step]) -> AsyncIterator[Step]:
        try:
            async for step in steps:
                yield step
        finally:
            hit.notes["overtakes"].set()


def _bell(chance: Randomness) -> float:
    """A number of the standard normal distribution (Box and Muller's way)."""
    radius = math.sqrt(-2 * math.log(1 - chance.fraction()))
    return radius * math.cos(2 * math.pi * chance.fraction())


KINDS = (Fixed, Uniform, Normal, LogNormal, Ramp, Spike, ColdStart, FirstByte, Hang, Barrier, Reorder)
