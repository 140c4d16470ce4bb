"""A request's header fields and whom it is sent to, read once: nobody asks for "the first line" of a field afterwards.

Both lanes read here, so that they cannot disagree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aiohttp import hdrs
from multidict import CIMultiDict, CIMultiDictProxy

from devkit.authority import Authority, authority
from devkit.contract.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable

Fields = CIMultiDictProxy[str]

_ONCE = {
    name.lower(): name
    for name in (
        hdrs.AUTHORIZATION,
        hdrs.ORIGIN,
        hdrs.ACCESS_CONTROL_REQUEST_METHOD,
        hdrs.SEC_WEBSOCKET_KEY,
        hdrs.SEC_WEBSOCKET_VERSION,
        "X-API-Key",
        "X-Devkit-Sandbox",
        "X-Devkit-Token",
        "X-Upload-Id",
        "Idempotency-Key",
    )
}
"""Fields that say one thing: of two that differ, either would be a guess. (`Host`, `Content-Length`, `Content-Type` and
more of HTTP's own the parser refuses itself.)
"""

_ABSOLUTE = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)", re.ASCII | re.IGNORECASE)
"""The absolute form of a target (RFC 9112, section 3.2.2)."""

BROWSER = "Mozilla/"
"""What the name of every browser begins with, and nobody else's."""


def joined(headers: Fields) -> Fields:
    """Each field once: several lines of it are one list (RFC 9110, section 5.3), those of `Cookie` one string of pairs
    (RFC 6265bis, section 4.2.1; RFC 9113, section 8.2.3).

    Raises DomainError `bad_request` where two lines differ of a field that there may be one of.
    """
    if len({name.lower() for name in headers}) == len(headers):
        return headers
    one: CIMultiDict[str] = CIMultiDict()
    for name in headers:
        if name not in one:
            one[name] = _one_line(name.lower(), [value for value in headers.getall(name) if value])
    return CIMultiDictProxy(one)


def _one_line(name: str, values: list[str]) -> str:
    if name in _ONCE:
        if len(set(values)) > 1:
            raise DomainError("bad_request", f"There are two {_ONCE[name]} fields that differ; send one")
        return values[0] if values else ""
    return ("; " if name == "cookie" else ", ").join(values)


def authority_of(target: str, headers: Fields) -> Authority | None:
    """Whom a request is sent to: what its target says counts, in the absolute form, else the `Host` field (RFC 9112,
    section 3.2.2). None where it says neither, as HTTP/1.0 may.

    Raises DomainError `bad_request` where either is malformed (RFC 9112, section 3.2; RFC 9110, section 4.2).
    """
    host = headers.get(hdrs.HOST)
    absolute = None if target.startswith("/") else _ABSOLUTE.match(target)
    if absolute is not None and absolute["scheme"].lower() not in {"http", "https"}:
        raise DomainError("bad_request", "The address to be asked for is neither a path nor an http or https address")
    said = None if host is None or (absolute is not None and not host) else _read(host, "The Host field")
    return _read(absolute["authority"], "The address that is asked for") if absolute is not None else said


def _read(text: str, where: str) -> Authority:
    try:
        return authority(text)
    except ValueError:
        told = f"{where} names no host: it must be like localhost:8000 or [::1]:8000"
        raise DomainError("bad_request", told) from None


def listed(value: str | None) -> Iterable[str]:
    """The elements of a list (RFC 9110, section 5.6.1): empty ones are none."""
    return [element for part in (value or "").split(",") if (element := part.strip())]
