"""A client that falls silent in the middle of a body is answered 408 (RFC 9110, section 15.5.9; issue 21, point 8)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.conftest import EMAIL, PASSWORD, Client, StartServer
from tests.faults.conftest import scenario
from tests.wire import HOST, Wire

PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nxxxx'
TOLD = "Nothing of the body came for 200ms (limits.body_timeout)"
MULTIPART = "multipart/form-data; boundary=b"


@pytest.fixture
async def impatient(start: StartServer) -> AsyncIterator[Client]:
    async with start(limits_body_timeout=200) as client:
        await client.sign_in()
        yield client


def head(client: Client, path: str, media: str, framing: str) -> bytes:
    fields = {"Host": "localhost", "Authorization": f"Bearer {client.token}", "Content-Type": media}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {path} HTTP/1.1\r\n{lines}{framing}\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("path", "media", "begun", "told"),
    [
        ("/api/tasks", "application/json", b"{", {"error": "request_timeout"}),
        ("/api/uploads", MULTIPART, PART, {"error": "request_timeout"}),
        ("/api/uploads", MULTIPART, PART[:20], {"error": "request_timeout"}),
        ("/auth/login", "application/json", b"{", {"details": {"code": "request_timeout"}}),
        ("/api/v2/auth/login/", "application/json", b"{", {"message": TOLD, "detail": TOLD}),
        ("/api/auth/sign-in/email", "application/json", b"{", {"code": "REQUEST_TIMEOUT"}),
        ("/_devkit/api/clock/advance", "application/json", b"{", {"error": "request_timeout"}),
    ],
    ids=["agreed", "upload", "part", "webplus", "promptcraft", "taskapp", "control"],
)
async def test_a_silent_body_is_408_in_the_shape_of_its_dialect_and_ends_the_connection(
    impatient: Client, path: str, media: str, begun: bytes, told: dict[str, Any]
) -> None:
    chunk = b"%x\r\n%s\r\n" % (len(begun), begun)
    for framing, sent in (("Content-Length: 1000", begun), ("Transfer-Encoding: chunked", chunk)):
        async with Wire(impatient.ready.port) as wire:
            await wire.send(head(impatient, path, media, framing) + sent)
            answer = await wire.answer()
            assert (answer.status, answer.headers["connection"]) == (408, "close")
            assert told.items() <= answer.json.items()
            assert await wire.reader.read() == b""


async def test_a_slow_body_that_never_falls_silent_is_taken(impatient: Client) -> None:
    body = json.dumps({"title": "Slowly"}).encode()
    async with Wire(impatient.ready.port) as wire:
        await wire.send(head(impatient, "/api/tasks", "application/json", f"Content-Length: {len(body)}"))
        # In all more than twice the silence that is allowed.
        for start in range(0, len(body), 2):
            await wire.send(body[start : start + 2])
            await asyncio.sleep(0.04)
        assert (await wire.answer()).status == 201


async def test_a_fault_that_does_not_read_on_is_no_silence_of_the_client(start: StartServer) -> None:
    async with start(limits_body_timeout=1_000) as client:
        await client.sign_in()
        await client.sandbox.engine.use(scenario({"fault": {"type": "upload.stall", "at": 0}}))
        sent = PART + b"x" * 40_000 + b"\r\n--b--\r\n"
        async with Wire(client.ready.port) as wire:
            await wire.send(head(client, "/api/uploads", MULTIPART, f"Content-Length: {len(sent)}") + sent[:-8])
            await asyncio.sleep(1.5)
            assert client.sandbox.arriving_uploads(), await wire.answer()
            await client.sandbox.engine.off("broken")
            await wire.send(sent[-8:])
            assert (await wire.answer()).status == 201


async def test_nothing_is_left_of_an_upload_that_fell_silent(impatient: Client) -> None:
    before = (await impatient.send("GET", "/api/uploads")).json["total"]
    async with Wire(impatient.ready.port) as wire:
        await wire.send(head(impatient, "/api/uploads", MULTIPART, "Content-Length: 1000") + PART)
        assert (await wire.answer()).status == 408
    assert (await impatient.send("GET", "/api/uploads")).json["total"] == before
    assert not impatient.sandbox.arriving_uploads()
    assert not [path for path in impatient.sandbox.uploads.folder.iterdir() if path.suffix == ".part"]
    entry = (await impatient.send("GET", "/_devkit/api/journal?status=408")).json["data"][0]
    assert (entry["operation"], entry["error"]) == ("uploads.create", "request_timeout")


async def test_zero_waits_for_ever_and_the_default_for_a_minute(start: StartServer) -> None:
    async with start(limits_body_timeout=0) as client, Wire(client.ready.port) as wire:
        body = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
        await wire.send(b"POST /api/auth/login HTTP/1.1\r\n%sContent-Type: application/json\r\n" % HOST)
        await wire.send(b"Content-Length: %d\r\n\r\n%s" % (len(body), body[:5]))
        await asyncio.sleep(0.3)
        await wire.send(body[5:])
        assert (await wire.answer()).status == 200
    async with start() as client:
        assert client.sandbox.settings.limits_body_timeout == 60_000


@asynccontextmanager
async def stalling(port: int, after: int) -> AsyncIterator[int]:
    """A way to that port on which a request stops after so many bytes, until its answer has come back; its own port.
    Others end their connection: Chromium repeats what is answered 408 on one that it kept.
    """
    passing: set[asyncio.Task[None]] = set()

    async def requests(reader: asyncio.StreamReader, back: asyncio.StreamWriter, answered: asyncio.Event) -> None:
        count = 0
        while data := await reader.read(65536):
            count += len(data)
            back.write(data)
            await back.drain()
            if count > after:
                await answered.wait()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        answered = asyncio.Event()
        sending = asyncio.create_task(requests(reader, back, answered))
        passing.add(sending)
        head = await there.readuntil(b"\r\n\r\n")
        writer.write(head + await there.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0])))
        writer.write_eof()
        answered.set()
        await asyncio.wait({sending}, timeout=10)
        sending.cancel()
        back.close()
        writer.close()

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)


@pytest.mark.browser
async def test_a_browser_sees_the_408(start: StartServer, browser: Browser) -> None:
    async with start(limits_body_timeout=1_000) as client:
        await client.sign_in()
        async with stalling(client.ready.port, 200_000) as port:
            page = await browser.new_page()
            await page.goto(f"http://localhost:{port}/api/health")
            answer = await page.evaluate(
                """async ([port, token]) => {
                    const form = new FormData();
                    form.append("file", new File([new Uint8Array(2_000_000)], "large.bin"));
                    const answer = await fetch(`http://localhost:${port}/api/uploads`,
                        { method: "POST", body: form, headers: { Authorization: `Bearer ${token}` } });
                    return [answer.status, (await answer.json()).error];
                }""",
                [port, client.token],
            )
            assert answer == [408, "request_timeout"]
            await page.close()
