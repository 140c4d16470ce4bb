"""Answers that come while the body is still on its way: the client gets to see them (RFC 9112, section 9.6), and the
connection is used on or closed as RFC 9112, section 9.3 asks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from playwright.async_api import Browser

from devkit.server.http import lingering
from devkit.server.http.lingering import Patience
from tests.conftest import Client, StartServer
from tests.firefox import Firefox
from tests.wire import HOST, Wire

LONG = 16 * 2**20
"""More than the buffers of a loopback connection take."""
PIECE = b"x" * 65536


async def read_json_of(wire: Wire) -> tuple[int, str]:
    answer = await wire.answer()
    return answer.status, answer.json["error"]


async def test_a_client_that_reads_only_when_all_is_sent_sees_the_answer_and_goes_on(client: Client) -> None:
    head = b"POST /api/tasks HTTP/1.1\r\n%sContent-Type: application/json\r\n" % HOST
    async with Wire(client.ready.port) as wire:
        await wire.send(head + b"Content-Length: %d\r\n\r\n" % LONG)
        for _ in range(LONG // len(PIECE)):
            await wire.send(PIECE)
        assert await read_json_of(wire) == (401, "unauthorized")
        await wire.send(b"GET /api/health HTTP/1.1\r\n" + HOST + b"\r\n")
        assert (await wire.answer()).status == 200


async def test_the_answer_does_not_wait_for_the_body(client: Client) -> None:
    head = b"POST /api/uploads HTTP/1.1\r\n%sContent-Type: multipart/form-data; boundary=b\r\n" % HOST
    async with Wire(client.ready.port) as wire:
        await wire.send(head + b"Content-Length: %d\r\n\r\n" % LONG + PIECE)
        assert await read_json_of(wire) == (401, "unauthorized")
        for _ in range(LONG // len(PIECE) - 1):
            await wire.send(PIECE)
        await wire.send(b"GET /api/health HTTP/1.1\r\n" + HOST + b"\r\n")
        assert (await wire.answer()).status == 200


async def test_a_chunked_body_is_read_to_its_end_too(client: Client) -> None:
    head = b"POST /api/tasks HTTP/1.1\r\n%sContent-Type: application/json\r\n" % HOST
    async with Wire(client.ready.port) as wire:
        await wire.send(head + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(LONG // len(PIECE)):
            await wire.send(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
        await wire.send(b"0\r\n\r\nGET /api/health HTTP/1.1\r\n" + HOST + b"\r\n")
        assert await read_json_of(wire) == (401, "unauthorized")
        assert (await wire.answer()).status == 200


async def test_a_connection_that_is_not_kept_ends_for_the_reader_at_once_and_takes_the_rest(client: Client) -> None:
    head = b"POST /api/tasks HTTP/1.1\r\n%sConnection: close\r\nContent-Type: application/json\r\n" % HOST
    async with Wire(client.ready.port) as wire:
        await wire.send(head + b"Content-Length: %d\r\n\r\n" % LONG)
        assert await read_json_of(wire) == (401, "unauthorized")
        assert await wire.reader.read() == b""
        for _ in range(LONG // len(PIECE)):
            # Raises where the connection was reset.
            wire.writer.write(PIECE)
            await wire.writer.drain()


async def test_what_is_no_request_is_answered_though_a_long_body_follows(client: Client) -> None:
    head = b"POST /api/tasks HTTP/1.1\r\n%sX-Long: %s\r\nContent-Length: %d\r\n\r\n" % (HOST, b"x" * 40_000, LONG)
    async with Wire(client.ready.port) as wire:
        await wire.send(head)
        for _ in range(LONG // len(PIECE)):
            wire.writer.write(PIECE)
            await wire.writer.drain()
        assert await read_json_of(wire) == (431, "headers_too_large")
        assert await wire.reader.read() == b""


async def test_a_client_that_waits_to_be_told_to_go_on_is_told_that_the_connection_ends(client: Client) -> None:
    """What follows could be the body or another request (RFC 9110, section 10.1.1)."""
    head = b"POST /api/tasks HTTP/1.1\r\n%sExpect: 100-continue\r\nContent-Type: application/json\r\n" % HOST
    async with Wire(client.ready.port) as wire:
        await wire.send(head + b"Content-Length: 13\r\n\r\n")
        answer = await wire.answer()
        assert (answer.status, answer.headers["connection"]) == (401, "close")
        await wire.send(b"GET /api/health HTTP/1.1\r\n" + HOST + b"\r\n")
        assert await wire.reader.read() == b""


@pytest.mark.parametrize(
    "patience", [Patience(idle=0.05), Patience(seconds=0.05), Patience(bytes=2 * len(PIECE))], ids=str
)
async def test_nobody_holds_a_connection_for_ever(
    start: StartServer, patience: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lingering, "PATIENCE", patience)
    head = b"POST /api/tasks HTTP/1.1\r\n%sContent-Type: application/json\r\n" % HOST
    async with start() as client, Wire(client.ready.port) as wire:
        await wire.send(head + b"Content-Length: %d\r\n\r\n" % LONG + 3 * PIECE)
        assert await read_json_of(wire) == (401, "unauthorized")
        assert await wire.closed()


async def test_a_client_that_leaves_after_the_answer_leaves_nothing_waiting(client: Client) -> None:
    head = b"POST /api/tasks HTTP/1.1\r\n%sContent-Type: application/json\r\n" % HOST
    async with Wire(client.ready.port) as wire:
        await wire.send(head + b"Content-Length: %d\r\n\r\n" % LONG + PIECE)
        assert await read_json_of(wire) == (401, "unauthorized")
    # Well below the seconds that a silent client is given.
    async with asyncio.timeout(5):
        while any("RequestHandler.start" in repr(task.get_coro()) for task in asyncio.all_tasks()):
            await asyncio.sleep(0.01)


# Browsers

RATE = 2_000_000
SIZE = 30_000_000
"""Bytes, which take some 15 seconds: longer than servers read on for that count from the answer on."""

PAGE = """<!doctype html><script>
(async () => {
    let seen
    const body = new Blob([new Uint8Array(SIZE)])
    const headers = {'Content-Type': 'application/json'}
    try {
        const answer = await fetch('ADDRESS/api/tasks', {method: 'POST', headers, body})
        seen = answer.status + ' ' + (await answer.json()).error
    } catch (error) { seen = String(error) }
    await fetch('/seen', {method: 'POST', body: seen})
})()
</script>"""


class SlowLine:
    """Passes bytes on to a server, slowly on the way there, as a slow uplink does; ends are passed on as they come."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.posts = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onwards, out = await asyncio.open_connection("127.0.0.1", self._port)
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(self._there(reader, out), self._back(onwards, writer))
        out.transport.abort()
        writer.transport.abort()

    async def _there(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        while data := await reader.read(RATE // 20):
            self.posts += data.startswith(b"POST")
            out.write(data)
            await out.drain()
            await asyncio.sleep(len(data) / RATE)
        out.write_eof()

    async def _back(self, onwards: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await onwards.read(65536):
            writer.write(data)
            await writer.drain()


class Frontend:
    """Serves the page, and is told what it saw."""

    def __init__(self) -> None:
        self.page = ""
        self.seen: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def handle(self, request: web.BaseRequest) -> web.Response:
        if request.path == "/seen":
            self.seen.set_result(await request.text())
        return web.Response(text=self.page, content_type="text/html")


@asynccontextmanager
async def slow_uplink(start: StartServer) -> AsyncIterator[tuple[str, Frontend, SlowLine]]:
    """A page at an address, which posts a long body over a slow line without credentials."""
    frontend = Frontend()
    runner = web.ServerRunner(web.Server(frontend.handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    origin = f"http://localhost:{runner.addresses[0][1]}"
    try:
        async with start(origins=(origin,)) as client:
            line = SlowLine(client.ready.port)
            async with await asyncio.start_server(line.carry, "127.0.0.1", 0, limit=16384) as server:
                port = server.sockets[0].getsockname()[1]
                frontend.page = PAGE.replace("SIZE", str(SIZE)).replace("ADDRESS", f"http://localhost:{port}")
                yield origin, frontend, line
    finally:
        await runner.cleanup()


@pytest.mark.slow
@pytest.mark.browser
async def test_firefox_on_a_slow_line_sees_the_answer_and_sends_the_body_once(
    start: StartServer, firefox: Firefox
) -> None:
    async with slow_uplink(start) as (address, frontend, line), firefox.lent() as browser:
        page = await browser.new_page()
        await page.goto(address)
        assert await asyncio.wait_for(frontend.seen, 120) == "401 unauthorized"
        assert line.posts == 1


@pytest.mark.slow
@pytest.mark.browser
async def test_chromium_on_a_slow_line_sees_the_answer_and_sends_the_body_once(
    start: StartServer, browser: Browser
) -> None:
    async with slow_uplink(start) as (address, frontend, line):
        page = await browser.new_page()
        await page.goto(address)
        assert await asyncio.wait_for(frontend.seen, 120) == "401 unauthorized"
        assert line.posts == 1
