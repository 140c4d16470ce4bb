"""The connection itself: what goes wrong before there is a request is answered in JSON too, and in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, cast

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import ERROR, RequestHandler, _ErrInfo

from devkit.contract.errors import DomainError
from devkit.faults.levers import Levers
from devkit.faults.matter import Abandon
from devkit.proxies import Proxy
from devkit.server.http.lanes import Answer, ExpressLane
from devkit.server.http.outbox import Outbox
from devkit.server.http.refusing import RefusingHandler
from devkit.server.http.request import Request
from devkit.server.http.unreadable import MAX_FIELD, MAX_FIELDS, MAX_LINE
from devkit.server.wire.tcp import narrow_connection

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter

log = logging.getLogger("devkit")


_EXPRESS_BODY = 16 * 1024
"""Bytes of a body that goes by the express lane."""

_TURNS = 4
"""Turns of the loop for which a request is held until aiohttp's handler waits for it: that takes one or two."""

ErrorResponse = Callable[[Request, DomainError], web.StreamResponse]


class Server(web.Server):
    """aiohttp's low-level server over connections of ours: there is no `web.Application`, since the contract's own
    table routes, and one pipeline does what middlewares would.
    """

    def __init__(
        self,
        handler: Callable[[Request], Any],
        *,
        failure: ErrorResponse,
        header_timeout: float,
        keepalive_timeout: float = 75.0,
        express: ExpressLane | None = None,
    ) -> None:
        """`express` may answer requests that need no waiting."""
        super().__init__(
            cast("Callable[[web.BaseRequest], Any]", handler),
            request_factory=self._request,
            access_log=None,
            max_line_size=MAX_LINE,
            max_field_size=MAX_FIELD,
            max_headers=MAX_FIELDS,
            keepalive_timeout=keepalive_timeout,
            lingering_time=0,
            # An upload that is compressed is not unpacked behind the back of the limits.
            auto_decompress=False,
        )
        self.failure = failure
        self.header_timeout = header_timeout
        self.express = express
        self.outbox = Outbox()
        self.ending = False
        """Whether the server stops: each connection ends with the answer that comes next."""

    def __call__(self) -> RequestHandler:
        return Connection(self, loop=self._loop, **self._kwargs)

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> Request:
        refusal = None
        if message is ERROR and isinstance(protocol, Connection):
            message, refusal = protocol.unreadable()
        return Request(message, payload, protocol, writer, task, self._loop, refusal)


