"""The faults that strike one WebSocket: its handshake, the time it is open, and each of its frames.

Decisions that the scenario format leaves open:

- A frame that tells no event (`connection`, `subscription`, `pong`, `heartbeat`, `resync`, `error`) is struck only by
  kinds that name its type (`Fault.messages`), and never by a rule that asks for an `event`. A protocol pong counts as a
  `pong`. Protocol pings, close frames, the error before a close and the refusal of who is not signed in are not struck.
- A frame with a delay is set aside, and later frames go before it. It goes out at once when the scenario that delays it
  is switched off, and never where the socket closes before.
- Of a real backend's messages each that says nothing else counts as an event, called what its member `type` or `event`
  says, so that a rule without `event` strikes them all; `ping`, `pong` and `heartbeat` tell none.
- What is switched on while a socket is open strikes it as if it were being opened, but for the handshake.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from devkit.faults.base import Moment
from devkit.faults.hit import Absent, Fingerprint, Subject
from devkit.faults.matter import SUBPROTOCOL
from devkit.faults.matter import Frame as Outgoing
from devkit.realtime.subscriber import QUEUE_LIMIT, Subscriber
from devkit.records import dataclass
from devkit.scenario.activation import Strike
from devkit.scenario.engine import Engine
from devkit.server.sockets.messages import Frame, excerpt
from devkit.server.sockets.wire import Farewell, Wire
from devkit.server.wire.repeats import Struck, again
from devkit.server.wire.strikes import NONE, Strikes

if TYPE_CHECKING:
    from devkit.scenario.model import Scenario

log = logging.getLogger(__name__)

_NO_EVENTS = frozenset({"ping", "pong", "heartbeat"})
"""What a real backend's messages are called by which it only sees whether somebody is there."""


class Breakable(Protocol):
    """A connection, as this module needs it."""

    subscriber: Subscriber

    def take_leave(self, farewell: Farewell) -> None: ...


class SocketFaults:
    """What strikes one socket; `describe` says once, and only when it is asked, what rules are matched against."""

    def __init__(
        self,
        engine: Engine,
        describe: Callable[[], Subject],
        borrowed: tuple[Scenario, ...] = (),
        before: Struck | None = None,
    ) -> None:
        """`before` is the handshake that the client sent again by itself with this one."""
        self._before = before
        self.refused: int | None = None
        """The entry that tells of a refusal."""
        self._engine = engine
        self._describe = describe
        self._borrowed = borrowed
        self._known: Subject | None = None
        self._met: Strikes = NONE
        self._newest = 0
        self._connection: Breakable | None = None
        self._wire: Wire | None = None
        self._late: Late | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> bool:
        """Whether no frame can be struck, and none is set aside: then frames need not come here."""
        return self._engine.idle and not self._borrowed and not self._late

    @property
    def struck(self) -> tuple[Fingerprint, ...]:
        """What struck the handshake."""
        return self._met.fingerprints

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that a fault selects, whatever the client offered."""
        return self._subject.shared.get(SUBPROTOCOL) if self._met else None

    @property
    def met(self) -> Strikes:
        return self._met

    @property
    def repeats(self) -> int | None:
        return self._before.number if self._before else None

    @property
    def user(self) -> str | None:
        return self._subject.user

    @property
    def _subject(self) -> Subject:
        if self._known is None:
            self._known = self._describe()
        return self._known

    # The socket

    async def handshake(self) -> None:
        """May wait, and raise Answered, Broken or Absent."""
        self._met = (again(self._before, self._subject) if self._before else NONE) or self._strike(self._borrowed)
        await self._met.on_handshake()

    def begin(self, connection: Breakable, wire: Wire) -> None:
        """The socket is open."""
        self._connection, self._wire = connection, wire
        self._stand_by(self._met)
        # What was switched on while the handshake waited.
        self.changed()

    def changed(self) -> None:
        """A scenario was switched on or off."""
        if self._late is not None:
            self._late.wake()
        strikes = self._strike()
        if strikes and self._wire is not None:
            self._wire.struck(strikes.fingerprints)
            self._stand_by(strikes)

    async def end(self) -> None:
        """The connection is over, and so is what runs beside it."""
        if self._late is not None:
            self._late.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # What holds this in turn: without it, the socket is gone at once.
        self._connection = self._wire = self._late = None
        self._describe = _over

    def _strike(self, borrowed: tuple[Scenario, ...] = ()) -> Strikes:
        if not borrowed and self._engine.newest <= self._newest:
            return NONE
        since, self._newest = self._newest, self._engine.newest
        if not borrowed and not self._engine.concerns(Moment.SOCKET):
            return NONE
        return Strikes(self._engine.strike(Moment.SOCKET, self._subject, borrowed, newer_than=since))

    def _stand_by(self, strikes: Strikes) -> None:
        for strike in strikes:
            if "on_open" in type(strike.fault).hooks():
                self._run(self._beside(strike))

    async def _beside(self, strike: Strike) -> None:
        assert self._connection is not None  # noqa: S101 - it is open
        assert self._wire is not None  # noqa: S101
        lever = Lever(self._connection, self._wire, (Fingerprint.of(strike.hit),))
        try:
            await strike.fault.on_open(strike.hit, lever)
        except Absent:
            return
        except Exception:
            log.exception("The fault %s failed", strike.hit.name)

    def _run(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Its frames

    async def send(self, frame: Frame) -> None:
        """Send what the faults make of a frame. Raises ConnectionError where the peer is gone."""
        assert self._wire is not None  # noqa: S101 - it is open
        if self._late:
            await self._late.settle()
        strikes = self._strikes_of(frame)
        if not strikes:
            await self._wire.send(frame)
            return
        given = Outgoing(_text(frame.data)) if frame.kind == "text" else Outgoing(binary=frame.data)
        try:
            made = await strikes.on_frame(given)
        except Absent:
            raise ConnectionResetError("the client left") from None
        faults = strikes.fingerprints
        if not made:
            self._wire.lost(frame, faults)
        for one in made:
            if one.delay > 0:
                self._set_aside(Parcel(_due(one.delay), one, frame, strikes))
            else:
                one.done = True
                await self._wire.send(_written(one, frame), faults)

    def _strikes_of(self, frame: Frame) -> Strikes:
        if frame.kind == "ping" or not (self._borrowed or self._engine.concerns(Moment.FRAME)):
            return NONE
        message, payload = _said(frame)
        is_event = message not in _NO_EVENTS if frame.raw else frame.event is not None
        subject = dataclasses.replace(
            self._subject, message=message, event=message if is_event else None, payload=payload
        )
        return Strikes(self._engine.strike(Moment.FRAME, subject, self._borrowed))

    def _set_aside(self, parcel: Parcel) -> None:
        assert self._connection is not None  # noqa: S101 - it is open
        assert self._wire is not None  # noqa: S101
        if self._late is None:
            self._late = Late(self._wire)
            self._run(self._late.run())
        if len(self._late) >= QUEUE_LIMIT:
            self._connection.subscriber.end("overflowed")
        self._late.add(parcel)


@dataclass(frozen=True, slots=True)
class Lever:
    """What a fault may do to the socket (`devkit.faults.matter.SocketLever`)."""

    connection: Breakable
    wire: Wire
    faults: tuple[Fingerprint, ...]

    def close(self, code: int, reason: str = "", *, error: str | None = None) -> None:
        self.connection.take_leave(Farewell(code, reason, error, self.faults))

    def drop(self) -> None:
        self.wire.drop(self.faults)

    def silence(self) -> None:
        self.wire.silence()

    def resume(self) -> None:
        self.wire.resume()


@dataclass(slots=True)
class Parcel:
    """A frame that was set aside: `frame` is what a fault made of `original`; `due` on the loop's clock."""

    due: float
    frame: Outgoing
    original: Frame
    strikes: Strikes

    def ready(self, now: float) -> bool:
        return self.due <= now or any(strike.hit.over for strike in self.strikes)


