"""CORS as a browser judges it (the Fetch standard; CONTRACT.md, "What holds everywhere")."""

from __future__ import annotations

from collections.abc import Mapping

from devkit import kinds
from devkit.origins import Origins, parent

METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
EXPOSED = (
    "Content-Length, X-Total-Count, Content-Range, Link, ETag, Location, Retry-After, X-Request-ID, X-Process-Time"
)

DATED = f"{EXPOSED}, Date"
"""Where the sandbox's clock is another than the client's: `Date` is the only place where a page can see that."""

_SHOWN = 200
"""Characters of an origin that a sentence shows."""


class Cors(Origins):
    """Which origins may read our answers, and the headers that say so."""

    @property
    def origins(self) -> tuple[str, ...]:
        return self.all

    def note(self, headers: Mapping[str, str]) -> str | None:
        """What the log says of a call whose answer a browser keeps from the page; None where it does not."""
        origin = headers.get("Origin")
        return self.advice(origin) if origin and not self.allows(origin) and _is_kept_from_page(headers) else None

    def advice(self, origin: str) -> str:
        """What the log says of an origin that may not call."""
        shown = origin[:_SHOWN]
        try:
            (wanted,) = kinds.ORIGINS.parse([parent(origin)])
        except ValueError:
            return f"origin {shown} is not allowed, and cannot be: no browser sends it for a page"
        return f"origin {shown} is not allowed: serve with --origin {wanted}"

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

    def answer_headers(self, origin: str | None, *, dated: bool = False) -> dict[str, str]:
        """For every answer, errors included. An unlisted origin gets nothing but the `Vary`. `dated`: the sandbox's
        clock was turned.
        """
        if origin is None or not self.allows(origin):
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Expose-Headers": DATED if dated else EXPOSED,
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


def _is_kept_from_page(headers: Mapping[str, str]) -> bool:
    """Whether a browser keeps the answer from a page of an origin that is not listed: it is the page's own for one
    behind a proxy, a form and a link ask no leave, and what is no browser reads everything.
    """
    if "Access-Control-Request-Method" in headers:
        return True
    site, mode = headers.get("Sec-Fetch-Site"), headers.get("Sec-Fetch-Mode", "cors")
    if site is None:
        # Browsers leave it out for addresses that are neither https nor loopback.
        return headers.get("User-Agent", "Mozilla/").startswith("Mozilla/")
    return site not in {"same-origin", "none"} and mode == "cors"
