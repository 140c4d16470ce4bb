"""Cookies, in both directions (RFC 6265)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from devkit.dialects.replies import Cookie

if TYPE_CHECKING:
    from aiohttp import web

    from devkit.config import Settings


def parse(header: str | None) -> dict[str, str]:
    """The cookies of a request. Of two with one name the first counts: browsers send the more specific path first."""
    found: dict[str, str] = {}
    for pair in (header or "").split(";"):
        name, separator, value = pair.strip().partition("=")
        if separator and name:
            found.setdefault(name.strip(), _unquoted(value.strip()))
    return found


def render(cookie: Cookie, root: str = "") -> str:
    """The value of a `Set-Cookie` header; `root` is what all paths of the address begin with that the client calls."""
    # `/~w1` and not `/~w1/`: a path is matched by whole segments (RFC 6265, section 5.1.4).
    path = root + cookie.path if cookie.path != "/" else root or "/"
    parts = [f"{cookie.name}={cookie.value}", f"Path={path}"]
    if cookie.max_age is not None:
        parts.append(f"Max-Age={cookie.max_age}")
        if cookie.max_age <= 0:
            # Old clients know only Expires.
            parts.append("Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    if cookie.http_only:
        parts.append("HttpOnly")
    if cookie.secure:
        parts.append("Secure")
    parts.append(f"SameSite={cookie.same_site}")
    return "; ".join(parts)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def is_browser(headers: Mapping[str, str]) -> bool:
    """Whether a browser sends this: they alone say how the page and the address are related (Fetch Metadata, section
    2.2), to localhost over http too. Node's fetch sends `Sec-Fetch-Mode` and no more.
    """
    return "Sec-Fetch-Site" in headers


def wants_secure(request: web.BaseRequest, settings: Settings) -> bool:
    """Whether cookies are marked Secure. Browsers keep those on http://localhost; requests, httpx, urllib, aiohttp,
    supertest and their kin keep them and never send them back (RFC 6265, section 5.4: "secure" protocol).
    """
    if settings.cookies_secure == "auto":
        return request.scheme == "https" or is_browser(request.headers)
    return settings.cookies_secure