class Late:
    """The frames of one socket that faults delay; those of equal delay keep their order."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._parcels: list[Parcel] = []
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._parcels)

    def add(self, parcel: Parcel) -> None:
        self._parcels.append(parcel)
        self._parcels.sort(key=lambda each: each.due)
        self.wake()

    def wake(self) -> None:
        """What is ready may have changed."""
        self._news.set()

    def close(self) -> None:
        self._parcels.clear()

    async def run(self) -> None:
        """Send each when its time has come, until cancelled."""
        while True:
            self._news.clear()
            try:
                await self.settle()
            except ConnectionError:
                return
            # Not `wait_for`: Python 3.11's forgets that it was cancelled, where there is news at the same moment.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._parcels[0].due if self._parcels else None):
                    await self._news.wait()

    async def settle(self) -> None:
        """Send what is ready."""
        now = asyncio.get_running_loop().time()
        ready = [parcel for parcel in self._parcels if parcel.ready(now)]
        self._parcels = [parcel for parcel in self._parcels if not parcel.ready(now)]
        for parcel in ready:
            if not parcel.frame.done:
                parcel.frame.done = True
                await self._wire.send(_written(parcel.frame, parcel.original), parcel.strikes.fingerprints)


def _said(frame: Frame) -> tuple[str, dict[str, Any]]:
    """What a frame is called, and its fields. The real backend's may be anything, and is called nothing then."""
    if frame.kind == "pong":
        return frame.kind, {"type": frame.kind}
    if frame.raw:
        # Only the frames of a real backend are raw.
        from devkit.upstream.sockets import told

        name, payload = told(frame.data) if frame.kind == "text" else (None, {})
        return name or "", payload
    payload = orjson.loads(frame.data)
    if frame.event is None:
        return payload["type"], payload
    # A user's own envelope calls these as it likes, or leaves them out.
    return frame.event.type, {"id": frame.event.id, "type": frame.event.type} | payload


def _text(data: bytes) -> str:
    """A real backend's text need not be UTF-8, and stays what it is then."""
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _due(delay: int) -> float:
    return asyncio.get_running_loop().time() + delay / 1000


def _is_same(made: Outgoing, original: Frame) -> bool:
    data = made.binary if original.kind == "binary" else None if made.binary is not None else _bytes(made.text)
    return data == original.data and not made.fragment


def _written(made: Outgoing, original: Frame) -> Frame:
    """The frame as it goes over the wire. What the journal did not note before it does not note now."""
    if original.kind == "pong" or (original.raw and _is_same(made, original)):
        return original
    if made.binary is not None:
        noted = f"({len(made.binary)} bytes, binary)" if original.noted is not None else None
        return Frame(made.binary, "binary", original.event, noted, made.fragment)
    data = _bytes(made.text)
    noted = excerpt(data) if original.noted is not None else None
    return Frame(data, "text", original.event, noted, made.fragment)


def _over() -> Subject:
    raise AssertionError("nothing strikes a socket that is over")
