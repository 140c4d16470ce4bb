"""Node's `ws` behind devkit, as two clients see it: aiohttp's and Chromium's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.conftest import StartServer
from tests.proxy.others.playing import Visitor, both, program

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.slow

ENDS = ("close 1000", "close 4321", "close 1011", "close 1013", "no status", "terminate", "broken", "x" * 300_001)


@pytest.fixture(scope="module")
def url(modules: Path) -> Iterator[str]:
    with program("node", "ws_app.mjs", folder=modules) as address:
        yield address


async def test_its_sockets_are_the_same_through_devkit(start: StartServer, url: str) -> None:
    async def play(visitor: Visitor) -> None:
        asking = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        for path in ("/401", "/302", "/503"):
            # What a browser's script never sees, but its cookies and its console.
            await visitor.ask("GET", path, headers={**asking, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
        with pytest.raises(aiohttp.ClientError) as slammed:
            await visitor.http.ws_connect(visitor.url + "/slam")
        visitor.seen.append(type(slammed.value))
        await visitor.ask("GET", "/")
        for offered in ((), ("chat.v1",), ("chat.v1", "chat.v2")):
            async with visitor.http.ws_connect(visitor.url + "/", protocols=offered, origin=visitor.page) as ws:
                visitor.seen.append(ws.protocol)
                for text in ("", "ü" * 70_000, "ping"):
                    await ws.send_str(text)
                    visitor.seen.append(await ws.receive_str(timeout=20))
                await ws.send_bytes(bytes(range(256)) * 100)
                visitor.seen.append(await ws.receive_bytes(timeout=20))
                for asked, answers in (("fragments", 1), ("burst", 200)):
                    await ws.send_str(asked)
                    visitor.seen.append([await ws.receive_str(timeout=20) for _ in range(answers)])
                await ws.close(code=4999, message="tschüs".encode())
                visitor.seen.append(ws.close_code)
        for end in ENDS:
            async with visitor.http.ws_connect(visitor.url + "/", max_msg_size=0) as ws:
                await ws.send_str(end)
                last = await ws.receive(timeout=20)
                visitor.seen.append((end[:12], last.type, ws.close_code))

    seen = await both(play, url, start)
    assert [one.status for one in seen[:3]] == [401, 302, 503]
    ends = {end: code for end, _, code in seen[-len(ENDS) :]}
    assert [ends[end[:12]] for end in ENDS] == [1000, 4321, 1011, 1013, 1006, 1006, 1002, 1009]  # aiohttp has no 1005


SCRIPT = """async ([address, offered, said]) => {
  const ws = new WebSocket(address, offered);
  const seen = [];
  await new Promise((done) => {
    setTimeout(() => { seen.push(["nothing came"]); done(); }, 20000);
    ws.onopen = () => { seen.push(["open", ws.protocol, ws.extensions]); ws.send("fragments"); ws.send(said); };
    ws.onmessage = (event) => seen.push(["message", event.data]);
    ws.onerror = () => seen.push(["error"]);
    ws.onclose = (event) => { seen.push(["close", event.code, event.reason, event.wasClean]); done(); };
  });
  return seen;
}"""


@pytest.mark.browser
async def test_chromium_sees_them_so_too(start: StartServer, url: str, browser: Browser) -> None:
    async def seen(page: Any, address: str) -> list[Any]:
        asked = [[address, ["chat.v1", "chat.v2"], end] for end in ENDS[:-1]]
        asked += [[f"{address}{path}", [], ""] for path in ("401", "slam")]
        return [await page.evaluate(SCRIPT, one) for one in asked]

    page = await browser.new_page()
    await page.goto(url)
    direct = await seen(page, url.replace("http", "ws") + "/")
    async with start(upstream=url) as client:
        await page.goto(client.url)
        through = await seen(page, client.url.replace("http", "ws") + "/")
    assert [events[-1] for events in direct] == [events[-1] for events in through]
    assert [events[-1][1] for events in direct] == [1000, 4321, 1011, 1013, 1005, 1006, 1006, 1006, 1006]
    opened = ["open", "chat.v2", "permessage-deflate"]
    assert direct[0][0] == opened
    assert through[0][:2] == [["open", "chat.v2", through[0][0][2]], direct[0][1]]
