"""What a page sees of broken connections and bodies, in a real browser."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.conftest import Client
from tests.faults.conftest import Break

pytestmark = pytest.mark.browser

FETCH = """async ([token, method, body]) => {
    const headers = {Authorization: 'Bearer ' + token, 'Content-Type': 'application/json'}
    let answer
    try { answer = await fetch('/api/tasks', {method, headers, body}) } catch (error) { return 'fetch ' + error.name }
    try { await answer.json() } catch (error) { return 'read ' + error.name }
    return 'ok'
}"""


class Page:
    def __init__(self, page: Any, token: str) -> None:
        self._page, self._token, self.said = page, token, []
        page.on("console", lambda message: self.said.append(message.text))

    async def fetch(self, method: str = "GET", body: str | None = None) -> str:
        self.said.clear()
        result: str = await self._page.evaluate(FETCH, [self._token, method, body])
        return result

    async def console(self) -> str:
        await self._page.wait_for_timeout(50)
        return " ".join(self.said)


@pytest.fixture
async def page(signed_in: Client, browser: Browser) -> Page:
    tab = await browser.new_page()
    await tab.goto(f"{signed_in.url}/_devkit/")
    return Page(tab, signed_in.token)


async def test_each_break_looks_as_its_docstring_says_and_heals_without_a_reload(
    signed_in: Client, page: Page, breaks: Break
) -> None:
    seen = [
        ("conn.reset", {}, "fetch TypeError", "ERR_CONNECTION_RESET"),
        ("conn.reset", {"at": "body"}, "read TypeError", "ERR_CONNECTION_RESET"),
        ("conn.empty", {}, "fetch TypeError", "ERR_EMPTY_RESPONSE"),
        ("conn.truncate", {"fraction": 0.5}, "read TypeError", "ERR_CONTENT_LENGTH_MISMATCH"),
        ("conn.content_length", {"delta": 9}, "read TypeError", "ERR_CONTENT_LENGTH_MISMATCH"),
        ("conn.content_length", {"delta": -9}, "read SyntaxError", ""),
        ("conn.garbage", {}, "fetch TypeError", "ERR_INVALID_HTTP_RESPONSE"),
        ("conn.malformed_chunk", {}, "read TypeError", "ERR_INVALID_CHUNKED_ENCODING"),
        ("conn.refuse", {"for": "1m"}, "fetch TypeError", "ERR_CONNECTION_RESET"),
        ("conn.dribble", {"chunks": 3, "duration": "60ms"}, "ok", ""),
        ("body.encoding_mismatch", {}, "read TypeError", "ERR_CONTENT_DECODING_FAILED"),
        ("body.malformed", {"mode": "nan"}, "read SyntaxError", ""),
        ("body.empty", {}, "read SyntaxError", ""),
    ]
    for kind, parameters, result, console in seen:
        await breaks(kind, **parameters)
        assert (kind, await page.fetch()) == (kind, result)
        assert console in await page.console()
        await signed_in.sandbox.engine.off("broken")
        assert (kind, await page.fetch()) == (kind, "ok")


async def test_a_browser_repeats_what_was_dropped_on_a_kept_connection(
    signed_in: Client, page: Page, breaks: Break
) -> None:
    # A busy browser may have opened a second connection meanwhile, and take that one: then nothing was dropped.
    async with asyncio.timeout(60):
        while 499 not in [getattr(entry, "status", None) for entry in signed_in.sandbox.journal]:
            assert await page.fetch() == "ok"
            await breaks("conn.keepalive_drop", when={"times": 1})
            assert await page.fetch() == "ok"
            assert await page.fetch("POST", '{"title": "Once"}') == "ok"
