"""The only sources of time and chance.

Everything that happens in a sandbox reads its time from a `Clock` and its chance from a `Randomness`: so a test can
turn the one and repeat the other. Nothing else in devkit may call `time.time`, `datetime.now`, `uuid4` or `random`
(a lint rule and `tests/test_architecture.py` see to it).

Instants are integers: milliseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import formatdate
from functools import lru_cache, partial

from devkit.records import dataclass

Instant = int
"""Milliseconds since the epoch, UTC."""

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EARLIEST = -62_135_596_800_000
_LATEST = 253_402_300_799_999
"""0001-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: what ISO 8601's four-digit years can say."""


def isoformat(instant: Instant) -> str:
    """`2026-01-20T10:00:00.000Z`: ISO 8601, UTC, milliseconds (CONTRACT.md, "What holds everywhere")."""
    # By hand, because a page of tasks holds sixty of these, and strftime takes ten times as long. Of tables that are
    # small: what is looked up in a large one is not in the processor's cache.
    hour, rest = divmod(instant, HOUR)
    second, millisecond = divmod(rest, SECOND)
    return f"{_hour(hour)}{_SECONDS[second]}{_MILLISECONDS[millisecond]}"


@lru_cache(4096)
def _hour(hour: int) -> str:
    """`2026-01-20T10:` of an hour, counted from the epoch."""
    day, rest = divmod(hour, 24)
    return f"{(date(1970, 1, 1) + timedelta(day)).isoformat()}T{rest:02d}:"


class _Seconds(dict[int, str]):
    """`00:00` of each second of an hour, made when it is first asked for."""

    def __missing__(self, second: int) -> str:
        found = self[second] = f"{second // 60:02d}:{second % 60:02d}"
        return found


_SECONDS = _Seconds()
_MILLISECONDS = [f".{millisecond:03d}Z" for millisecond in range(1000)]


