"""Which of upstream's cookies Chromium and Firefox keep and send back, at each kind of address of ours."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from devkit.upstream import cookies
from devkit.upstream.mapping import is_secure
from tests.chromium import Chromium
from tests.firefox import Firefox
from tests.upstream.mappings import mapping

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

UPSTREAMS = (
    "plain=1; Path=/; Domain=shop.test",
    "secure=1; Path=/; Secure",
    "third=1; Path=/; SameSite=None; Secure",
    "partitioned=1; Path=/; SameSite=None; Secure; Partitioned",
    "__Secure-a=1; Path=/; Secure; Domain=shop.test",
    "__Host-a=1; Path=/; Secure",
    "__Host-Http-a=1; Path=/; Secure; HttpOnly",
)
"""All of them are kept by a browser that speaks https to a host below `shop.test`."""
NAMES = {line.partition("=")[0] for line in UPSTREAMS}


@contextlib.asynccontextmanager
async def serving(host: str, *, as_secure: bool | None = None) -> AsyncIterator[str]:
    """A server that sets upstream's cookies as they are mapped for it at that host, and tells which came back."""

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.path == "/cookies":
            field = cookies.up(request.headers.get("Cookie", "").encode(), way)
            return web.json_response([pair.partition("=")[0] for pair in field.decode().split("; ") if pair])
        response = web.Response(text="<!doctype html><title>A page</title>", content_type="text/html")
        if request.path == "/":
            for line in UPSTREAMS:
                response.headers.add("Set-Cookie", cookies.down(line.encode(), way)[0].decode())
        return response

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        origin = f"http://{host}:{runner.addresses[0][1]}"
        secure = is_secure(origin, browser=True) if as_secure is None else as_secure
        way = mapping("https://api.shop.test", origin=origin, secure=secure)
        yield origin
    finally:
        await runner.cleanup()


@pytest.fixture(params=["chromium", "firefox"])
def judge(request: pytest.FixtureRequest, chromium: Chromium, firefox: Firefox) -> Chromium | Firefox:
    return chromium if request.param == "chromium" else firefox


async def came_back(judge: Chromium | Firefox, origin: str) -> set[str]:
    async with judge.lent() as browser:
        page = await (await browser.new_context()).new_page()
        await page.goto(f"{origin}/")
        return set(await page.evaluate("async () => (await fetch('/cookies')).json()"))


@pytest.mark.parametrize("host", ["localhost", "w1.localhost", "127.0.0.1", "elsewhere.test"])
async def test_every_cookie_of_upstreams_comes_back(host: str, judge: Chromium | Firefox) -> None:
    async with serving(host) as origin:
        assert await came_back(judge, origin) == NAMES


async def test_where_http_is_not_secure_they_would_not_come_back_unchanged(judge: Chromium | Firefox) -> None:
    async with serving("elsewhere.test", as_secure=True) as origin:
        assert await came_back(judge, origin) == {"plain"}
