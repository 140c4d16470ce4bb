"""When sockets are over because what they were signed in with has run out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from typing import Protocol

from devkit.effects import Clock, Instant

_LOOK = 1.0
"""Seconds of the machine's after which the clock is looked at anyway: what faults make of it comes without notice."""


class Expiring(Protocol):
    """A connection, as this module needs it."""

    expires_at: Instant | None

    def reconsider(self) -> None:
        """Its time has come: end it, or learn that it was prolonged."""


class Expiry:
    """Looks after the sockets of one sandbox, on its clock: however that is turned, bent, or let run.

    A task of its own does so while there is a socket whose time ends.
    """

    def __init__(self, clock: Clock, sockets: Collection[Expiring]) -> None:
        self._clock, self._sockets = clock, sockets
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        clock.watch(self._news.set)

    def came(self, socket: Expiring) -> None:
        """A socket was opened."""
        if socket.expires_at is None:
            return
        self._news.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def none_left(self) -> None:
        """The last socket is gone."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while True:
            self._news.clear()
            nearest = self._look()
            # Not `wait_for`: Python 3.11's forgets that it was cancelled, where there is news at the same moment.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause(nearest)):
                    await self._news.wait()

    def _look(self) -> Instant | None:
        """End what is over; when the next one will be."""
        now = self._clock.now()
        for socket in list(self._sockets):
            if socket.expires_at is not None and socket.expires_at <= now:
                socket.reconsider()
        ends = (socket.expires_at for socket in self._sockets)
        return min((instant for instant in ends if instant is not None and instant > now), default=None)

    def _pause(self, nearest: Instant | None) -> float:
        if nearest is None or not self._clock.rate:
            return _LOOK
        return min(_LOOK, max(0.0, (nearest - self._clock.now()) / 1000 / self._clock.rate))
