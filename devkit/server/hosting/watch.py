"""The watch: what the server answers is held against the contract, beside its work (DESIGN: "The mock is not laxer than
the real thing").

In the loop's thread an answer is noted down at most, and a few at a time are judged in another. That takes `SHARE` of
a processor: where more comes than can be judged for it, some are passed over; but the first answer of each route with
each status never is. Whatever is wrong in one place of the contract is told once.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from devkit.dialects.base import Dialect, Route
from devkit.effects import pause, stopwatch, thread_seconds
from devkit.journal import Journal, RequestEntry
from devkit.records import dataclass

if TYPE_CHECKING:
    from devkit.dialects.conformance import Departure, Promise

log = logging.getLogger("devkit")

SHARE = 0.005
"""Of a processor's time, at most, that goes into judging: what it costs the loop's thread comes on top of that, and all
of it should stay below 0.02 (`benchmarks.watching`).
"""

SAVED_SECONDS = 0.05
"""Time that a quiet server saves up: what a person causes is judged, all of it."""

GATHER_SECONDS = 0.1
"""How long answers are gathered before they are judged: to wake a thread for each would cost more than to judge it."""

WAITING = 64
"""Answers that wait to be judged; more are passed over."""

LARGEST = 512 * 1024
"""Bytes of a body that is judged."""

_OTHERWISE = "answered {} otherwise than the contract says: {}"
_TOLD = 1_000
_BETWEEN_SECONDS = 0.001
"""After each answer the loop's thread has its turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An answer as it was sent. `speaks` is the route; where none was found (`is_routed`), that or the dialect whose
    errors it is told in. `body` has the content coding that the fields say; `number` is the journal's.
    """

    speaks: Route | Dialect
    method: str
    status: int
    fields: Mapping[str, str]
    body: bytes | None
    code: str | None
    journal: Journal
    number: int
    is_routed: bool = True


def _is_probe(seen: Seen) -> bool:
    """Whether somebody only looks if the server is up: as long as nobody wants more, nothing is loaded for judging."""
    return isinstance(seen.speaks, Route) and seen.speaks.operation.keeper == "health.health"


class Watch:
    """Judges answers that no fault touched, as long as `run` does."""

    def __init__(self, *, on: bool) -> None:
        self.taken = self.judged = 0
        """How many answers were noted down, and how many of them held against the contract."""
        self._on = self._has_room = on
        self._sparing = False
        self._ended = False
        self._seen: set[tuple[int, int, bool]] = set()
        self._waiting: deque[Seen] = deque()
        self._wake = asyncio.Event()
        self._promises: dict[tuple[int, bool], tuple[Route | Dialect, Promise]] = {}
        self._validators: dict[bytes, object] = {}
        self._told: set[tuple[str, str, str]] = set()

    def wants(self, speaks: Route | Dialect, status: int, *, is_routed: bool = True) -> bool:
        """Whether such an answer (see `Seen`) should be given to `take`."""
        if not self._has_room:
            return False
        key = id(speaks), status, is_routed
        if key in self._seen:
            return not self._sparing
        self._seen.add(key)
        return True

    def take(self, seen: Seen) -> None:
        if seen.body is not None and len(seen.body) > LARGEST:
            return
        self.taken += 1
        self._waiting.append(seen)
        self._has_room = len(self._waiting) < WAITING
        self._wake.set()

    async def run(self) -> None:
        """Judge what was taken, until cancelled."""
        if not self._on:
            return
        loop, purse, since = asyncio.get_running_loop(), SAVED_SECONDS, stopwatch()
        pays: asyncio.TimerHandle | None = None
        try:
            while True:
                await self._wake.wait()
                await asyncio.sleep(GATHER_SECONDS)
                batch = [*self._waiting]
                self._waiting.clear()
                self._wake.clear()
                self._has_room = True
                if not self._promises and all(map(_is_probe, batch)):
                    self.taken -= len(batch)
                    continue
                spent, found = await asyncio.to_thread(self._judge, batch)
                self.judged += len(batch)
                now = stopwatch()
                purse, since = min(SAVED_SECONDS, purse + (now - since) * SHARE) - spent, now
                if pays is not None:
                    pays.cancel()
                self._sparing = purse < 0
                if self._sparing:
                    pays = loop.call_later(-purse / SHARE, self._spare_no_more)
                for what in found:
                    self._tell(*what)
        finally:
            self._ended, self._has_room = True, False
            if pays is not None:
                pays.cancel()

    def _spare_no_more(self) -> None:
        self._sparing = False

    def _judge(self, batch: list[Seen]) -> tuple[float, list[tuple[Seen, str, str]]]:
        """Seconds of the processor that it took; and of what was found, the place in the contract and a sentence."""
        began, found = thread_seconds(), list[tuple[Seen, str, str]]()
        for seen in batch:
            if self._ended:
                break
            try:
                found += [(seen, one.place, _OTHERWISE.format(seen.status, one.what)) for one in self._departures(seen)]
            except OSError:
                # It could not load what it judges with: that is told elsewhere, and says nothing of the answer.
                log.debug("an answer could not be judged", exc_info=True)
            except Exception as error:
                # A schema or an answer that nobody has thought of: it must be seen, and harm nobody.
                log.debug("an answer could not be judged", exc_info=True)
                found.append((seen, type(error).__name__, f"cannot be held against the contract: {error}"))
            pause(_BETWEEN_SECONDS)
        return thread_seconds() - began, found

    def _departures(self, seen: Seen) -> Iterator[Departure]:
        fields = {name.lower(): value for name, value in seen.fields.items()}
        body = seen.body
        if body and fields.get("content-encoding") == "gzip":
            body = zlib.decompress(body, wbits=16 + zlib.MAX_WBITS)
        promise = self._promise(seen.speaks, is_routed=seen.is_routed)
        return promise.departures(seen.status, fields, body, code=seen.code, bodiless=seen.method == "HEAD")

    def _promise(self, speaks: Route | Dialect, *, is_routed: bool) -> Promise:
        # By identity: a route is made once, and comparing two takes long.
        key = id(speaks), is_routed
        kept = self._promises.get(key)
        if kept is None:
            from devkit.dialects.conformance import Promise

            kept = self._promises[key] = speaks, Promise(speaks, self._validators, is_routed=is_routed)
        return kept[1]

    def _tell(self, seen: Seen, place: str, sentence: str) -> None:
        speaks = seen.speaks
        operation = speaks.operation.id if isinstance(speaks, Route) and seen.is_routed else "an unknown address"
        dialect = speaks.dialect.name if isinstance(speaks, Route) else speaks.name
        key = dialect, operation, place
        if key in self._told or len(self._told) >= _TOLD:
            return
        self._told.add(key)
        log.warning("%s (%s) %s", operation, dialect, sentence)
        entry = seen.journal.find(seen.number)
        if isinstance(entry, RequestEntry):
            entry.note = "; ".join(filter(None, [entry.note, sentence]))
