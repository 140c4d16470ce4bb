"""What the parser refuses: what can still be known of the request, and what was wrong with it, in one sentence.

A sentence names methods, fields and positions, never a value: there may be a token in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from aiohttp import HttpVersion11, hdrs
from aiohttp.http_exceptions import BadHttpMethod, HttpProcessingError, LineTooLong
from aiohttp.http_parser import RawRequestMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from devkit.contract.errors import DomainError

MAX_ADDRESS = 16 * 1024
"""Bytes of a request's address."""

MAX_LINE = 4 * MAX_ADDRESS
"""Bytes of an address that is parsed. Up to here the pipeline refuses it; beyond, aiohttp's parser."""

MAX_FIELD = MAX_ADDRESS
"""Bytes of one header field. Another number than MAX_LINE: aiohttp's error tells by it alone which was too long."""

MAX_FIELDS = 256
"""Header fields of a request."""

UNKNOWN = "?"
"""The method, or the address, of a request that did not get so far."""

_SHOWN = 2_048
"""Bytes of an address that the journal shows."""

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VERSION = re.compile(rb"HTTP/1\.[01]")
_ANY_VERSION = re.compile(rb"HTTP/\d[\d.]*")
_ADDRESS = re.compile(rb"/|https?://", re.IGNORECASE)
_CONTROL = re.compile(rb"[\0-\x08\x0a-\x1f\x7f]")
_OUTSIDE = re.compile(rb"[^!-~]")
_ONE = (b"content-length", b"content-type", b"host", b"transfer-encoding", b"user-agent", b"content-range")
"""Those of aiohttp's `SINGLETON_HEADERS` that clients send."""


_FRAMING = {b"content-length", b"transfer-encoding"}


class HeadersTooLate(HttpProcessingError):
    """The client took too long to send its headers."""

    code = 408


def is_whole(seen: bytes | bytearray) -> bool:
    """Whether there is nothing more to wait for: a head that has ended, or what is none."""
    line, ended, _ = bytes(seen[: MAX_LINE * 2]).partition(b"\n")
    hopeless = ended and _ANY_VERSION.fullmatch(line.strip().rpartition(b" ")[2]) is None
    begun = _TOKEN.match(seen) is not None
    return bool(hopeless) or not begun or b"\r\n\r\n" in seen or b"\n\n" in seen


def behind_whole(seen: bytes) -> bytes:
    """What is left without the requests in front that are well: the parser does not say which of them it refuses."""
    while True:
        head, ended, rest = seen.partition(b"\r\n\r\n")
        known = head.lstrip(b"\r\n").partition(b" ")[0].decode(errors="replace") in hdrs.METH_ALL
        has_body = any(name.lower() in _FRAMING for name, _ in _fields(head.partition(b"\n")[2]))
        if not (ended and rest.strip() and known) or has_body or any(_mistakes(head + ended, knows_method=True)):
            return seen
        seen = rest


def salvaged(seen: bytes) -> RawRequestMessage:
    """The request as far as it can be told from its first bytes."""
    line, _, rest = seen.partition(b"\n")
    method, _, address = line.strip().partition(b" ")
    if b" HTTP/" in address:
        address = address.rpartition(b" ")[0]
    is_request = _TOKEN.fullmatch(method) is not None and _ADDRESS.match(address) is not None
    target = quote(address[:_SHOWN], safe="/:?#[]@!$&'()*+,;=-._~%") if is_request else "/" + UNKNOWN
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in _fields(rest):
        if len(headers) < MAX_FIELDS and _TOKEN.fullmatch(name) and len(value) <= MAX_FIELD:
            headers.add(name.decode(), value.strip(b" \t\r").decode(errors="surrogateescape"))
    try:
        url = URL(target, encoded=True)
    except ValueError:
        url = URL("/")
    shown = method.decode()[:20] if is_request else UNKNOWN
    raw = tuple((name.encode(), value.encode(errors="surrogateescape")) for name, value in headers.items())
    return RawRequestMessage(
        shown, target, HttpVersion11, CIMultiDictProxy(headers), raw, True, None, False, False, url
    )


def cause_of(exc: HttpProcessingError, seen: bytes) -> DomainError:
    """What to tell of a request whose head begins with those bytes."""
    if isinstance(exc, HeadersTooLate):
        return DomainError("request_timeout", "The request's headers did not arrive in time")
    if isinstance(exc, LineTooLong) and exc.args[1] != MAX_FIELD:
        return too_long()
    if isinstance(exc, LineTooLong):
        return DomainError("headers_too_large", f"A header field is longer than {MAX_FIELD} bytes{_longest(seen)}")
    if "Too many headers" in exc.message:
        return DomainError("headers_too_large", f"There are more than {MAX_FIELDS} header fields")
    told = next(_mistakes(seen, knows_method=not isinstance(exc, BadHttpMethod)), None)
    return DomainError("bad_request", told or "The request is not valid HTTP (RFC 9112)")


