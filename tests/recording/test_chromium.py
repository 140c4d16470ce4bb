"""What a real Chromium does is recorded by Playwright's `recordHar`, in each of its ways, and replayed to it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser

from tests.conftest import EMAIL, PASSWORD, StartServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WALK = """
async ({email, password}) => {
  const told = async (method, path, body) => {
    const headers = body ? {'Content-Type': 'application/json'} : {};
    const options = {method, credentials: 'include', headers, body: body && JSON.stringify(body)};
    const response = await fetch(path, options);
    return [response.status, response.status === 204 ? null : (await response.json()).data?.length ?? null];
  };
  return [
    await told('POST', '/api/auth/login', {email, password}),
    await told('GET', '/api/tasks?limit=100'),
    await told('POST', '/api/tasks', {title: 'Recorded by a browser'}),
    await told('GET', '/api/tasks?limit=100'),
  ];
}
"""


@pytest.mark.parametrize(
    ("name", "content"), [("one.har", "embed"), ("folder/two.har", "attach"), ("three.zip", "attach")]
)
async def test_what_playwright_records_of_chromium_is_replayed_to_it(
    start: StartServer, browser: Browser, tmp_path: Path, name: str, content: Literal["embed", "attach"]
) -> None:
    path, person = tmp_path / name, {"email": EMAIL, "password": PASSWORD}

    async def walk(url: str, **options: Any) -> Any:
        context = await browser.new_context(**options)
        page = await context.new_page()
        await page.goto(f"{url}/_devkit/docs")
        found = await page.evaluate(WALK, person)
        await context.close()
        return found

    async with start() as real:
        recorded = await walk(real.ready.url, record_har_path=path, record_har_content=content)
    assert await asyncio.to_thread(path.exists)
    async with start(contract=(str(path),)) as client:
        assert await walk(client.ready.url) == recorded
    assert [status for status, _ in recorded] == [200, 200, 201, 200]
    assert recorded[3][1] == recorded[1][1] + 1
