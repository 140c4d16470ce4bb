"""One WebSocket's way out: every frame, close and drop passes here, so that a fault can stand in between."""

from __future__ import annotations

import asyncio
from typing import Protocol

from aiohttp import WSMsgType, web

from devkit.journal import Struck
from devkit.records import dataclass
from devkit.server.sockets.gate import is_sendable
from devkit.server.sockets.messages import Frame
from devkit.server.wire.tcp import unacknowledged

_OPCODES = {"text": WSMsgType.TEXT, "binary": WSMsgType.BINARY, "ping": WSMsgType.PING, "pong": WSMsgType.PONG}


PROTOCOL_ERROR = 1002
NOT_UTF8 = 1007


@dataclass(frozen=True, slots=True)
class Farewell:
    """How a connection is closed: the close frame, and the error (a code of the contract) that is told before it."""

    code: int
    reason: str = ""
    error: str | None = None
    faults: tuple[Struck, ...] = ()


class Record(Protocol):
    """Is told what passes: `out` (or `lost`) and the frame's text, or `close` and its code."""

    def __call__(
        self, direction: str, *, frame: str | None = None, code: int | None = None, faults: tuple[Struck, ...] = ()
    ) -> object: ...


class Sends(Protocol):
    """A socket, as this module needs it."""

    async def send_frame(self, message: bytes, opcode: WSMsgType) -> None: ...


class Wire:
    """The way out of one socket.

    After a close or a drop nothing more is sent. `send` and `close` raise ConnectionError where the peer is gone, and
    wait while the wire is silent.
    """

    __slots__ = ("_protocol", "_record", "_room", "_silences", "_socket", "_transport", "_voice", "code")

    def __init__(self, socket: Sends, request: web.BaseRequest, record: Record) -> None:
        self._socket = socket
        self._protocol = request.protocol
        self._room = request.writer.drain
        # Kept here, because aiohttp forgets the transport when it starts to close it, long before it is gone.
        self._transport = request.transport
        self._record = record
        self.code: int | None = None
        """The code it was closed with, by either side; 1006 for a drop; None while it is open."""
        self._silences = 0
        self._voice: asyncio.Event | None = None

    @property
    def silent(self) -> bool:
        return self._silences > 0

    def silence(self) -> None:
        """Let nothing pass until `resume` was called as often as this."""
        self._silences += 1
        self._voice = self._voice or asyncio.Event()

    def resume(self) -> None:
        self._silences -= 1
        if self._voice is not None and not self._silences:
            self._voice.set()
            self._voice = None

    async def audible(self) -> None:
        """Return when the wire is silent no more."""
        while self._voice is not None:
            await self._voice.wait()

    async def send(self, frame: Frame, faults: tuple[Struck, ...] = ()) -> None:
        """Send a frame, and return when the transport has room for the next: never, if the peer does not read."""
        if self._voice is not None:
            await self.audible()
        if self.code is not None:
            return
        if frame.noted is not None:
            self._record("out", frame=frame.noted, faults=faults)
        if self._transport is not None and (frame.raw or frame.fragment):
            self._transport.write(frame.raw or fragmented(frame.data, _OPCODES[frame.kind], frame.fragment))
        else:
            await self._socket.send_frame(frame.data, _OPCODES[frame.kind])
        if self._protocol.writing_paused:
            # Shielded, because all who wait for room on a connection share one future in aiohttp: cancelling one of
            # them would cancel the others, now and later.
            await asyncio.shield(self._room())

    def lost(self, frame: Frame, faults: tuple[Struck, ...]) -> None:
        """Note that a frame was to be sent, and is not."""
        if frame.noted is not None and self.code is None:
            self._record("lost", frame=frame.noted, faults=faults)

    def struck(self, faults: tuple[Struck, ...]) -> None:
        """Note that faults strike the socket while it is open."""
        self._record("struck", faults=faults)

    async def close(self, code: int, reason: str = "", faults: tuple[Struck, ...] = ()) -> None:
        """Send a close frame, behind what is still to be sent; wait for nothing."""
        if self._voice is not None:
            await self.audible()
        if self.code is None:
            self.closed(code, faults)
            await self._socket.send_frame(code.to_bytes(2, "big") + reason.encode(), WSMsgType.CLOSE)

    async def answer_close(self, code: int) -> None:
        """Answer the peer's close frame with its own code (0: it gave none), or with 1002 where that may not be."""
        if code and not is_sendable(code):
            await self.close(PROTOCOL_ERROR)
        elif self.code is None:
            self.closed(code or 1005)
            await self._socket.send_frame(code.to_bytes(2, "big") if code else b"", WSMsgType.CLOSE)

    def closed(self, code: int, faults: tuple[Struck, ...] = ()) -> None:
        """Note that it is closed; the first code counts."""
        if self.code is None:
            self.code = code
            self._record("close", code=code, faults=faults)

    def drop(self, faults: tuple[Struck, ...] = ()) -> None:
        """End the connection now, whatever is still to be sent."""
        self.closed(1006, faults)
        if self._transport is not None:
            self._transport.abort()

    def unsent(self) -> int:
        """Bytes that wait here, or in the system for the peer to take them."""
        if self._transport is None or self._transport.is_closing():
            return 0
        return self._transport.get_write_buffer_size() + unacknowledged(self._transport)

    def give_up(self) -> None:
        """End the connection although the peer has not answered; what its system has taken is not thrown away."""
        if self.unsent():
            self.drop()
        else:
            self.hang_up(0)

    def hang_up(self, grace: float) -> None:
        """End the connection when everything is sent, after `grace` seconds at the latest."""
        if self._transport is None:
            return
        self._transport.close()
        if self._transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(grace, self._transport.abort)


def fragmented(data: bytes, opcode: WSMsgType, size: int) -> bytes:
    """A message as frames of so many bytes (RFC 6455, section 5.4): aiohttp sends each in one."""
    frames = bytearray()
    for start in range(0, max(1, len(data)), size):
        piece = data[start : start + size]
        is_last = start + size >= len(data)
        frames.append((0x80 if is_last else 0) | (0 if start else opcode))
        if len(piece) < 126:
            frames.append(len(piece))
        elif len(piece) < 1 << 16:
            frames += b"\x7e" + len(piece).to_bytes(2, "big")
        else:
            frames += b"\x7f" + len(piece).to_bytes(8, "big")
        frames += piece
    return bytes(frames)