def too_long() -> DomainError:
    """What is told of an address above MAX_ADDRESS."""
    return DomainError("uri_too_long", f"The address is longer than {MAX_ADDRESS} bytes; send less in its query")


def case_of(method: str) -> str | None:
    """What is told of a method that is spelled like one of HTTP's, and is another (RFC 9110, section 9.1)."""
    meant = method.upper()
    if method == meant or meant not in hdrs.METH_ALL:
        return None
    return f"Methods are told apart by case (RFC 9110, section 9.1): send {meant}, not {method}"


def _longest(seen: bytes) -> str:
    long = next((name for name, value in _fields(seen.partition(b"\n")[2]) if len(value) > MAX_FIELD), b"")
    if not _TOKEN.fullmatch(long) or len(long) > 60:
        return ""
    advice = "; clear some of the site's cookies" if long.lower() == b"cookie" else ""
    return f": {long.decode()}{advice}"


def _fields(lines: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in lines.partition(b"\r\n\r\n")[0].split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            yield name, value


def _mistakes(seen: bytes, *, knows_method: bool) -> Iterator[str]:
    """What is wrong, in the order of the bytes; nothing where that is not to be seen here."""
    line, ended, rest = seen.lstrip(b"\r\n").partition(b"\n")
    if seen[:2] == b"\x16\x03":
        yield "This port speaks plain HTTP, and TLS came: call it by http://, or serve with --https"
    if line.startswith(b"PRI * HTTP/2"):
        yield "The client began with HTTP/2, and HTTP/1.1 is spoken here: have it begin with that"
    yield from _mistakes_of_line(line.removesuffix(b"\r"), knows_method=knows_method)
    if ended and not line.endswith(b"\r"):
        yield "A line ends with LF alone; it must end with CR LF"
    head = rest.partition(b"\r\n\r\n")[0]
    yield from _mistakes_of_fields(head.removesuffix(b"\r\n").split(b"\r\n") if head.strip() else [])
    if b"chunked" in head.lower() and b"\r\n\r\n" in seen:
        yield "The body is not in the chunks that Transfer-Encoding promises"


def _mistakes_of_line(line: bytes, *, knows_method: bool) -> Iterator[str]:
    method, _, rest = line.partition(b" ")
    address, _, version = rest.rpartition(b" ")
    if not _TOKEN.fullmatch(method) or not address:
        yield "What came is no HTTP: a request begins with a line like GET /api/tasks HTTP/1.1"
    elif told := case_of(method.decode()):
        yield told
    elif not knows_method:
        yield f"{method[:20].decode()} is no method that is known here"
    if not _VERSION.fullmatch(version):
        is_version = _ANY_VERSION.fullmatch(version) is not None
        said = f", not {version[:12].decode()}" if is_version else " at the end of the first line"
        yield f"HTTP/1.1 is spoken here{said}"
    if (odd := _OUTSIDE.search(address)) is not None:
        byte = "a space" if odd[0] == b" " else f"the byte {odd[0][0]:#04x}"
        yield f"The address holds {byte} at position {odd.start()}; it must be percent-encoded (%{odd[0][0]:02X})"
    if not _ADDRESS.match(address):
        yield "The address must begin with a slash, or with http:// and a host"


def _mistakes_of_fields(lines: list[bytes]) -> Iterator[str]:
    seen: set[bytes] = set()
    for number, line in enumerate(lines, 1):
        name, colon, value = line.partition(b":")
        shown = name[:60].decode(errors="replace")
        if line[:1] in {b" ", b"\t"}:
            yield f"Header line {number} goes on with the line before it, which HTTP/1.1 no longer knows"
        elif not colon:
            yield f"Header line {number} has no colon"
        elif not _TOKEN.fullmatch(name):
            trailing = _TOKEN.fullmatch(name.rstrip(b" \t")) is not None
            where = f"{shown.rstrip()} has a space before its colon" if trailing else f"{number} has no valid name"
            yield f"Header line {where}"
        elif _CONTROL.search(value):
            yield f"The value of the header {shown} holds a control character"
        elif name.lower() in _ONE and name.lower() in seen:
            yield f"There are two {shown} fields; send one"
        elif name.lower() == b"content-length" and not value.strip().isdigit():
            yield "The Content-Length is no number"
        seen.add(name.lower())
    if {b"content-length", b"transfer-encoding"} <= seen:
        yield "There are both Content-Length and Transfer-Encoding; send one (RFC 9112, section 6.1)"
    if b"host" not in seen:
        yield "There is no Host field, which HTTP/1.1 asks for"
