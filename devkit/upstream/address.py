"""Where the real backend is: what `--upstream URL` may say."""

from __future__ import annotations

import re
from functools import cached_property
from urllib.parse import urlsplit

from devkit.authority import Authority, authority
from devkit.records import dataclass

_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://", re.ASCII | re.IGNORECASE)
_PATH = re.compile(r"(?:/(?:[\w.~!$&'()*+,;=:@-]|%[0-9a-f]{2})*)*", re.ASCII | re.IGNORECASE)
"""RFC 3986, section 3.3."""
_ANYWHERE = frozenset({"0.0.0.0", "::"})
"""What a server listens on, and nobody can be asked at."""


@dataclass(frozen=True)
class Upstream:
    """The real backend's address. `base` is what all of its paths begin with (`/api`); mostly nothing.

    Requests are mapped below the base: with `http://localhost:9000/api`, `/tasks` goes to `/api/tasks`. So do the
    proxies that a frontend meets: Vite's and http-proxy's (`prependPath`), Prism's, Go's. What upstream names below its
    base is below our root; what is beside it has no address at ours.
    """

    scheme: str
    authority: Authority
    base: str = ""

    @cached_property
    def host(self) -> str:
        """Whom to connect to: a name or an address, without brackets."""
        return self.authority.host

    @cached_property
    def port(self) -> int:
        return self.authority.port or _PORTS[self.scheme]

    @cached_property
    def secure(self) -> bool:
        return self.scheme == "https"

    @cached_property
    def field(self) -> bytes:
        """As a `Host` field says it: without the scheme's own port (RFC 9110, section 7.2)."""
        return self.authority.on(self.scheme).encode()

    @cached_property
    def origin(self) -> str:
        """As a browser writes it."""
        return f"{self.scheme}://{self.authority.on(self.scheme)}"

    def __str__(self) -> str:
        return f"{self.origin}{self.base}"


def upstream(text: str) -> Upstream:
    """The address that was written. Raises ValueError with what is wrong, as the end of a sentence about it."""
    given = text.strip()
    scheme, rest = _scheme_of(given)
    if "\\" in rest or re.search(r"\s", rest):
        raise ValueError("it has a space or a backslash in it, which no address has")
    written, path, more = re.fullmatch(r"([^/?#]*)([^?#]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    if more:
        what = "a query" if more[0] == "?" else "a fragment"
        raise ValueError(f"it has {what} ({_cut(more)}): every request brings its own; leave it out")
    if "@" in written:
        raise ValueError("it has a user before its host: leave it out, and let the frontend send what signs it in")
    at = _authority_of(written)
    if at.host in _ANYWHERE:
        near = Authority("localhost", at.port).on(scheme)
        raise ValueError(f"{at.host} is what a server listens on, and no address of it: write {scheme}://{near}{path}")
    return Upstream(scheme, Authority(at.host, None if at.port == _PORTS[scheme] else at.port), _base_of(path))


def _scheme_of(given: str) -> tuple[str, str]:
    if not given:
        raise ValueError("it is empty")
    match = _SCHEME.match(given)
    if match is None:
        bare = f"localhost:{given}" if given.isdecimal() else given.lstrip("/")
        raise ValueError(f"it has no scheme: write http://{_cut(bare)}, or https://")
    scheme, rest = match["scheme"].lower(), given[match.end() :]
    if scheme in {"ws", "wss"}:
        right = "https" if scheme == "wss" else "http"
        raise ValueError(f"it is an address of sockets alone: write {right}://{_cut(rest)}, sockets go there as well")
    if scheme not in _PORTS:
        raise ValueError(f"{scheme}:// is not spoken here: it begins with http:// or https://")
    return scheme, rest


def _authority_of(written: str) -> Authority:
    if "%" in written and written.startswith("["):
        raise ValueError("its address has a scope (%…), which no other program would know: use one without, or a name")
    try:
        at = authority(written if written.isascii() else _in_ascii(written))
    except ValueError:
        at = None
    if at is not None and at.port != 0:
        return at
    host, colon, port = written.rpartition(":")
    if not written or (colon and not host):
        raise ValueError("it names no host: write one like http://localhost:9000")
    if colon and ":" not in host.strip("[]") and not written.endswith("]"):
        raise ValueError(f"{_cut(port)!r} is no port: those are from 1 to 65535")
    if ":" in host and not written.startswith("["):
        raise ValueError(f"an IPv6 address stands in brackets: [{_cut(written)}]")
    raise ValueError(f"{_cut(written)!r} is no host and port: write them like localhost:9000 or [::1]:9000")


def _in_ascii(written: str) -> str:
    """A name in letters beyond ASCII as DNS has it (RFC 5891)."""
    from yarl import URL

    parts = urlsplit(f"http://{written}")
    host = URL.build(scheme="http", host=parts.hostname or "").raw_host or ""
    return host if parts.port is None else f"{host}:{parts.port}"


def _base_of(path: str) -> str:
    if not path.isascii():
        raise ValueError("its path has letters that stand percent-encoded in an address, such as %C3%BC for ü")
    if not _PATH.fullmatch(path):
        raise ValueError(f"its path {_cut(path)!r} has characters that stand percent-encoded in an address")
    if any(re.fullmatch(r"(?:\.|%2e){1,2}", segment, re.IGNORECASE) for segment in path.split("/")):
        raise ValueError(f"its path {_cut(path)!r} has . or .. in it: write where that leads")
    return path.rstrip("/")


def _cut(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
