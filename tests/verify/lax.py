"""A backend that is wrong before any of our faults could strike: in what it does with a handshake, a method, a head."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import formatdate

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True)
class Asked:
    """A request's head, names in small letters."""

    method: str
    target: str
    fields: dict[str, str]


Answering = Callable[[Asked], bytes]


def answer(status: int, body: bytes = b"{}", **fields: str) -> bytes:
    """One that ends with the connection's own framing; `_` in names is `-`."""
    known = {"Date": formatdate(usegmt=True), "Content-Type": "application/json", "Content-Length": str(len(body))}
    known |= {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in known.items() if value)
    return f"HTTP/1.1 {status} Because\r\n{head}\r\n".encode() + body


def lets_in(asked: Asked) -> bytes:
    """Whoever knocks."""
    key = asked.fields.get("sec-websocket-key", "")
    accept = base64.b64encode(hashlib.sha1(f"{key}{_GUID}".encode()).digest()).decode()  # noqa: S324 - RFC 6455
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ).encode()


def nothing(_: Asked) -> bytes:
    """Waits for what does not come."""
    return b""


@asynccontextmanager
async def serving(answering: Answering) -> AsyncIterator[str]:
    """The address of a server that answers each request so."""
    writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.strip().split("\r\n")
                method, target, _ = first.split(" ", 2)
                fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                if "expect" not in fields:
                    await reader.readexactly(int(fields.get("content-length", "0")))
                writer.write(answering(Asked(method, target, fields)))
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.close()
