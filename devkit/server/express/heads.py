"""What a request's header fields say, worked out once for all requests that have the same ones.

A client sends the same fields with nearly every request: the same cookies, the same agent, the same origin. All that is
known here follows from the fields alone and never from what a sandbox holds: it need not be forgotten when that does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import hdrs
from multidict import CIMultiDict, CIMultiDictProxy

from devkit.contract.errors import DomainError
from devkit.control import guard
from devkit.dialects.base import HEADER_FIELDS, Dialect
from devkit.proxies import recognised
from devkit.records import dataclass
from devkit.server.hosting.selection import HEADER, by_fields, by_page, sandbox_by_host
from devkit.server.http.addresses import FORWARDED
from devkit.server.http.exchange import credentials_of, prefers_page
from devkit.server.http.fields import BROWSER, authority_of, joined
from devkit.server.http.responses import accepts_gzip
from devkit.server.wire.striking import SCENARIO_HEADER
from devkit.storage.kept import Kept

if TYPE_CHECKING:
    from aiohttp.http_parser import RawRequestMessage

    from devkit.config import Settings
    from devkit.domain.base import Caller
    from devkit.domain.credentials import Credentials
    from devkit.recording.base import Fields
    from devkit.server.http.cors import Cors
    from devkit.upstream.mapping import Mapping

ReadCredentials = Callable[[CIMultiDictProxy[str]], "Credentials"]
RawFields = tuple[tuple[bytes, bytes], ...]

_SPECIAL = frozenset(
    name.lower().encode()
    for name in (
        *HEADER_FIELDS.values(),
        SCENARIO_HEADER,
        "X-Request-ID",
        hdrs.IF_NONE_MATCH,
        hdrs.CONTENT_ENCODING,
        hdrs.TRANSFER_ENCODING,
        hdrs.EXPECT,
        hdrs.UPGRADE,
        hdrs.RANGE,
        *FORWARDED,
    )
)
"""Fields that make a request one that the express lane leaves to the pipeline."""

_LARGEST = 8 * 1024
"""Bytes of fields that are worth remembering."""

_KEPT = 2 * 1024 * 1024
"""Bytes of heads that are remembered, in each of the ways to know them again."""

_COST = 2 * 1024
"""What a head takes besides its fields, roughly."""

_JSON = ("application/json", "application/json; charset=utf-8", "application/json;charset=utf-8")


@dataclass(frozen=True, slots=True)
class Handed:
    """A request's fields as the real backend is sent them, with the empty line behind them; by which `mapping`, and by
    which fields of ours browsers are told who may call. `given` are the fields as they came. Answers to requests for
    `whom` have the same fields, where the backend's have.
    """

    fields: bytes
    mapping: Mapping
    ours: dict[str, str] | None
    given: RawFields
    whom: tuple[str, bool, str | None]

    def with_token(self, before: str, token: str) -> Handed:
        old, new = before.encode(), token.encode()
        given = tuple((name, value.replace(old, new)) for name, value in self.given)
        return Handed(self.fields.replace(old, new), self.mapping, self.ours, given, self.whom)


@dataclass(slots=True)
class Head:
    """The fields of a request that asks for nothing special.

    `sandbox` is the one they name, None for main, and `by_host` the one that the host alone does; `cors` is what they
    make of the answer. `gzip` says whether it may be compressed, `has_body` whether the request brings JSON along, and
    `length` how many bytes of it. `size` is that of the fields, in bytes. `caller` is who came with it last, for
    whoever looks whether that is still so. `token` is the signed token in them, where there is one, and `like` a head
    that differs in that alone.
    """

    base: str
    sandbox: str | None
    by_host: str | None
    user_agent: str
    cors: bytes
    gzip: bool
    has_body: bool
    length: int
    size: int
    given: CIMultiDictProxy[str]
    token: str = ""
    like: Head | None = None
    caller: Caller | None = None
    handed: Handed | None = None
    """How the request is handed on, in front of a real backend."""
    _credentials: dict[Hashable, Credentials] = field(default_factory=dict)
    _fields: Fields | None = None

    def with_token(self, token: str) -> Head:
        """The same fields but for the token."""
        return Head(
            self.base,
            self.sandbox,
            self.by_host,
            self.user_agent,
            self.cors,
            self.gzip,
            self.has_body,
            self.length,
            self.size + len(token) - len(self.token),
            self.given,
            token,
            self,
            handed=self.handed.with_token(self.token, token) if self.handed else None,
        )

    @property
    def by_browser(self) -> bool:
        return self.user_agent.startswith(BROWSER)

    @property
    def cost(self) -> int:
        """Bytes that it takes, with the fields that it is known by."""
        return _COST + 2 * self.size

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        if self.like is None:
            return self.given
        fields = ((name, value.replace(self.like.token, self.token)) for name, value in self.given.items())
        return CIMultiDictProxy(CIMultiDict(fields))

    @property
    def fields(self) -> Fields:
        """All of them, one pair for each name."""
        if self._fields is None:
            self._fields = tuple(self.headers.items())
        return self._fields

    def credentials(self, dialect: Dialect) -> Credentials:
        found = self._credentials.get(dialect.name)
        return found or self.credentials_by(dialect.name, partial(credentials_of, dialect=dialect))

    def credentials_by(self, whose: Hashable, read: ReadCredentials) -> Credentials:
        """What is read of these fields by somebody's rules, which are known as `whose`."""
        found = self._credentials.get(whose)
        if found is None:
            found = self._credentials[whose] = self._read_credentials(whose, read)
        return found

    def _read_credentials(self, whose: Hashable, read: ReadCredentials) -> Credentials:
        if self.like is not None:
            known = self.like.credentials_by(whose, read)
            if known.bearer == self.like.token:
                return replace(known, bearer=self.token)
            if known.cookie == self.like.token:
                return replace(known, cookie=self.token)
        return read(self.headers)


