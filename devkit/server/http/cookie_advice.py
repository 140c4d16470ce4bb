"""What the log says of a session whose cookie was set, and stayed away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aiohttp import hdrs

from devkit.dialects.base import Dialect
from devkit.journal import RequestEntry
from devkit.server.http import cookies
from devkit.server.http.exchange import credentials_of
from devkit.storage.kept import Kept

if TYPE_CHECKING:
    from aiohttp import web

    from devkit.sandbox import Sandbox
    from devkit.server.http.exchange import Exchange

_CLIENTS = 512

_Client = tuple[str, str, str]
"""Sandbox, address and agent: as far as one can tell clients apart that bring nothing."""


class CookieAdvice:
    """Knows which clients were given a session in a cookie."""

    def __init__(self) -> None:
        self._signed_in: Kept[_Client, tuple[int, str, bool]] = Kept(_CLIENTS)
        """At which entry a client got its session's cookie last, what that is called, and whether it is Secure."""

    def on(self, exchange: Exchange) -> str | None:
        """What is to be said of a call, before its answer goes out."""
        owed = self._signed_in.get(_client(exchange)) if exchange.error == "unauthorized" else None
        if owed is not None and _brings_nothing(exchange.request.headers, exchange.speaks):
            number, name, secure = owed
            if not _was_here(exchange.sandbox, number):
                return f"the cookie {name} was set at #{number} and never came back: {_why(exchange, secure)}"
        return None

    def after(self, exchange: Exchange, response: web.StreamResponse) -> None:
        """Remember who was given a session; the answer has its entry."""
        if hdrs.SET_COOKIE not in response.headers:
            return
        for line in response.headers.getall(hdrs.SET_COOKIE):
            first, *attributes = (part.strip() for part in line.split(";"))
            name, _, value = first.partition("=")
            if value and name in exchange.speaks.access_cookies:
                secure = "secure" in map(str.lower, attributes)
                self._signed_in.put(_client(exchange), (exchange.sandbox.journal.newest, name, secure))


def _client(exchange: Exchange) -> _Client:
    request = exchange.request
    return exchange.sandbox.id, request.remote or "", request.headers.get(hdrs.USER_AGENT, "")


def _brings_nothing(headers: Mapping[str, str], dialect: Dialect) -> bool:
    given = credentials_of(headers, dialect)
    return not (given.bearer or given.api_key or given.cookie) and not any(
        name in cookies.parse(headers.get(hdrs.COOKIE)) for name in dialect.access_cookies
    )


def _was_here(sandbox: Sandbox, number: int) -> bool:
    """Whether anybody was known by anything since that entry: then a session does travel, and this call is another
    matter.
    """
    return any(isinstance(entry, RequestEntry) and entry.number > number and entry.user for entry in sandbox.journal)


def _why(exchange: Exchange, secure: bool) -> str:
    request = exchange.request
    site = request.headers.get("Sec-Fetch-Site")
    if site == "cross-site":
        page = request.headers.get(hdrs.ORIGIN, "the page")
        own = f"{request.scheme}://{request.host}"
        return f"to the browser {page} and {own} are two sites; use one host name and one scheme for both"
    if site is not None:
        return "the page has to call with credentials: 'include' (axios: withCredentials)"
    if secure and request.scheme == "http":
        return "it is Secure, and this client sends none of those over http; leave cookies.secure at auto"
    return "the client has to keep cookies (a session or a cookie jar); or take tokens in the body: auth.transport both"
