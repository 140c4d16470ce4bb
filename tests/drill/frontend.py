"""A small frontend over real sockets, with its virtues: each can be taken away, to see that a drill finds out."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from dataclasses import dataclass
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any

import aiohttp

from tests.conftest import EMAIL, PASSWORD

_KEYS = itertools.count(1)


@dataclass(frozen=True)
class Virtues:
    """What a good frontend has; `pause` is the first one, in seconds, and each further one twice as long."""

    refreshes: bool = True
    refreshes_once: bool = True
    repeats_after_refresh: bool = True
    gives_up: bool = True
    tries: int = 6
    pause: float = 0.06
    grows: bool = True
    honours_retry_after: bool = True
    keys: bool = True
    same_key: bool = True
    repeats_writes: bool = True
    rewrites_body: bool = False
    reconnects: bool = True
    reconnect_pause: float = 0.1
    resubscribes: bool = True
    gives_up_waiting: float = 2.0


GOOD = Virtues()


class Frontend:
    """One user's page. `sandbox` chooses its backend."""

    def __init__(self, url: str, sandbox: str = "main", virtues: Virtues = GOOD) -> None:
        self.virtues = virtues
        self._http = aiohttp.ClientSession(
            url, headers={"X-Devkit-Sandbox": sandbox}, cookie_jar=aiohttp.DummyCookieJar()
        )
        self._cookies: dict[str, str] = {}
        self._signed_out = False
        self._refreshing: asyncio.Task[bool] | None = None
        self._socket: asyncio.Task[None] | None = None
        self._open: aiohttp.ClientWebSocketResponse | None = None
        self.subscribed = asyncio.Event()

    async def __aenter__(self) -> Frontend:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            self._socket.cancel()
            await asyncio.wait({self._socket})
        await self._http.close()

    async def sign_in(self) -> int | None:
        status, _, _ = await self._send("POST", "/api/auth/login", {"email": EMAIL, "password": PASSWORD})
        self._signed_out = status != 200
        return status

    async def tasks(self) -> int | None:
        """Show the list; its last status."""
        return await self.read("/api/tasks")

    async def read(self, path: str) -> int | None:
        """A GET that is repeated as the virtues have it."""
        virtues, pause = self.virtues, self.virtues.pause
        status: int | None = None
        for attempt in range(virtues.tries):
            status, asked, _ = await self._authorized("GET", path)
            if status is not None and status < 500 and status != 429:
                return status
            if attempt + 1 < virtues.tries:
                await asyncio.sleep(asked if asked is not None and virtues.honours_retry_after else pause)
                pause = pause * 2 if virtues.grows else pause
        return status

    async def write(self, title: str) -> int | None:
        """Create a task; a call without an answer is repeated once."""
        virtues = self.virtues
        headers = {"Idempotency-Key": f"key-{next(_KEYS)}"} if virtues.keys else {}
        status, _, _ = await self._authorized("POST", "/api/tasks", {"title": title}, headers)
        if (status is None or status >= 500) and virtues.repeats_writes:
            await asyncio.sleep(virtues.pause)
            if virtues.keys and not virtues.same_key:
                headers = {"Idempotency-Key": f"key-{next(_KEYS)}"}
            again = f"{title} again" if virtues.rewrites_body else title
            status, _, _ = await self._authorized("POST", "/api/tasks", {"title": again}, headers)
        return status

    def listen(self) -> None:
        """Keep a WebSocket open, subscribed to tasks."""
        self._socket = asyncio.create_task(self._listening())

    def hang_up(self) -> None:
        """Give the WebSocket up; the page opens another."""
        assert self._open is not None
        self._closing = asyncio.create_task(self._open.close())

    async def _authorized(self, method: str, path: str, *given: Any) -> tuple[int | None, float | None, bytes]:
        used = self._cookies.get("auth-token")
        found = await self._send(method, path, *given)
        if found[0] == 401 and self.virtues.refreshes_once and used != self._cookies.get("auth-token"):
            # Refused while another call's refresh came through: that one serves this call too.
            return await self._send(method, path, *given)
        if found[0] != 401 or not self.virtues.refreshes or (self._signed_out and self.virtues.gives_up):
            return found
        if not await self._refreshed():
            self._signed_out = True
        elif self.virtues.repeats_after_refresh:
            found = await self._send(method, path, *given)
            self._signed_out = found[0] == 401
        return found

    async def _refreshed(self) -> bool:
        if not self.virtues.refreshes_once:
            return await self._refresh()
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh())
            self._refreshing.add_done_callback(self._refresh_over)
        return await self._refreshing

    def _refresh_over(self, _: object) -> None:
        self._refreshing = None

    async def _refresh(self) -> bool:
        status, _, _ = await self._send("POST", "/api/auth/refresh", {})
        return status == 200

    async def _send(
        self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int | None, float | None, bytes]:
        """Status (None: no answer that can be used), what Retry-After asked for, and the body."""
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        sent = {**(headers or {}), **({"Cookie": cookie} if cookie else {})}
        try:
            async with (
                asyncio.timeout(20 if path.startswith("/api/auth/") else self.virtues.gives_up_waiting),
                self._http.request(method, path, json=json, headers=sent) as answer,
            ):
                body = await answer.read()
                for line in answer.headers.getall("Set-Cookie", []):
                    for name, morsel in SimpleCookie(line).items():
                        self._cookies[name] = morsel.value
                if answer.status == 200:
                    await answer.json()
                asked = answer.headers.get("Retry-After")
                return answer.status, float(asked) if asked else None, body
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None, None, b""

    async def _listening(self) -> None:
        pause, before = self.virtues.reconnect_pause, False
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                await self._one_socket(subscribes=not before or self.virtues.resubscribes)
            before = True
            if not self.virtues.reconnects:
                return
            await asyncio.sleep(pause)
            pause = pause * 2 if self.virtues.grows else pause

    async def _one_socket(self, *, subscribes: bool) -> None:
        address = f"/ws?token={self._cookies['auth-token']}"
        async with self._http.ws_connect(address, headers={"Cookie": ""}) as socket:
            self._open = socket
            if subscribes:
                await socket.send_json({"type": "subscribe", "topics": ["tasks"]})
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT and message.json().get("type") == "subscription":
                    self.subscribed.set()
