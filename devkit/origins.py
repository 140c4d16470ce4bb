"""Web origins (RFC 6454): which of them are ours to talk to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

FRONTEND_PORTS = (3000, 5173, 5174)
"""Where a frontend may run without any configuration (CONTRACT.md, "CORS")."""

DEFAULT_ORIGINS = tuple(f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in FRONTEND_PORTS)

_PORTS = {"http": 80, "https": 443}
_SUBDOMAIN = re.compile(r"://[a-z0-9-]+\.localhost(?=:|$)")
_UNSAFE = re.compile(r"[^!-\[\]-~]")
"""What a URI does not hold (RFC 3986), and what browsers read otherwise than parsers do: `\\` is `/` to them.

Told by what is safe: a class of all that is beyond ASCII takes milliseconds to compile.
"""


class Origins:
    """The origins that may call."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        self.all = (*DEFAULT_ORIGINS, *(origin for origin in more if origin not in DEFAULT_ORIGINS))
        self._allowed = frozenset(self.all)

    def allows(self, origin: str) -> bool:
        """A page at `w1.localhost` counts as one at `localhost`: to a browser only that one shares a site, and with it
        cookies, with the sandbox at `w1.localhost`.
        """
        return origin in self._allowed or _SUBDOMAIN.sub("://localhost", origin, count=1) in self._allowed


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
