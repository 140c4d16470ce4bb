"""One open WebSocket: a reader, a writer, and the ways in which it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from aiohttp import WebSocketError, WSMsgType

from devkit.contract.entities import Principal
from devkit.contract.errors import ERRORS, DomainError
from devkit.effects import Instant
from devkit.realtime.hub import Delivery, Ending, Replay, Subscriber
from devkit.server.sockets import messages
from devkit.server.sockets.gate import Socket
from devkit.server.sockets.messages import BadMessage, Frame, Voice, excerpt, is_utf8
from devkit.server.sockets.wire import NOT_UTF8, Farewell, Wire

if TYPE_CHECKING:
    from devkit.server.sockets.breaking import SocketFaults
    from devkit.server.sockets.roster import Sockets
    from devkit.server.sockets.speech import Speech

log = logging.getLogger(__name__)

UNAUTHENTICATED = 4401
_BREATH = 32
"""Frames read or written before the loop's other tasks have a turn: a flood starves nobody."""

_STALLED = 5
"""Times `grace` that a peer may take nothing before it counts as one that does not read: a slow one frees its window in
steps.
"""

_ENDINGS: dict[Ending, Farewell] = {
    "overflowed": Farewell(1013),
    "revoked": Farewell(UNAUTHENTICATED, error="token_revoked"),
    "expired": Farewell(UNAUTHENTICATED, error="token_expired"),
    "stopped": Farewell(1001),
    "failed": Farewell(1011),
    "left": Farewell(1000),
}


