"""Requests as bytes: what no HTTP client would send."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

HOST = b"Host: localhost\r\n"


@dataclass(frozen=True)
class RawAnswer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One TCP connection. `async with Wire(port) as wire`."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Wire:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    async def send(self, data: bytes) -> None:
        """Write all of it; a server that hangs up meanwhile is the reader's business."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            pass

    async def answer(self, *, has_body: bool = True) -> RawAnswer:
        """The next answer on the connection."""
        async with asyncio.timeout(15):
            head = await self.reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
            status = int(first.split()[1])
            if status == 100:
                return await self.answer(has_body=has_body)
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            size = int(headers.get("content-length", "0")) if has_body else 0
            return RawAnswer(status, headers, await self.reader.readexactly(size))

    async def closed(self) -> bool:
        """Whether the server ends the connection now, after whatever it still has to say."""
        try:
            async with asyncio.timeout(15):
                while await self.reader.read(65536):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


async def exchange(port: int, data: bytes, *, has_body: bool = True) -> RawAnswer:
    """The answer to one request made of these bytes."""
    async with Wire(port) as wire:
        await wire.send(data)
        return await wire.answer(has_body=has_body)
