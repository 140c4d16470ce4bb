"""The events of the last few minutes, for those who were away."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from devkit.effects import MINUTE, Instant
from devkit.realtime.event import Delivery, Event

HISTORY_EVENTS = 1_000
HISTORY_AGE = 5 * MINUTE
"""Milliseconds on the sandbox's clock."""


class History:
    """Keeps an event while it is one of the newest `HISTORY_EVENTS` and not older than `HISTORY_AGE`."""

    def __init__(self, first_id: int) -> None:
        self._events: deque[Event] = deque()
        self._gone = first_id
        self._newest = first_id

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Event) -> None:
        self._events.append(event)
        self._newest = event.id
        while len(self._events) > HISTORY_EVENTS or event.at - self._events[0].at > HISTORY_AGE:
            self._gone = self._events.popleft().id

    def skip(self, newest: int) -> None:
        """Ids up to `newest` were given out, and no event has them."""
        self._newest = newest

    def forget(self, newest: int) -> None:
        """Drop everything; whatever id up to and including `newest - 1` is asked for from now on is gone."""
        self._events.clear()
        self._gone = self._newest = newest

    def since(
        self,
        id: int,  # noqa: A002
        topics: Iterable[str],
        user_id: str | None,
        now: Instant,
    ) -> list[Delivery] | None:
        """What `user_id` missed on `topics` after the event `id`, oldest first, each event once; None where that can
        not be said: something after `id` is no longer kept, or `id` was never given out (by this hub).
        """
        self._expire(now)
        if not self._gone <= id <= self._newest:
            return None
        asked = frozenset(topics)
        return [
            Delivery(event, topic)
            for event in self._events
            if event.id > id
            and event.concerns(user_id)
            and (topic := next(filter(asked.__contains__, event.topics), None))
        ]

    def _expire(self, now: Instant) -> None:
        # All of them are looked at, not only the first: a clock that was turned back puts older instants behind newer.
        expired = max((event.id for event in self._events if now - event.at > HISTORY_AGE), default=None)
        while expired is not None and self._events and self._events[0].id <= expired:
            self._gone = self._events.popleft().id
