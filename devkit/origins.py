"""Web origins (RFC 6454): which of them are ours to talk to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

FRONTEND_PORTS = (3000, 5173, 5174)
"""Where a frontend may run without any configuration (CONTRACT.md, "CORS")."""

DEFAULT_ORIGINS, SECURE_ORIGINS = (
    tuple(f"{scheme}://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in FRONTEND_PORTS)
    for scheme in ("http", "https")
)
"""The second ones where the server speaks HTTPS: to Chromium the scheme is part of the site, and cookies of the one do
not go to the other (RFC 6265bis, section 5.2).
"""

_PORTS = {"http": 80, "https": 443}
_SUBDOMAIN = re.compile(r"(?<=://)[a-z0-9-]+\.localhost(?=:|$)")
_LOCAL = re.compile(r"(?<=://)(?:localhost|127\.0\.0\.1|\[::1\]|[a-z0-9-]+\.localhost)(?=:|$)")
_UNSAFE = re.compile(r"[^!-\[\]-~]")
"""What a URI does not hold (RFC 3986), and what browsers read otherwise than parsers do: `\\` is `/` to them.

Told by what is safe: a class of all that is beyond ASCII takes milliseconds to compile.
"""


class Origins:
    """The origins that may call."""

    def __init__(self, more: Iterable[str] = (), *, https: bool = False) -> None:
        """`https` says that the server is reached by it."""
        self.all = tuple(dict.fromkeys((*DEFAULT_ORIGINS, *(SECURE_ORIGINS if https else ()), *more)))
        self._allowed = frozenset(self.all)
        self._below = frozenset(_LOCAL.sub("localhost", origin) for origin in self.all if _LOCAL.search(origin))
        """Of each that is on this machine, the same at `localhost`."""

    def allows(self, origin: str) -> bool:
        """A page at `w1.localhost` counts as one at `localhost`: to a browser only that one shares a site, and with it
        cookies, with the sandbox at `w1.localhost`.
        """
        return origin in self._allowed or (_SUBDOMAIN.search(origin) is not None and parent(origin) in self._below)


def parent(origin: str) -> str:
    """`http://localhost:4200` of `http://w1.localhost:4200`; any other as it is."""
    return _SUBDOMAIN.sub("localhost", origin, count=1)


def origin_of(address: str) -> str | None:
    """The origin of an http or https address; None for anything else, and for what is written to deceive: a user before
    the host, backslashes, spaces.
    """
    if _UNSAFE.search(address):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme, parts.hostname
    if scheme not in _PORTS or not host or "@" in parts.netloc:
        return None
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" + ("" if port in {None, _PORTS[scheme]} else f":{port}")
