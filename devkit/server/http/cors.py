"""CORS as a browser judges it (the Fetch standard; CONTRACT.md, "What holds everywhere")."""

from __future__ import annotations

from collections.abc import Mapping

from devkit.origins import Origins

METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
EXPOSED = (
    "Content-Length, X-Total-Count, Content-Range, Link, ETag, Location, Retry-After, X-Request-ID, X-Process-Time"
)


class Cors(Origins):
    """Which origins may read our answers, and the headers that say so."""

    @property
    def origins(self) -> tuple[str, ...]:
        return self.all

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
