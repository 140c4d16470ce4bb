"""A limit of calls in a time, really counted."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from devkit.effects import Instant, machine_now
from devkit.faults.base import Fault
from devkit.faults.headers import expose, http_date
from devkit.faults.hit import Hit
from devkit.faults.matter import Answered
from devkit.faults.parameters import Duration
from devkit.records import dataclass

_KEYS_MAX = 10_000
"""Whose calls are counted at once; the oldest window is forgotten first."""


@dataclass(slots=True)
class _Window:
    """The calls since `start`."""

    start: Instant
    count: int = 0


class RateLimit(Fault):
    """After `limit` calls within `window` (the sandbox's time, from the first call on) further ones answer 429 until it
    is over. `key` says whose calls count together. All answers tell how many are left: as `RateLimit` and
    `RateLimit-Policy` (the IETF's draft, structured fields), as `X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds
    since 1970), or not at all. `Retry-After` of the 429 is in seconds, a date, missing, unreadable, or
    fractional: seconds like 1.5, which RFC 9110 (section 10.2.3) does not know; some clients raise at it, some ignore
    it, some come back at once. Moments are told by the machine's clock, whatever the sandbox's says: clients compare
    them with their own.
    """

    kind = "ratelimit"
    example: ClassVar = {"limit": 5, "window": "10s"}

    limit: Annotated[int, Field(ge=0)]
    window: Annotated[Duration, Field(gt=0)]
    key: Literal["user", "sandbox", "operation", "path"] = "user"
    headers: Literal["ietf", "x", "none"] = "ietf"
    retry_after: Literal["seconds", "date", "none", "invalid", "fractional"] = "seconds"

    async def on_request(self, hit: Hit) -> None:
        window = self._window(hit)
        window.count += 1
        if window.count <= self.limit:
            return
        reply = hit.error(429)
        match self.retry_after:
            case "seconds":
                reply.headers["Retry-After"] = str(self._seconds_left(hit, window))
            case "date":
                # A date has whole seconds: rounded up, or the client would come back too early.
                reply.headers["Retry-After"] = http_date(self._end(hit, window) * 1000)
            case "fractional":
                tenths = -(-self._left(hit, window) // 100)
                reply.headers["Retry-After"] = f"{tenths // 10}.{tenths % 10}"
            case "invalid":
                reply.headers["Retry-After"] = "soon"
        raise Answered(reply)

    def on_headers(self, hit: Hit, headers: Any) -> None:
        window = self._window(hit)
        left = max(0, self.limit - window.count)
        found: dict[str, str] = {}
        match self.headers:
            case "ietf":
                seconds = -(-self.window // 1000)
                found["RateLimit-Policy"] = f'"default";q={self.limit};w={seconds}'
                found["RateLimit"] = f'"default";r={left};t={self._seconds_left(hit, window)}'
            case "x":
                found["X-RateLimit-Limit"] = str(self.limit)
                found["X-RateLimit-Remaining"] = str(left)
                found["X-RateLimit-Reset"] = str(self._end(hit, window))
        headers.update(found)
        expose(headers, found)

    def _window(self, hit: Hit) -> _Window:
        """The window that this call falls into."""
        windows: dict[str, _Window] = hit.memory.setdefault("windows", {})
        key, now = self._key(hit), hit.levers.clock.now()
        window = windows.get(key)
        # A clock that was turned back must not leave a limit that holds until the old time comes again.
        if window is None or not window.start <= now < window.start + self.window:
            windows.pop(key, None)
            if len(windows) >= _KEYS_MAX:
                del windows[next(iter(windows))]
            window = windows[key] = _Window(now)
        return window

    def _key(self, hit: Hit) -> str:
        subject = hit.subject
        found = {"user": subject.user, "operation": subject.operation, "path": subject.path}.get(self.key)
        return found or ""

    def _end(self, hit: Hit, window: _Window) -> int:
        """Seconds since 1970, rounded up, on the clock that the client has."""
        return -(-(machine_now() + window.start + self.window - hit.levers.clock.now()) // 1000)

    def _left(self, hit: Hit, window: _Window) -> int:
        """Milliseconds."""
        return max(0, window.start + self.window - hit.levers.clock.now())

    def _seconds_left(self, hit: Hit, window: _Window) -> int:
        return -(-self._left(hit, window) // 1000)


KINDS = (RateLimit,)
