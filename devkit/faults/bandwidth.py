"""A line that carries only so much."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from devkit.contract.fields import rejected
from devkit.faults.base import Fault
from devkit.faults.matter import Send, Wait

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from devkit.faults.hit import Hit
    from devkit.faults.matter import Arrival, Step, Wire

_SLICE = 20
"""Milliseconds of the line that are sent at once: short enough to look like a stream."""

Kbps = Annotated[float, Field(gt=0, le=10_000_000, allow_inf_nan=False)]


class _Line:
    """What one direction of the line carries, one byte behind the other. Times are the loop's, in milliseconds."""

    def __init__(self, kbps: float) -> None:
        # A kilobit per second is a bit per millisecond.
        self._per_byte = 8 / kbps
        self._free = 0.0

    def take(self, size: int, since: float) -> float:
        """Put that many bytes on the line, which could have gone since then; returns when they are through."""
        self._free = max(self._free, since) + size * self._per_byte
        return self._free


def _now() -> float:
    return asyncio.get_running_loop().time() * 1000


class Bandwidth(Fault):
    """Bytes trickle at the pace of a slow line, in kilobits (1000 bits) a second: `down_kbps` for answers, headers and
    downloads included, `up_kbps` for JSON bodies and uploaded files. All calls that the rule strikes share the line, as
    the tabs of one browser do: two downloads at once take twice as long.
    """

    kind = "bandwidth"
    example = {"down_kbps": 400, "up_kbps": 100}

    down_kbps: Kbps | None = None
    up_kbps: Kbps | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Bandwidth:
        if self.down_kbps is None and self.up_kbps is None:
            raise rejected("expects `down_kbps`, `up_kbps` or both")
        return self

    async def on_request(self, hit: Hit) -> None:
        if self.up_kbps is not None and hit.subject.connection is not None:
            hit.subject.connection.narrow()

    async def on_chunk(self, hit: Hit, arrival: Arrival) -> None:
        if self.up_kbps is None:
            return
        new = arrival.received - hit.notes.get("received", 0)
        hit.notes["received"] = arrival.received
        begun = _now()
        through = _line(hit, "up", self.up_kbps).take(new, begun - hit.notes.get("late", 0))
        await hit.sleep(round(through - begun))
        # Whoever is woken late has not made the line idle: what comes next would have come so much sooner.
        hit.notes["late"] = max(0, _now() - max(begun, through))

    def on_wire(self, hit: Hit, wire: Wire) -> AsyncIterator[Step] | None:
        return None if self.down_kbps is None else self._paced(hit, wire.steps(), self.down_kbps)

    async def _paced(self, hit: Hit, steps: AsyncIterator[Step], kbps: float) -> AsyncIterator[Step]:
        line, size = _line(hit, "down", kbps), max(1, int(kbps / 8 * _SLICE))
        async for step in steps:
            if not isinstance(step, Send):
                yield step
                continue
            # The pieces are there from now on: one that is sent late does not make the next ones late.
            since = _now()
            if not step.data:
                yield step
            for start in range(0, len(step.data), size):
                piece = step.data[start : start + size]
                yield Wait(max(0, round(line.take(len(piece), since) - _now())))
                yield replace(step, data=piece)


def _line(hit: Hit, direction: str, kbps: float) -> _Line:
    line: _Line = hit.memory.setdefault(direction, _Line(kbps))
    return line


KINDS = (Bandwidth,)
