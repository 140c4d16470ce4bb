"""The express lane in front of a real backend: what is plain is handed on as soon as its bytes arrive.

As the other lane, it is a shortcut and never another way to decide: whatever is special about a request (a fault, an
upgrade, a body of several pieces, something that may be learned of it) goes to the pipeline, and what is handed on here
is handed on as there (`http/forwarding.py`).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import HttpVersion11
from aiohttp.streams import EMPTY_PAYLOAD

from devkit.contract.errors import DomainError
from devkit.effects import machine_now, stopwatch
from devkit.excerpts import BODY_KEPT
from devkit.journal import Leg, RequestEntry
from devkit.learning.needs import tells_who
from devkit.masking import mask_address
from devkit.recording.base import Timing
from devkit.records import dataclass
from devkit.sandbox import MAIN
from devkit.server.express.answers import Sent
from devkit.server.express.heads import Heads, split
from devkit.server.express.starts import Start, Starts
from devkit.server.hosting.selection import is_told
from devkit.server.http.passed import broken_off, end_as, interim, pump
from devkit.server.http.responses import NOBODY
from devkit.server.http.signed_in import signs_in
from devkit.server.http.unreadable import MAX_ADDRESS
from devkit.storage.kept import Kept
from devkit.upstream.base import By
from devkit.upstream.client import REPEATABLE
from devkit.upstream.client import Answer as Came
from devkit.upstream.connection import BrokeOff
from devkit.upstream.fields import down

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp.http import RawResponseMessage
    from aiohttp.http_parser import RawRequestMessage
    from aiohttp.streams import StreamReader

    from devkit.config import Settings
    from devkit.recording.base import Draft, Recorder
    from devkit.sandbox import Sandbox
    from devkit.server.express.heads import Handed, Head
    from devkit.server.hosting.sandboxes import Sandboxes
    from devkit.server.http.cors import Cors
    from devkit.server.http.forwarding import Forwarding
    from devkit.server.http.lanes import Passage, Waiting
    from devkit.server.http.router import Router
    from devkit.upstream.client import Client
    from devkit.upstream.connection import Connection as There


class Passing:
    """Hands on what is plain."""

    def __init__(
        self,
        settings: Settings,
        router: Router,
        cors: Cors,
        sandboxes: Sandboxes,
        client: Client,
        forwarding: Forwarding,
    ) -> None:
        self._sandboxes, self._client, self._forwarding = sandboxes, client, forwarding
        self._heads = Heads(settings, cors, "https" if settings.https else "http")
        self._router = router
        self._known: Kept[tuple[str, str], _Known] = Kept(_KEPT)
        self._starts = Starts()

    def adopt(self, router: Router) -> None:
        """From now on those routes are known."""
        self._router = router
        self._known = Kept(_KEPT)

    def answer(self, message: RawRequestMessage, body: bytes | None) -> Passage | None:
        """The passage of a request with that body (None: it has none); None where the pipeline must look at it."""
        if self._forwarding.rewrites:
            return None
        if message.version != HttpVersion11 or message.should_close or message.upgrade or message.chunked:
            return None
        head = self._heads.read(message.raw_headers, message.headers)
        # Several lines of one field are one for everybody else: upstream gets them as they are.
        if head is None or len(head.given) != len(message.raw_headers) or head.has_body is not (body is not None):
            return None
        if head.handed is None:
            head.handed = self._forwarding.handed(head, message.raw_headers)
        given = b"".join(
            (
                f"{message.method} {message.path} HTTP/1.1\r\n".encode("utf-8", "surrogateescape"),
                *(b"%b: %b\r\n" % pair for pair in message.raw_headers),
                b"\r\n",
                body or b"",
            )
        )
        return self._passage(head, message.method, message.path, body, given)

    def learn(self, message: RawRequestMessage, data: bytes) -> None:
        """`data` is that request: the next one whose fields are the same, byte for byte, need not be parsed."""
        self._heads.see(message, data)

    def answer_again(self, data: bytes) -> Passage | None:
        """The same as `answer`, for bytes that may be a whole request of which all is known."""
        line, fields, body = split(data)
        head = self._heads.learned(fields)
        if head is None or head.handed is None or line is None or len(body) != head.length:
            return None
        return self._passage(head, *line, body if head.has_body else None, data)

    def _passage(self, head: Head, method: str, address: str, body: bytes | None, given: bytes) -> Passage | None:
        hosted = self._sandboxes.find(head.sandbox or MAIN)
        if hosted is None or hosted.sandbox.closed or head.handed is None:
            return None
        known = self._known.get((method, address)) or self._look(method, address)
        if known is None:
            return None
        sandbox = hosted.sandbox
        engine, operation = sandbox.engine, known.operation
        spared = engine.idle if operation is None else engine.spares(operation)
        if not spared or sandbox.levers.withholds or sandbox.kept_by.of(operation) is not By.REAL:
            return None
        connection = self._client.kept(known.method)
        if connection is None:
            return None
        handed, recorder = head.handed, self._forwarding.recorder
        if handed.mapping.recorded is not (recorder is not None):
            head.handed = handed = self._forwarding.handed(head, handed.given)
        return _Passage(self._client, connection, sandbox, head, handed, known, body, given, recorder, self._starts)

    def _look(self, method: str, address: str) -> _Known | None:
        """What is known of an address; None where the pipeline has to look at it each time."""
        special = address[:1] != "/" or len(address) > MAX_ADDRESS or "devkit" in address or is_told(address)
        if special or method not in _METHODS or not address.isascii():
            return None
        # Of these the answer is looked at.
        if self._forwarding.wants(method, address) or tells_who(address.partition("?")[0]):
            return None
        route = None
        try:
            match = self._router.match(method, address.partition("?")[0])
            # Of what signs somebody in, the answer is looked at.
            if match.rivals or signs_in(match.route):
                return None
            route = match.route
        except DomainError:
            pass
        found = _Known(
            method=method.encode(),
            address=address,
            target=address.encode(),
            operation=route.operation.id if route else None,
            dialect=route.dialect.name if route else None,
            shown=mask_address(address),
        )
        self._known.put((method, address), found, _COST + 3 * len(address))
        return found


_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_KEPT = 4 * 1024 * 1024
"""Bytes of addresses that are remembered, with what they mean."""
_COST = 512
"""What an address takes besides its text, roughly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What an address means."""

    method: bytes
    address: str
    target: bytes
    operation: str | None
    dialect: str | None
    shown: str


class _Passage:
    """One request on its way to the real backend, and its answer on the way back."""

    __slots__ = (
        "_began", "_body", "_changes", "_client", "_connection", "_first", "_given", "_gone", "_handed",
        "_head", "_known", "_recorder", "_request_id", "_sandbox", "_started", "_starts", "_task", "_there", "_wait",
    )  # fmt: skip

    def __init__(
        self,
        client: Client,
        there: There,
        sandbox: Sandbox,
        head: Head,
        handed: Handed,
        known: _Known,
        body: bytes | None,
        given: bytes,
        recorder: Recorder | None,
        starts: Starts,
    ) -> None:
        """`there` is the connection to the backend; `given` the whole request, to be given back."""
        self._recorder, self._starts, self._first = recorder, starts, b""
        self._client, self._there, self._sandbox, self._head, self._handed = client, there, sandbox, head, handed
        self._known, self._body, self._given = known, body, given
        self._changes: Sequence[str] = ()
        self._request_id, self._wait = "", 0.0

    def begin(self, connection: Waiting) -> None:
        known, there = self._known, self._there
        self._connection, self._began, self._started = connection, self._sandbox.clock.now(), stopwatch()
        self._request_id = self._sandbox.request_ids.uuid()
        there.told, there.lost, there.knows = self._came, self._lost, self._knows
        self._gone = connection.gone()
        self._gone.add_done_callback(self._left)
        if there.transport is not None:
            target = self._handed.mapping.target(known.target)
            there.transport.write(
                b"%b %b HTTP/1.1\r\n%b%b" % (known.method, target, self._handed.fields, self._body or b"")
            )

    def _left(self, _: object) -> None:
        """The client is gone before an answer was there."""
        self._there.forget()
        self._client.abort(self._there)
        self._note(NOBODY, _NOTHING, b"", "the client left before the answer")
        self._unanswered("left")

    def _lost(self, _: BaseException) -> None:
        """No answer comes."""
        self._gone.remove_done_callback(self._left)
        self._client.abort(self._there)
        again = self._known.method in REPEATABLE and self._body is None
        self._unanswered("asked again" if again else "closed")
        if again:
            self._connection.give_back(self._given)
            return
        self._note(NOBODY, _NOTHING, b"", "the real backend ended the connection without an answer")
        self._connection.end_answer(None)

    def _knows(self, data: bytes) -> bool:
        """Whether these bytes, the first that come, are a whole answer whose head came before."""
        end = data.find(b"\r\n\r\n") + 4
        self._first = first = data[:end] if end > 3 else b""
        start = self._starts.known(first, self._handed)
        if start is None or start.length != len(data) - end:
            return False
        self._answered(start)
        self._whole(start, data[end:], self._head_of(start))
        return True

    def _came(self, message: RawResponseMessage, payload: StreamReader) -> None:
        if message.code < 200:
            self._first = b""
            self._inform(message)
            return
        bare = payload is EMPTY_PAYLOAD
        start = self._starts.of(self._first, self._handed, message, bare=bare)
        self._answered(start)
        head = self._head_of(start)
        chunked = not bare and not start.sized
        if chunked:
            head += b"Transfer-Encoding: chunked\r\n"
        if not payload.is_eof() or payload.exception() is not None:
            self._task = asyncio.ensure_future(self._pump(message, payload, head, chunked=chunked))
            return
        self._whole(start, b"" if bare else b"".join(payload._buffer), head, chunked=chunked)

    def _answered(self, start: Start) -> None:
        """The head of the answer is here."""
        self._gone.remove_done_callback(self._left)
        self._wait = (stopwatch() - self._started) * 1000
        self._changes = start.changes

    def _head_of(self, start: Start) -> bytes:
        return b"%bX-Request-ID: %b\r\n" % (start.data, self._request_id.encode()) if start.without_id else start.data

    def _whole(self, start: Start, body: bytes, head: bytes, *, chunked: bool = False) -> None:
        """All of the answer is here."""
        if self._recorder is not None:
            known, handed = self._known, self._handed
            asked = known.method.decode(), handed.mapping.origin, known.address, handed.given, self._body
            said = start.status, start.reason, start.fields, body
            self._recorder.passed(self._started, asked, said, self._wait)
        self._note(start.status, head, body, None)
        self._client.keep(self._there)
        if chunked:
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        self._connection.end_answer(b"%b\r\n%b" % (head, body))

    def _draft(self) -> Draft | None:
        """The exchange so far, where it is recorded."""
        if self._recorder is None:
            return None
        known, handed = self._known, self._handed
        origin, began = handed.mapping.origin, self._started
        draft = self._recorder.begin(known.method.decode(), origin, known.address, handed.given, began=began)
        if self._body:
            draft.sent(self._body)
        return draft

    def _unanswered(self, failure: str) -> None:
        if (draft := self._draft()) is not None:
            draft.end(Timing(), failure)

    def _inform(self, message: RawResponseMessage) -> None:
        """What comes before the answer goes on at once (RFC 9110, section 15.2)."""
        self._there.told, self._there.lost = self._came, self._lost
        if self._connection.transport is not None and message.code != 100:
            pairs, _ = down(message.raw_headers, self._handed.mapping)
            self._connection.transport.write(interim(message.code, message.reason, pairs))

    async def _pump(self, message: RawResponseMessage, payload: StreamReader, start: bytes, *, chunked: bool) -> None:
        """Write an answer of which not all is here."""
        answer = Came(
            status=message.code,
            reason=message.reason,
            fields=message.raw_headers,
            connect=0.0,
            wait=self._wait,
            payload=payload,
            connection=self._there,
            sending=None,
            client=self._client,
        )
        answer.draft = draft = self._draft()
        if draft is not None:
            draft.answered(message.code, message.reason, message.raw_headers)
        connection, begun, size, note = self._connection, bytearray(), 0, None

        def count(data: bytes) -> None:
            nonlocal size
            size += len(data)
            if len(begun) < BODY_KEPT:
                begun.extend(data[: BODY_KEPT - len(begun)])

        def left(_: object) -> None:
            answer.close()

        self._gone.add_done_callback(left)
        try:
            await pump(connection, answer, start + b"\r\n", count, chunked=chunked)
            connection.end_answer(b"")
        except (BrokeOff, ConnectionError) as error:
            note = f"the client left after {size} bytes of the answer"
            if isinstance(error, BrokeOff) and connection.transport is not None:
                note = broken_off(error, size)
                await end_as(connection.transport, connection, error)
            connection.end_answer(None)
        finally:
            answer.close()
            self._gone.remove_done_callback(left)
            self._note(message.code, start, bytes(begun), note, answer.timing.receive)

    def _note(self, status: int, start: bytes, body: bytes, note: str | None, receive: float = 0.0) -> None:
        """Let the journal know how it ended."""
        sandbox, known, now = self._sandbox, self._known, self._sandbox.clock.now()
        journal = sandbox.journal
        journal.add(
            RequestEntry(
                number=journal.next_number(),
                at=now,
                sandbox=sandbox.id,
                request_id=self._request_id,
                method=known.method.decode(),
                path=known.shown,
                dialect=known.dialect,
                operation=known.operation,
                status=status,
                duration=stopwatch() - self._started,
                note=note,
                kept_by=By.REAL.value,
                leg=Leg(changes=tuple(self._changes), connect=0.0, wait=self._wait, receive=receive),
            ),
            Sent(self._began, machine_now(), self._head, self._body, start, body[:BODY_KEPT]),
        )


_NOTHING = b"HTTP/1.1 499 \r\n"
"""How the journal has no answer."""
