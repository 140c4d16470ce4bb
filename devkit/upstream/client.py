"""Connections to the real backend over HTTP/1.1: kept while they are good, and read as fast as the client reads.

Framing is aiohttp's: this asks with the bytes that it is given, and hands on what comes, with nothing decoded.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aiohappyeyeballs import start_connection
from aiohttp import ClientConnectionError, ClientPayloadError
from aiohttp.http_exceptions import HttpProcessingError

from devkit.effects import machine_now, stopwatch
from devkit.recording.base import Draft, Timing
from devkit.upstream.connection import BrokeOff, Connection, prepare, was_reset

if TYPE_CHECKING:
    from aiohttp.http import RawResponseMessage
    from aiohttp.streams import StreamReader

    from devkit.effects import Instant
    from devkit.upstream.address import Upstream

log = logging.getLogger("devkit")

Pairs = Sequence[tuple[bytes, bytes]]
"""Header fields in their order and spelling."""

_CONNECT_SECONDS = 10.0
_ATTEMPT_SECONDS = 0.25
"""After so long the next address of the same name is tried as well (RFC 8305, section 8)."""

_IDLE_SECONDS = 4.0
"""A kept connection is used again for so long: Node and uvicorn end theirs after 5 seconds."""

_UNSAFE_IDLE_SECONDS = 1.0
"""The same for what must not be sent twice, and so cannot be sent again where the backend ends it just then."""

_LINGER_SECONDS = 2.0
"""So long the backend may take for what it was told last."""

_MOST_IDLE = 64
REPEATABLE = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"})
"""What may be sent once more where a kept connection ends before anything was answered (RFC 9110, section 9.2.2)."""


class Unreachable(Exception):
    """The real backend gave no answer: `reason` is the end of a sentence about it."""

    def __init__(self, reason: str, failure: str) -> None:
        """`failure` is as in `Recorded`."""
        super().__init__(reason)
        self.reason, self.failure = reason, failure


Inform = Callable[[int, str, Pairs], None]
"""Told of each answer before the last one (1xx)."""


class Client:
    """Asks one backend."""

    def __init__(self, upstream: Upstream, *, insecure: bool = False) -> None:
        """With `insecure`, its certificate is not looked at."""
        self.upstream = upstream
        self._insecure = insecure
        self._idle: deque[tuple[Connection, float]] = deque()
        self._open: set[Connection] = set()
        self.down_since: Instant | None = None
        self.trouble, self.reached = "", False
        """The machine's time from which on it could not be reached."""

    async def ask(
        self,
        method: bytes,
        target: bytes,
        fields: Pairs,
        body: AsyncIterator[bytes] | None = None,
        *,
        inform: Inform | None = None,
        gone: asyncio.Future[None] | None = None,
    ) -> Answer:
        """The answer's head, with the body behind it still to come. `body` yields what is to be sent, framed already.
        Once whoever waits for it is `gone`, the connection ends.

        Raises Unreachable, BrokeOff, and whatever `body` raises.
        """
        head = b"".join([method, b" ", target, b" HTTP/1.1\r\n", *(b"%s: %s\r\n" % pair for pair in fields), b"\r\n"])
        repeatable = body is None and method in REPEATABLE
        while True:
            started = stopwatch()
            connection, is_kept = await self._connection(_IDLE_SECONDS if repeatable else _UNSAFE_IDLE_SECONDS)
            connected = stopwatch()
            try:
                with _ended_with(gone, connection):
                    return await self._asked(connection, method, head, body, inform, (connected - started, connected))
            except BrokeOff:
                self.drop(connection)
                if not (is_kept and repeatable) or (gone is not None and gone.done()):
                    raise
            except BaseException:
                self.abort(connection)
                raise

    async def _asked(
        self,
        connection: Connection,
        method: bytes,
        head: bytes,
        body: AsyncIterator[bytes] | None,
        inform: Inform | None,
        times: tuple[float, float],
    ) -> Answer:
        prepare(connection, method)
        transport = connection.transport
        if transport is None:
            raise BrokeOff(reset=False)
        transport.write(head)
        sending = asyncio.ensure_future(_send(connection, body)) if body is not None else None
        try:
            while True:
                message, payload = await _first(connection, sending)
                if message.code >= 200 or message.code == 101:
                    break
                if inform is not None:
                    inform(message.code, message.reason, message.raw_headers)
        except BaseException:
            await _ended(sending)
            raise
        connect, connected = times
        return Answer(
            status=message.code,
            reason=message.reason,
            fields=message.raw_headers,
            connect=connect * 1000,
            wait=(stopwatch() - connected) * 1000,
            payload=payload,
            connection=connection,
            sending=sending,
            client=self,
        )

    async def _connection(self, most_idle: float) -> tuple[Connection, bool]:
        """One to ask on, and whether it was kept from before."""
        kept = self._youngest(most_idle)
        return (await self.connect(), False) if kept is None else (kept, True)

    def kept(self, method: bytes) -> Connection | None:
        """One that was kept from before, to ask with that method; None where there is none."""
        return self._youngest(_IDLE_SECONDS if method in REPEATABLE else _UNSAFE_IDLE_SECONDS)

    def _youngest(self, most_idle: float) -> Connection | None:
        now = stopwatch()
        while self._idle:
            # The youngest first: those that nobody needs grow old.
            connection, since = self._idle.pop()
            if now - since < most_idle and connection.is_connected() and not connection.should_close:
                return connection
            self.drop(connection)
        return None

    async def connect(self) -> Connection:
        """A new connection. Raises Unreachable."""
        upstream, loop = self.upstream, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                found = await loop.getaddrinfo(upstream.host, upstream.port, type=socket.SOCK_STREAM)
                raw = await start_connection(found, happy_eyeballs_delay=_ATTEMPT_SECONDS, interleave=1)
                raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _, connection = await loop.create_connection(
                    lambda: Connection(loop),
                    sock=raw,
                    ssl=self._tls if upstream.secure else None,
                    server_hostname=upstream.host if upstream.secure else None,
                )
        except (OSError, TimeoutError, ssl.SSLError) as error:
            self.down_since = self.down_since or machine_now()
            self.trouble, failure = _why(error)
            raise Unreachable(self.trouble, failure) from None
        self.down_since, self.reached = None, True
        self._open.add(connection)
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def keep(self, connection: Connection) -> None:
        """Have it for the next request, where it is still good."""
        if connection.should_close or not connection.is_connected():
            self.drop(connection)
            return
        self._idle.append((connection, stopwatch()))
        if len(self._idle) > _MOST_IDLE:
            self.drop(self._idle.popleft()[0])

    def drop(self, connection: Connection) -> None:
        """End it, behind what was written to it."""
        connection.close()
        self._open.discard(connection)

    def abort(self, connection: Connection) -> None:
        """End it at once: nobody wants what it would still say."""
        connection.abort()
        self._open.discard(connection)

    async def close(self) -> None:
        self._idle.clear()
        for connection in list(self._open):
            self.abort(connection)


