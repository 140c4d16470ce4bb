"""A WebSocket between a client and the real backend: bytes pass as they come, and are read beside.

So frames, fragments, pings, close codes and the way it ends are the real ones. Only while a scenario may strike frames
are the backend's messages taken one by one: they wait in the subscriber's queue, and what no fault changes goes out as
it came.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Literal

from devkit.effects import Instant, fresh_secret
from devkit.excerpts import FRAME_KEPT
from devkit.realtime.subscriber import Ending
from devkit.records import dataclass
from devkit.server.sockets.messages import Frame, excerpt
from devkit.server.sockets.tunnel import Tunnel
from devkit.server.sockets.wire import Farewell, Wire, fragmented
from devkit.upstream.sockets import ALL, Message, Messages, frame

if TYPE_CHECKING:
    from aiohttp import WSMsgType, web

    from devkit.realtime.subscriber import Subscriber
    from devkit.server.sockets.breaking import SocketFaults
    from devkit.server.sockets.roster import Sockets
    from devkit.upstream.client import Answer

log = logging.getLogger(__name__)

_NOTED = 4 * FRAME_KEPT + 8
"""Bytes of a message of which the journal's excerpt is made: a character has four at most."""
_QUEUED = 256
"""Messages that wait for faults before the backend is read no further."""
_MASK = 4

_ENDINGS: dict[Ending, Farewell] = {"stopped": Farewell(1001), "overflowed": Farewell(1013), "failed": Farewell(1011)}


@dataclass(frozen=True, slots=True)
class _End:
    """The backend's close frame, in its place among the messages."""

    code: int
    raw: bytes


