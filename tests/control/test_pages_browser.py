"""The reference in a real browser: it works, quietly, and asks nobody but its own server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.conftest import Client

pytestmark = pytest.mark.browser


class Visit:
    """A page, what its console said, and what it asked others for."""

    def __init__(self, page: Any, origin: str) -> None:
        self.page, self.said, self.elsewhere = page, [], []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self._asked(request.url, origin))

    def _asked(self, url: str, origin: str) -> None:
        if not url.startswith((f"{origin}/", "data:", "about:")):
            self.elsewhere.append(url)


@pytest.fixture(params=[("light", 1440), ("dark", 390)], ids=["light-wide", "dark-narrow"])
async def visit(client: Client, browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Visit]:
    scheme, width = request.param
    page = await browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    visit = Visit(page, client.url)
    yield visit
    fits = await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.close()
    assert visit.said == []
    assert visit.elsewhere == []
    assert fits, "the page scrolls sideways"


async def test_the_reference_shows_every_operation(client: Client, visit: Visit) -> None:
    await visit.page.goto(f"{client.url}/_devkit/docs")
    await visit.page.locator("[id$=agreed_tasks_create] .opblock-summary-control").click()
    await visit.page.get_by_role("button", name="Try it out").wait_for()
    shown = await visit.page.locator(".opblock").count()
    # What dialects have at one address is one operation.
    assert shown == len({(route.method, route.path) for dialect in client.app.dialects for route in dialect.routes()})


async def test_the_reference_shows_the_dialect_that_is_chosen(client: Client, visit: Visit) -> None:
    page, choice = visit.page, visit.page.get_by_label("Dialect")
    await page.goto(f"{client.url}/_devkit/docs?dialect={client.app.dialects[0].name}")
    for dialect in reversed(client.app.dialects):
        await choice.select_option(dialect.name)
        await page.wait_for_url(f"**/_devkit/docs?dialect={dialect.name}")
        await page.locator(".info .title", has_text=dialect.title).wait_for()
        assert await page.locator(".opblock").count() == len([*dialect.routes()])
        link = await page.get_by_role("link", name="AsyncAPI").get_attribute("href")
        assert link == f"/_devkit/asyncapi.json?dialect={dialect.name}"
