"""The real server of better-auth (1.7.25) and dialect `taskapp`, asked the same things in the same order: what comes
back is the same, but for what `_same` says that it leaves out.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import aiohttp
import pytest

from tests.conftest import PASSWORD, Client
from tests.contract.wire import ORIGIN, mailbox

ADA = {"name": "Ada Lovelace", "email": "ada@example.com", "password": PASSWORD}
ME = {"email": ADA["email"], "password": PASSWORD}
FOREIGN = "https://evil.example"


class Agent:
    """A browser with its cookies, at one of the two servers."""

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        self._http, self._base = http, base
        self.cookies: dict[str, str] = {}
        self.seen: list[tuple[str, Any]] = []
        self.json: Any = None

    async def ask(
        self, method: str, path: str, body: Any = None, *, origin: str | None = ORIGIN, anew: bool = False, **more: Any
    ) -> None:
        """Send that, with the cookies kept so far (or `anew`, with none), and note what came back."""
        headers = {"Origin": origin} if origin else {}
        if self.cookies and not anew:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers |= more.pop("headers", {})
        options = {"json": body} if body is not None else more
        address = f"{self._base}/api/auth{path}"
        async with self._http.request(method, address, headers=headers, allow_redirects=False, **options) as answer:
            text = await answer.text()
            try:
                self.json = json.loads(text) if text else None
            except ValueError:
                self.json = "a page"
            lines = answer.headers.getall("Set-Cookie", [])
            for name, value, cleared in map(_cookie, lines):
                if cleared:
                    self.cookies.pop(name, None)
                elif not anew:
                    self.cookies[name] = value
            noted = (answer.status, self._same(self.json), self._location(answer.headers), _attributes(lines))
            self.seen.append((f"{method} {re.sub('[A-Za-z0-9_-]{20,}', '…', path)} {body or more}", noted))

    def _same(self, value: Any, name: str = "") -> Any:
        """What both must say: not the texts of the validator, nor ids, tokens and times, nor the order of members."""
        if isinstance(value, dict):
            if value.get("code") == "VALIDATION_ERROR":
                return {"code": "VALIDATION_ERROR"}
            return {inner: self._same(value[inner], inner) for inner in sorted(value) if inner != "image"}
        if isinstance(value, list):
            return [self._same(inner) for inner in value]
        if name in {"id", "userId", "accountId", "token", "userAgent", "url"} or name.endswith("At"):
            return type(value).__name__
        return value

    def _location(self, headers: Any) -> str | None:
        location = headers.get("Location")
        if location is None or "/oauth" in location:
            # To the provider: the real one's is elsewhere.
            return location and "the provider"
        return str(location.removeprefix(self._base))


def _cookie(line: str) -> tuple[str, str, bool]:
    name, _, rest = line.partition("=")
    return name, rest.partition(";")[0], "Max-Age=0" in line


def _attributes(lines: list[str]) -> list[list[str]]:
    """Each cookie's name and attributes; `Expires` is for old clients, beside `Max-Age`."""
    return [
        [line.partition("=")[0], *sorted(part for part in line.split("; ")[1:] if not part.startswith("Expires="))]
        for line in lines
    ]


