"""The same play with a server of others and through devkit that stands in front of it. What the client saw must be the
same, but for what docs/proxy.md says is changed on the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pprint
import re
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.conftest import StartServer

HERE = Path(__file__).parent
PAGE = "http://localhost:5173"
"""Where the app's page came from, if not from the server itself."""

BROWSER = "Mozilla/5.0"
"""What browsers call themselves, at least; they take `Secure` cookies of http://localhost."""

_HOP = frozenset({"connection", "keep-alive", "transfer-encoding"})
"""What is said anew on each hop (RFC 9110, section 7.6.1)."""
_OURS = ("access-control-", "x-devkit-")
_VOLATILE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|\+00:00)?|\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT"
    r"|[\w+/%.=-]{24,}"
)
_DOMAIN = re.compile(r"; *domain=[^;]*", re.IGNORECASE)


@dataclass
class Seen:
    """What a client saw of one answer, without what differs from one time to the next."""

    asked: str
    status: int
    reason: str | None
    fields: list[tuple[str, str]]
    body: Any
    vary: frozenset[str] = frozenset()


@dataclass
class Visitor:
    """A client that keeps cookies as they were set, follows nothing and unpacks nothing."""

    url: str
    http: aiohttp.ClientSession
    page: str
    """The page's origin, which browsers send."""
    seen: list[Any] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    through: bool = False
    hidden: tuple[str, ...] = ()

    async def ask(self, method: str, path: str, **options: Any) -> aiohttp.ClientResponse:
        """One request; its answer, read, is among what was seen. A break-off is, too."""
        fields = {
            "User-Agent": BROWSER,
            "Origin": self.page,
            "Accept-Encoding": "identity",
            **options.pop("headers", {}),
        }
        if self.cookies:
            fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self.http.request(
            method, self.url + path, headers=fields, allow_redirects=False, **options
        ) as response:
            body: Any = None
            try:
                body = await response.read()
            except aiohttp.ClientPayloadError:
                body = "broke off"
        for line in response.headers.getall("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value
        self.look(f"{method} {path}", response, body)
        return response

    def look(self, asked: str, response: aiohttp.ClientResponse, body: Any) -> None:
        """Add what is to be compared."""
        kept = [value for name, value in response.raw_headers if name.lower() == b"x-devkit-kept-by"]
        assert kept == ([b"real"] if self.through else []), (asked, kept)
        fields, vary = [], set()
        names = [name.lower() for name, _ in response.raw_headers].count(b"x-request-id")
        for raw_name, raw_value in response.raw_headers:
            name, value = raw_name.decode(), self.plain(raw_value.decode("latin-1"))
            if name.lower() == "set-cookie" and not self.through:
                # So that it belongs to the address that answers (docs/proxy.md, cookies).
                value = _DOMAIN.sub("", value)
            if name == "X-Request-ID" and names == 1 and self.through:
                continue
            if name.lower() == "vary":
                vary |= {member.strip().lower() for member in value.split(",")}
            elif name.lower() not in _HOP and not name.lower().startswith(_OURS):
                fields.append((name, value))
        plain = self.plain(body.decode("latin-1")) if isinstance(body, bytes) else body
        # Origin: what browsers are answered differs by it (docs/proxy.md, CORS).
        self.seen.append(Seen(asked, response.status, response.reason, fields, plain, frozenset(vary - {"origin"})))

    def plain(self, text: str) -> str:
        """Without addresses and what is made anew each time."""
        for address in (self.url, *self.hidden):
            text = text.replace(address, "<origin>")
        return _VOLATILE.sub("<new>", text)


@contextlib.asynccontextmanager
async def visiting(url: str, page: str, *, through: bool = False, hidden: Sequence[str] = ()) -> AsyncIterator[Visitor]:
    """A visitor of one server. `hidden` are addresses that count as the server's own."""
    options: dict[str, Any] = {"cookie_jar": aiohttp.DummyCookieJar(), "auto_decompress": False}
    connector = aiohttp.TCPConnector(ssl=False)
    async with aiohttp.ClientSession(connector=connector, **options) as http, asyncio.timeout(60):
        yield Visitor(url, http, page, through=through, hidden=tuple(hidden))


Play = Callable[[Visitor], Awaitable[None]]


async def both(play: Play, url: str, start: StartServer, **settings: Any) -> list[Any]:
    """Play it in front of the server, and through devkit from a page of its own address and from another one; what was
    seen, which is the same each time.
    """
    async with visiting(url, url) as visitor:
        await play(visitor)
    async with start(upstream=url, **settings) as client:
        for page in (client.url, PAGE):
            async with visiting(client.url, page, through=True, hidden=[url]) as through:
                await play(through)
            for theirs, ours in zip(visitor.seen, through.seen, strict=True):
                if ours != theirs:
                    raise AssertionError(f"through devkit, for {page}:\n{_shown(ours)}\nwithout:\n{_shown(theirs)}")
    return visitor.seen


def _shown(seen: Any) -> str:
    found = pprint.pformat(seen, width=150)
    return found if len(found) <= 3000 else f"{found[:3000]}…"


@contextlib.contextmanager
def program(*command: str, folder: Path, **variables: str) -> Iterator[str]:
    """A server in the foreground; its address, which is the first line that it prints but for its own log."""
    told = {**os.environ, **variables}
    with subprocess.Popen(command, cwd=folder, env=told, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = next((line.strip() for line in process.stdout if line.startswith("http")), None)
            assert address, f"{command} has ended"
            yield address
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