class Connection(RefusingHandler):
    """One client's connection."""

    __slots__ = (
        "_answering",
        "_between",
        "_gone",
        "_head_timer",
        "_held",
        "_is_answering",
        "_is_sending",
        "_server",
        "abandoned",
        "proxy",
    )

    def __init__(self, server: Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._server = server
        self._head_timer: asyncio.TimerHandle | None = None
        self._gone: asyncio.Future[None] | None = None
        self._answering: asyncio.Task[bytes] | None = None
        self._is_answering = False
        """Whether the express lane took a request that it has not answered yet."""
        self._is_sending = False
        self._between = True
        """Whether all bytes that have come are whole requests, so that the next ones begin another."""
        self._held: list[bytes] = []
        self.abandoned: Abandon | None = None
        """The strike that gave this connection up: its sandbox answers nothing on it any more."""
        self.proxy: Proxy | Literal["unknown"] | None = "unknown"
        """Whom its requests come through, None for nobody, once one was looked at: it is the same for all."""

    def gone(self) -> asyncio.Future[None]:
        """A future that is done when the connection is lost."""
        if self._gone is None:
            self._gone = self._loop.create_future()
        if self.transport is None and not self._gone.done():
            self._gone.set_result(None)
        return self._gone

    @property
    def kept(self) -> bool:
        """Whether a request was answered on it before the one that came last."""
        return self._request_count > 1

    @property
    def is_busy(self) -> bool:
        """Whether something of a request is here that is not answered yet."""
        return bool(self._request_in_progress or self._messages or self._held or not self._between)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        if self._server.ending and not resp.prepared:
            resp.force_close()
            resp.headers[hdrs.CONNECTION] = "close"
        return await super().finish_response(request, resp, start_time)

    def narrow(self) -> None:
        if self.transport is not None:
            narrow_connection(self.transport)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if self._unreadable is not None:
            super().data_received(data)
        elif self._held or (data and self._is_about_to_wait()):
            self._held.append(data)
            if len(self._held) == 1:
                self._loop.call_soon(self._let_go, _TURNS)
        elif data:
            self._received(data)
        else:
            # aiohttp asks its parser to go on with what it holds back.
            super().data_received(data)
            self._between = self._between and not self._messages

    def _is_about_to_wait(self) -> bool:
        """Whether aiohttp's handler has done all there was, or has not begun: a turn of the loop or two later it will
        wait for a request, and then the express lane can have the next one.
        """
        return (
            self._waiter is None
            and self._between
            and not self._request_in_progress
            and not self._messages
            and not self.abandoned
            and self._server.express is not None
        )

    def _let_go(self, turns: int) -> None:
        """Hand on what was held, once the handler waits; or after so many turns."""
        if turns and self.transport is not None and self._is_about_to_wait():
            self._loop.call_soon(self._let_go, turns - 1)
            return
        data = b"".join(self._held)
        self._held.clear()
        if self.transport is not None:
            self._received(data)

    def _received(self, data: bytes) -> None:
        express, waiter, answered = self._server.express, self._waiter, False
        # aiohttp's handler waits for a request: everything before is answered, or will be by the express lane. It is
        # woken only for what the lane leaves.
        idle = waiter is not None and not waiter.done() and not self._messages and not self.abandoned
        if idle and express is not None and self._between and self._by_bytes(express, data):
            return
        between, before = self._between, self._request_count
        self._waiter = None if idle and express is not None else waiter
        try:
            super().data_received(data)
        finally:
            self._waiter = waiter
        new = self._request_count - before
        alone = between and new == 1 and _is_all_of(data, *self._messages[-1])
        # One without a body ends where an empty line does: were there more, it would be another request.
        bare = new > 0 and self._messages[-1][1] is EMPTY_PAYLOAD
        self._between = alone or (bare and data.endswith(b"\r\n\r\n"))
        if idle and express is not None and waiter is not None:
            answered = self._by_express(express, waiter, data if alone else None)
        if self._messages or self._request_in_progress:
            self._head_is_here()
        elif self._head_timer is None and not (answered and data.endswith(b"\r\n\r\n")):
            self._await_head()

    def _by_bytes(self, express: ExpressLane, data: bytes) -> bool:
        """Answer a request without parsing it, where the express lane knows it; whether it does."""
        if self._is_answering or self.transport is None or self._paused or self._force_close or self._close:
            return False
        answer = express.answer_again(data)
        if answer is None:
            return False
        self._request_count += 1
        self._send(answer)
        self._head_is_here()
        return True

    def _by_express(self, express: ExpressLane, waiter: asyncio.Future[None], data: bytes | None) -> bool:
        """Answer what the express lane can, in order, and wake aiohttp's handler for the rest; whether any could be.
        `data` is the one request, where it came alone.
        """
        taken = False
        while self._messages and not self._is_answering and self.transport is not None and not self._paused:
            message, payload = self._messages[0]
            body = None if payload is EMPTY_PAYLOAD else _whole(payload)
            if isinstance(message, _ErrInfo) or (body is None and payload is not EMPTY_PAYLOAD):
                break
            answer = express.answer(message, body)
            if answer is None:
                break
            # From here on as aiohttp's own handler does, in `start`.
            taken = True
            self._messages.popleft()
            if self._parser is not None:
                self._parser.message_consumed()
            self._send(answer)
            if data is not None:
                express.learn(message, data)
        if taken:
            self._head_is_here()
        if not self._is_answering:
            if self._messages and not waiter.done():
                waiter.set_result(None)
            elif self._buffer_paused and not self._messages:
                self._resume_reading_if_drained()
        return taken

    def _send(self, answer: Answer) -> None:
        """Send what the express lane answered, or will."""
        self._server.requests_count += 1
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if isinstance(answer, bytes):
            if self.transport is not None:
                self._server.outbox.put(self.transport, answer)
            return
        self._request_in_progress = self._is_answering = True
        if hasattr(answer, "begin"):
            answer.begin(self)
        elif callable(answer):
            self._is_sending = True
            answer(self.end_answer)
            self._is_sending = False
            # A write was just scheduled: its answer is sent in the turn of the loop in which it is committed.
            self._server.outbox.expect()
        else:
            task = self._loop.create_task(answer)
            # Kept until it is done: the loop itself does not hold on to tasks.
            self._answering = task
            task.add_done_callback(self._done)

    def _done(self, answering: asyncio.Task[bytes]) -> None:
        self._answering = None
        broken = answering.cancelled() or answering.exception() is not None
        self.end_answer(None if broken else answering.result())

    def end_answer(self, answer: bytes | None) -> None:
        """An answer is there that the express lane had to wait for, or the end of one; None: it ends here."""
        self._is_answering = self._request_in_progress = False
        if self._handler_waiter is not None and not self._handler_waiter.done():
            self._handler_waiter.set_result(None)
        if answer is None:
            self.force_close()
        elif self.transport is not None:
            self._server.outbox.put(self.transport, answer)
            if self._is_sending:
                return  # whoever sends goes on with what else has come
            if self._waiter is not None and not self._waiter.done() and self._server.express is not None:
                self._by_express(self._server.express, self._waiter, None)

    def give_back(self, data: bytes) -> None:
        """What the express lane took, and cannot have answered: the pipeline gets it after all."""
        self._is_answering = self._request_in_progress = False
        if self.transport is None:
            return
        behind = list(self._messages)
        self._messages.clear()
        super().data_received(data)
        self._messages.extend(behind)

    def force_close(self) -> None:
        # What was answered is sent before the end.
        self._server.outbox.send()
        super().force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._head_is_here()
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)
        super().connection_lost(exc)

    def _await_head(self) -> None:
        # A client that sends its headers a byte at a time must not hold a connection for ever.
        self._head_timer = self._loop.call_later(self._server.header_timeout, self._head_is_late)

    def _head_is_here(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.transport is not None and not self._messages and not self._request_in_progress:
            self.head_is_late()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What could not be parsed, or went wrong outside the pipeline: an answer in JSON, and the connection ends."""
        if request.writer.output_size > 0:
            raise ConnectionError("half of an answer was sent")
        assert isinstance(request, Request)  # noqa: S101 - the server makes no other
        error = request.refusal if isinstance(exc, HttpProcessingError) else None
        if error is None:
            error = DomainError("internal_error")
            log.error("request from %s failed", request.remote, exc_info=exc)
        response = self._server.failure(request, error)
        response.force_close()
        response.headers["Connection"] = "close"
        return response


def _is_all_of(data: bytes, message: RawRequestMessage | _ErrInfo, payload: StreamReader) -> bool:
    """Whether the request that ends in `data` is all that is in it."""
    if isinstance(message, _ErrInfo) or message.chunked or message.upgrade:
        return False
    length = 0 if payload is EMPTY_PAYLOAD else int(message.headers.get(hdrs.CONTENT_LENGTH, 0))
    return data.find(b"\r\n\r\n") + 4 + length == len(data)


def _whole(payload: StreamReader) -> bytes | None:
    """A body that has arrived as a whole and is not large, left where it is; None for any other."""
    if not payload.is_eof() or payload.exception() is not None or payload.total_bytes > _EXPRESS_BODY:
        return None
    return b"".join(payload._buffer)


def connection_of(request: web.BaseRequest) -> Connection | None:
    """The connection that a request came on; None where it has no socket, as in a test."""
    protocol = request.protocol
    return protocol if isinstance(protocol, Connection) else None


def gone_of(request: web.BaseRequest) -> asyncio.Future[None] | None:
    """A future that is done when the client has left."""
    connection = connection_of(request)
    return connection.gone() if connection else None


def abandoned(request: web.BaseRequest, levers: Levers) -> Abandon | None:
    """How a fault of the sandbox with those levers gave the connection up, if it did and is still on."""
    connection = connection_of(request)
    given_up = connection.abandoned if connection else None
    if given_up is None or given_up.hit.levers is not levers or given_up.hit.released.is_set():
        return None
    return given_up
