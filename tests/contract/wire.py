"""What the contract's tests do on the wire beside plain requests: mails, sockets, bodies that arrive slowly."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

from devkit.contract.entities import Mail
from devkit.storage import mails
from tests.conftest import Answer, Client

PASSWORD = "TestPass123!"
ORIGIN = "http://localhost:3000"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NOBODYS_ID = "00000000-0000-4000-8000-000000000000"
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
API_KEY = "dk_test_0000_not_a_secret_0000"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def cookie(**cookies: str) -> dict[str, str]:
    """A Cookie header; `auth_token` stands for `auth-token`."""
    return {"Cookie": "; ".join(f"{name.replace('_', '-')}={value}" for name, value in cookies.items())}


def attributes(answer: Answer, name: str) -> set[str]:
    """What stands behind the value in the Set-Cookie of that name; exactly one must be there."""
    [found] = [line for line in answer.set_cookies if line.startswith(f"{name}=")]
    return {part.strip() for part in found.split(";")[1:]}


async def log_in(client: Client, email: str = "test@example.com", password: str = PASSWORD, **options: Any) -> Answer:
    """A login whose cookies and tokens the client does not keep."""
    return await client.send("POST", "/api/auth/login", json={"email": email, "password": password}, **options)


async def token_of(client: Client, email: str = "test@example.com") -> str:
    answer = await log_in(client, email)
    assert answer.status == 200, answer.body
    return answer.cookies["auth-token"]


async def register(client: Client, email: str = "ada@example.com", **changes: Any) -> Answer:
    body = {"email": email, "password": PASSWORD, "confirmPassword": PASSWORD} | changes
    return await client.send("POST", "/api/auth/register", json=body)


def mailbox(client: Client, to: str | None = None) -> list[Mail]:
    """Newest first."""
    return client.sandbox.database.read(lambda connection: mails.newest(connection, client.sandbox.clock.now(), to))


def link_token(client: Client, to: str) -> str:
    """The token in the link of the newest mail to that address."""
    link = mailbox(client, to)[0].link
    assert link is not None
    return parse_qs(urlsplit(link).query)["token"][0]


def is_error(answer: Answer, status: int, code: str, *fields: str) -> bool:
    """Whether that is the contract's error, complete: shape, code, request id; with exactly these bad fields."""
    body = answer.json
    assert (answer.status, body.get("error")) == (status, code), answer.body
    assert body.keys() == {"error", "message", "request_id", "timestamp"} | ({"details", "errors"} if fields else set())
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert body["request_id"] == answer.headers["X-Request-ID"]
    assert INSTANT.fullmatch(body["timestamp"])
    assert body["message"]
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    if fields:
        assert body["details"] == body["errors"]
        assert set(body["details"]) == set(fields)
    return True


def opened(frame: dict[str, Any]) -> dict[str, Any]:
    """A frame of `/ws` without the second copy of its payload, which has to be there; of `/ws/health/` as it came."""
    if frame["type"] == "health_check":
        return frame
    payload = {name: value for name, value in frame.items() if name not in {"id", "type", "topic", "timestamp", "data"}}
    assert frame["data"] == payload
    return {name: value for name, value in frame.items() if name != "data"}


class Listener:
    """An open WebSocket, and everything it has heard: `raw` as it came, `heard` without the payloads' second copies."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.raw: list[dict[str, Any]] = []

    @property
    def heard(self) -> list[dict[str, Any]]:
        return [opened(frame) for frame in self.raw]

    async def next(self) -> dict[str, Any]:
        self.raw.append(await self.socket.receive_json(timeout=5))
        return opened(self.raw[-1])

    async def until(self, type_: str) -> dict[str, Any]:
        """The next frame of that type; others on the way are kept in `heard`."""
        while True:
            frame = await self.next()
            if frame["type"] == type_:
                return frame

    async def say(self, **message: Any) -> dict[str, Any]:
        """Send a message; returns the next frame."""
        await self.socket.send_json(message)
        return await self.next()

    async def is_silent(self) -> bool:
        """Whether nothing was sent up to now: what a ping is answered with comes next."""
        return (await self.say(type="ping"))["type"] == "pong"

    async def closed(self) -> int | None:
        """Read on until it is closed; the close code."""
        while not self.socket.closed:
            message = await self.socket.receive(timeout=5)
            if message.type is aiohttp.WSMsgType.TEXT:
                self.raw.append(json.loads(message.data))
        return self.socket.close_code


@asynccontextmanager
async def listening(client: Client, *topics: str, token: str | None = None) -> AsyncIterator[Listener]:
    """A socket of the client's user (or of the token's), subscribed to these topics."""
    async with client.http.ws_connect("/ws", params={"token": token or client.token}) as socket:
        listener = Listener(socket)
        assert (await listener.next())["type"] == "connection"
        if topics:
            assert (await listener.say(type="subscribe", topics=topics))["status"] == "subscribed"
        yield listener


def form(*files: tuple[str, bytes], content_type: str = "text/plain", field: str = "file") -> aiohttp.FormData:
    data = aiohttp.FormData(quote_fields=False)
    for filename, content in files:
        data.add_field(field, io.BytesIO(content), filename=filename, content_type=content_type)
    return data


async def upload(client: Client, content: bytes = b"hello", name: str = "a.txt", **options: Any) -> Answer:
    return await client.send("POST", "/api/uploads", data=form((name, content)), **options)


class SlowUpload:
    """An upload whose bytes are sent when the test says so."""

    BOUNDARY = "wall"

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int, head: Callable[[int], bytes]
    ) -> None:
        self.reader, self.writer = reader, writer
        self.before = (
            f'--{self.BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="slow.bin"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        self.after = f"\r\n--{self.BOUNDARY}--\r\n".encode()
        self.total = len(self.before) + size + len(self.after)
        writer.write(head(self.total) + self.before)

    async def send(self, count: int) -> None:
        self.writer.write(b"x" * count)
        await self.writer.drain()

    async def finish(self) -> bytes:
        """The end of the body; returns the answer as it came."""
        self.writer.write(self.after)
        await self.writer.drain()
        return await asyncio.wait_for(self.reader.read(), 5)

    def abort(self) -> None:
        self.writer.transport.abort()


@asynccontextmanager
async def slow_upload(client: Client, size: int, upload_id: str) -> AsyncIterator[SlowUpload]:
    """An upload of `size` bytes in a file, of which none was sent yet."""

    def head(total: int) -> bytes:
        return (
            "POST /api/uploads HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Authorization: Bearer {client.token}\r\nX-Upload-Id: {upload_id}\r\n"
            f"Content-Type: multipart/form-data; boundary={SlowUpload.BOUNDARY}\r\nContent-Length: {total}\r\n\r\n"
        ).encode()

    reader, writer = await asyncio.open_connection("127.0.0.1", client.ready.port)
    try:
        yield SlowUpload(reader, writer, size, head)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
