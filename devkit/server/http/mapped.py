"""How addresses of another backend are mapped for whoever calls, by where each reached us."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import hdrs

from devkit.server.hosting.selection import root_of
from devkit.server.http.addresses import origin_reached
from devkit.server.http.fields import BROWSER
from devkit.server.http.request import Request
from devkit.upstream.mapping import Mapping, is_secure

_MOST = 1_000
"""Addresses at which clients reach us that are known at a time."""


class Mappings:
    """One for each address at which we are reached, and for browsers and others."""

    def __init__(self, mapping: Mapping) -> None:
        """`mapping` is what holds for all requests."""
        self._mapping = mapping
        self._known: dict[tuple[str, str, bool], Mapping] = {}

    def of(self, request: Request) -> Mapping:
        """For whoever calls us as this request does."""
        browser = request.headers.get(hdrs.USER_AGENT, "").startswith(BROWSER)
        return self.at(origin_reached(request), root_of(request), browser=browser)

    def at(self, origin: str, root: str, *, browser: bool) -> Mapping:
        """For whoever reaches us there, below that root."""
        found = self._known.get((origin, root, browser))
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            secure = self._mapping.secure or is_secure(origin, browser=browser)
            found = replace(self._mapping, origin=origin, root=root, secure=secure)
            self._known[origin, root, browser] = found
        return found


def target_of(request: Request) -> bytes:
    """The path and query that were asked for, as they were written, behind the prefix that names a sandbox."""
    target = request._message.path
    if not target.startswith("/"):
        # The absolute form, or `*` (RFC 9112, section 3.2).
        return request.rel_url.raw_path_qs.encode() if "://" in target else target.encode("utf-8", "surrogateescape")
    root = root_of(request)
    if root:
        target = target[len(root) :] if target.startswith(root) else request.rel_url.raw_path_qs
        target = target if target.startswith("/") else f"/{target}"
    return target.partition("#")[0].encode("utf-8", "surrogateescape")
