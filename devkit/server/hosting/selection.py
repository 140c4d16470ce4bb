"""Which sandbox a request means: by header, query, path prefix, host, or by the page that it comes from.

What stands closest to the call counts. A header or a query is of that call alone; a prefix or a host is of the base
address that a client was given; the page is asked last, for a dev server's proxy that puts its target's host in the
place of the page's (Vite's does, for a target that is a string).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from yarl import URL

from devkit.authority import Authority, authority

if TYPE_CHECKING:
    from devkit.server.http.request import Request

HEADER = "X-Devkit-Sandbox"
QUERY = "devkit_sandbox"
ROOT = "/~"
"""What a path begins with that names its sandbox: `/~w1/api/tasks`. No operation has such a path."""

_ROOTED = re.compile(r"/(?:~|%7[Ee])([\w-]{1,80})(?=/|$)", re.ASCII)
"""Also as some encode it, though a tilde need not be (RFC 3986, section 2.3)."""

_ROOT_KEY = web.RequestKey("root", str)


def unrooted(request: Request) -> Request:
    """The request as everything behind the listener sees it: without the prefix that names a sandbox."""
    target = request.rel_url
    match = _ROOTED.match(target.raw_path)
    if match is None:
        return request
    path, given = target.raw_path[match.end() :] or "/", request._message.url
    bare = request.clone(
        rel_url=URL.build(
            scheme=given.scheme,
            authority=given.raw_authority,
            path=path,
            query_string=target.raw_query_string,
            encoded=True,
        )
    )
    bare[_ROOT_KEY] = f"{ROOT}{match[1].lower()}"
    return bare


def is_rooted(address: str) -> bool:
    """Whether a path begins with a prefix that names a sandbox."""
    return _ROOTED.match(address) is not None


def root_of(request: web.BaseRequest) -> str:
    """`/~w1`, which every path of ours in an answer begins with; mostly nothing."""
    root: str = request.get(_ROOT_KEY, "")
    return root


def address_of(id: str, main: str) -> str:  # noqa: A002
    """`http://ID.localhost:8000`; below main's own address, where the server listens on one that has no such names."""
    parts = urlsplit(main)
    if parts.hostname != "localhost":
        return rooted(id, main)
    return f"{parts.scheme}://{id}.localhost{f':{parts.port}' if parts.port else ''}"


def rooted(id: str, main: str) -> str:  # noqa: A002
    """`http://localhost:8000/~ID`, which any program reaches that reaches `main`: no name has to be resolved."""
    return f"{main.rstrip('/')}{ROOT}{id}"


def sandbox_by_host(authority: Authority | None) -> str | None:
    """`w1` of `w1.localhost:8000`; None for any other host."""
    return authority.subdomain if authority is not None else None


def _by_name(text: str) -> str | None:
    """The same of a host and port as somebody wrote them."""
    try:
        return sandbox_by_host(authority(text))
    except ValueError:
        return None


def by_address(request: Request) -> str | None:
    """The sandbox that path or host name: what an address in the answer need not say again."""
    return root_of(request).removeprefix(ROOT) or sandbox_by_host(request.authority)


def named(request: Request) -> str | None:
    """The sandbox that a request names itself; None where it names none."""
    return request.headers.get(HEADER) or request.query.get(QUERY) or by_address(request)


def by_page(headers: Mapping[str, str]) -> str | None:
    """The sandbox whose page a request comes from, as far as its fields tell; there need not be one of that name."""
    forwarded = headers.get("X-Forwarded-Host", "").partition(",")[0].strip()
    if found := _by_name(forwarded):
        return found
    for name in (hdrs.ORIGIN, hdrs.REFERER):
        _, _, rest = headers.get(name, "").partition("://")
        if found := _by_name(rest.partition("/")[0]):
            return found
    return None