@pytest.fixture
async def agents(client: Client, modules: Path) -> AsyncIterator[tuple[Agent, Agent]]:
    """The same browser at the real server, and at ours."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(modules / "better_auth_server.mjs"),
        ORIGIN,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60), aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            base = (await process.stdout.readline()).decode().strip()
            assert base, "the real server did not start"
            yield Agent(http, base), Agent(http, client.url)
    finally:
        process.stdin.close()
        await process.wait()


async def both(agents: tuple[Agent, Agent], *asked: Any, **more: Any) -> None:
    for agent in agents:
        await agent.ask(*asked, **more)


def compare(agents: tuple[Agent, Agent]) -> None:
    real, ours = agents
    assert len(real.seen) == len(ours.seen)
    differences = [
        (what, there, here) for (what, there), (_, here) in zip(real.seen, ours.seen, strict=True) if there != here
    ]
    assert differences == []


async def test_sessions_and_their_cookies(agents: tuple[Agent, Agent]) -> None:
    await both(agents, "POST", "/sign-up/email", ADA)
    await both(agents, "GET", "/get-session")
    await both(agents, "POST", "/update-user", {"name": "Ada King"})
    await both(agents, "POST", "/update-user", {})
    await both(agents, "POST", "/update-user", {"email": ""})
    await both(agents, "POST", "/update-user", {"email": "x@example.com"})
    await both(agents, "GET", "/list-sessions")
    await both(agents, "POST", "/revoke-session", {"token": "made-up"})
    await both(agents, "POST", "/get-session", {})
    await both(agents, "GET", "/list-accounts")
    await both(agents, "POST", "/sign-out", {})
    await both(agents, "GET", "/get-session")
    await both(agents, "POST", "/sign-in/email", ME | {"rememberMe": False})
    await both(agents, "GET", "/get-session")
    await both(agents, "POST", "/update-user", {"name": "Ada"})
    change = {"currentPassword": PASSWORD, "newPassword": PASSWORD, "revokeOtherSessions": True}
    await both(agents, "POST", "/change-password", change)
    await both(agents, "POST", "/change-password", change | {"currentPassword": "x" * 129})
    await both(agents, "POST", "/sign-in/email", ME)
    await both(agents, "POST", "/sign-in/email", data=ME)
    await both(agents, "POST", "/sign-in/email", data=ME | {"rememberMe": "false"})
    await both(agents, "POST", "/sign-in/email", data=ME | {"callbackURL": "/next"})
    await both(agents, "POST", "/sign-in/email", ME | {"password": "x" * 129})
    await both(agents, "POST", "/sign-up/email", ADA)
    compare(agents)


async def test_what_is_no_session(agents: tuple[Agent, Agent]) -> None:
    await both(agents, "POST", "/sign-up/email", ADA)
    for agent in agents:
        signed = agent.cookies["better-auth.session_token"]
        bare = unquote(signed).partition(".")[0]
        for credential in (bare, unquote(signed)):
            await agent.ask("GET", "/list-sessions", anew=True, headers={"Authorization": f"Bearer {credential}"})
        await agent.ask("GET", "/list-sessions", anew=True, headers={"Cookie": f"better-auth.session_token={bare}"})
    compare(agents)


async def test_origins(agents: tuple[Agent, Agent]) -> None:
    await both(agents, "POST", "/sign-up/email", ADA)
    update, wrong = {"name": "Ada"}, ME | {"password": "wrong"}
    navigated = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    own = {"Sec-Fetch-Site": "same-origin"}
    await both(agents, "POST", "/update-user", update, origin=None)
    await both(agents, "POST", "/update-user", update, origin="null")
    await both(agents, "POST", "/update-user", update, origin="null", headers=own)
    await both(agents, "POST", "/update-user", update, origin=FOREIGN)
    await both(agents, "POST", "/update-user", update, origin=None, headers={"Referer": f"{ORIGIN}/page"})
    await both(agents, "POST", "/update-user", update, origin=FOREIGN, anew=True)
    await both(agents, "POST", "/sign-out", {}, origin=None, anew=True, headers={"Cookie": "theme=dark"})
    await both(agents, "POST", "/sign-out", {}, origin=FOREIGN, anew=True)
    await both(agents, "POST", "/sign-in/social", {"provider": "google"}, origin=FOREIGN, anew=True)
    await both(agents, "POST", "/sign-in/email", wrong, origin=None, anew=True)
    await both(agents, "POST", "/sign-in/email", wrong, origin=FOREIGN, anew=True)
    await both(agents, "POST", "/sign-in/email", wrong, origin="null", anew=True)
    await both(agents, "POST", "/sign-in/email", wrong, origin=None, anew=True, headers=navigated)
    await both(agents, "POST", "/sign-in/email", wrong, origin=None, anew=True, headers=own)
    compare(agents)


async def test_a_forgotten_password(agents: tuple[Agent, Agent], client: Client) -> None:
    await both(agents, "POST", "/sign-up/email", ADA)
    page = f"{ORIGIN}/new-password?step=1"
    await both(agents, "POST", "/request-password-reset", {"email": ADA["email"], "redirectTo": page})
    await both(agents, "POST", "/request-password-reset", {"email": "nobody@example.com"})
    await both(agents, "POST", "/request-password-reset", {"email": "nope"})
    new = {"newPassword": PASSWORD}
    for agent, link in zip(agents, (await _real_link(agents[0]), mailbox(client, ADA["email"])[0].link), strict=True):
        path = urlsplit(link or "").path.removeprefix("/api/auth")
        await agent.ask("GET", f"/reset-password/nothing?callbackURL={ORIGIN}/new")
        await agent.ask("GET", "/reset-password/nothing?callbackURL=")
        await agent.ask("GET", f"/reset-password/nothing?callbackURL={FOREIGN}")
        token = path.rpartition("/")[2]
        await agent.ask("POST", "/reset-password", new)
        await agent.ask("POST", "/reset-password", new | {"token": ""})
        await agent.ask("POST", "/reset-password?token=made-up", new)
        await agent.ask("POST", "/reset-password?token=made-up", {"newPassword": "short"})
        await agent.ask("POST", f"/reset-password?token={token}", {"newPassword": "x" * 129})
        await agent.ask("POST", f"/reset-password?token={token}", new)
        await agent.ask("POST", f"/reset-password?token={token}", new)
    compare(agents)


async def _real_link(real: Agent) -> str:
    """The newest link that the real server mailed."""
    async with real._http.get(f"{real._base}/links") as answer:
        links = await answer.json(content_type=None)
    return str(links[-1])


async def test_social_sign_in(agents: tuple[Agent, Agent]) -> None:
    begin = {"provider": "google", "callbackURL": "/in", "errorCallbackURL": f"{ORIGIN}/sorry?x=1"}
    silent = {"provider": "google", "callbackURL": "/in"}
    for agent in agents:
        for body, query, anew, path in (
            (begin, "code=made-up", True, "google"),
            (silent, "code=made-up", True, "google"),
            (begin, "code=made-up", False, "google"),
            (begin, "", False, "google"),
            (begin, "error=access_denied&error_description=No", False, "google"),
            (silent, "error=temporarily_unavailable", False, "google"),
            (begin, "code=made-up", False, "twitter"),
            (begin, "code=made-up", False, "github"),
        ):
            await agent.ask("POST", "/sign-in/social", body)
            [state] = parse_qs(urlsplit(agent.json["url"]).query)["state"]
            await agent.ask("GET", f"/callback/{path}?state={state}&{query}", anew=anew)
            # Once more: the state is over, but not where another browser came with it.
            await agent.ask("GET", f"/callback/{path}?state={state}&{query}")
        await agent.ask("GET", "/callback/google")
        await agent.ask("GET", "/callback/google?state=made-up&code=x")
        await agent.ask("POST", "/sign-in/social", {"provider": "myspace"})
        await agent.ask("POST", "/sign-in/social", begin | {"callbackURL": FOREIGN})
        await agent.ask("POST", "/sign-in/social", begin | {"disableRedirect": True})
    compare(agents)


async def test_accounts(agents: tuple[Agent, Agent]) -> None:
    await both(agents, "POST", "/link-social", {"provider": "google"})
    await both(agents, "POST", "/unlink-account", {"accountId": "x"})
    await both(agents, "POST", "/delete-user", {})
    await both(agents, "POST", "/sign-up/email", ADA)
    await both(agents, "POST", "/link-social", {"provider": "google", "callbackURL": f"{ORIGIN}/accounts"})
    await both(agents, "POST", "/link-social", {"provider": "myspace"})
    await both(agents, "GET", "/account-info")
    await both(agents, "GET", "/account-info?accountId=made-up")
    await both(agents, "POST", "/unlink-account", {"providerId": "google"})
    for agent in agents:
        await agent.ask("GET", "/list-accounts")
        own = agent.json[0]["id"]
        await agent.ask("GET", f"/account-info?accountId={own}")
        await agent.ask("POST", "/unlink-account", {"accountId": own})
    await both(agents, "POST", "/delete-user", {"password": "WrongPass123!"})
    await both(agents, "POST", "/delete-user", {"token": "made-up"})
    await both(agents, "POST", "/delete-user", {"callbackURL": FOREIGN})
    await both(agents, "POST", "/delete-user", {"password": PASSWORD})
    await both(agents, "GET", "/get-session")
    await both(agents, "POST", "/sign-in/email", ME)
    compare(agents)
