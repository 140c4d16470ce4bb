"""How addresses of ours and of the real backend stand to each other, for one client that reached us somewhere."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Literal

from devkit.authority import authority, literal
from devkit.origins import Origins, origin_of
from devkit.records import dataclass
from devkit.upstream.address import Upstream

_OURS = re.compile(rb"devkit_(?:sandbox|scenario)(?:=|$)")
"""Parts of a query that are told to devkit."""
_REFERENCE = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*:)?(?P<authority>//[^/?#]*)?(?P<path>[^?#]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
"""A URI reference in its parts (RFC 3986, appendix B)."""


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """What it takes to map a request to `upstream`, and its answer back.

    `origin` is where the client reached us (`http://localhost:8000`), and `root` what our paths begin with there
    (`/~w1`; mostly nothing). `secure`: cookies that are marked Secure come back on our leg (`is_secure`). `origins` are
    those whose pages may call. `cors`: whether we `answer` browsers, or let what upstream says pass. `rewrite`: bodies
    are rewritten (`bodies.py`). `recorded`: they are to come in codings that can be undone. `name` is what we are
    called in `Via`, and nobody else is.
    """

    upstream: Upstream
    origin: str
    root: str = ""
    secure: bool
    origins: Origins
    cors: Literal["answer", "passthrough"] = "answer"
    rewrite: bool = False
    recorded: bool = False
    name: str = "devkit"

    @cached_property
    def is_plain(self) -> bool:
        """Whether paths are the same at both ends."""
        return not self.root and not self.upstream.base

    def target(self, target: bytes) -> bytes:
        """A request's target as it goes to upstream: below its base, without what is told to devkit alone. `target` has
        no root any more (a path with its query as it came, or `*`).
        """
        if not target.startswith(b"/"):
            return target
        path, mark, query = target.partition(b"?")
        if mark and b"devkit_" in query:
            query = b"&".join(part for part in query.split(b"&") if not _OURS.match(part))
            mark = b"?" if query else b""
        return self.upstream.base.encode() + path + mark + query

    def path(self, path: str) -> str | None:
        """Our path for one of upstream's; None where it is not below upstream's base."""
        base = self.upstream.base
        if not path.startswith(base):
            return None
        rest = path[len(base) :]
        if rest.startswith("/"):
            return self.root + rest
        return f"{self.root}/" if not rest else None

    def reference(self, reference: str) -> str:
        """What a client follows, for what upstream wrote (`Location`). What is relative stays so; what upstream has
        beside its base is no address of ours, and leads to upstream itself.
        """
        match = _REFERENCE.fullmatch(reference)
        assert match is not None  # noqa: S101 - every text has these parts
        scheme, there, path, rest = match["scheme"], match["authority"], match["path"], match["rest"]
        if there is not None:
            if origin_of(f"{scheme or self.upstream.scheme + ':'}{there}") != self.upstream.origin:
                return reference
            ours = self.path(path or "/")
            if ours is None:
                return reference
            start = self.origin if scheme else self.origin[self.origin.index("//") :]
            return start + (ours if path or self.root else "") + rest
        if scheme is not None or not path.startswith("/") or self.is_plain:
            return reference
        ours = self.path(path)
        return (self.upstream.origin + path if ours is None else ours) + rest

    def page(self, origin: str) -> bool:
        """Whether a page of that origin counts as one of upstream's own: ours, and while we answer browsers, those that
        may call us.
        """
        return origin == self.origin or (self.cors == "answer" and self.origins.allows(origin))

    def referer(self, address: str) -> str:
        """The page that a request comes from, as upstream would know it."""
        origin = origin_of(address)
        if origin is None or not self.page(origin):
            return address
        path = address.partition("://")[2].partition("/")[2]
        path = f"/{path}"
        if origin == self.origin:
            if self.root and (path + "/").startswith(f"{self.root}/"):
                path = path[len(self.root) :] or "/"
            path = self.target(path.encode("latin-1", "replace")).decode("latin-1")
        return f"{self.upstream.origin}{path}"


def is_secure(origin: str, *, browser: bool) -> bool:
    """Whether a cookie that is marked Secure comes back from a client that reached us there: over https; and from
    browsers, to whom this machine itself is as good (measured on Chromium 156 and Firefox ESR 153: localhost and names
    below it, all of 127.0.0.0/8, [::1], with SameSite=None, Partitioned and the prefixes of names). Others go by the
    scheme (RFC 6265, section 5.4).
    """
    scheme, _, rest = origin.partition("://")
    if scheme == "https" or not browser:
        return scheme == "https"
    host = authority(rest).host
    address = literal(host)
    return address.is_loopback if address is not None else host == "localhost" or host.endswith(".localhost")
