"""What a page sees of a real backend's WebSockets through devkit: the same as without."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from playwright.async_api import Page

from tests.browser.conftest import Frontend
from tests.conftest import StartServer

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

SEES = """url => new Promise(resolve => {
  const seen = [], socket = new WebSocket(url, ['v9', 'chat']);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => seen.push(['open', socket.protocol, socket.extensions]);
  socket.onmessage = event => {
    seen.push(typeof event.data === 'string' ? event.data : event.data.byteLength);
    if (event.data === 'leave') socket.close(4005, 'as asked');
  };
  socket.onclose = event => { seen.push(['close', event.code, event.reason, event.wasClean]); resolve(seen) };
})"""


@pytest.fixture
async def backend() -> AsyncIterator[str]:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/login":
            # A browser keeps it for `.shop.test` at most, and here for the host that it called.
            cookie = "sid=s-1; Path=/; HttpOnly; Secure; SameSite=None; Domain=shop.test"
            return web.Response(text="in", headers={"Set-Cookie": cookie})
        if request.path == "/refused":
            return web.Response(status=401, text="sign in")
        ws: web.WebSocketResponse = web.WebSocketResponse(protocols=("chat",))
        await ws.prepare(request)
        await ws.send_str(request.headers.get("Cookie", "no cookie"))
        await ws.send_bytes(b"x" * 200_000)
        if request.path == "/closes":
            await ws.close(code=4001, message=b"enough")
        elif request.path == "/vanishes":
            assert request.transport is not None
            request.transport.close()
        else:
            await ws.send_str("leave")
            await ws.receive()
        return ws

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_page_sees_the_backends_own_sockets(
    start: StartServer, backend: str, page: Page, frontend: Frontend
) -> None:
    opened = [["open", "chat", ""], "sid=s-1", 200_000]
    async with start(upstream=backend, origins=(frontend.origin,)) as client:
        await page.evaluate("url => fetch(url, {credentials: 'include'}).then(r => r.text())", f"{client.url}/login")
        address = client.url.replace("http", "ws", 1)
        assert await page.evaluate(SEES, f"{address}/closes") == [*opened, ["close", 4001, "enough", True]]
        assert await page.evaluate(SEES, f"{address}/vanishes") == [*opened, ["close", 1006, "", False]]
        assert await page.evaluate(SEES, f"{address}/refused") == [["close", 1006, "", False]]
        # What aiohttp's server answers to a close frame; without devkit a page is told the same.
        left = ["leave", ["close", 1000, "", True]]
        assert await page.evaluate(SEES, f"{address}/leaves") == [*opened, *left]
        direct = await page.evaluate(SEES, f"{backend.replace('http', 'ws', 1)}/leaves")
        assert direct == [["open", "chat", "permessage-deflate"], "no cookie", 200_000, *left]
