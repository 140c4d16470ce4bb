"""A thin HTTP/1.1 client that shows every byte's meaning: interim answers, each line of a field, how a body ends."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import SplitResult, urlsplit

import h11

from devkit.effects import stopwatch
from devkit.records import dataclass
from devkit.verify.exchange import Answer, Field, Request

_READ = 65_536
_TOO_MUCH = 32 * 1024 * 1024
"""Bytes of a body that are read at the most."""


class WireError(Exception):
    """No answer came, or none that is HTTP; the text says what happened instead, as a sentence's part."""


class Silence(WireError):
    """Nothing came for as long as one waits."""


class Unreachable(WireError):
    """Nobody answers there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where a backend is, and how it is entered. `context` is for TLS; seconds are of patience with each step."""

    url: SplitResult
    context: ssl.SSLContext | None = None
    patience: float = 10.0

    @classmethod
    def of(cls, url: str, *, insecure: bool = False, patience: float = 10.0, cafile: str | None = None) -> Door:
        """`insecure`: whatever certificate it shows is taken; `cafile` names authorities beside the system's."""
        parts = urlsplit(url)
        context = None
        if parts.scheme == "https":
            context = ssl.create_default_context()
            if cafile:
                context.load_verify_locations(cafile)
            if insecure:
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return cls(url=parts, context=context, patience=patience)

    @property
    def host(self) -> str:
        return self.url.hostname or "localhost"

    @property
    def port(self) -> int:
        return self.url.port or (443 if self.context else 80)

    @property
    def is_loopback(self) -> bool:
        return self.host in {"localhost", "127.0.0.1", "::1"} or self.host.endswith(".localhost")


