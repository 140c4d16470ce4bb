"""Which sandbox a request means: by header, query, path prefix, host, token, cookie, or by the page that it comes from.

What stands closest to the call counts. A header or a query is of that call alone; a prefix or a host is of the base
address that a client was given. A sandbox's token says it besides, to who asks for the key only; where an address says
another, the token is no good there. A cookie is the whole browser's, and anything at this host can have set it, at any
port (RFC 6265, section 8.5). The page is asked last, for a dev server's proxy that puts its target's host in the place
of the page's (Vite's does, for a target that is a string).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from yarl import URL

from devkit.authority import Authority, authority
from devkit.domain.credentials import TOKEN_BEGINS, sandbox_named
from devkit.server.http import cookies

if TYPE_CHECKING:
    from devkit.server.http.request import Request

HEADER = "X-Devkit-Sandbox"
QUERY = "devkit_sandbox"
COOKIE = "devkit_sandbox"
STAY = "devkit_cookie"
"""In the query of a sandbox's root: the browser gets the cookie. What it says is where it is led then."""
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


def is_told(address: str) -> bool:
    """Whether an address may tell by itself, in its prefix or its query, for which sandbox and how it is meant."""
    return _ROOTED.match(address) is not None or "devkit_" in address or TOKEN_BEGINS in address


def root_of(request: web.BaseRequest) -> str:
    """`/~w1`, which every path of ours in an answer begins with; mostly nothing."""
    root: str = request.get(_ROOT_KEY, "")
    return root


def address_of(id: str, main: str, domain: str = "") -> str:  # noqa: A002
    """`http://ID.localhost:8000`, or `ID.DOMAIN` where there is one; below main's own address, where the server listens
    on one that has no such names.
    """
    parts = urlsplit(main)
    if domain:
        return f"{parts.scheme}://{id}.{domain}{f':{parts.port}' if parts.port else ''}"
    if parts.hostname != "localhost":
        return rooted(id, main)
    return f"{parts.scheme}://{id}.localhost{f':{parts.port}' if parts.port else ''}"


def rooted(id: str, main: str) -> str:  # noqa: A002
    """`http://localhost:8000/~ID`, which any program reaches that reaches `main`: no name has to be resolved."""
    return f"{main.rstrip('/')}{ROOT}{id}"


def sandbox_by_host(authority: Authority | None, domain: str = "") -> str | None:
    """`w1` of `w1.localhost:8000`, and of `w1.DOMAIN`; None for any other host."""
    if authority is None:
        return None
    return authority.subdomain or (authority.below(domain) if domain else None)


def _by_name(text: str) -> str | None:
    """The same of a host and port as somebody wrote them."""
    try:
        return sandbox_by_host(authority(text))
    except ValueError:
        return None


def by_address(request: Request, domain: str = "") -> str | None:
    """The sandbox that path or host name: what an address in the answer need not say again."""
    return root_of(request).removeprefix(ROOT) or sandbox_by_host(request.authority, domain)


class Named(NamedTuple):
    """A sandbox, and what names it, where a person may not see that: the end of a sentence."""

    id: str
    told: str = ""


def named(request: Request, domain: str = "") -> Named | None:
    """The sandbox that a request names itself; None where it names none. Names below `domain` are sandboxes', too."""
    headers, query = request.headers, request.query
    if told := headers.get(HEADER) or query.get(QUERY) or by_address(request, domain):
        return Named(told)
    if TOKEN_BEGINS in request.rel_url.raw_query_string:
        for value in query.values():
            if told := sandbox_named(value):
                return Named(told, ", of which the token in the query is")
    return by_fields(headers)


def by_fields(headers: Mapping[str, str]) -> Named | None:
    """The sandbox that a token or a cookie among the header fields names."""
    for value in headers.values():
        if TOKEN_BEGINS in value:
            # Behind `Bearer` mostly; as a socket's subprotocol, behind another one.
            for word in value.replace(",", " ").split():
                if told := sandbox_named(word):
                    return Named(told, ", of which the token is")
    cookie = headers.get(hdrs.COOKIE, "")
    if COOKIE in cookie and (told := cookies.parse(cookie).get(COOKIE)):
        return Named(told, f", which the cookie {COOKIE} names: {ROOT}main/?{STAY} removes it")
    return None


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
