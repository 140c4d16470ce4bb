"""A request as all of the server sees it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import HttpVersion10, HttpVersion11, hdrs, web
from yarl import URL

from devkit.authority import Authority, literal
from devkit.contract.errors import DomainError
from devkit.server.http.fields import authority_of, joined

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.http_parser import RawRequestMessage
    from aiohttp.streams import StreamReader
    from aiohttp.web_protocol import RequestHandler

_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class Request(web.BaseRequest):
    """aiohttp's, with one line for each header field and one authority.

    `authority` is whom it is sent to, None where it says nobody. `refusal` is what is wrong with its head, if anything:
    such a request reaches nothing. `lacking` are fields that its answer goes out without, which aiohttp would add.
    """

    def __init__(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
        loop: asyncio.AbstractEventLoop,
        refusal: DomainError | None = None,
        **more: Any,
    ) -> None:
        try:
            super().__init__(message, payload, protocol, writer, task, loop, **more)
        except ValueError:
            # An absolute target whose authority is none: aiohttp looks into it.
            super().__init__(message._replace(url=URL("/")), payload, protocol, writer, task, loop, **more)
            refusal = refusal or DomainError("bad_request", "The address that is asked for cannot be read")
        # What aiohttp knows of an absolute target has lost its port.
        self._cache.pop("url", None)
        self.refusal = refusal
        self.lacking: frozenset[str] = frozenset()
        self.authority: Authority | None = None
        try:
            self._headers = joined(message.headers)
            _check(message)
            self.authority = authority_of(message.path, self._headers)
        except DomainError as error:
            self.refusal = refusal or error
        if self._version.major != 1:
            # An answer is of the highest version that is spoken here (RFC 9110, section 6.2).
            self._version = HttpVersion11

    def clone(self, **changes: Any) -> Request:
        other = super().clone(**changes)
        assert isinstance(other, Request)  # noqa: S101 - aiohttp makes one of the same class
        other.refusal = self.refusal
        return other

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        for name in self.lacking:
            response.headers.popall(name, None)

    @property
    def host(self) -> str:
        """The authority as it is written in addresses of this request's scheme."""
        return (self.authority or self._reached()).on(self.scheme)

    def _reached(self) -> Authority:
        """Where the connection ends, for who did not say."""
        name = self._transport_sockname
        if not isinstance(name, tuple):
            return Authority("localhost")
        return Authority(str(literal(name[0]) or name[0]), name[1])


def _check(message: RawRequestMessage) -> None:
    """Raises DomainError where a request can be read, and cannot be one for us."""
    if message.version not in {HttpVersion10, HttpVersion11}:
        said = f"HTTP/{message.version.major}.{message.version.minor}"
        raise DomainError("http_version_not_supported", f"HTTP/1.1 is spoken here, not {said}")
    if message.method == hdrs.METH_CONNECT:
        raise DomainError("method_not_allowed", "This is no proxy: CONNECT opens no tunnel", allow=_METHODS)
