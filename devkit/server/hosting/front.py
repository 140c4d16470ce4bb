"""What stands at the server's own addresses, `/` and `/docs`, where no operation does: the way to its pages.

A program that waits for the backend asks for `/` and takes any 2xx for "ready" (Playwright's `webServer.url`, wait-on,
start-server-and-test): it gets a line of text, whatever scenario is on, and nothing of it counts as a call.
"""

from __future__ import annotations

from aiohttp import hdrs, web

from devkit.server.hosting.selection import QUERY, ROOT, root_of
from devkit.server.http.exchange import prefers_page

PANEL = "/_devkit/"
REFERENCE = "/_devkit/docs"
ADDRESSES = {"/": PANEL, "/docs": REFERENCE, "/docs/": REFERENCE}
"""Where a person is led from there."""

VARYING = {hdrs.CACHE_CONTROL: "no-store", hdrs.VARY: f"{hdrs.ACCEPT}, {hdrs.ORIGIN}"}


def front(request: web.BaseRequest) -> web.Response:
    """The answer to GET or HEAD for one of `ADDRESSES`."""
    path = request.rel_url.raw_path
    if path != "/":
        return led(request, ADDRESSES[path])
    if prefers_page(request.headers.get(hdrs.ACCEPT, "")):
        return led(request, PANEL)
    base = f"{request.scheme}://{request.host}"
    text = f"devkit is ready. Panel: {base}{PANEL} Reference: {base}{REFERENCE}\n"
    return web.Response(text=text, headers=VARYING)


def led(request: web.BaseRequest, page: str) -> web.Response:
    """To a page, which takes its sandbox from its own address."""
    query = request.rel_url.raw_query_string
    if root := root_of(request):
        query = f"{QUERY}={root.removeprefix(ROOT)}" + (f"&{query}" if query else "")
    return web.Response(status=307, headers={hdrs.LOCATION: page + (f"?{query}" if query else ""), **VARYING})