class Answer:
    """An answer, whose body is still to be read. Whoever does not read it to its end must `close` it."""

    def __init__(
        self,
        *,
        status: int,
        reason: str,
        fields: Pairs,
        connect: float,
        wait: float,
        payload: StreamReader,
        connection: Connection,
        sending: asyncio.Future[None] | None,
        client: Client,
    ) -> None:
        """`connect` and `wait` are as in `Timing`."""
        self.status, self.reason, self.fields = status, reason, fields
        self.connection: Connection | None = connection
        self._connect, self._wait, self._began, self._receive = connect, wait, stopwatch(), 0.0
        self._payload, self._sending, self._client = payload, sending, client
        self.draft: Draft | None = None
        """Told of what is read, where it is recorded."""

    @property
    def timing(self) -> Timing:
        return Timing(connect=self._connect, wait=self._wait, receive=self._receive)

    async def piece(self) -> bytes:
        """What has come of the body; nothing at its end. Raises BrokeOff."""
        try:
            data = await self._payload.readany()
        except (ClientPayloadError, ClientConnectionError, HttpProcessingError, ConnectionError) as error:
            self._receive = (stopwatch() - self._began) * 1000
            broken = BrokeOff(reset=was_reset(error))
            self.close(broken.failure)
            raise broken from None
        if not data:
            await self._finish()
        elif self.draft is not None:
            self.draft.received(data)
        return data

    async def _finish(self) -> None:
        self._receive = (stopwatch() - self._began) * 1000
        connection, self.connection = self.connection, None
        if connection is None:
            return
        self._recorded("")
        if self._sending is not None and not self._sending.done():
            # It has answered without hearing all: what would still be sent is read by nobody.
            await _ended(self._sending)
            self._client.abort(connection)
        else:
            self._client.keep(connection)

    def ready(self) -> bool:
        """Whether `piece` needs not wait."""
        return self._payload.is_eof() or bool(self._payload._size)

    def let_go(self, failure: str = "") -> None:
        """End a connection that speaks another protocol since, behind what was written to it."""
        self._recorded(failure)
        connection, self.connection = self.connection, None
        if connection is not None:
            transport = connection.transport
            self._client.drop(connection)
            if transport is not None and transport.get_write_buffer_size():
                asyncio.get_running_loop().call_later(_LINGER_SECONDS, transport.abort)

    def _recorded(self, failure: str) -> None:
        draft, self.draft = self.draft, None
        if draft is not None:
            draft.end(self.timing, failure)

    def close(self, failure: str = "left") -> None:
        """Give it up: the real backend sees that nobody reads on. `failure` is as in `Recorded`."""
        self._recorded(failure)
        connection, self.connection = self.connection, None
        if self._sending is not None:
            self._sending.cancel()
        if connection is not None:
            self._client.abort(connection)


