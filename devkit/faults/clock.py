"""Clocks that are wrong, stand still, run fast or jump back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from devkit.contract.fields import rejected
from devkit.effects import DAY, HOUR, Instant, http_date, parse_instant
from devkit.faults.base import Fault
from devkit.faults.hit import Hit
from devkit.faults.parameters import At, Duration, SignedDuration

_SOME_DAY = parse_instant("2026-01-20T10:00:00Z")


def _zone(name: str) -> str:
    try:
        next_change(name, _SOME_DAY, forward=True)
    except (ZoneInfoNotFoundError, OSError):
        raise rejected(f"there is no time zone {name!r} here; write it as Europe/Berlin") from None
    except ValueError as error:
        raise rejected(f"{error}; take one such as Europe/Berlin") from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]
_CENTURY = 100 * 365 * 86_400_000


class _Turned(Fault):
    """Something that is turned as long as the scenario is on."""

    of_mock: ClassVar[str] = "the real backend has a clock of its own"

    def turn(self, hit: Hit) -> Callable[[], None] | None:
        """Turn it; the function that is returned puts it back."""
        raise NotImplementedError

    async def on_activate(self, hit: Hit) -> None:
        hit.memory["put_back"] = self.turn(hit)

    async def on_deactivate(self, hit: Hit) -> None:
        put_back = hit.memory.pop("put_back", None)
        if put_back is not None:
            put_back()


class Skew(_Turned):
    """One clock of the backend is off `by` that much. `issuing`: new access tokens are dated with it, so with `-2d`
    they have expired when they arrive, and with `5m` they are not valid yet. `validating`: tokens are judged by it, so
    good ones are refused, or expired ones accepted. `date_header`: only `Date` in the answers is off.
    """

    kind = "clock.skew"
    example = {"by": "-5m", "apply": "date_header"}

    by: Annotated[SignedDuration, Field(ge=-_CENTURY, le=_CENTURY)]
    apply: Literal["issuing", "validating", "date_header"]

    @property
    def needs_mock(self) -> str:
        return "" if self.apply == "date_header" else self.of_mock

    def turn(self, hit: Hit) -> Callable[[], None] | None:
        return None if self.apply == "date_header" else hit.levers.skew_tokens(self.apply, self.by)

    def on_headers(self, hit: Hit, headers: Any) -> None:
        if self.apply == "date_header":
            headers["Date"] = http_date(hit.levers.clock.now() + self.by)


class Freeze(_Turned):
    """Time stands still, `at` an instant or where it is: all timestamps are the same, nothing expires, `Date` included.
    Switched off, the time is what it would have been.
    """

    kind = "clock.freeze"
    example = {"at": "2026-01-20T10:00:00Z"}

    at: At | None = None

    def turn(self, hit: Hit) -> Callable[[], None]:
        instant = hit.levers.clock.now() if self.at is None else self.at
        return hit.levers.clock.bend(lambda _: instant)


class Rate(_Turned):
    """Time runs `factor` times as fast (below 1: slower): tokens, links and windows end so much sooner or later.
    Switched off, the time is what it would have been.
    """

    kind = "clock.rate"
    example = {"factor": 60}

    factor: Annotated[float, Field(gt=0, le=1_000_000)]

    def turn(self, hit: Hit) -> Callable[[], None]:
        began = hit.levers.clock.straight()
        return hit.levers.clock.bend(lambda now: now + round((now - began) * (self.factor - 1)))


class Backwards(_Turned):
    """The time jumps back: what happens now bears an earlier time than what was there before, new rows sort below old
    ones, and tokens issued before are not valid yet (401 `token_invalid`).
    """

    kind = "clock.backwards"
    example = {"by": "1h"}

    by: Annotated[Duration, Field(le=_CENTURY)]

    def turn(self, hit: Hit) -> Callable[[], None]:
        return hit.levers.clock.bend(lambda now: now - self.by)


class DaylightSaving(_Turned):
    """The clock stands shortly before the next change of clocks in this time zone, and goes on from there: in `spring`
    an hour is skipped, in `autumn` one comes twice. Instants stay right (they are told in UTC); what a page makes of
    them in local time jumps: "an hour ago" for what was a moment ago, days of 23 or 25 hours, times that do not exist.
    """

    kind = "clock.dst"
    example = {"zone": "Europe/Berlin", "change": "autumn"}

    zone: Zone = "Europe/Berlin"
    change: Literal["spring", "autumn"] = "autumn"
    lead: Duration = 600_000

    def turn(self, hit: Hit) -> Callable[[], None]:
        began = hit.levers.clock.straight()
        instant = next_change(self.zone, began, forward=self.change == "spring") - self.lead
        return hit.levers.clock.bend(lambda now: instant + now - began)


def next_change(zone: str, after: Instant, *, forward: bool) -> Instant:
    """When clocks in that zone are next put forward, or back. Raises ValueError where they are not within two years."""
    rules = ZoneInfo(zone)

    def offset(instant: Instant) -> timedelta:
        return datetime.fromtimestamp(instant / 1000, rules).utcoffset() or timedelta()

    for day in range(after // DAY * DAY, after + 2 * 366 * DAY, DAY):
        if offset(day) != offset(day + DAY):
            for hour in range(day, day + DAY, HOUR):
                change = offset(hour + HOUR) - offset(hour)
                if change and (change > timedelta()) is forward and hour + HOUR > after:
                    return hour + HOUR
    raise ValueError(f"clocks in {zone} are not changed")


KINDS = (Skew, Freeze, Rate, Backwards, DaylightSaving)
