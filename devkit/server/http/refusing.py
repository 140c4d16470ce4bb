"""A connection whose head cannot be read: what of it has come is kept, so that the refusal can say of which request."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import RequestHandler, _ErrInfo

from devkit.contract.errors import DomainError
from devkit.server.http.lingering import LingeringHandler
from devkit.server.http.unreadable import HeadersTooLate, behind_whole, cause_of, is_whole, salvaged

_REST = 1.0
"""Seconds for which the rest of a head is waited for that is wrong already: there the origin and the request id are."""

_ENDING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
"""What the rest of a body is not waited for after."""

_MOST = 1024 * 1024
"""Bytes that are kept of such a head."""


class RefusingHandler(LingeringHandler):
    """aiohttp's, which hands on what it cannot parse as an error without any request."""

    __slots__ = ("_body", "_failed", "_rest_timer", "_start")

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._start: bytes | None = b""
        """What has come of a head that has not ended; None where that cannot be told."""
        self._body: StreamReader = EMPTY_PAYLOAD
        """The body of the request that came last."""
        self._failed: HttpProcessingError | None = None
        self._rest_timer: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        if self._unreadable is not None:
            super().data_received(data)
        elif self._failed is not None:
            self._start = (self._start or b"") + data
            self._refuse_if_whole()
        else:
            # Woken below: what cannot be parsed is not its yet.
            waiter, self._waiter = self._waiter, None
            try:
                self._parse(data)
            finally:
                self._waiter = waiter
            if self._messages and waiter is not None and not waiter.done():
                waiter.set_result(None)

    def _parse(self, data: bytes) -> None:
        before = self._request_count
        if self._body is not EMPTY_PAYLOAD or self._start is None:
            self._start = b"" if self._body.is_eof() and not self._request_in_progress else None
        seen = self._start + data if self._start is not None else None
        RequestHandler.data_received(self, data)
        new = self._request_count - before
        if not new:
            self._start = seen if seen is None or len(seen) < _MOST else None
            return
        last, body = self._messages[-1]
        if isinstance(last, _ErrInfo):
            self._messages.pop()
            self._fail(last, seen)
            return
        self._body, self._start = body, None
        if seen is None or body is not EMPTY_PAYLOAD or self._upgraded:
            return
        if new == 1 and seen.endswith(b"\r\n\r\n") and not last.upgrade:
            self._start = b""
            return
        messages: list[Any] = list(self._messages)[-new:]
        if not any(one.chunked for one, _ in messages):
            self._start = seen[_end(seen, messages) :]
            if self._start and last.upgrade:
                # llhttp stops behind such a request, and aiohttp goes on with what comes next.
                rest, self._start = self._start, b""
                self._parse(rest)

    def _fail(self, error: _ErrInfo, seen: bytes | None) -> None:
        self._request_count -= 1
        if not self._body.is_eof():
            # Its request is under way, and answers that the body is broken: in the next turn of the loop, for whoever
            # was woken in this one by what came before would wait for the rest without looking.
            broken = web.RequestPayloadError("the body's chunks are broken")
            self._loop.call_soon(self._body.set_exception, broken)
            self.stop_understanding()
            return
        self._failed = error.exc if isinstance(error.exc, HttpProcessingError) else HttpProcessingError()
        self._start = seen
        self._refuse_if_whole()

    def _refuse_if_whole(self) -> None:
        if self._start is None or len(self._start) > _MOST or is_whole(self._start):
            self._refuse()
        elif self._rest_timer is None:
            self._rest_timer = self._loop.call_later(_REST, self._refuse)

    def head_is_late(self) -> None:
        """Nothing more is waited for. Where nothing has come, nobody asked for anything, and nobody is told."""
        if self._failed is not None:
            return
        if self._start is not None and not self._start.strip(b"\r\n"):
            self.force_close()
            return
        self._failed = HeadersTooLate()
        self._refuse()

    def _refuse(self) -> None:
        """Queue what failed as aiohttp does: the answer comes from `handle_error`."""
        self._stop_waiting()
        if self._unreadable is not None or self.transport is None:
            return
        failed = self._failed or HttpProcessingError()
        self._request_count += 1
        self._messages.append((_ErrInfo(failed.code, failed, failed.message), EMPTY_PAYLOAD))
        self.stop_understanding()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def unreadable(self) -> tuple[RawRequestMessage, DomainError]:
        """The request that could not be read, as far as it is known, and why."""
        seen = behind_whole(self._start or b"")
        return salvaged(seen), cause_of(self._failed or HttpProcessingError(), seen)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._rest_timer is not None:
            self._rest_timer.cancel()
            self._rest_timer = None

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        if self._unreadable is not None and not self._messages:
            # Behind this one nothing can be read any more.
            _close(resp)
        if resp.status in _ENDING and not request.content.is_eof():
            # So that the client stops sending (RFC 9110, sections 15.5.9 and 15.5.14).
            _close(resp)
        return await super().finish_response(request, resp, start_time)


def _close(response: web.StreamResponse) -> None:
    if not response.prepared:
        response.force_close()
        response.headers[hdrs.CONNECTION] = "close"


def _end(seen: bytes, messages: list[Any]) -> int:
    """Where the last of these requests ends, none of which has a body that is still to come."""
    end = 0
    for _, body in messages:
        end = seen.find(b"\r\n\r\n", end) + 4
        if body is not EMPTY_PAYLOAD:
            end += body.total_bytes
    return end
