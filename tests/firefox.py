"""One Firefox for all tests of a process, driven by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/), which the
browser speaks itself. What is lent has of Playwright's API what tests use, under the same names; a context is a
container of Firefox' ("user context"), with cookies, storage and cache of its own.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

NAMES = ("firefox-esr", "firefox")
PREFERENCES = {
    "browser.shell.checkDefaultBrowser": "false",
    "browser.aboutwelcome.enabled": "false",
    "datareporting.policy.dataSubmissionEnabled": "false",
    "network.captive-portal-service.enabled": "false",
    "network.connectivity-service.enabled": "false",
    "toolkit.telemetry.enabled": "false",
    "app.update.enabled": "false",
    "network.dns.localDomains": '"elsewhere.test"',
}
"""Nothing asks anybody but the page's own servers, of which one has a name that is no loopback."""
LONGEST = 120
"""Seconds that the browser may take for a thing; then it is beyond help."""


def executable() -> str:
    """Where the browser is; the test is skipped where there is none, unless DEVKIT_TEST_BROWSER=require."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    reason = f"no browser: none of {', '.join(NAMES)} is on PATH"
    if os.environ.get("DEVKIT_TEST_BROWSER") == "require":
        pytest.fail(reason)
    pytest.skip(reason)


class BrowserError(Exception):
    """The browser refused a command, or a script in the page failed."""


class Session:
    """Commands to the browser, of which several may be under way."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            answer = json.loads(message.data)
            waiting = self._waiting.pop(answer.get("id"), None)
            if waiting is None or waiting.done():
                continue
            if answer["type"] == "success":
                waiting.set_result(answer["result"])
            else:
                waiting.set_exception(BrowserError(f"{answer['error']}: {answer['message']}"))
        for waiting in self._waiting.values():
            waiting.cancel("the browser has gone")

    async def send(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(LONGEST):
            return await waiting


@dataclass(eq=False)
class Page:
    """A tab."""

    context: Context
    id: str

    async def goto(self, address: str) -> None:
        await self.context.session.send("browsingContext.navigate", context=self.id, url=address, wait="complete")

    async def evaluate(self, expression: str, argument: Any = None) -> Any:
        """What the expression is; where that is a function, what it makes of the argument. All of it passes as JSON."""
        script = (
            f"async given => {{ let it = ({expression}); if (typeof it === 'function') it = it(JSON.parse(given)); "
        )
        answer = await self.context.session.send(
            "script.callFunction",
            functionDeclaration=script + "return JSON.stringify(await it) ?? 'null' }",
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            target={"context": self.id},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise BrowserError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    async def close(self) -> None:
        await self.context.session.send("browsingContext.close", context=self.id)


@dataclass(eq=False)
class Context:
    """A container, of which nothing is left when it is closed."""

    session: Session
    id: str

    async def new_page(self) -> Page:
        made = await self.session.send("browsingContext.create", type="tab", userContext=self.id)
        return Page(self, made["context"])

    async def cookies(self) -> list[dict[str, Any]]:
        found = await self.session.send("storage.getCookies", partition=self._storage)
        return [cookie | {"value": cookie["value"]["value"]} for cookie in found["cookies"]]

    async def clear_cookies(self) -> None:
        await self.session.send("storage.deleteCookies", partition=self._storage)

    @property
    def _storage(self) -> dict[str, str]:
        return {"type": "storageKey", "userContext": self.id}

    async def close(self) -> None:
        await self.session.send("browser.removeUserContext", userContext=self.id)


@dataclass
class Browser:
    """What a test gets."""

    session: Session
    contexts: list[Context] = field(default_factory=list)

    async def new_context(self) -> Context:
        made = await self.session.send("browser.createUserContext")
        self.contexts.append(Context(self.session, made["userContext"]))
        return self.contexts[-1]

    async def new_page(self) -> Page:
        return await (await self.new_context()).new_page()


class Firefox:
    """Started when first lent, with a fresh profile, and anew when it has crashed."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._session: Session | None = None
        self._http: aiohttp.ClientSession | None = None
        self._profile = Path()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Browser]:
        """The browser, whose contexts that are made meanwhile are closed in the end."""
        browser = Browser(await self._running())
        try:
            yield browser
        finally:
            try:
                for context in browser.contexts:
                    await context.close()
            except (BrowserError, TimeoutError, OSError):
                await self.stop()

    async def _running(self) -> Session:
        if self._session is None or self._session.reading.done():
            await self.stop()
            self._session = await self._start(executable())
            await self._session.send("session.new", capabilities={})
        return self._session

    async def _start(self, program: str) -> Session:
        self._profile = Path(tempfile.mkdtemp(prefix="devkit-firefox-"))
        lines = (f'user_pref("{name}", {value});\n' for name, value in PREFERENCES.items())
        (self._profile / "user.js").write_text("".join(lines), encoding="utf-8")
        arguments = ["--headless", "--no-remote", "--profile", str(self._profile), "--remote-debugging-port", "0"]
        self._process = await asyncio.create_subprocess_exec(
            program, *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        assert self._process.stderr is not None
        said = ""
        async with asyncio.timeout(LONGEST):
            while not (found := re.search(r"WebDriver BiDi listening on (ws://\S+)", said)):
                line = await self._process.stderr.readline()
                assert line, f"Firefox did not start: {said}"
                said += line.decode(errors="replace")
        # Read on, or the browser waits for that one day.
        self._more = asyncio.create_task(self._process.stderr.read())
        self._http = aiohttp.ClientSession()
        return Session(await self._http.ws_connect(f"{found[1]}/session", max_msg_size=0))

    async def stop(self) -> None:
        process, http, self._process, self._http, self._session = self._process, self._http, None, None, None
        if http is not None:
            await http.close()
        if process is not None:
            if process.returncode is None:
                process.terminate()
            await process.wait()
            shutil.rmtree(self._profile, ignore_errors=True)
