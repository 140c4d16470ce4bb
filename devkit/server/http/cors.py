"""CORS as a browser judges it (the Fetch standard; CONTRACT.md, "What holds everywhere")."""

from __future__ import annotations

from collections.abc import Mapping

from devkit.origins import Origins

METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
EXPOSED = (
    "Content-Length, X-Total-Count, Content-Range, Link, ETag, Location, Retry-After, X-Request-ID, X-Process-Time"
)


_SHOWN = 200
"""Characters of an origin that a sentence shows."""


class Cors(Origins):
    """Which origins may read our answers, and the headers that say so."""

    @property
    def origins(self) -> tuple[str, ...]:
        return self.all

    def advice(self, origin: str) -> str:
        """What the log says of an origin that may not call."""
        return f"origin {origin[:_SHOWN]} is not allowed: serve with --origin {origin[:_SHOWN]}"

    def refused_socket(self, headers: Mapping[str, str], host: str) -> str | None:
        """Why the page that opens a WebSocket at `host` may not (RFC 6455, section 10.2); None where it may, or where
        no page does: CORS does not reach so far, and what is no browser sends no `Origin`.

        A page of that host itself may, also one behind a proxy that says which host it was asked for (no page can set
        that header), and whatever the scheme: proxies end TLS. So may React Native and websocket-client, whose `Origin`
        is made of the address that they call.
        """
        origin = headers.get("Origin")
        if not origin or self.allows(origin):
            return None
        forwarded = headers.get("X-Forwarded-Host", "").partition(",")[0].strip()
        page = origin.partition("://")[2].lower()
        if page and page in {host.lower(), forwarded.lower()}:
            return None
        return self.advice(origin)

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
