"""What arrives of a fault: at a client that reads bytes, and of it no more than can be told from outside."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from dataclasses import dataclass
from typing import Any, Literal, Self

import aiohttp
from aiohttp import WSMsgType

from devkit.contract.operations import Media
from devkit.contract.shipped import CONTRACT
from devkit.dialects.base import Route
from devkit.scenario.reach import causes
from tests.faults.meeting import Meeting, Visitor

End = Literal["whole", "broken", "waiting"]

PATIENCE = 9.0
"""Seconds that a client waits for the next byte. The longest pause of an example is shorter."""
UPLOAD = 3 * 1024 * 1024
"""Bytes of an upload: more than what all buffers on the way hold."""


@dataclass(frozen=True)
class Arrival:
    """How an answer came. `status` is None where there was none; `length` counts what a reader makes of the body, -1
    where it cannot be decoded, None where it is another each time. Of a WebSocket `status` is its close code, and
    `said` the types of its messages.
    """

    status: int | None
    end: End
    media: str = ""
    length: int | None = 0
    fields: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


class Reader(Visitor):
    """A visitor who looks at what arrives."""

    arrival: Arrival | None = None

    async def __aenter__(self) -> Self:
        # What a reader can make of the bytes is looked at here.
        self._http._auto_decompress = False
        await super().__aenter__()
        return self

    async def see(self, meeting: Meeting) -> Arrival:
        """What the smallest thing comes to that leads to a fault."""
        self.arrival = None
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            await self.meet(meeting)
        assert self.arrival is not None
        return self.arrival

    async def call(self, route: Route) -> Any:
        path, options = self._request(route)
        if route.operation.media is Media.MULTIPART:
            options["data"] = form = aiohttp.FormData()
            form.add_field("file", b"x" * UPLOAD, filename="a.txt", content_type="text/plain")
        options["headers"] |= {"Accept-Encoding": "gzip"}
        self.arrival = await self._arrived(self._http.request(route.method, path, allow_redirects=False, **options))

    async def _preflight(self, route: Route) -> Any:
        asked = {"Access-Control-Request-Method": route.method, "Access-Control-Request-Headers": "content-type"}
        path, _ = self._request(route)
        self.arrival = await self._arrived(self._http.options(path, headers=asked, allow_redirects=False))

    async def _arrived(self, asking: Any) -> Arrival:
        status, media, fields, body = None, "", (), b""
        try:
            async with asyncio.timeout(PATIENCE):
                response = await asking
            status, media = response.status, response.headers.get("Content-Type", "")
            encoding = response.headers.get("Content-Encoding", "")
            fields = tuple(sorted({name.title() for name in response.headers} - _HOPS))
            try:
                while True:
                    async with asyncio.timeout(PATIENCE):
                        piece = await response.content.readany()
                    body += piece
                    if not piece:
                        return Arrival(status, "whole", media, _length(encoding, body), fields)
            finally:
                response.close()
        except TimeoutError:
            return Arrival(status, "waiting", media, fields=fields)
        except (aiohttp.ClientError, ConnectionError):
            return Arrival(status, "broken", media, fields=fields)

    async def _listen(self) -> Any:
        try:
            socket = await super()._listen()
        except aiohttp.WSServerHandshakeError as error:
            self.arrival = Arrival(error.status, "broken")
            raise
        except (aiohttp.ClientError, ConnectionError):
            self.arrival = Arrival(None, "broken")
            raise
        if not self.hears_frames:
            await self._hear_out(socket)
        return socket

    hears_frames = False

    async def _hear(self, meeting: Meeting) -> None:
        self.hears_frames = True
        socket = await self._listen()
        if meeting.route is None:
            await socket.send_json({"type": "ping"})
        else:
            topics = [topic for name in causes(meeting.kind, meeting.route) for topic in CONTRACT.events[name].topics]
            topics = [topic.replace("<conversation_id>", self._conversation_id) for topic in topics]
            await socket.send_json({"type": "subscribe", "topics": [topic for topic in topics if "<" not in topic]})
            async with asyncio.timeout(PATIENCE):
                while (await socket.receive()).type is WSMsgType.TEXT and not any(
                    subscriber.topics for subscriber in self.sandbox.hub.subscribers()
                ):
                    pass
            await super().call(meeting.route)
        await self._hear_out(socket)

    async def _hear_out(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        said: set[str] = set()
        try:
            async with asyncio.timeout(PATIENCE):
                async for message in socket:
                    said.add(message.type.name)
            end: End = "broken"
        except TimeoutError:
            end = "waiting"
        self.arrival = Arrival(socket.close_code, end, said=tuple(sorted(said)))


_HOPS = frozenset(
    ("Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Content-Encoding", "Date", "Vary", "Server")
)
"""Fields of a connection, or of who answers, and those that go with compression."""


def _length(encoding: str, body: bytes) -> int:
    if encoding not in {"gzip", "deflate"}:
        return len(body)
    unpacker = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)
    try:
        return len(unpacker.decompress(body))
    except zlib.error:
        return -1
