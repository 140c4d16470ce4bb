"""Answers of the express lane as bytes, and what the journal keeps of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson
from aiohttp.http import SERVER_SOFTWARE

from devkit.dialects.replies import JsonBody, Reply
from devkit.effects import Instant, http_date, machine_now, stopwatch
from devkit.journal import HEADERS_COST, Message, RequestEntry
from devkit.records import dataclass
from devkit.server.http.cors import DATED, EXPOSED
from devkit.server.http.responses import COMPRESS_FROM, fields_of

if TYPE_CHECKING:
    from devkit.dialects.base import Route
    from devkit.sandbox import Sandbox
    from devkit.server.express.heads import Head
    from devkit.server.hosting.watch import Watch

_LAST = f"Server: {SERVER_SOFTWARE}\r\n".encode()
_EXPOSED, _DATED = EXPOSED.encode(), DATED.encode()
_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}


@dataclass(slots=True)
class Asked:
    """A request that the lane took, as far as the journal wants to know it. `path` is what it shows."""

    sandbox: Sandbox
    route: Route
    head: Head
    method: str
    path: str
    user: str
    request_id: str
    began: Instant
    started: float
    body: bytes | None
    watch: Watch

    @property
    def what(self) -> str:
        return f"{self.method} {self.path}"


def written(reply: Reply, head: Head) -> tuple[bytes, bytes]:
    """The start of an answer's head, with what depends on nothing but the reply, and its body."""
    body = reply.body.data if isinstance(reply.body, JsonBody) else orjson.dumps(reply.body)
    vary, encoding = "Origin", ""
    if len(body) >= COMPRESS_FROM:
        vary = "Origin, Accept-Encoding"
        if head.gzip:
            packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
            body = packer.compress(body) + packer.flush()
            encoding = "Content-Encoding: gzip\r\n"
    given = fields_of(reply)
    fields = "".join([f"{name}: {value}\r\n" for name, value in given.items()])
    if fields.count("\n") > len(given) or fields.count("\r") > len(given):
        # No value can hold a line break, since what clients send is encoded in all of them; but it would do harm.
        raise ValueError("a header field holds a line break")
    start = (
        f"{_STATUS[reply.status]}Content-Type: {reply.media_type}; charset=utf-8\r\n{encoding}{fields}"
        f"Content-Length: {len(body)}\r\nVary: {vary}\r\n"
    )
    return start.encode(), body


def sent(asked: Asked, now: Instant, status: int, start: bytes, body: bytes, error: str | None = None) -> bytes:
    """The answer as bytes, with what is new in each; the journal has it from here on. `now` is the sandbox's time."""
    sandbox, journal = asked.sandbox, asked.sandbox.journal
    duration = stopwatch() - asked.started
    varying = f"Date: {http_date(now)}\r\nX-Request-ID: {asked.request_id}\r\nX-Process-Time: {duration:.6f}\r\n"
    cors = asked.head.cors.replace(_EXPOSED, _DATED) if sandbox.clock.turned else asked.head.cors
    fields = b"".join((start, cors, varying.encode(), _LAST))
    journal.add(
        RequestEntry(
            number=journal.next_number(),
            at=now,
            sandbox=sandbox.id,
            request_id=asked.request_id,
            method=asked.method,
            path=asked.path,
            dialect=asked.route.dialect.name,
            operation=asked.route.row.operation,
            status=status,
            duration=duration,
            user=asked.user,
            error=error,
        ),
        Sent(asked.began, machine_now(), asked.head, asked.body, fields, body),
    )
    return b"".join((fields, b"\r\n", body))


@dataclass(slots=True)
class Sent:
    """What the journal keeps of a request and its answer: their bytes, which most often nobody asks for."""

    began: Instant
    machine_at: Instant
    _head: Head
    _body: bytes | None
    _answer_fields: bytes
    _answer_body: bytes

    @property
    def request(self) -> Message:
        return Message.of(self._head.headers, self._body)

    @property
    def response(self) -> Message:
        return Message.of(Fields(self._answer_fields), self._answer_body)

    @property
    def cost(self) -> int:
        bodies = len(self._answer_body) + (len(self._body) if self._body else 0)
        return HEADERS_COST + self._head.size + len(self._answer_fields) + bodies


class Fields(Mapping[str, str]):
    """The header fields of an answer that was sent, read from its bytes when somebody asks."""

    __slots__ = ("_head",)

    def __init__(self, head: bytes) -> None:
        self._head = head

    def _read(self) -> dict[str, str]:
        lines = self._head.decode(errors="replace").split("\r\n")[1:-1]
        return {name: value for name, _, value in (line.partition(": ") for line in lines)}

    def __getitem__(self, name: str) -> str:
        found = next((value for known, value in self._read().items() if known.lower() == name.lower()), None)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())
