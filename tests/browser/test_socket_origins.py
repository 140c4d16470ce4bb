"""A page of a foreign origin and a page that may call, in a real browser: CORS does not reach WebSockets."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page

from devkit.journal import RequestEntry
from tests.browser.conftest import Frontend
from tests.conftest import Client
from tests.contract.wire import API_KEY

pytestmark = pytest.mark.browser

CONNECT = """url => new Promise(resolve => {
  const socket = new WebSocket(url)
  const heard = []
  socket.onmessage = event => { heard.push(JSON.parse(event.data).type); socket.close(1000) }
  socket.onclose = event => resolve({heard, code: event.code})
})"""


async def test_only_the_page_that_may_call_hears_anything(
    browser: Browser, page: Page, stranger: Frontend, devkit: Client
) -> None:
    url = f"{devkit.url.replace('http', 'ws')}/ws?api_key={API_KEY}"
    assert await page.evaluate(CONNECT, url) == {"heard": ["connection"], "code": 1000}

    foreign = await browser.new_page()
    await foreign.goto(stranger.origin)
    assert await foreign.evaluate(CONNECT, url) == {"heard": [], "code": 1006}
    await foreign.close()
    notes = [entry.note for entry in devkit.sandbox.journal if isinstance(entry, RequestEntry)]
    assert f"origin {stranger.origin} is not allowed: serve with --origin {stranger.origin}" in notes
