"""What the parser refuses: which limit or rule of HTTP was broken, in one sentence."""

from __future__ import annotations

from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from devkit.contract.errors import DomainError

MAX_ADDRESS = 16 * 1024
"""Bytes of a request's address."""

MAX_LINE = 4 * MAX_ADDRESS
"""Bytes of an address that is read at all. Up to here the pipeline refuses it, and a page can read the answer; beyond,
aiohttp stops before it knows of any header, and so of no origin either.
"""

MAX_FIELD = MAX_ADDRESS
"""Bytes of one header field. Another number than MAX_LINE: aiohttp's error tells by it alone which was too long."""


class HeadersTooLate(HttpProcessingError):
    """The client took too long to send its headers."""

    code = 408


def cause_of(exc: HttpProcessingError) -> DomainError:
    if isinstance(exc, LineTooLong):
        return DomainError("headers_too_large" if exc.args[1] == MAX_FIELD else "uri_too_long")
    if isinstance(exc, HeadersTooLate):
        return DomainError("request_timeout", "The request's headers did not arrive in time")
    if "Too many headers" in exc.message:
        return DomainError("headers_too_large")
    return DomainError("bad_request", "The request is not valid HTTP")