class Line:
    """One connection. `ask` sends a request and reads the answer's head; `pieces` are the body's, as they come."""

    def __init__(self, door: Door) -> None:
        self._door, self._patience = door, door.patience
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=262_144)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._began = 0.0
        self._trailers: tuple[Field, ...] = ()

    async def open(self) -> None:
        """Raises Unreachable."""
        door = self._door
        try:
            async with asyncio.timeout(door.patience):
                self._reader, self._writer = await asyncio.open_connection(
                    door.host, door.port, ssl=door.context, limit=_READ * 4
                )
        except TimeoutError:
            raise Unreachable(f"no connection within {door.patience:g} s") from None
        except ssl.SSLCertVerificationError as error:
            raise Unreachable(f"its certificate is not trusted: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise Unreachable(f"TLS does not come about: {error.reason or error}") from None
        except OSError as error:
            # asyncio's own words tell of a call that failed, and no reason.
            raise Unreachable(_reason(error)) from None

    async def write(self, data: bytes) -> None:
        """Send bytes as they are. Raises WireError."""
        assert self._writer is not None  # noqa: S101 - whoever writes has opened it
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise WireError(
                f"the connection broke off while the request was sent ({error.strerror or error})"
            ) from None

    async def ask(self, request: Request) -> Answer:
        """The answer's head. Raises WireError."""
        await self.say(request)
        return await self.head()

    async def say(self, request: Request) -> None:
        """Send the request, and wait for nothing. Raises WireError."""
        self._began = stopwatch()
        body = [h11.Data(data=request.body)] if request.body else []
        events: list[Any] = [self._spelled(request), *body, h11.EndOfMessage()]
        await self.write(b"".join(self._http.send(event) or b"" for event in events))

    async def begin(self, request: Request) -> None:
        """Send its head alone; its body is sent by `more`. Raises WireError."""
        self._began = stopwatch()
        await self.write(self._http.send(self._spelled(request)) or b"")

    async def more(self, data: bytes) -> None:
        await self.write(self._http.send(h11.Data(data=data)) or b"")

    async def end(self) -> None:
        if rest := self._http.send(h11.EndOfMessage()):
            await self.write(rest)

    async def hears(self, seconds: float) -> Answer | None:
        """The head that comes within so many seconds, be it of an interim answer; None for none. Raises WireError."""
        patience, self._patience = self._patience, seconds
        try:
            return await self.head(interim_ends=True)
        except Silence:
            return None
        finally:
            self._patience = patience

    def _spelled(self, request: Request) -> h11.Request:
        parts = urlsplit(request.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        given = {name.lower() for name, _ in request.fields}
        fields: list[Field] = [] if "host" in given else [("Host", parts.netloc.rpartition("@")[2])]
        fields += request.fields
        if (request.body or request.method in {"POST", "PUT", "PATCH"}) and not given & {
            "content-length",
            "transfer-encoding",
        }:
            fields.append(("Content-Length", str(len(request.body))))
        return h11.Request(method=request.method, target=target, headers=fields)

    async def head(self, *, interim_ends: bool = False) -> Answer:
        """Read up to where the body begins, or, where `interim_ends`, a 1xx answer is. Raises WireError."""
        interim: list[int] = []
        while True:
            event = await self._event()
            if isinstance(event, h11.InformationalResponse):
                interim.append(event.status_code)
                if event.status_code != 101 and not interim_ends:
                    continue
            if isinstance(event, h11.InformationalResponse | h11.Response):
                return Answer(
                    status=event.status_code,
                    reason=bytes(event.reason).decode("latin-1"),
                    fields=_fields(event.headers.raw_items()),
                    interim=tuple(interim),
                    version=bytes(event.http_version).decode(),
                    first_byte=stopwatch() - self._began,
                )
            raise WireError("the connection was closed without an answer")

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body's, until its end. Raises WireError where that does not come."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
                continue
            if isinstance(event, h11.EndOfMessage):
                self._trailers = _fields(event.headers.raw_items())
            return

    async def whole(self, head: Answer) -> Answer:
        """The answer with its body."""
        found, cut = bytearray(), False
        try:
            async with aclosing(self.pieces()) as pieces:
                async for piece in pieces:
                    found += piece
                    if len(found) > _TOO_MUCH:
                        break
        except WireError:
            cut = True
        return Answer(
            status=head.status,
            reason=head.reason,
            fields=head.fields,
            body=bytes(found),
            interim=head.interim,
            trailers=self._trailers,
            version=head.version,
            first_byte=head.first_byte,
            took=stopwatch() - self._began,
            cut=cut,
        )

    async def _event(self) -> Any:
        assert self._reader is not None  # noqa: S101 - whoever reads has opened it
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise WireError(f"what came is not HTTP as RFC 9112 has it: {error}") from None
            if event is not h11.NEED_DATA:
                return event
            try:
                async with asyncio.timeout(self._patience):
                    data = await self._reader.read(_READ)
            except TimeoutError:
                raise Silence(f"nothing came for {self._patience:g} s") from None
            except OSError as error:
                raise WireError(f"the connection broke off ({error.strerror or error})") from None
            if not data and self._http.their_state is h11.SEND_RESPONSE:
                raise WireError("the connection was closed without an answer")
            self._http.receive_data(data)

    def reusable(self) -> bool:
        """Whether another request may go this way; then the line is ready for it."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        try:
            self._http.start_next_cycle()
        except h11.LocalProtocolError:
            return False
        return self._writer is not None and not self._writer.is_closing()

    @property
    def stream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
        """What a socket goes on with after 101: the bytes behind the head are those that came with it."""
        assert self._reader is not None and self._writer is not None  # noqa: S101, PT018 - as above
        return self._reader, self._writer, self._http.trailing_data[0]

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            try:
                async with asyncio.timeout(1):
                    await self._writer.wait_closed()
            except (OSError, TimeoutError):
                return


class Pool:
    """Lines to one backend that are kept for the next request."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._idle: list[Line] = []

    async def send(self, request: Request) -> Answer:
        """Raises WireError. Once more on a new line, where a kept one turns out to be closed (RFC 9110, 9.2.2)."""
        while self._idle:
            line = self._idle.pop()
            try:
                return await self._on(line, request)
            except WireError as error:
                if "without an answer" not in str(error) and "broke off" not in str(error):
                    raise
        line = Line(self.door)
        await line.open()
        return await self._on(line, request)

    async def _on(self, line: Line, request: Request) -> Answer:
        try:
            answer = await line.whole(await line.ask(request))
        except BaseException:
            await line.close()
            raise
        if not answer.cut and line.reusable():
            self._idle.append(line)
        else:
            await line.close()
        return answer

    async def fresh(self) -> Line:
        """A line of one's own, to be closed by whoever asked. Raises Unreachable."""
        line = Line(self.door)
        await line.open()
        return line

    async def close(self) -> None:
        for line in self._idle:
            await line.close()
        self._idle.clear()


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)


def _fields(raw: Sequence[tuple[bytes, bytes]]) -> tuple[Field, ...]:
    return tuple((bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in raw)
