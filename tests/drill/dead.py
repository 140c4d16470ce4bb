"""Clients that no drill may pass. They judge answers as strictly as any page could, and as a browser does before it, so
that each failure is one to them; what they make of it is what is wrong with them.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any

import aiohttp

from tests.conftest import EMAIL, PASSWORD

ORIGIN = "http://localhost:3000"
PATIENCE = 0.25
"""Seconds that they wait for a plain call."""

Step = Callable[[], Awaitable[None]]


class Failure(Exception):
    """Something was not as it should be."""


class Page:
    """A page in a browser, as far as a backend can tell: with a browser's headers, cookies, preflights and CORS."""

    def __init__(self, url: str, sandbox: str, patience: float = PATIENCE) -> None:
        self._url, self._patience = url, patience
        self._http = aiohttp.ClientSession(
            url,
            headers={
                "X-Devkit-Sandbox": sandbox,
                "Origin": ORIGIN,
                "Sec-Fetch-Site": "same-site",
                "Sec-Fetch-Mode": "cors",
                "X-Client-Version": "1.0",
            },
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._sandbox = sandbox
        self.cookies: dict[str, str] = {}
        self._seen: dict[int, set[str]] = {}

    async def __aenter__(self) -> Page:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    # What a page does

    async def signs_in(self) -> None:
        await self.call("POST", "/api/auth/login", json={"email": EMAIL, "password": PASSWORD})

    async def lists(self, page: int = 1) -> None:
        found = json.loads(await self.call("GET", f"/api/tasks?page={page}" if page > 1 else "/api/tasks"))
        for task in found["data"]:
            if (
                not task.get("title")
                or "completed" not in task
                or task.get("priority") not in {"low", "medium", "high"}
            ):
                raise Failure("a task that it does not understand")
        self._seen[page] = {task["id"] for task in found["data"]}
        if page > 1 and self._seen[page] & self._seen.get(page - 1, set()):
            raise Failure("the same task twice")

    async def pages_on(self) -> None:
        await self.lists()
        await self.lists(2)

    async def fetches_much_at_once(self) -> None:
        calls = self.lists(), self.call("GET", "/api/auth/me"), self.call("GET", "/api/uploads")
        found = await asyncio.gather(*calls, return_exceptions=True)
        if failures := [one for one in found if isinstance(one, BaseException)]:
            raise failures[0]

    async def lists_often(self) -> None:
        for _ in range(11):
            await self.lists()

    async def adds(self) -> None:
        made = json.loads(await self.call("POST", "/api/tasks", json={"title": "Buy milk"}))
        found = json.loads(await self.call("GET", "/api/tasks"))
        if made["id"] not in {task["id"] for task in found["data"]}:
            raise Failure("what was written is not there")

    async def renames(self) -> None:
        await self.call("PATCH", "/api/auth/profile", json={"firstName": "Ada"})

    async def uploads(self) -> None:
        form = aiohttp.FormData()
        form.add_field("file", io.BytesIO(b"x" * 4_000_000), filename="a.bin", content_type="application/octet-stream")
        await self.call("POST", "/api/uploads", data=form)

    async def asks(self) -> None:
        asked = {"model_id": "llama2", "prompt": "How do I begin?", "stream": True, "max_tokens": 12}
        if b"[DONE]" not in await self.call("POST", "/api/chat/completions", json=asked):
            raise Failure("half an answer")

    async def signs_in_elsewhere(self) -> None:
        begun = json.loads(await self.call("GET", f"/api/v2/auth/social/google/initiate/?redirect_uri={ORIGIN}/done"))
        try:
            code = await self._consents(begun["state"])
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Failure(repr(error)) from error
        given = {"state": begun["state"], "code": code}
        await self.call("POST", "/api/v2/auth/social/callback/", json=given)

    async def _consents(self, state: str) -> str:
        """What somebody's browser does at the provider's; the code."""
        place, plain = "/oauth/google/authorize", {"Sec-Fetch-Mode": "navigate", "Accept": "text/html"}
        plain |= {"Origin": self._url, "Sec-Fetch-Site": "same-origin"}
        async with self._http.get(place, params={"state": state}, headers=plain, allow_redirects=False) as page:
            shown = await page.text()
            csrf = re.search(r'name="csrf" value="([^"]+)"', shown)
            identity = re.search(r'name="identity" value="([^"]+)"', shown)
            if csrf is None or identity is None:
                raise Failure("no consent page")
            plain |= {"Cookie": f"oauth-browser={SimpleCookie(page.headers['Set-Cookie'])['oauth-browser'].value}"}
        form = {"state": state, "csrf": csrf[1], "identity": identity[1]}
        async with self._http.post(place, data=form, headers=plain, allow_redirects=False) as sent:
            code = re.search(r"[?&]code=([^&]+)", sent.headers.get("Location", ""))
            if code is None:
                raise Failure("no code")
            return code[1]

    async def listens(self) -> None:
        """For a while, and expects each event once and in order."""
        newest, heard = 0, 0
        headers = {"Cookie": "", "Origin": ORIGIN}
        address = f"/ws?token={self.cookies.get('auth-token', '')}&devkit_sandbox={self._sandbox}"
        try:
            async with self._http.ws_connect(address, headers=headers) as socket:
                await socket.send_json({"type": "subscribe", "topics": ["tasks"]})
                async with asyncio.timeout(6 * self._patience):
                    for _ in range(6):
                        with contextlib.suppress(Failure):
                            await self.call("POST", "/api/tasks", json={"title": "Heard"})
                    while True:
                        told = await socket.receive_json(timeout=0.7)
                        if not str(told.get("type", "")).startswith("task_"):
                            continue
                        if told["id"] <= newest or (newest and told["id"] > newest + 1):
                            raise Failure("out of order")
                        newest, heard = told["id"], heard + 1
                        if heard == 6:
                            return
        except (aiohttp.ClientError, TimeoutError, TypeError) as error:
            raise Failure("the WebSocket broke off, or says nothing") from error

    # What a browser does

    async def call(self, method: str, path: str, **options: Any) -> bytes:
        """The body of a good answer; raises Failure for any other."""
        try:
            async with asyncio.timeout(self._patience * (20 if _takes_long(path) else 1)):
                if method != "GET":
                    await self._preflight(method, path)
                cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
                headers = {"Cookie": cookie} if cookie else {}
                if "completions" in path:  # spoken in another dialect, whose token is no cookie
                    headers["Authorization"] = f"Bearer {self.cookies.get('auth-token', '')}"
                async with self._http.request(method, path, headers=headers, **options) as answer:
                    self._keep(answer)
                    body = await answer.read()
                    if not _may_read(answer) or answer.status >= 400:
                        raise Failure(f"{answer.status}")
                    if answer.content_type == "application/json":
                        json.loads(body)
                    elif answer.content_type == "text/html":
                        raise Failure("a page where an answer was expected")
                    return body
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise Failure(repr(error)) from error

    async def _preflight(self, method: str, path: str) -> None:
        asked = {
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type,x-client-version",
        }
        async with self._http.options(path, headers=asked) as answer:
            allowed = answer.headers.get("Access-Control-Allow-Headers", "").lower()
            if not answer.ok or not _may_read(answer) or "x-client-version" not in allowed:
                raise Failure("forbidden by the preflight")

    def _keep(self, answer: aiohttp.ClientResponse) -> None:
        """Cookies, but not those that a browser refuses (RFC 6265bis, section 5.7: SameSite=None asks for Secure)."""
        for line in answer.headers.getall("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if morsel["samesite"].lower() == "none" and not morsel["secure"]:
                    continue
                self.cookies[name] = morsel.value


def _takes_long(path: str) -> bool:
    return any(part in path for part in ("login", "uploads", "completions", "social"))


def _may_read(answer: aiohttp.ClientResponse) -> bool:
    headers = answer.headers
    return (
        headers.getall("Access-Control-Allow-Origin", []) == [ORIGIN]
        and headers.get("Access-Control-Allow-Credentials") == "true"
    )


def everything(page: Page) -> list[Step]:
    """Everything that a page can be used for."""
    return [
        page.signs_in, page.lists, page.lists, page.pages_on, page.fetches_much_at_once, page.adds, page.listens,
        page.renames, page.uploads, page.asks, page.adds, page.lists_often, page.signs_in_elsewhere,
    ]  # fmt: skip


async def nobody(page: Page) -> None:
    """Nobody is there."""


async def only_signs_in(page: Page) -> None:
    """It signs in, and that is all."""
    with contextlib.suppress(Failure):
        await page.signs_in()


async def gives_up(page: Page) -> None:
    """It does everything, and nothing more once anything was not as it should be."""
    with contextlib.suppress(Failure):
        for step in everything(page):
            await step()


async def repeats_blindly(page: Page) -> None:
    """Whatever fails is done again at once, as it was, for as long as somebody looks on; then comes what is next."""
    for step in everything(page):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2.5):
                for _ in range(40):
                    with contextlib.suppress(Failure):
                        await step()
                        break


async def loses_its_cookie(page: Page) -> None:
    """It signs in, loses its cookie, makes calls that are 401, and a refresh that is 401, and goes on."""
    await only_signs_in(page)
    page.cookies.clear()
    for path in ("/api/tasks", "/api/auth/me", "/api/uploads"):
        with contextlib.suppress(Failure):
            await page.call("GET", path)
    with contextlib.suppress(Failure):
        await page.call("POST", "/api/auth/refresh", json={})
    for _ in range(2):
        with contextlib.suppress(Failure):
            await page.call("GET", "/api/tasks")


DEAD = nobody, only_signs_in, gives_up, repeats_blindly, loses_its_cookie
