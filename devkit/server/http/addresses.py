"""At which address a client reached us: what answers, mails and events name is reached there too.

It may have come by a proxy on this machine, such as a dev server's. That one says whom its client asked for, where it
was told to (`xfwd` of Vite's and of http-proxy); anybody else may say what it likes, and is not listened to.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from aiohttp import web

from devkit.authority import Authority, authority, literal
from devkit.sandbox import MAIN
from devkit.server.hosting.selection import ROOT, root_of, rooted, sandbox_by_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devkit.sandbox import Sandbox

FORWARDED = ("Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port")

_PAIR = re.compile(r'\s*([a-z]+)=(?:"([^"]*)"|([^",;\s]*))\s*(?:;|$)', re.IGNORECASE)


def origin_reached(request: web.BaseRequest) -> str:
    """Scheme and authority, as the client wrote them."""
    scheme, host = request.scheme, request.host
    peer = literal(request.remote or "")
    if peer is not None and peer.is_loopback and any(name in request.headers for name in FORWARDED):
        told, asked = _forwarded(request.headers)
        scheme = told or scheme
        host = asked.on(scheme) if asked else host
    return f"{scheme}://{host}"


def sandbox_told(origin: str, root: str, domain: str = "") -> str | None:
    """The sandbox that an address names by itself, by its host or the prefix of its path."""
    with contextlib.suppress(ValueError):
        return root.removeprefix(ROOT) or sandbox_by_host(authority(origin.partition("://")[2]), domain)
    return None


def sandbox_untold(sandbox: Sandbox, told: str | None) -> str | None:
    """The sandbox's id, where an address must say it because `told`, which it says by itself, is another."""
    return None if sandbox.id == (told or MAIN) else sandbox.id


def address_reached(request: web.BaseRequest, sandbox: Sandbox) -> str:
    """Where the client finds the sandbox again: its origin, with the prefix that names the sandbox where it must."""
    origin, root = origin_reached(request), root_of(request)
    untold = sandbox_untold(sandbox, sandbox_told(origin, root, sandbox.settings.sandbox_domain))
    return rooted(untold, origin) if untold else f"{origin}{root}"


def _forwarded(headers: Mapping[str, str]) -> tuple[str | None, Authority | None]:
    """Scheme and authority of what the first proxy was asked for, as far as they are told and make sense."""
    # RFC 7239, section 4: the first element is of the proxy nearest to the client.
    first = headers.get("Forwarded", "").partition(",")[0][:1000]
    told = {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(first)}
    scheme = told.get("proto") or headers.get("X-Forwarded-Proto", "").partition(",")[0].strip()
    host = told.get("host") or headers.get("X-Forwarded-Host", "").partition(",")[0].strip()
    port = headers.get("X-Forwarded-Port", "").partition(",")[0].strip()
    asked = None
    with contextlib.suppress(ValueError):
        asked = authority(host) if host else None
        if asked and asked.port is None and "host" not in told and port:
            asked = authority(f"{asked.on('http')}:{port}")
    return scheme.lower() if scheme.lower() in {"http", "https"} else None, asked