class Relay(Tunnel):
    """One that is open; `sockets` know it as they know ours, but for heartbeats and sessions: those are the backend's
    own.
    """

    expires_at: Instant | None = None

    def __init__(
        self,
        id: str,  # noqa: A002
        request: web.BaseRequest,
        answer: Answer,
        sockets: Sockets,
        faults: SocketFaults,
        note: str,
    ) -> None:
        """`note` is what the journal says of it."""
        super().__init__(request, answer)
        self._sockets, self._faults, self._note_of_it = sockets, faults, note
        self._record = partial(sockets.record, id)
        self._wire = Wire(_Whole(self._client.transport), request, self._record)
        self._noted = _NOTED if answer.draft is None else ALL
        self._down, self._up = Messages(self._noted), Messages(self._noted)
        self._is_struck = self._is_sending = False
        self._held = bytearray()
        """What the backend sent and nobody has looked at: faults are busy, or the wire is silent."""
        self._unheard = bytearray()
        """The same of the client, while the wire is silent."""
        self._writer: asyncio.Task[None] | None = None
        self._waiting: asyncio.Task[None] | None = None
        self._finisher: asyncio.Task[None] | None = None
        self._farewell: Farewell | None = None
        self.subscriber: Subscriber = sockets.hub.connect(id, user_id=None, session_id=None)

    async def run(self, head: bytes) -> None:
        self._record("open", faults=self._faults.struck, note=self._note_of_it)
        self.subscriber.on_end = self._ended
        self._sockets.add(self)
        self._faults.begin(self, self._wire)
        try:
            await super().run(head)
        finally:
            self.subscriber.on_end = None
            self._sockets.hub.disconnect(self.subscriber)
            self._wire.closed(1006)
            self._wire.hang_up(self._sockets.grace)
            tasks = [task for task in (self._writer, self._waiting, self._finisher) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._writer = self._waiting = self._finisher = None
            self._sockets.remove(self)
            await self._faults.end()

    # As the roster and faults know it

    def beat(self, heartbeat: Frame) -> None:
        """The backend has its own."""

    def reconsider(self) -> None:
        """Sessions are the backend's."""

    def drop(self) -> None:
        self._wire.drop()

    def scenarios_changed(self) -> None:
        self._faults.changed()

    def take_leave(self, farewell: Farewell) -> None:
        if self.subscriber.ending is None:
            self._farewell = farewell
            self.subscriber.end("left")

    # From the backend

    def from_backend(self, data: bytes) -> None:
        if self._held or self._must_wait():
            self._hold(data)
            return
        if self.subscriber.ending is not None:
            return
        while data:
            if self._down.is_between:
                self._turn()
            data = self._strike(data) if self._is_struck else self._pass(data)
            if data and self._must_wait():
                self._hold(data)
                return
        self._client.slow_down(self._backend)

    def _is_wanted_struck(self) -> bool:
        return not self._faults.idle or self._is_sending or len(self.subscriber) > 0

    def _must_wait(self) -> bool:
        return self._wire.silent or len(self.subscriber) >= _QUEUED

    def _turn(self) -> None:
        """Between two messages: whether the next ones are taken one by one."""
        self._is_struck = self._is_wanted_struck()
        self._down.is_raw_kept = self._is_struck
        self._down.kept = ALL if self._is_struck else self._noted
        if self._is_struck and self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())

    def _pass(self, data: bytes) -> bytes:
        """Send it as it is, and note what it says; what is left, where from there on messages are taken one by one."""
        for message in self._down.feed(data):
            self._tell("received", message)
            self._note("out", message)
            if self._down.is_between and self._is_wanted_struck():
                self._client.write(data[: message.end])
                return data[message.end :]
        self._client.write(data)
        return b""

    def _strike(self, data: bytes) -> bytes:
        """Queue the messages in it; what is left, where they may pass again, or too many wait."""
        for message in self._down.feed(data):
            self._tell("received", message)
            if message.kind == "close":
                self.subscriber.offer(_End(message.code, message.raw))
            else:
                noted = None if message.kind in {"ping", "pong"} else _excerpt(message)
                self.subscriber.offer(Frame(message.data, message.kind, noted=noted, raw=message.raw))
            if self._down.is_between and (self._must_wait() or not self._is_wanted_struck()):
                return data[message.end :]
        return b""

    async def _write(self) -> None:
        """Send what waits, as faults leave it."""
        try:
            async for item in self.subscriber:
                self._is_sending = True
                if isinstance(item, _End):
                    self._wire.closed(item.code)
                    self._client.write(item.raw)
                elif isinstance(item, Frame):
                    await self._faults.send(item)
                self._is_sending = False
                if len(self.subscriber) < _QUEUED // 2:
                    self._let_go()
                if self._backend.is_lost:
                    self.backend_lost()
        except ConnectionError:
            self._over.set()
        except Exception:
            log.exception("A message of the real backend on connection %s could not be sent", self.subscriber.id)
            self._is_sending = False
            self.subscriber.end("failed")

    async def _end_client(self) -> None:
        if self._wire.code in {None, 1006}:
            await super()._end_client()
        elif not self._client.is_lost:
            # The backend has said goodbye, and need not have heard all: however it ended then, the client hears that.
            await self._linger()

    def backend_lost(self) -> None:
        """What it has said is said first."""
        waits = self._is_sending or len(self.subscriber) or self._held or self._wire.silent
        if self.subscriber.ending is not None or not waits:
            self._over.set()

    # What cannot pass yet

    def _hold(self, data: bytes) -> None:
        if not self._held:
            self._backend.pause()
        self._held += data
        self._wait()

    def _wait(self) -> None:
        """Go on when the wire is silent no more."""
        if self._wire.silent and self._waiting is None:
            self._waiting = asyncio.get_running_loop().create_task(self._await_voice())

    async def _await_voice(self) -> None:
        await self._wire.audible()
        self._waiting = None
        if self._unheard:
            unheard, self._unheard = bytes(self._unheard), bytearray()
            self._client.resume()
            self.from_client(unheard)
        self._let_go()
        if self._backend.is_lost:
            self.backend_lost()

    def _let_go(self) -> None:
        if self._held and not self._must_wait():
            held, self._held = bytes(self._held), bytearray()
            self._backend.resume()
            self.from_backend(held)

    # From the client

    def from_client(self, data: bytes) -> None:
        if self._unheard or self._wire.silent:
            if not self._unheard:
                self._client.pause()
            self._unheard += data
            self._wait()
            return
        leaves = self.subscriber.ending is not None
        for message in self._up.feed(data):
            if leaves:
                # One that is being closed is listened to only for its close frame; so does the backend hear why.
                if message.kind == "close":
                    self._backend.write(frame("close", message.data, fresh_secret(_MASK)))
                    self._over.set()
                continue
            self._tell("sent", message)
            self._note("in", message)
        if not leaves:
            super().from_client(data)

    def failure(self) -> str:
        if self._wire.code not in {None, 1006}:
            return ""
        return super().failure() or ("closed" if self._backend.is_lost else "left")

    def client_lost(self) -> None:
        self._wire.closed(1006)
        super().client_lost()

    # The end from our side

    def _ended(self) -> None:
        self._finisher = asyncio.get_running_loop().create_task(self._finish())

    async def _finish(self) -> None:
        subscriber = self.subscriber
        asked = Farewell(*subscriber.goodbye) if subscriber.goodbye else None
        farewell = self._farewell or asked or _ENDINGS.get(subscriber.ending or "left", Farewell(1000))
        try:
            async with asyncio.timeout(self._sockets.grace):
                if self._writer is not None:
                    await asyncio.wait({self._writer})
                await self._wire.close(farewell.code, farewell.reason, farewell.faults)
                await self._over.wait()
        except (TimeoutError, ConnectionError):
            self._wire.drop()
            self._over.set()

    # What is told

    def _note(self, direction: Literal["in", "out"], message: Message) -> None:
        if message.kind in {"text", "binary"}:
            self._record(direction, frame=_excerpt(message))
        elif message.kind == "close":
            self._wire.closed(message.code)

    def _tell(self, direction: Literal["sent", "received"], message: Message) -> None:
        draft = self._answer.draft
        if draft is None or message.kind in {"ping", "pong"}:
            return
        if message.kind == "close":
            draft.framed(direction, message.reason, message.code)
        else:
            text = message.kind == "text"
            draft.framed(direction, message.data.decode("utf-8", "replace") if text else message.data)


class _Whole:
    """Sends messages in a frame each."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    async def send_frame(self, message: bytes, opcode: WSMsgType) -> None:
        self._transport.write(fragmented(message, opcode, max(1, len(message))))


def _excerpt(message: Message) -> str:
    if message.kind == "binary":
        return f"({message.size} bytes, binary)"
    return excerpt(message.data[:_NOTED], message.size)
