"""Events of a backend of somebody's own, heard by a browser's own reader of event streams."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page

from devkit.sandbox import Template
from tests.blueprint.serving import served
from tests.browser.conftest import Frontend

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TEXT = "contract: shop\nevents: {sse: /events}\nresources: {orders: {fields: {name: string!}}}\n"

CUT = """
name: cut
title: The first stream breaks off
rules: [{id: a, match: {operation: events.*}, when: {times: 1}, fault: {type: stream.cut, after: 1}}]
"""

LISTEN = """url => new Promise(resolve => {
  window.heard = [];
  const source = new EventSource(`${url}/events?topics=orders`);
  for (const name of ['order_created', 'resync', 'message'])
    source.addEventListener(name, ({type, data}) => heard.push([type, JSON.parse(data).order.name]));
  source.onopen = resolve;
})"""


async def test_an_event_source_hears_what_came_while_it_was_away(
    page: Page, frontend: Frontend, tmp_path: Path, template: Template
) -> None:
    """WHATWG HTML, "Server-sent events": it comes back by itself, with the id of the last event. The mark at the
    beginning and the comments are no events to it.
    """
    async with served(tmp_path / "backend.yaml", TEXT, template, origins=(frontend.origin,), ws_heartbeat=50) as shop:
        assert (await shop.call("POST", "/_devkit/api/scenarios/try", {"text": CUT}))[0] == 200
        await page.evaluate(LISTEN, shop.url)
        for name in ("één", "two", "three"):
            assert (await shop.call("POST", "/orders", {"name": name}))[0] == 201
        await page.wait_for_function("heard.length >= 3", timeout=60_000)
        told = [["order_created", name] for name in ("één", "two", "three")]
        assert await page.evaluate("heard") == told
        _, journal = await shop.call("GET", "/_devkit/api/journal")
        calls = [entry for entry in journal["data"] if entry.get("operation") == "events.shop"]
        assert [entry["status"] for entry in calls] == [200]
