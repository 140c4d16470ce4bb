"""The express lane: plain reads are answered as soon as their bytes arrive, without a task, an exchange or a wait.

It is a shortcut and never another way to decide: whatever is special about a request (a scenario that is on, an error,
a condition, a body, a dialect that shows other fields than those stored) sends it to the pipeline, as if the lane were
not there. What it answers, it answers to the byte as the pipeline would, and the journal tells of it alike.

Answers are kept until the data they were made from changes. Credentials are looked at each time, on the sandbox's clock.
"""

from __future__ import annotations

import logging
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import HttpVersion11
from aiohttp.http import SERVER_SOFTWARE

from devkit.contract.entities import STORED, Lifetimes, Page
from devkit.contract.errors import DomainError
from devkit.contract.operations import Access, Input
from devkit.dialects.base import JsonBody, ReadyAnswer, Reply, Route
from devkit.dialects.reading import RawRequest, read_input
from devkit.dialects.spelling import Respelling, WireContext
from devkit.domain.base import Caller
from devkit.effects import http_date, machine_now, stopwatch
from devkit.journal import Detail, Message, RequestEntry
from devkit.masking import mask_query
from devkit.sandbox import AT_ONCE, MAIN
from devkit.server.heads import Head, Heads
from devkit.server.kept import Kept, KeptAnswer
from devkit.server.protocol import MAX_ADDRESS
from devkit.server.responses import COMPRESS_FROM
from devkit.storage.changes import tasks_of

if TYPE_CHECKING:
    from aiohttp.http_parser import RawRequestMessage
    from yarl import URL

    from devkit.config import Settings
    from devkit.contract.entities import Principal
    from devkit.sandbox import Sandbox
    from devkit.server.cors import Cors
    from devkit.server.router import Router
    from devkit.server.sandboxes import Sandboxes

log = logging.getLogger("devkit")

_COMPRESS_MOST = 64 * 1024
"""Bytes that are compressed in the loop: about a millisecond."""
_PLAIN = re.compile(r"(/[\w-]+)+", re.ASCII)
"""Addresses that say just what they seem to: no query, nothing encoded, no dots."""
_LAST = f"Server: {SERVER_SOFTWARE}\r\n".encode()


@dataclass(frozen=True, slots=True)
class _Target:
    """What a request's address means: the same for everybody who asks. `shown` is how the journal writes it."""

    route: Route
    respell: Respelling
    input: Input
    path: str
    query: tuple[tuple[str, str], ...]
    shown: str


class Express:
    """Answers what needs no waiting. `scheme` is how this server is reached."""

    def __init__(self, settings: Settings, router: Router, cors: Cors, sandboxes: Sandboxes) -> None:
        self._settings, self._router, self._sandboxes = settings, router, sandboxes
        self._heads = Heads(settings, cors, "https" if settings.https else "http")
        self._targets: Kept[str, _Target] = Kept(2_048)
        found = {
            (route.dialect.name, route.path): _respelling(route) for route in router.routes if route.method == "GET"
        }
        self._lanes = {key: respell for key, respell in found.items() if respell is not None}

    def answer(self, message: RawRequestMessage) -> bytes | None:
        """The whole answer to a request without a body; None where the pipeline must look at it."""
        started = stopwatch()
        if message.method != "GET" or message.version != HttpVersion11 or message.should_close or message.upgrade:
            return None
        try:
            return self._answer(message, started)
        except DomainError:
            return None
        except Exception:
            log.debug("the express lane leaves %s to the pipeline", message.path, exc_info=True)
            return None

    def _answer(self, message: RawRequestMessage, started: float) -> bytes | None:
        head = self._heads.read(message.raw_headers, message.headers)
        if head is None:
            return None
        hosted = self._sandboxes.find(head.sandbox or MAIN)
        if hosted is None or not hosted.sandbox.engine.idle or hosted.sandbox.closed:
            return None
        target = self._targets.get(message.path)
        if target is None:
            target = self._aim(message.path, message.url)
            if target is None:
                return None
        sandbox = hosted.sandbox
        principal = sandbox.sessions.authenticate(head.credentials(target.route.dialect))
        user = principal.user
        stamp = sandbox.database.changes.stamp(tasks_of(user.id))
        key = message.path, head.base, head.gzip, user.id
        kept = hosted.answers.get(key)
        if kept is None or kept.stamp != stamp:
            kept = _made(sandbox, target, head, principal, stamp)
            if kept is None:
                return None
            hosted.answers.put(key, kept, len(kept.start) + len(kept.body))
        return _sent(sandbox, target, head, message, kept, user.email, started)

    def _aim(self, address: str, url: URL) -> _Target | None:
        """What an address means, if it is for the lane. Raises DomainError for input that is wrong."""
        query: tuple[tuple[str, str], ...]
        if _PLAIN.fullmatch(address):
            path, query, shown = address, (), address
        elif len(address) > MAX_ADDRESS or "devkit_" in address:
            return None
        else:
            path, query, shown = url.raw_path, tuple(url.query.items()), mask_query(str(url))
        match = self._router.match("GET", path)
        respell = self._lanes.get((match.route.dialect.name, match.route.path))
        if respell is None or match.rivals:
            return None
        given = read_input(match.route, RawRequest(path=match.parameters, query=query))
        target = _Target(match.route, respell, given, path, query, shown)
        self._targets.put(address, target)
        return target


