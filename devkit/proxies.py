"""What a proxy between page and server is known by: a dev server's, most often, which passes `/api` on.

Such a proxy writes heads of its own, in a way that neither browsers nor other clients do; how, was measured on Vite
8.4.0, webpack-dev-server 6.1.0, Next 16.4.6 and Angular 22.2.7, whose dev server is Vite's. Node hands their proxies
all field names in lower case, where browsers write `Host`; what Node adds itself it writes as `Connection`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devkit.authority import authority
from devkit.records import dataclass

RawFields = Iterable[tuple[bytes, bytes]]

VITE, WEBPACK, NEXT = "vite", "webpack", "next"

_TITLES = {
    VITE: "a dev server's proxy like Vite's or Angular's",
    WEBPACK: "a dev server's proxy like webpack-dev-server's",
    NEXT: "a dev server's proxy like Next's",
    "": "a proxy",
}
_TOLD = (b"x-forwarded-host", b"x-forwarded-for", b"x-forwarded-proto", b"forwarded", b"via")
"""Fields that a proxy says of itself (RFC 7239; RFC 9110, section 7.6.3)."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """One that calls come through. `name` is the dev server that it writes like, as `devkit.faults.devservers` calls
    it; empty where it is like none. `sign` says what it is known by.
    """

    name: str
    sign: str

    @property
    def title(self) -> str:
        return _TITLES[self.name]


def recognised(fields: RawFields) -> Proxy | None:
    """The proxy that wrote these fields of a request; None where nothing tells of one."""
    given = dict(reversed([*fields]))
    if proxy := _by_shape(given):
        return proxy
    known = {name.lower(): value for name, value in given.items()}
    if told := next((name for name in _TOLD if name in known), None):
        return Proxy("", f"the field {told.decode().title()}")
    return _by_page(known)


def _by_shape(given: dict[bytes, bytes]) -> Proxy | None:
    if b"host" not in given:
        return None
    if given.get(b"connection", b"").lower() == b"close":
        # No agent that keeps connections: http-proxy writes this itself.
        return Proxy(VITE, "each call with `connection: close`, in lower case")
    if given.get(b"Connection", b"").lower() == b"keep-alive":
        if b"x-forwarded-host" in given and b"x-forwarded-for" not in given:
            return Proxy(NEXT, "`x-forwarded-host` alone, in lower case")
        return Proxy(WEBPACK, "fields in lower case on kept connections")
    if given.get(b"user-agent", b"").startswith(b"Mozilla/"):
        return Proxy("", "a browser's fields in lower case")
    return None


def _by_page(known: dict[bytes, bytes]) -> Proxy | None:
    """A browser that calls it its page's own origin, although that is another."""
    if known.get(b"sec-fetch-site") != b"same-origin":
        return None
    _, _, page = known.get(b"origin", known.get(b"referer", b"")).decode("latin-1").partition("://")
    try:
        called = authority(known.get(b"host", b"").decode("latin-1"))
        elsewhere = bool(page) and authority(page.partition("/")[0]) != called
    except ValueError:
        return None
    return Proxy("", "a page that takes another address for its own") if elsewhere else None


class Proxies:
    """Those that one sandbox is called through."""

    def __init__(self) -> None:
        self._known: dict[str, Proxy] = {}

    def __iter__(self) -> Iterator[Proxy]:
        return iter(self._known.values())

    def meet(self, proxy: Proxy) -> bool:
        """A call came through it; whether that is news."""
        if proxy.name in self._known or (not proxy.name and self._known):
            # One that is like none is the handshake, or an odd call, of one that is known.
            return False
        self._known[proxy.name] = proxy
        return True
