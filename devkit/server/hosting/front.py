"""What stands at the server's own addresses, `/` and `/docs`, where no operation does: the way to its pages.

A program that waits for the backend asks for `/` and takes any 2xx for "ready" (Playwright's `webServer.url`, wait-on,
start-server-and-test): it gets a line of text, whatever scenario is on, and nothing of it counts as a call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from devkit.contract.errors import DomainError
from devkit.control import pages
from devkit.dialects.replies import Cookie
from devkit.domain.origins import Origins
from devkit.sandbox import MAIN
from devkit.server.hosting.selection import COOKIE, QUERY, ROOT, STAY, root_of
from devkit.server.http import cookies
from devkit.server.http.exchange import prefers_page

if TYPE_CHECKING:
    from devkit.config import Settings

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


def of_sandbox(request: web.BaseRequest, path: str, settings: Settings) -> web.Response | None:
    """The answer at the root of a sandbox, `/~w1`, to who wants its pages, or its cookie."""
    if path == "/" and STAY in request.query:
        return _kept_in(request, settings)
    page = pages.REDIRECTS.get(path, path)
    return led(request, page) if page in pages.PAGES else None


def _kept_in(request: web.BaseRequest, settings: Settings) -> web.Response:
    """The cookie that keeps a browser in a sandbox until it is closed; for `main`, that keeps it no more.

    Raises DomainError where another site's page leads there, whose visitor never asked for it, or where it would be led
    on to one.
    """
    if request.headers.get("Sec-Fetch-Site", "") == "cross-site":
        raise DomainError("forbidden", "A page of another site may not choose the sandbox of its visitor")
    to, name = request.query[STAY], root_of(request).removeprefix(ROOT)
    Origins(settings.origins, https=settings.https).check_redirect(STAY, to, f"{request.scheme}://{request.host}")
    out = name == MAIN
    cookie = Cookie(
        name=COOKIE, value="" if out else name, max_age=0 if out else None, secure=request.scheme == "https"
    )
    headers = {**VARYING, hdrs.SET_COOKIE: cookies.render(cookie)}
    if to:
        return web.Response(status=303, headers={**headers, hdrs.LOCATION: to})
    host = request.host.partition(":")[0]
    told = (
        f"From now on this browser is in the sandbox {name}, at each port of {host}, wherever a call says nothing "
        f"else. Out of it: {request.scheme}://{request.host}{ROOT}{MAIN}/?{STAY}\n"
    )
    return web.Response(text="This browser is in no sandbox any more.\n" if out else told, headers=headers)


def led(request: web.BaseRequest, page: str) -> web.Response:
    """To a page, which takes its sandbox from its own address."""
    query = request.rel_url.raw_query_string
    if root := root_of(request):
        query = f"{QUERY}={root.removeprefix(ROOT)}" + (f"&{query}" if query else "")
    return web.Response(status=307, headers={hdrs.LOCATION: page + (f"?{query}" if query else ""), **VARYING})