class Connection:
    """A WebSocket that was let in, from its `connection` frame to its end.

    Reading happens in the task that calls `run`, writing in one of its own that drains the subscriber's queue; a third
    appears only to close from our side. Everything that is sent goes through the queue, so its order is the order of
    what happened.
    """

    __slots__ = (
        "__weakref__",
        "_ask_again",
        "_farewell",
        "_faults",
        "_finisher",
        "_principal",
        "_read_over",
        "_sent",
        "_socket",
        "_sockets",
        "_speech",
        "_unanswered",
        "_voice",
        "_wire",
        "_writer",
        "expires_at",
        "subscriber",
    )

    def __init__(
        self,
        id: str,  # noqa: A002
        principal: Principal | None,
        socket: Socket,
        wire: Wire,
        sockets: Sockets,
        speech: Callable[[Sockets, Principal | None, Subscriber], Speech],
        voice: Voice,
        faults: SocketFaults | None = None,
    ) -> None:
        """Registers with the hub, so that nothing that happens from here on is missed."""
        self.subscriber: Subscriber = sockets.hub.connect(
            id,
            user_id=principal.user_id if principal else None,
            session_id=principal.credential_id if principal else None,
        )
        self._principal = principal
        self._speech = speech(sockets, principal, self.subscriber)
        self._socket = socket
        self._wire = wire
        self._sockets = sockets
        self._faults = faults
        self._voice = voice
        self.expires_at: Instant | None = None
        self._ask_again: Callable[[], Instant | None] | None = None
        self._farewell: Farewell | None = None
        self._unanswered = False
        self._sent = 0
        self._writer: asyncio.Task[None] | None = None
        self._finisher: asyncio.Task[None] | None = None
        self._read_over: asyncio.Event | None = None

    def lives_until(self, instant: Instant | None, ask_again: Callable[[], Instant | None]) -> None:
        """By then `ask_again` says until when it lives now, or raises DomainError: then it is over."""
        self.expires_at, self._ask_again = instant, ask_again

    def reconsider(self) -> None:
        """Its time has come."""
        try:
            self.expires_at = self._ask_again() if self._ask_again else None
        except DomainError as error:
            self.expires_at = None
            self.subscriber.end("revoked" if error.kind.name == "token_revoked" else "expired")

    async def run(self) -> None:
        """Serve the socket until it is closed, by whichever side."""
        subscriber = self.subscriber
        await self._speech.greet()
        self._writer = asyncio.get_running_loop().create_task(self._write())
        subscriber.on_end = self._ended
        self._sockets.add(self)
        if self._faults is not None:
            self._faults.begin(self, self._wire)
        try:
            await self._read()
        finally:
            subscriber.on_end = None
            self._sockets.hub.disconnect(subscriber)
            if self._read_over is not None:
                self._read_over.set()
            self._wire.closed(1006)
            self._wire.hang_up(self._sockets.grace)
            if self._finisher is None:
                self._writer.cancel()
                await asyncio.wait({self._writer})
            else:
                await asyncio.wait({self._writer, self._finisher})
            self._sockets.remove(self)
            if self._faults is not None:
                await self._faults.end()
            self._writer = self._finisher = None

    def beat(self, heartbeat: Frame) -> None:
        """Send a heartbeat and a protocol ping; or drop the peer, if nothing came from it since the last."""
        if self._wire.silent:
            return
        if self._unanswered:
            self.drop()
            return
        self._unanswered = True
        if self._speech.heartbeats:
            self.subscriber.offer(heartbeat)
        self.subscriber.offer(messages.PROTOCOL_PING)

    def drop(self) -> None:
        """End the connection without a close frame."""
        self._wire.drop()

    def scenarios_changed(self) -> None:
        if self._faults is not None:
            self._faults.changed()

    def take_leave(self, farewell: Farewell) -> None:
        """Close with that, if nothing has ended it already."""
        if self.subscriber.ending is None:
            self._farewell = farewell
            self.subscriber.end("left")

    # Reading

    async def _read(self) -> None:
        count = 0
        while True:
            message = await self._socket.receive()
            if self._wire.silent:
                await self._wire.audible()
            match message.type:
                case WSMsgType.TEXT | WSMsgType.BINARY | WSMsgType.PING | WSMsgType.PONG:
                    self._unanswered = False
                    # A client that is being closed is listened to only for its close frame.
                    if self.subscriber.ending is None:
                        await self._hear(message.type, message.data)
                case WSMsgType.CLOSE:
                    with contextlib.suppress(ConnectionError):
                        await self._wire.answer_close(message.data)
                    return
                case WSMsgType.ERROR if isinstance(message.data, WebSocketError):
                    self.take_leave(Farewell(message.data.code))
                    await self._socket.gone()
                    return
                case _:
                    return
            count += 1
            if count % _BREATH == 0:
                await asyncio.sleep(0)

    async def _hear(self, kind: WSMsgType, data: bytes) -> None:
        if kind is WSMsgType.PING:
            self.subscriber.offer(Frame(data, "pong"))
        elif kind is WSMsgType.TEXT:
            self._record_in(excerpt(data))
            if is_utf8(data):
                await self._answer(data)
            else:
                self.take_leave(Farewell(NOT_UTF8))
        elif kind is WSMsgType.BINARY:
            self._record_in(f"({len(data)} bytes, binary)")
            self._complain("unsupported_frame", "Messages are JSON in text frames; this one was binary")

    async def _answer(self, data: bytes) -> None:
        try:
            await self._speech.hear(data)
        except (BadMessage, DomainError) as error:
            self._complain(error.code, error.message)
        except Exception:
            log.exception("A message on connection %s failed", self.subscriber.id)
            self._complain("internal_error", ERRORS["internal_error"].message)

    def _complain(self, code: str, message: str) -> None:
        self.subscriber.offer(self._speech.trouble(code, message))

    def _record_in(self, text: str) -> None:
        user = self._principal.user.email if self._principal else None
        self._sockets.record(self.subscriber.id, "in", user=user, frame=text)

    # Writing

    async def _write(self) -> None:
        try:
            async for item in self.subscriber:
                await self._send(item)
                del item  # or it would be kept until the next
        except ConnectionError:
            return  # the reader is told too
        except Exception:
            log.exception("An event for connection %s could not be sent", self.subscriber.id)
            self.subscriber.end("failed")

    async def _send(self, item: object) -> None:
        faults = self._faults
        for frame in self._frames(item):
            if faults is None or faults.idle:
                await self._wire.send(frame)
            else:
                await faults.send(frame)
            self._sent += 1
            if self._sent % _BREATH == 0:
                await asyncio.sleep(0)

    def _frames(self, item: object) -> Iterator[Frame]:
        render = self._sockets.render
        if isinstance(item, Delivery):
            yield render(item.event, item.topic, self._voice)
        elif isinstance(item, Frame):
            yield item
        elif isinstance(item, Replay):
            for delivery in item.deliveries:
                yield render(delivery.event, delivery.topic, self._voice)
        else:
            raise TypeError(f"cannot send a {item.__class__.__name__}")

    # Closing from our side

    def _ended(self) -> None:
        self._read_over = asyncio.Event()
        self._finisher = asyncio.get_running_loop().create_task(self._finish(self._read_over))

    async def _finish(self, read_over: asyncio.Event) -> None:
        assert self._writer is not None  # noqa: S101 - there from the moment that endings are listened to
        assert self.subscriber.ending is not None  # noqa: S101
        asked = Farewell(*self.subscriber.goodbye) if self.subscriber.goodbye else None
        farewell = self._farewell or asked or _ENDINGS[self.subscriber.ending]
        goodbye = asyncio.get_running_loop().create_task(self._say_goodbye(farewell, read_over))
        try:
            await self._wait_for(goodbye)
        finally:
            goodbye.cancel()
            self._writer.cancel()
            await asyncio.gather(goodbye, return_exceptions=True)

    async def _say_goodbye(self, farewell: Farewell, read_over: asyncio.Event) -> None:
        assert self._writer is not None  # noqa: S101
        try:
            if self.subscriber.ending == "overflowed":
                self._writer.cancel()
            await asyncio.wait({self._writer})
            if farewell.error is not None:
                await self._wire.send(self._speech.trouble(farewell.error, ERRORS[farewell.error].message))
            await self._wire.close(farewell.code, farewell.reason, farewell.faults)
            await read_over.wait()
        except ConnectionError:
            self._wire.drop()

    async def _wait_for(self, goodbye: asyncio.Task[None]) -> None:
        """Until the peer has taken and answered it; as long as it takes anything, and for `patience` at most. One that
        read too slowly has that long for what its own system holds, too: nobody sees whether it reads that.
        """
        grace, loop = self._sockets.grace, asyncio.get_running_loop()
        latest, stalled, before = loop.time() + self._sockets.patience, 0, None
        while not goodbye.done():
            left = self._wire.unsent()
            if before is not None:
                stalled = stalled + 1 if left >= before else 0
            slow = self.subscriber.ending == "overflowed"
            if loop.time() >= latest or (left and stalled >= _STALLED) or (not left and before == 0 and not slow):
                # The peer does not read, does not answer, or is gone.
                self._wire.give_up()
                return
            before = left
            await asyncio.wait({goodbye}, timeout=min(grace, max(0.0, latest - loop.time())))
