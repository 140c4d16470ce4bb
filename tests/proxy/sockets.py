"""A backend and a client of a WebSocket whose every byte is the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from devkit.upstream.sockets import Message, Messages, frame
from tests.conftest import Client, StartServer

PATIENCE = 15
MASK = b"\x01\x02\x03\x04"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""RFC 6455, section 1.3."""
ASKS = (
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    f"Sec-WebSocket-Key: {KEY}",
)
AGREES = ("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {ACCEPT}")


@dataclass
class End:
    """One end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    read: Messages = field(default_factory=lambda: Messages(1 << 40))
    waiting: list[Message] = field(default_factory=list)

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def head(self) -> list[str]:
        async with asyncio.timeout(PATIENCE):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")

    async def bytes(self, count: int) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(count)

    async def message(self) -> Message:
        """The next message, or control frame."""
        async with asyncio.timeout(PATIENCE):
            while not self.waiting:
                data = await self.reader.read(1 << 20)
                if not data:
                    raise ConnectionResetError("it has ended")
                self.waiting += self.read.feed(data)
        return self.waiting.pop(0)

    async def text(self) -> str:
        found = await self.message()
        assert found.kind == "text", found
        return found.data.decode()

    async def rest(self) -> bytes:
        """What comes until the end. Raises ConnectionResetError where that is a reset."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()

    def reset(self) -> None:
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def close(self) -> None:
        self.writer.close()


_ends: list[End] = []
"""All that are open: they end when the server or the backend does."""


async def _hang_up() -> None:
    while _ends:
        end = _ends.pop()
        end.writer.transport.abort()
        with contextlib.suppress(OSError):
            await end.writer.wait_closed()


@contextlib.asynccontextmanager
async def fronting(start: StartServer, url: str, **settings: Any) -> AsyncIterator[Client]:
    """A client of a server in front of that backend. Nothing is open any more when the server stops."""
    async with start(upstream=url, **settings) as client:
        try:
            yield client
        finally:
            await _hang_up()


@dataclass
class RawBackend:
    url: str
    came: asyncio.Queue[End]

    async def next(self) -> End:
        async with asyncio.timeout(PATIENCE):
            return await self.came.get()


@contextlib.asynccontextmanager
async def raw_backend() -> AsyncIterator[RawBackend]:
    came: asyncio.Queue[End] = asyncio.Queue()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _ends.append(End(reader, writer))
        came.put_nowait(_ends[-1])

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    found = RawBackend(f"http://{host}:{port}", came)
    try:
        yield found
    finally:
        server.close()
        await _hang_up()


async def connected(client: Client) -> End:
    _ends.append(End(*await asyncio.open_connection("127.0.0.1", client.ready.port)))
    return _ends[-1]


async def asked(client: Client, *more: str, target: str = "/live", asks: tuple[str, ...] = ASKS) -> End:
    """A client that has asked for a socket."""
    end = await connected(client)
    end.write("\r\n".join([f"GET {target} HTTP/1.1", *asks, *more, "", ""]).encode())
    return end


async def opened(client: Client, backend: RawBackend, *more: str) -> tuple[End, End]:
    """Client and backend of an open socket."""
    near = await asked(client, *more)
    far = await backend.next()
    await far.head()
    far.write("\r\n".join(["HTTP/1.1 101 Switching Protocols", *AGREES, "", ""]).encode())
    assert (await near.head())[0] == "HTTP/1.1 101 Switching Protocols"
    return near, far


def said(text: str) -> bytes:
    """As a backend says it."""
    return frame("text", text.encode())


def asks(text: str) -> bytes:
    """As a client says it."""
    return frame("text", text.encode(), MASK)


def closes(code: int, reason: str = "", mask: bytes = b"") -> bytes:
    return frame("close", code.to_bytes(2, "big") + reason.encode(), mask)
