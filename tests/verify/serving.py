"""Backends that are none, or not for long: a few lines on a socket."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Answers = Callable[[str, bytes], bytes]
"""From a request's head and body to all bytes of the answer; none at all closes the connection."""


def answer(status: str, body: str = "", **fields: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", body]).encode()


@asynccontextmanager
async def serving(answers: Answers, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The URL of a server that answers so."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"(?i)\r\ncontent-length:\s*(\d+)", head)
                said = answers(head, await reader.readexactly(int(length[1]) if length else 0))
                if not said:
                    return
                writer.write(said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"


@asynccontextmanager
async def relaying(to: str) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """The URL of what passes bytes on to a server, and what ends that for good."""
    port = int(to.rpartition(":")[2])
    writers: list[asyncio.StreamWriter] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", port)
        writers.extend((writer, forth))
        await asyncio.gather(pump(reader, forth), pump(back, writer))

    server = await asyncio.start_server(talk, "127.0.0.1", 0)

    def close() -> None:
        server.close()
        for writer in writers:
            writer.transport.abort()

    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", close
        close()