class Heads:
    """Reads heads. `scheme` is how this server is reached."""

    def __init__(self, settings: Settings, cors: Cors, scheme: str) -> None:
        self._settings, self._cors, self._scheme = settings, cors, scheme
        self._kept: Kept[RawFields, Head | None] = Kept(_KEPT, twice=True)
        self._learned: Kept[bytes, Head] = Kept(_KEPT, twice=True)
        self._forms: Kept[bytes, Head] = Kept(_KEPT // 4, twice=True)

    @property
    def size(self) -> int:
        """Bytes that it takes, roughly."""
        return self._kept.size + self._learned.size + self._forms.size

    def read(self, raw: RawFields, headers: CIMultiDictProxy[str]) -> Head | None:
        """None where the request asks for something special, or must be refused."""
        found = self._kept.get(raw)
        if found is None:
            found = self._read(raw, headers)
            if found is not None:
                self._kept.put(raw, found, found.cost)
        return found

    def see(self, message: RawRequestMessage, data: bytes) -> None:
        """`data` is that request, all of it and nothing else: where its fields ask for nothing special, they are known
        by their bytes from now on.
        """
        head = self.read(message.raw_headers, message.headers)
        line, fields, body = split(data)
        if head is not None and line is not None and len(body) == head.length:
            self.learn(fields, head)

    def learn(self, fields: bytes, head: Head) -> None:
        """These bytes are the fields of that head."""
        self._learned.put(fields, head, head.cost)
        form, token = _form(fields)
        if token:
            head.token = token
            self._forms.put(form, head, head.cost)

    def learned(self, fields: bytes) -> Head | None:
        """The head whose fields are these bytes, if they were seen before, or others that differ in a signed token
        alone.
        """
        found = self._learned.get(fields)
        if found is None:
            form, token = _form(fields)
            known = self._forms.get(form) if token else None
            if known is not None:
                found = known.with_token(token)
                self._learned.put(fields, found, found.cost)
        return found

    def _read(self, raw: RawFields, headers: CIMultiDictProxy[str]) -> Head | None:
        try:
            headers = joined(headers)
            authority = authority_of("/", headers)
        except DomainError:
            return None
        size = sum(len(name) + len(value) for name, value in raw)
        special = (
            size > _LARGEST
            or any(name.lower() in _SPECIAL for name, _ in raw)
            or prefers_page(headers.get(hdrs.ACCEPT, ""))
        )
        # Whom a request comes through is told to its sandbox.
        special = special or recognised(raw) is not None
        if special or authority is None or guard.host_refused(authority, self._settings):
            return None
        sandbox = headers.get(HEADER) or sandbox_by_host(authority, self._settings.sandbox_domain)
        if sandbox is None and (found := by_fields(headers)) is not None:
            sandbox = found.id
        if sandbox is None and by_page(headers) is not None:
            # Whether that sandbox is there is not in the fields.
            return None
        origin = headers.get(hdrs.ORIGIN)
        if origin is not None and not self._cors.allows(origin):
            # The log has a word of advice for that.
            return None
        length = headers.get(hdrs.CONTENT_LENGTH)
        if length is not None and headers.get(hdrs.CONTENT_TYPE, "").lower() not in _JSON:
            return None
        answer = self._cors.answer_headers(origin)
        del answer["Vary"]
        return Head(
            base=f"{self._scheme}://{authority.on(self._scheme)}",
            sandbox=sandbox,
            by_host=sandbox_by_host(authority, self._settings.sandbox_domain),
            user_agent=headers.get(hdrs.USER_AGENT, "").encode(errors="replace").decode(),
            cors="".join(f"{name}: {value}\r\n" for name, value in answer.items()).encode("latin-1"),
            gzip=accepts_gzip(headers.get(hdrs.ACCEPT_ENCODING, "")),
            has_body=length is not None,
            length=int(length or 0),
            size=size,
            given=headers,
        )


def split(data: bytes) -> tuple[tuple[str, str] | None, bytes, bytes]:
    """Method and address, header fields (with the line breaks around them) and body of what may be a request."""
    first, last = data.find(b"\r\n"), data.find(b"\r\n\r\n") + 4
    method, _, rest = data[:first].partition(b" ")
    address, _, version = rest.partition(b" ")
    if last < 4 or version != b"HTTP/1.1" or not address.isascii() or method not in _METHODS:
        return None, b"", b""
    return (_METHODS[method], address.decode()), data[first:last], data[last:]


_METHODS = {method.encode(): method for method in ("GET", "POST", "PUT", "PATCH")}


_TOKEN = re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
"""A signed token (RFC 7519): its first part is JSON, which begins with `{"`. Nothing in it means anything to whoever
reads header fields.
"""
_BEFORE = re.compile(rb"\r\n(?:authorization: bearer |cookie: (?:[^\r\n]*; )?[\w.-]+=)$", re.ASCII | re.IGNORECASE)


def _form(fields: bytes) -> tuple[bytes, str]:
    """The fields without the only signed token in them, and that token; an empty one where that cannot be told."""
    found = _TOKEN.search(fields)
    if found is None or not fields.isascii():
        return b"", ""
    start, end = found.span()
    line = fields.rfind(b"\r\n", 0, start)
    if _BEFORE.match(fields, line, start) is None or fields[end : end + 1] not in (b"\r", b";"):
        return b"", ""
    if _TOKEN.search(fields, end) is not None:
        return b"", ""
    return fields[:start] + b"\0" + fields[end:], found[0].decode()
