"""`/ws/health/` in a real browser, with both ways to bring a token."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.conftest import Client

pytestmark = pytest.mark.browser

LISTEN = """([url, protocols]) => new Promise(resolve => {
  const socket = protocols.length ? new WebSocket(url, protocols) : new WebSocket(url)
  const heard = []
  socket.onmessage = event => {
    const message = JSON.parse(event.data)
    heard.push(message)
    if (message.type !== 'health_check') return
    if (heard.length === 1) socket.send(JSON.stringify({type: 'ping'}))
    else socket.close(1000)
  }
  socket.onclose = event => resolve({heard, code: event.code, protocol: socket.protocol})
})"""


def address(devkit: Client) -> str:
    return f"{devkit.url.replace('http', 'ws')}/ws/health/"


async def test_with_the_token_in_the_query(page: Page, devkit: Client) -> None:
    await devkit.sign_in()
    found = await page.evaluate(LISTEN, [f"{address(devkit)}?token={devkit.token}", []])
    assert [message["status"] for message in found["heard"]] == ["healthy", "healthy"]
    assert (found["code"], found["protocol"]) == (1000, "")


async def test_with_the_token_as_a_subprotocol(page: Page, devkit: Client) -> None:
    await devkit.sign_in()
    found = await page.evaluate(LISTEN, [address(devkit), ["bearer", devkit.token]])
    assert [message["status"] for message in found["heard"]] == ["healthy", "healthy"]
    assert (found["code"], found["protocol"]) == (1000, "bearer")


@pytest.mark.parametrize("protocols", [[], ["bearer", "nonsense"]])
async def test_without_a_valid_token_the_page_learns_why(page: Page, devkit: Client, protocols: list[str]) -> None:
    found = await page.evaluate(LISTEN, [address(devkit), protocols])
    assert found["code"] == 4401
    assert found["heard"][0]["error"] == ("token_invalid" if protocols else "unauthorized")
