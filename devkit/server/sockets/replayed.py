"""A WebSocket that was recorded, played again: what the backend said comes when it came, and after what the client had
said before it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, WSMsgType, hdrs, web

from devkit.server.sockets.messages import Frame, excerpt
from devkit.server.sockets.wire import Farewell

if TYPE_CHECKING:
    from devkit.effects import Instant
    from devkit.realtime.subscriber import Subscriber
    from devkit.recording.base import RecordedFrame
    from devkit.recording.replay.player import Played
    from devkit.server.sockets.roster import Sockets

_CARRIED = frozenset({"set-cookie"})
"""Fields of the recorded handshake that are sent again; the others are those of this one."""


class ReplayedSocket:
    """One that is open; `sockets` know it as they know ours, but for heartbeats and sessions, which are recorded."""

    expires_at: Instant | None = None

    def __init__(self, id: str, read: Callable[[], Played], sockets: Sockets) -> None:  # noqa: A002
        """`read` reads what was recorded."""
        self._id, self._read, self._sockets = id, read, sockets
        self._heard: asyncio.Queue[None] = asyncio.Queue()
        self._left = asyncio.Event()
        self._farewell = Farewell(WSCloseCode.GOING_AWAY)
        self._socket = web.WebSocketResponse(timeout=sockets.grace)

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Play it to its end, or until the client leaves."""
        sockets, played = self._sockets, await asyncio.to_thread(self._read)
        named = [value for name, value in played.fields if name.lower() == hdrs.SEC_WEBSOCKET_PROTOCOL.lower()]
        self._socket = socket = web.WebSocketResponse(protocols=named, timeout=sockets.grace)
        for name, value in played.fields:
            if name.lower() in _CARRIED:
                socket.headers.add(name, value)
        await socket.prepare(request)
        self.subscriber: Subscriber = sockets.hub.connect(self._id, user_id=None, session_id=None)
        sockets.record(self._id, "open", note="as it was recorded")
        self.subscriber.on_end = self._left.set
        sockets.add(self)
        hearing = asyncio.get_running_loop().create_task(self._hear())
        leaving = asyncio.get_running_loop().create_task(self._left.wait())
        try:
            playing = asyncio.get_running_loop().create_task(self._play(played.frames))
            await asyncio.wait({hearing, leaving, playing}, return_when=asyncio.FIRST_COMPLETED)
            if playing.done() and not hearing.done() and not socket.closed:
                # All is said that was: who is there may stay.
                await asyncio.wait({hearing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            playing.cancel()
            if leaving.done() and not socket.closed:
                with contextlib.suppress(ConnectionError):
                    await socket.close(code=self._farewell.code, message=self._farewell.reason.encode())
        finally:
            hearing.cancel()
            leaving.cancel()
            await asyncio.gather(hearing, leaving, playing, return_exceptions=True)
            self.subscriber.on_end = None
            sockets.hub.disconnect(self.subscriber)
            sockets.remove(self)
            sockets.record(self._id, "close", code=socket.close_code or WSCloseCode.ABNORMAL_CLOSURE)
        return socket

    async def _hear(self) -> None:
        async for message in self._socket:
            text = message.data if message.type is WSMsgType.TEXT else f"({len(message.data)} bytes, binary)"
            self._sockets.record(self._id, "in", frame=excerpt(text.encode()))
            self._heard.put_nowait(None)

    async def _play(self, frames: Sequence[RecordedFrame]) -> None:
        before = 0.0
        for frame in frames:
            if frame.direction == "sent":
                if frame.code is not None:
                    return
                await self._heard.get()
            else:
                await asyncio.sleep(max(0.0, frame.after - before) / 1000)
                with contextlib.suppress(ConnectionError):
                    await self._say(frame)
            before = frame.after

    async def _say(self, frame: RecordedFrame) -> None:
        if frame.code is not None:
            reason = frame.data if isinstance(frame.data, bytes) else frame.data.encode()
            await self._socket.close(code=_sendable(frame.code), message=reason)
        elif isinstance(frame.data, str):
            self._sockets.record(self._id, "out", frame=excerpt(frame.data.encode()))
            await self._socket.send_str(frame.data)
        else:
            self._sockets.record(self._id, "out", frame=f"({len(frame.data)} bytes, binary)")
            await self._socket.send_bytes(frame.data)

    # As the roster knows it

    def beat(self, heartbeat: Frame) -> None:
        """What was recorded had its own."""

    def reconsider(self) -> None:
        """Sessions are of when it was recorded."""

    def scenarios_changed(self) -> None:
        """Frames of a recording are not struck."""

    def drop(self) -> None:
        self._left.set()

    def take_leave(self, farewell: Farewell) -> None:
        self._farewell = farewell
        self._left.set()


def _sendable(code: int) -> int:
    """1005 and 1006 are said by nobody (RFC 6455, section 7.4.1)."""
    return WSCloseCode.OK if code in {1005, 1006} else code
