"""What comes over the wire, byte for byte, and how the connection ends."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import Client


@dataclass
class Received:
    """`end` is `fin`, `rst`, or `open` where the server left the connection open; `pieces` are (seconds, bytes)."""

    data: bytes = b""
    end: str = "open"
    pieces: list[tuple[float, int]] = field(default_factory=list)

    @property
    def head(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def promised(self) -> int:
        """What Content-Length says."""
        lines = (line.partition(b": ") for line in self.head.split(b"\r\n"))
        return next(int(value) for name, _, value in lines if name.lower() == b"content-length")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """A TCP connection that sees resets as such, which streams of asyncio would mix up with what came before."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._socket = socket.create_connection(("127.0.0.1", client.ready.port), timeout=10)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    async def call(self, method: str, path: str, body: bytes = b"", *, silence: float = 0.3, **fields: str) -> Received:
        """Send a request, and receive until the connection ends or nothing came for `silence` seconds."""
        given = {"Host": "localhost", **self._client.bearer, **fields}
        if body:
            given |= {"Content-Length": str(len(body)), "Content-Type": "application/json"}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in given.items())]
        return await asyncio.to_thread(self._call, "\r\n".join(lines).encode() + b"\r\n\r\n" + body, silence)

    def _call(self, request: bytes, silence: float) -> Received:
        received, began = Received(), time.perf_counter()
        self._socket.settimeout(10)
        try:
            self._socket.sendall(request)
            self._socket.settimeout(silence)
            while data := self._socket.recv(65536):
                received.data += data
                received.pieces.append((time.perf_counter() - began, len(data)))
            received.end = "fin"
        except TimeoutError:
            received.end = "open"
        except ConnectionError:
            received.end = "rst"
        return received


async def call(client: Client, method: str, path: str, body: bytes = b"", **options: Any) -> Received:
    """One request on a connection of its own."""
    with Line(client) as line:
        return await line.call(method, path, body, **options)
