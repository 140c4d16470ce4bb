"""A page that calls a server on another origin, in Chromium and in Firefox: the browser judges what it gets to see."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import ConsoleMessage, Page

from devkit.journal import RequestEntry
from tests import firefox
from tests.conftest import EMAIL, PASSWORD, Client
from tests.faults.conftest import scenario

FAILED = {
    "chromium": "TypeError: Failed to fetch",
    "firefox": "TypeError: NetworkError when attempting to fetch resource.",
}
JSON = {"Content-Type": "application/json"}

CALL = """
async ({url, options, json, patience}) => {
  const began = performance.now();
  try {
    const signal = AbortSignal.timeout(patience);
    const response = await fetch(url, {credentials: 'include', signal, ...options});
    const headers = Object.fromEntries(response.headers);
    const body = json ? await response.json() : await response.text();
    return {status: response.status, headers, body, took: performance.now() - began};
  } catch (error) {
    return {failed: String(error), took: performance.now() - began};
  }
}
"""


@dataclass
class Stage:
    """A page that calls a server on another origin; what its console says, and what reaches the server."""

    browser: str
    page: Page | firefox.Page
    client: Client
    console: list[str] = field(default_factory=list)

    def listen(self, message: ConsoleMessage) -> None:
        self.console.append(message.text)

    async def call(self, path: str, *, patience: int = 5_000, json: bool = False, **options: Any) -> dict[str, Any]:
        given = {"url": self.client.url + path, "options": options, "json": json, "patience": patience}
        answer: dict[str, Any] = await self.page.evaluate(CALL, given)
        return answer

    async def fails(self, path: str, **options: Any) -> None:
        """The call fails, with nothing said but that it did."""
        assert (await self.call(path, **options))["failed"] == FAILED[self.browser]

    async def sign_in(self) -> None:
        body = f'{{"email": "{EMAIL}", "password": "{PASSWORD}"}}'
        answer = await self.call("/api/auth/login", method="POST", body=body, headers=JSON)
        assert answer["status"] == 200, answer

    async def breaks(self, kind: str, match: dict[str, Any] | None = None, **parameters: Any) -> None:
        rule = {"fault": {"type": kind, **parameters}} | ({"match": match} if match else {})
        await self.client.sandbox.engine.use(scenario(rule))

    async def heal(self) -> None:
        await self.client.sandbox.engine.off("broken")

    async def says(self, text: str) -> None:
        """Wait until the console has said it: it speaks a little later than `fetch`. WebDriver BiDi (its "log" module)
        tells what scripts write there alone, so Firefox is not asked.
        """
        if self.browser == "firefox":
            return
        async with asyncio.timeout(5):
            while not any(text in line for line in self.console):
                await asyncio.sleep(0.01)

    async def cookies(self) -> dict[str, Any]:
        return {cookie["name"]: cookie for cookie in await self.page.context.cookies()}

    @property
    def arrived(self) -> list[str]:
        """Methods of the requests that reached the server, in order."""
        return [entry.method for entry in self.calls]

    @property
    def calls(self) -> list[RequestEntry]:
        return [entry for entry in self.client.sandbox.journal if isinstance(entry, RequestEntry)]
