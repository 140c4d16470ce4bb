"""FastAPI on uvicorn behind devkit."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import StartServer
from tests.proxy.others.playing import HERE, Visitor, both, program
from tests.pypi import site_packages

PACKAGES = (
    "annotated-doc==0.0.7",
    "annotated-types==0.8.0",
    "anyio==4.16.0",
    "click==8.5.1",
    "fastapi==0.165.0",
    "h11==0.16.0",
    "idna==3.20",
    "opentelemetry-api==1.45.2",
    "pydantic==2.14.4",
    "pydantic-core==2.50.5",
    "python-multipart==0.0.34",
    "starlette==1.10.0",
    "typing-extensions==4.16.0",
    "typing-inspection==0.4.5",
    "uvicorn==0.54.0",
    "websockets==17.4",
)


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    packages = site_packages(request.config.cache, "fastapi", *PACKAGES)  # type: ignore[arg-type]
    script = HERE / "fastapi_app.py"
    with program(sys.executable, str(script), folder=packages, PYTHONPATH=str(packages)) as address:
        yield address


def form(**parts: Any) -> aiohttp.FormData:
    found = aiohttp.FormData()
    for name, value in parts.items():
        found.add_field(name, value, **({"filename": "ä b.bin"} if isinstance(value, bytes) else {}))
    return found


async def test_an_app_of_it_is_the_same_through_devkit(start: StartServer, url: str) -> None:
    async def play(visitor: Visitor) -> None:
        ask = visitor.ask
        await ask("POST", "/orders/", json={"title": "Ünits", "quantity": 2})
        await ask("POST", "/orders/", json={"quantity": "many"})
        await ask("POST", "/orders/", data=b"{", headers={"Content-Type": "application/json"})
        await ask("GET", "/orders/?page=2")
        await ask("GET", "/orders?page=2")  # 307 to the one with the slash, by an address of its own
        await ask("PUT", "/orders/")
        await ask("HEAD", "/orders/")
        await ask("DELETE", "/orders/7")
        await ask("DELETE", "/orders/404")
        await ask("POST", "/login", data={"name": "Ada", "password": "wrong"})
        await ask("POST", "/login", data={"name": "Ada", "password": "right"})
        await ask("GET", "/me")
        await ask("GET", "/old")
        await ask("POST", "/files", data=form(file=bytes(range(256)) * 4000, note="big"))
        await ask("GET", "/events", headers={"Accept": "text/event-stream"})
        await ask("GET", "/bug")
        await ask("GET", "/broken")
        await ask("GET", "/source")
        await ask("GET", "/source", headers={"Range": "bytes=3-9"})
        await ask("GET", "/source", headers={"Range": "bytes=0-1,5-6"})
        await ask("GET", "/source", headers={"Range": "bytes=999999-"})

    seen = await both(play, url, start)
    statuses = [201, 422, 422, 200, 307, 405, 405, 204, 404, 401, 200, 200, 303, 200, 200, 500, 200, 200, 206, 206, 416]
    assert [one.status for one in seen] == statuses
    assert json.loads(seen[11].body) == {"session": "of Ada"}
    assert seen[16].body == "broke off"


async def test_uploads_and_streams_pass_piece_by_piece(start: StartServer, url: str) -> None:
    async def play(visitor: Visitor) -> None:
        sent: list[int] = []

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(40):
                sent.append(50_000)
                yield b"x" * 50_000
                await asyncio.sleep(0)

        await visitor.ask("POST", "/raw", data=pieces())
        assert len(sent) == 40
        async with visitor.http.get(visitor.url + "/steps") as response:
            visitor.look("steps", response, await response.content.readexactly(5))
            async with visitor.http.post(visitor.url + "/go") as released:
                assert released.status == 204
            assert await response.read() == b"second"

    seen = await both(play, url, start)
    assert [json.loads(seen[0].body), seen[1].body] == [{"size": 2_000_000}, "first"]


async def test_its_sockets_are_the_same_through_devkit(start: StartServer, url: str) -> None:
    async def play(visitor: Visitor) -> None:
        address = visitor.url + "/live"
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await visitor.http.ws_connect(address + "?token=wrong", origin=visitor.page)
        visitor.seen.append(refusal.value.status)
        options: dict[str, Any] = {"origin": visitor.page, "protocols": ("v2", "chat"), "compress": 15}
        async with visitor.http.ws_connect(address + "?token=right", **options) as ws:
            visitor.seen.append((ws.protocol, ws._response.headers["x-room"]))
            for text in ("", "ü" * 70_000, "leave it"):
                await ws.send_str(text)
                visitor.seen.append(await ws.receive_str(timeout=20))
            await ws.send_bytes(bytes(range(256)) * 300)
            visitor.seen.append(await ws.receive_bytes(timeout=20))
            await ws.send_str("leave")
            last = await ws.receive(timeout=20)
            visitor.seen.append((last.type, last.data, last.extra, ws.close_code))

    seen = await both(play, url, start)
    assert seen[:2] == [403, ("chat", "1")]
    assert seen[-1][1:3] == (4000, "as you like")