def _respelling(route: Route) -> Respelling | None:
    """How what is stored becomes the answer of a route; None where it does not."""
    operation = route.operation
    # `Page[Task]` for a list, `Task` for one.
    entity = operation.result.__args__[0] if getattr(operation.result, "__origin__", None) is Page else operation.result
    fits = route.method == "GET" and operation.access is Access.SIGNED_IN and not route.row.owner
    if not fits or entity not in STORED or operation.id not in AT_ONCE or not isinstance(route.answer, ReadyAnswer):
        return None
    return route.dialect.spelling.respelling(entity)


def _made(sandbox: Sandbox, target: _Target, head: Head, principal: Principal, stamp: int) -> KeptAnswer | None:
    route = target.route
    lifetimes = Lifetimes(route.dialect.access_lifetime, route.dialect.refresh_lifetime)
    caller = Caller(user=principal, user_agent=head.user_agent, lifetimes=lifetimes)
    result = sandbox.at_once[route.operation.id](caller, target.input)
    if result is None:
        return None
    context = WireContext(base_url=head.base, prefix=route.prefix, path=target.path, query=target.query)
    reply = route.answer.ready(result, context, target.respell)  # type: ignore[attr-defined]  # `_aim` has seen to it
    return _kept(reply, stamp, head)


def _kept(reply: Reply, stamp: int, head: Head) -> KeptAnswer | None:
    if not isinstance(reply.body, JsonBody):
        return None
    body = reply.body.data
    vary, encoding = "Origin", ""
    if len(body) >= COMPRESS_FROM:
        vary = "Origin, Accept-Encoding"
        if head.gzip:
            if len(body) > _COMPRESS_MOST:
                return None
            packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
            body = packer.compress(body) + packer.flush()
            encoding = "Content-Encoding: gzip\r\n"
    fields = "".join([f"{name}: {value}\r\n" for name, value in reply.headers.items()])
    start = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n{encoding}{fields}"
        f"Content-Length: {len(body)}\r\nVary: {vary}\r\n"
    )
    # A line break in a field would be another field: no value can hold one, but this is where it would go out.
    if start.count("\n") != start.count("\r\n") or start.count("\r\n") != 4 + len(reply.headers) + bool(encoding):
        return None
    return KeptAnswer(stamp, start.encode("latin-1"), body)


def _sent(
    sandbox: Sandbox,
    target: _Target,
    head: Head,
    message: RawRequestMessage,
    kept: KeptAnswer,
    email: str,
    started: float,
) -> bytes:
    """The answer as bytes, with what is new in each; the journal has it from here on."""
    now, request_id, journal = sandbox.clock.now(), sandbox.request_ids.uuid(), sandbox.journal
    duration = stopwatch() - started
    varying = f"Date: {http_date(now)}\r\nX-Request-ID: {request_id}\r\nX-Process-Time: {duration:.6f}\r\n".encode()
    fields = b"".join((kept.start, head.cors, varying, _LAST))
    route, body = target.route, kept.body
    journal.add(
        RequestEntry(
            number=journal.next_number(),
            at=now,
            sandbox=sandbox.id,
            request_id=request_id,
            method="GET",
            path=target.shown,
            dialect=route.dialect.name,
            operation=route.row.operation,
            status=200,
            duration=duration,
            user=email,
        ),
        Detail(now, machine_now(), Message(message.headers), Message.of(_Fields(fields), body)),
    )
    return b"".join((fields, b"\r\n", body))


class _Fields(Mapping[str, str]):
    """The header fields of an answer that was sent, read from its bytes when somebody asks."""

    __slots__ = ("_head",)

    def __init__(self, head: bytes) -> None:
        self._head = head

    def _read(self) -> dict[str, str]:
        lines = self._head.decode("latin-1").split("\r\n")[1:-1]
        return {name: value for name, _, value in (line.partition(": ") for line in lines)}

    def __getitem__(self, name: str) -> str:
        wanted = name.lower()
        return next(value for known, value in self._read().items() if known.lower() == wanted)

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())
