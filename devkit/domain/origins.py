"""Which origins may call, and which addresses a browser may be sent to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from devkit.contract.errors import DomainError

DEFAULT_ORIGINS = tuple(f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in (3000, 5173, 5174))

_SUBDOMAIN = re.compile(r"://[a-z0-9-]+\.localhost(?=:|$)")
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")
"""A path on the site itself: not `//host` nor `/\\host`, which browsers read as another site's."""


class Origins:
    """The origins of frontends: localhost's usual ones, and those the user names."""

    def __init__(self, origins: Iterable[str] = ()) -> None:
        self.all = (*DEFAULT_ORIGINS, *(origin for origin in origins if origin not in DEFAULT_ORIGINS))
        self._allowed = frozenset(self.all)

    def allows(self, origin: str) -> bool:
        """A page at `w1.localhost` counts as one at `localhost`: to a browser only that one shares a site, and with it
        cookies, with the sandbox at `w1.localhost`.
        """
        return origin in self._allowed or _SUBDOMAIN.sub("://localhost", origin, count=1) in self._allowed

    def check_redirect(self, field: str, address: str | None, *own: str) -> None:
        """Raises DomainError `redirect_refused`, for `field`, where the address leads elsewhere than to a path of this
        site, to an origin that may call, or to one of `own` (URLs).
        """
        if not address or _LOCAL_PATH.fullmatch(address):
            return
        origin = origin_of(address)
        if origin is None or not (self.allows(origin) or origin in map(origin_of, own)):
            raise DomainError("redirect_refused", fields={field: "Must be a path, or an address of an allowed origin"})


def origin_of(url: str) -> str | None:
    """Scheme, host and port of an http address; None for anything else, and for one with a user's name in it."""
    # Browsers drop tabs and line breaks from addresses and take a backslash for a slash: who hides something with them.
    if re.search(r"[\\\x00-\x20\x7f]", url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")
