"""WebSockets: thousands of connections in one process, and a broadcast to all of them."""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import time

from benchmarks import report
from benchmarks.load import Server, ask

_BROADCASTS, _BURST = 15, 20
_EVENT = {"topic": "notifications", "payload": {"kind": "greeting", "message": "Hello"}}


def measure(server: Server, token: str, sizes: tuple[int, ...] = (100, 1_000, 5_000)) -> str:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    lines = [asyncio.run(_measured(server, token, size)) for size in sizes if size + 200 < hard]
    head = ["connections", "memory each", "one event to all, median", "frames a second, in bursts"]
    return report.table(head, lines)


class _Listener(asyncio.Protocol):
    """A connection that counts frames and looks at nothing."""

    def __init__(self, hello: bytes, heard: _Heard) -> None:
        self._hello, self._heard, self._open, self._rest = hello, heard, False, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if not self._open:
            head, end, rest = self._rest.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head:
                raise RuntimeError(head.decode(errors="replace"))
            self._open, self._rest = True, rest
        while (size := _frame(self._rest)) and len(self._rest) >= size:
            self._heard.frame(self._rest[:size])
            self._rest = self._rest[size:]


class _Heard:
    """Counts what all connections heard."""

    def __init__(self, size: int) -> None:
        self.missing, self.events, self.wanted = size, 0, 0
        self.all_subscribed = asyncio.Event()
        self.done = asyncio.Event()

    def frame(self, data: bytes) -> None:
        if b'"notification"' in data:
            self.events += 1
            if self.events >= self.wanted:
                self.done.set()
        elif b'"subscribed"' in data:
            self.missing -= 1
            if not self.missing:
                self.all_subscribed.set()

    def expect(self, count: int) -> None:
        self.wanted = self.events + count
        self.done.clear()


async def _measured(server: Server, token: str, size: int) -> list[str]:
    loop, heard, before = asyncio.get_running_loop(), _Heard(size), server.rss
    hello = _handshake(token) + _text(json.dumps({"type": "subscribe", "topics": ["notifications"]}).encode())
    transports = []
    for _ in range(size):
        transport, _protocol = await loop.create_connection(lambda: _Listener(hello, heard), "127.0.0.1", server.port)
        transports.append(transport)
    async with asyncio.timeout(60):
        await heard.all_subscribed.wait()
    each = (server.rss - before) * 1024 / size
    times = []
    for _ in range(_BROADCASTS):
        heard.expect(size)
        begun = time.perf_counter()
        await asyncio.to_thread(ask, server.port, "POST", "/_devkit/api/events", _EVENT)
        async with asyncio.timeout(60):
            await heard.done.wait()
        times.append(time.perf_counter() - begun)
    heard.expect(size * _BURST)
    begun = time.perf_counter()
    for _ in range(_BURST):
        await asyncio.to_thread(ask, server.port, "POST", "/_devkit/api/events", _EVENT)
    async with asyncio.timeout(120):
        await heard.done.wait()
    rate = size * _BURST / (time.perf_counter() - begun)
    for transport in transports:
        transport.abort()
    await asyncio.sleep(1)
    return [f"{size:,}", f"{each:.0f} kB", f"{statistics.median(times) * 1000:.0f} ms", f"{rate:,.0f}"]


def _handshake(token: str) -> bytes:
    return (
        f"GET /ws HTTP/1.1\r\nHost: localhost\r\nCookie: auth-token={token}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode()


def _text(payload: bytes) -> bytes:
    """A masked frame (RFC 6455, section 5.2); a mask of zeros leaves the payload as it is."""
    return bytes([0x81, 0x80 | len(payload)]) + bytes(4) + payload


def _frame(data: bytes) -> int:
    """The length of the frame that begins here; 0 where that cannot be told yet."""
    if len(data) < 2:
        return 0
    short = data[1] & 0x7F
    if short < 126:
        return 2 + short
    if short == 126:
        return 4 + int.from_bytes(data[2:4]) if len(data) >= 4 else 0
    return 10 + int.from_bytes(data[2:10]) if len(data) >= 10 else 0
