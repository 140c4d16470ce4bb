"""`--rewrite-body`: the real backend's own address in what it answers is ours."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from tests.conftest import Client, StartServer
from tests.faults.conftest import scenario


class Pages:
    """A backend that names itself."""

    url = ""
    release: asyncio.Event
    accepted = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.accepted = request.headers.get("Accept-Encoding", "")
        data = json.dumps({"next": f"{self.url}/orders?page=2", "other": "http://shop.test"}).encode()
        kind = {"Content-Type": "application/json", "ETag": '"1"'}
        match request.path:
            case "/packed":
                return web.Response(body=gzip.compress(data), headers=kind | {"Content-Encoding": "gzip"})
            case "/broken":
                return web.Response(body=b"no gzip", headers=kind | {"Content-Encoding": "gzip"})
            case "/br":
                return web.Response(body=b"\x0b\x02\x80hello\x03", headers=kind | {"Content-Encoding": "br"})
            case "/image":
                return web.Response(body=self.url.encode(), content_type="image/png")
            case "/events":
                response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
                await response.prepare(request)
                await response.write(f"data: {self.url}/1\n\ndata: {self.url[:12]}".encode())
                await self.release.wait()
                await response.write(f"{self.url[12:]}/2\n\n".encode())
                return response
        return web.Response(body=data, headers=kind)


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    found = Pages()
    found.release = asyncio.Event()
    runner = web.ServerRunner(web.Server(found.answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    found.release.set()
    await runner.cleanup()


@pytest.fixture
async def proxy(start: StartServer, pages: Pages) -> AsyncIterator[Client]:
    async with start(upstream=pages.url, proxy_rewrite_body=True) as client:
        yield client


@pytest.mark.parametrize("path", ["/plain", "/packed"])
async def test_the_backends_address_is_ours(proxy: Client, pages: Pages, path: str) -> None:
    # Twice: the second one could go by a shorter way.
    for _ in range(2):
        answer = await proxy.send("GET", path, headers={"Accept-Encoding": "gzip, br, zstd"})
        assert answer.json == {"next": f"{proxy.url}/orders?page=2", "other": "http://shop.test"}
        assert (answer.headers["ETag"], answer.headers.get("Content-Encoding")) == ('"1"', None)
    assert pages.accepted == "gzip"


async def test_nothing_is_rewritten_unless_it_is_asked_for(start: StartServer, pages: Pages) -> None:
    async with start(upstream=pages.url) as client:
        assert (await client.send("GET", "/packed")).json["next"].startswith(pages.url)


async def test_a_stream_is_rewritten_as_it_comes(proxy: Client, pages: Pages) -> None:
    async with proxy.http.get("/events") as response:
        first = await asyncio.wait_for(response.content.readuntil(b"\n\n"), 20)
        assert first == f"data: {proxy.url}/1\n\n".encode()
        pages.release.set()
        assert await response.content.read() == f"data: {proxy.url}/2\n\n".encode()


async def test_what_cannot_be_rewritten_passes_and_is_told(proxy: Client) -> None:
    async with proxy.http.get("/br", auto_decompress=False) as response:
        assert (response.headers["Content-Encoding"], response.headers["Content-Length"]) == ("br", "9")
    entry = (await proxy.send("GET", "/_devkit/api/journal")).json["data"][0]
    told = "the body is not rewritten: it is encoded as br, which cannot be undone here"
    assert told in json.dumps(entry)
    assert (await proxy.send("GET", "/image")).body.startswith(b"http://127.0.0.1:")


async def test_faults_see_what_the_client_would(proxy: Client) -> None:
    cut = {"type": "body.malformed", "mode": "truncated"}
    await proxy.sandbox.engine.use(scenario({"match": {"path": "/packed"}, "fault": cut}))
    body = (await proxy.send("GET", "/packed")).body
    assert body.startswith(f'{{"next": "{proxy.url}/orders'.encode())
    with pytest.raises(ValueError, match=r"."):
        json.loads(body)


async def test_a_body_that_is_not_what_it_says_breaks_off(proxy: Client) -> None:
    with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError)):
        await proxy.send("GET", "/broken")


async def test_the_length_of_what_only_the_head_of_is_asked_for_is_not_told(proxy: Client) -> None:
    assert "Content-Length" not in (await proxy.send("HEAD", "/plain")).headers
