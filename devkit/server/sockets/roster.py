"""All WebSockets of one sandbox: what they share, their heartbeat, their end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from functools import lru_cache
from typing import Protocol

from devkit.contract.entities import Health, Principal
from devkit.effects import Clock, Instant
from devkit.journal import Journal, SocketEntry, Struck
from devkit.realtime.hub import Event, Hub, Subscriber
from devkit.server.sockets.expiry import Expiry
from devkit.server.sockets.messages import Frame, Voice, heartbeat_frame, text_frame

GRACE = 2.0
"""Seconds that a peer has for taking what is still to be sent and for answering a close frame."""

PATIENCE = 30.0
"""Seconds that a peer has for all of that, as long as it goes on reading (CONTRACT.md, "`/ws`": 1013)."""

_RENDERED = 64
"""Frames kept rendered: a broadcast is rendered once, not once a connection."""

_BREATH = 100
"""Connections that get their heartbeat before others of the loop's tasks have a turn."""


class Live(Hashable, Protocol):
    """An open connection, as this module needs it."""

    subscriber: Subscriber
    expires_at: Instant | None

    def beat(self, heartbeat: Frame) -> None: ...
    def drop(self) -> None: ...
    def scenarios_changed(self) -> None: ...
    def reconsider(self) -> None: ...


class Sockets:
    """What the WebSockets of a sandbox have in common.

    - `ids` draws the id of a connection.
    - `may_hear(principal, topic)` says whether a topic is there and may be heard by them. It may raise DomainError.
    - `spell(event, topic, voice)` renders an event's frame as JSON. Called once for an event, a topic and a voice.
    - `health` tries the sandbox's components.
    - `heartbeat` in the machine's milliseconds; `grace` and `patience` in its seconds.

    One task beats for all, another looks when their time is over; they are there only while a connection is.
    """

    def __init__(
        self,
        *,
        hub: Hub,
        clock: Clock,
        journal: Journal,
        sandbox: str,
        ids: Callable[[], str],
        may_hear: Callable[[Principal, str], bool],
        spell: Callable[[Event, str, Voice], bytes | str],
        health: Callable[[], Awaitable[Health]],
        heartbeat: int = 30_000,
        grace: float = GRACE,
        patience: float = PATIENCE,
    ) -> None:
        self.hub = hub
        self.clock = clock
        self.ids = ids
        self.may_hear = may_hear
        self.health = health
        self.grace = grace
        self.patience = patience
        self.stopping = False
        self._journal = journal
        self._sandbox = sandbox
        self._heartbeat = heartbeat
        self._live: dict[Live, None] = {}
        self._heart: asyncio.Task[None] | None = None
        self._expiry = Expiry(clock, self._live)
        self._gone = asyncio.Event()

        def render(event: Event, topic: str, voice: Voice) -> Frame:
            text = spell(event, topic, voice)
            return text_frame(text.encode() if isinstance(text, str) else text, event)

        self.render: Callable[[Event, str, Voice], Frame] = lru_cache(_RENDERED)(render)

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._live)

    def __bool__(self) -> bool:
        return True

    def record(
        self,
        connection_id: str,
        direction: str,
        *,
        user: str | None = None,
        frame: str | None = None,
        code: int | None = None,
        faults: tuple[Struck, ...] = (),
        repeats: int | None = None,
        note: str | None = None,
    ) -> int:
        """Write it into the journal; the entry's number."""
        number = self._journal.next_number()
        self._journal.add(
            SocketEntry(
                number=number,
                at=self.clock.now(),
                sandbox=self._sandbox,
                connection_id=connection_id,
                direction=direction,
                user=user,
                frame=frame,
                code=code,
                faults=faults,
                repeats=repeats,
                note=note,
            )
        )
        return number

    def add(self, connection: Live) -> None:
        """From now on it gets heartbeats, and is closed with the others; at once, if they are being closed already."""
        self._live[connection] = None
        self._gone.clear()
        self._expiry.came(connection)
        if self.stopping:
            connection.subscriber.end("stopped")
        if self._heart is None:
            self._heart = asyncio.get_running_loop().create_task(self._beat())

    def remove(self, connection: Live) -> None:
        self._live.pop(connection, None)
        if not self._live:
            self._gone.set()
            self._expiry.none_left()
            if self._heart is not None:
                self._heart.cancel()
                self._heart = None

    def scenarios_changed(self) -> None:
        """A scenario was switched on or off: open connections feel it too."""
        for connection in list(self._live):
            connection.scenarios_changed()

    async def close(self, grace: float = GRACE) -> None:
        """Close every connection with 1001. After `grace` seconds those that are still there are dropped."""
        self.stopping = True
        for connection in list(self._live):
            connection.subscriber.end("stopped")
        await self._none_left(grace)
        for connection in list(self._live):
            connection.drop()
        # Dropping takes a few rounds of the loop: the transport's callback, then the reader, then its writer.
        await self._none_left(grace)

    async def _none_left(self, seconds: float) -> None:
        if not self._live:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._gone.wait()
        except TimeoutError:
            return

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat / 1000)
            frame = heartbeat_frame(self.clock.now())
            for count, connection in enumerate(list(self._live), 1):
                if connection in self._live:
                    connection.beat(frame)
                if count % _BREATH == 0:
                    await asyncio.sleep(0)
