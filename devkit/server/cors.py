"""CORS as a browser judges it (the Fetch standard; CONTRACT.md, "What holds everywhere")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
EXPOSED = (
    "Content-Length, X-Total-Count, Content-Range, Link, ETag, Location, Retry-After, X-Request-ID, X-Process-Time"
)
DEFAULT_ORIGINS = tuple(f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in (3000, 5173, 5174))


_SUBDOMAIN = re.compile(r"://[a-z0-9-]+\.localhost(?=:|$)")


class Cors:
    """Which origins may read our answers, and the headers that say so."""

    def __init__(self, origins: Iterable[str] = ()) -> None:
        self.origins = (*DEFAULT_ORIGINS, *(origin for origin in origins if origin not in DEFAULT_ORIGINS))
        self._allowed = frozenset(self.origins)

    def allows(self, origin: str) -> bool:
        """A page at `w1.localhost` counts as one at `localhost`: to a browser only that one shares a site, and with it
        cookies, with the sandbox at `w1.localhost`.
        """
        return origin in self._allowed or _SUBDOMAIN.sub("://localhost", origin, count=1) in self._allowed

    def answer_headers(self, origin: str | None) -> dict[str, str]:
        """For every answer, errors included. An unlisted origin gets nothing but the `Vary`."""
        if origin is None or not self.allows(origin):
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Expose-Headers": EXPOSED,
        }

    def preflight_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """For the answer to a preflight, whose request headers these are."""
        origin = headers.get("Origin")
        if origin is None or not self.allows(origin):
            return {"Vary": "Origin"}
        answer = {
            "Vary": "Origin, Access-Control-Request-Headers",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Allow-Methods": METHODS,
            # A scenario that was switched on a moment ago must be felt by the next request.
            "Access-Control-Max-Age": "0",
        }
        # By name: a literal * means nothing to a browser that sends credentials.
        if requested := headers.get("Access-Control-Request-Headers"):
            answer["Access-Control-Allow-Headers"] = requested
        return answer


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    return method == "OPTIONS" and "Origin" in headers and "Access-Control-Request-Method" in headers