@contextlib.contextmanager
def _ended_with(gone: asyncio.Future[None] | None, connection: Connection) -> Iterator[None]:
    """Within, the connection ends when whoever waits for its answer does."""
    if gone is None:
        yield
        return

    def end(_: object) -> None:
        if connection.transport is not None:
            connection.transport.abort()

    gone.add_done_callback(end)
    try:
        yield
    finally:
        gone.remove_done_callback(end)


async def _send(connection: Connection, body: AsyncIterator[bytes]) -> None:
    async for data in body:
        transport = connection.transport
        if transport is None or transport.is_closing():
            return
        transport.write(data)
        try:
            await connection._drain_helper()
        except ConnectionError:
            # It listens no more: what it answered all the same is read.
            return


async def _first(
    connection: Connection, sending: asyncio.Future[None] | None
) -> tuple[RawResponseMessage, StreamReader]:
    """The next head. Raises BrokeOff, Unreachable, and what sending raises."""
    reading: asyncio.Future[Any] = asyncio.ensure_future(connection.read())
    try:
        if sending is not None and not sending.done():
            await asyncio.wait([reading, sending], return_when=asyncio.FIRST_COMPLETED)
        if sending is not None and sending.done() and not reading.done() and sending.exception() is not None:
            sending.result()
        found: tuple[RawResponseMessage, StreamReader] = await reading
    except (ClientConnectionError, ConnectionError) as error:
        raise BrokeOff(reset=was_reset(error)) from None
    except HttpProcessingError as error:
        told = " ".join(str(error.message).split())[:200]
        raise Unreachable(f"answered with what is no HTTP/1.1: {told}", "malformed") from None
    else:
        return found
    finally:
        if not reading.done():
            reading.cancel()


async def _ended(sending: asyncio.Future[None] | None) -> None:
    if sending is not None:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


def _why(error: Exception) -> tuple[str, str]:
    """The end of a sentence, and the failure's name."""
    if isinstance(error, ssl.SSLCertVerificationError):
        told = error.verify_message.rstrip(".")
        return f"has a certificate that cannot be trusted ({told}); --insecure takes it all the same", "certificate"
    if isinstance(error, ssl.SSLError):
        return "does not speak TLS as an https:// address should", "tls"
    if isinstance(error, TimeoutError):
        return f"did not take a connection for {_CONNECT_SECONDS:.0f} seconds", "timeout"
    if isinstance(error, socket.gaierror):
        return "has a name that leads nowhere", "unknown_host"
    if isinstance(error, ConnectionRefusedError) or "Connect call failed" in str(error):
        return "takes no connections", "refused"
    return f"cannot be reached: {getattr(error, 'strerror', None) or error}", "unreachable"
