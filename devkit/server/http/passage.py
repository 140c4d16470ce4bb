"""Whom requests come through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devkit.proxies import recognised
from devkit.server.http.protocol import connection_of

if TYPE_CHECKING:
    from aiohttp import web

    from devkit.proxies import Proxy


def proxy_of(request: web.BaseRequest) -> Proxy | None:
    """Whom a request comes through, as far as the first one on its connection that was looked at tells."""
    connection = connection_of(request)
    if connection is None:
        return None
    if connection.proxy == "unknown":
        connection.proxy = recognised(request._message.raw_headers)
    return connection.proxy