def http_date(instant: Instant) -> str:
    """`Tue, 20 Jan 2026 10:00:00 GMT`, as HTTP's headers have it (RFC 9110, section 5.6.7)."""
    return _http_date(instant // 1000)


@lru_cache(8)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def parse_instant(text: str) -> Instant:
    """The instant that an ISO 8601 text with an offset (or `Z`) names. Raises ValueError."""
    if "\x00" in text:
        # fromisoformat stops reading there and takes what came before.
        raise ValueError("holds a NUL character")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no UTC offset")
    try:
        delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error
    instant = (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000
    if not _EARLIEST <= instant <= _LATEST:
        raise ValueError("out of range")
    return instant


@dataclass(frozen=True, slots=True)
class ClockState:
    """How a clock stands to the machine's: what it said, how far it was ahead, and its rate (0: it stood still)."""

    at: Instant
    offset: int
    rate: float


class Clock:
    """A sandbox's time: follows the machine's until it is turned.

    `advance` and `set` move it, `freeze` stops it, `run` lets it go again at `rate` times the machine's speed. What
    faults make of it lies on top of that (`bend`), and can be taken away without a trace.
    """

    def __init__(self) -> None:
        self._bends: list[Callable[[Instant], Instant]] = []
        self._watchers: list[Callable[[], None]] = []
        self._anchor_real = _real()
        self._anchor = self._anchor_real
        self._rate = 1.0

    @property
    def rate(self) -> float:
        """How many of its seconds pass in one of the machine's; 0 when frozen."""
        return self._rate

    @property
    def turned(self) -> bool:
        """Whether it may say something else than the machine's."""
        return self._anchor != self._anchor_real or self._rate != 1.0 or bool(self._bends)

    def now(self) -> Instant:
        if self._rate == 1.0 and not self._bends:
            # As nearly always: nothing has hold of the clock, and every request asks it a few times.
            return self._anchor + time.time_ns() // 1_000_000 - self._anchor_real
        instant = self.straight()
        for bend in self._bends:
            instant = max(_EARLIEST, min(bend(instant), _LATEST))
        return instant

    def straight(self) -> Instant:
        """The time without what faults make of it: what says how long a fault itself lasts."""
        if self._rate == 1.0:
            return self._anchor + _real() - self._anchor_real
        return self._anchor + round((_real() - self._anchor_real) * self._rate)

    def set(self, instant: Instant) -> None:
        self._anchor_real, self._anchor = _real(), instant
        self._turned()

    def advance(self, milliseconds: int) -> None:
        self._anchor += milliseconds
        self._turned()

    def freeze(self, at: Instant | None = None) -> None:
        self.set(self.straight() if at is None else at)
        self._rate = 0.0

    def run(self, rate: float = 1.0) -> None:
        self.set(self.straight())
        self._rate = rate

    def bend(self, bend: Callable[[Instant], Instant]) -> Callable[[], None]:
        """Let `bend` say what the time is, given what it would be, until the returned function is called."""
        bend = partial(bend)  # one's own, however often the same is given
        self._bends.append(bend)
        return partial(self._bends.remove, bend)

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` whenever somebody turns the clock, until the returned function is called."""
        watcher = partial(watcher)
        self._watchers.append(watcher)
        return partial(self._watchers.remove, watcher)

    def _turned(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()

    def reset(self) -> None:
        self._rate = 1.0
        self._anchor_real = self._anchor = _real()

    @property
    def state(self) -> ClockState:
        real, now = _real(), self.now()
        # While it goes as the machine's does, how far it is ahead is known without looking at two clocks in turn.
        steady = self._rate == 1.0 and not self._bends
        return ClockState(now, self._anchor - self._anchor_real if steady else now - real, self._rate)

    def resume(self, state: ClockState) -> None:
        """Go on as the clock did that was in this state: as far ahead of the machine's, or standing where it stood."""
        self.set(_real() + state.offset if state.rate else state.at)
        self._rate = state.rate


@dataclass(frozen=True, slots=True)
class ClockStart:
    """Where a sandbox's clock begins, and begins again after a reset; by default it is the machine's."""

    at: Instant | None = None
    frozen: bool = False

    def now(self) -> Instant:
        """What the clock says when it begins."""
        return _real() if self.at is None else self.at

    def apply(self, clock: Clock) -> None:
        clock.reset()
        if self.frozen:
            clock.freeze(self.at)
        elif self.at is not None:
            clock.set(self.at)


MACHINE_TIME = ClockStart()


def _real() -> Instant:
    return time.time_ns() // 1_000_000


def machine_now() -> Instant:
    """The machine's own time: for what concerns the machine (how long a sandbox is kept), never for what it mocks."""
    return _real()


def stopwatch() -> float:
    """Seconds on the machine's monotonic clock: for durations that are measured, never for a sandbox's time."""
    return time.perf_counter()


def thread_seconds() -> float:
    """Seconds of the processor that the calling thread has taken: what something costs, whoever else is at work."""
    return time.thread_time()


def pause(seconds: float) -> None:
    """Let the other threads have their turn: for long work in a thread, never in the loop's."""
    time.sleep(seconds)


UUID_VARIANTS = {digit: "89ab"[value & 3] for value, digit in enumerate("0123456789abcdef")}
"""By a drawn digit, one that says that a UUID is of RFC 9562's kind."""


class Randomness:
    """Chance that repeats: the same seed, sandbox and run draw the same values in the same order.

    `run` counts how often the sandbox's database was opened: without it, a server that is started again on the same
    file would draw the ids that it already gave away.
    """

    def __init__(self, seed: int, scope: str = "main", run: int = 0) -> None:
        self.seed, self.scope = seed, scope
        self._random = random.Random()
        self.restart(run)

    def restart(self, run: int) -> None:
        """Draw from the beginning of that run."""
        self.run = run
        self._random.seed(hashlib.sha256(f"{self.seed}/{self.scope}/{run}".encode()).digest())

    def depart(self) -> None:
        """Draw what nobody draws a second time, until `restart`."""
        self._random.seed(fresh_secret())

    def branch(self, name: str) -> Randomness:
        """An independent source: drawing from it does not move this one."""
        return Randomness(self.seed, f"{self.scope}/{name}", self.run)

    def uuid(self) -> str:
        """A version 4 UUID (RFC 9562) from this source."""
        digits = self._random.getrandbits(128).to_bytes(16, "big").hex()
        variant = UUID_VARIANTS[digits[16]]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def fraction(self) -> float:
        """A number from 0 up to, not including, 1."""
        return self._random.random()


def fresh_secret(count: int = 32) -> bytes:
    """Unpredictable bytes from the operating system: for keys, never for what a sandbox must repeat."""
    return secrets.token_bytes(count)
