"""Who may call: whose things an address names, and which page a browser calls for."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from aiohttp import hdrs

from devkit.contract.errors import DomainError
from devkit.origins import origin_of

if TYPE_CHECKING:
    from devkit.domain.base import Caller
    from devkit.server.http.cors import Cors
    from devkit.server.http.exchange import Exchange

_NO_ORIGIN = (
    "Better Auth wants an Origin of whoever sends a cookie, scripts too: send one that is allowed, or serve with"
    " DEVKIT_AUTH_ORIGIN_CHECK=false"
)
_FETCH_METADATA = ("Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest")


def require_owner(caller: Caller, user_id: str) -> None:
    """Raises DomainError `forbidden` where the path names another user's things, `not_found` where it names nobody."""
    if user_id == caller.user_id:
        return
    try:
        uuid.UUID(user_id)
    except ValueError:
        raise DomainError("not_found", "There is no such user") from None
    raise DomainError("forbidden", "These are another user's")


def require_known_origin(exchange: Exchange, cors: Cors, *, always: bool) -> None:
    """Refuse what a foreign page may have made a browser send, as Better Auth does (1.7.25): with any cookie there must
    be a known origin, whoever calls. `always`: without a cookie too, where a browser or an origin shows.

    Raises DomainError `origin_refused`, `origin_missing` or `login_by_navigation`.
    """
    request, headers = exchange.request, exchange.request.headers
    origin = headers.get(hdrs.ORIGIN) or origin_of(headers.get(hdrs.REFERER, ""))
    metadata = {name: value for name in _FETCH_METADATA if (value := headers.get(name, "").strip())}
    if hdrs.COOKIE not in headers:
        if not always or (origin is None and not metadata):
            return
        if metadata.get("Sec-Fetch-Site") == "cross-site" and metadata.get("Sec-Fetch-Mode") == "navigate":
            raise DomainError("login_by_navigation")
    if origin == "null" and metadata.get("Sec-Fetch-Site") == "same-origin":
        # A page that sends no referrer: the browser says all the same that it is of this very site.
        return
    if origin is None or origin == "null":
        exchange.note = _NO_ORIGIN
        raise DomainError("origin_missing")
    if not cors.allows(origin) and origin not in {f"{request.scheme}://{request.host}", exchange.sandbox.base_url}:
        raise DomainError("origin_refused")
