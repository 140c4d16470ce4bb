"""What the real backend keeps: the request is handed on to it, and its answer handed back.

Bytes pass as they come, in both directions and at the pace of whoever reads them. Only where a fault has to see an
answer as a whole is it read first; then it goes the way of our own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import hdrs, web
from multidict import CIMultiDict

from devkit.contract.errors import DomainError
from devkit.contract.shapes import is_json
from devkit.dialects.replies import PassedBody, Reply
from devkit.effects import isoformat
from devkit.faults.hit import Absent
from devkit.faults.matter import Broken, Preflight
from devkit.server.express.heads import Handed
from devkit.server.http.arriving import tapped
from devkit.server.http.body import CONTINUED, broke_off, expect_continue, expects_leave
from devkit.server.http.mapped import Mappings, target_of
from devkit.server.http.passed import interim
from devkit.server.http.protocol import gone_of
from devkit.server.http.recorded import recorded
from devkit.server.http.rewritten import Rewritten
from devkit.server.http.signed_in import MOST_LOOKED_AT, SPENDS, Sessions, held_back, refreshes
from devkit.server.http.streaming import LastingResponse
from devkit.server.http.taken import decoded, taken
from devkit.upstream.base import By
from devkit.upstream.bodies import rewritten
from devkit.upstream.client import Unreachable
from devkit.upstream.connection import BrokeOff
from devkit.upstream.fields import down, is_loop, up
from devkit.upstream.mapping import Mapping
from devkit.upstream.sockets import without_extensions

if TYPE_CHECKING:
    from devkit.levers import SandboxLevers
    from devkit.recording.base import Draft, Recorder
    from devkit.server.express.heads import Head
    from devkit.server.http.cors import Cors
    from devkit.server.http.exchange import Exchange
    from devkit.server.http.recorded import Lessons
    from devkit.server.http.request import Request
    from devkit.upstream.client import Answer, Client, Pairs

_NOT_THERE = frozenset({404, 501})
"""Statuses by which a backend says that it has no such operation (yet)."""

_LEARNED = 256 * 1024
"""Bytes of a body that are kept where something may be learned of it, or somebody may want to see it."""

_MOST_HELD = 64 * 1024 * 1024
"""Bytes of a body that is kept for a fault that may send it twice."""


class Forwarding:
    """Hands requests on, where the sandbox has them kept by the real backend."""

    def __init__(self, client: Client, mapping: Mapping, cors: Cors, lessons: Lessons | None) -> None:
        """`mapping` is what holds for all requests; `lessons` learn what nobody has said."""
        self._client, self._mapping, self._cors, self._lessons = client, mapping, cors, lessons
        self._mappings = Mappings(mapping)
        self.sessions = Sessions()
        self._recorder: Recorder | None = None

    @property
    def recorder(self) -> Recorder | None:
        """Told of what passes, while it is recorded."""
        return self._recorder

    @recorder.setter
    def recorder(self, recorder: Recorder | None) -> None:
        self._recorder = recorder
        # What nobody can look for secrets in cannot be recorded: it is not asked for meanwhile.
        self._mappings = Mappings(replace(self._mapping, recorded=recorder is not None))

    def draft(self, method: str, origin: str, target: str, fields: Pairs) -> Draft | None:
        """An exchange that begins, where it is to be recorded; as the client asks."""
        if self._recorder is None:
            return None
        return self._recorder.begin(method, origin, target, fields)

    @property
    def answers_preflights(self) -> bool:
        """Whether it is devkit that tells browsers who may call."""
        return self._mapping.cors == "answer"

    @property
    def rewrites(self) -> bool:
        """Whether bodies are rewritten."""
        return self._mapping.rewrite

    async def answer(self, exchange: Exchange, by: By | None = None) -> Reply | None:
        """The real backend's answer; None where something else is to give it. `by` says who keeps it.

        Raises DomainError where there is none, Broken where the backend broke off, Absent where the client left.
        """
        route = exchange.route
        kept_by = by or exchange.sandbox.kept_by.of(route.operation.id if route else None)
        exchange.kept_by = kept_by
        if kept_by not in {By.REAL, By.FALLBACK}:
            return None
        # Where there is no operation, nothing else could answer.
        fallback = kept_by is By.FALLBACK and route is not None
        if fallback:
            await self._hold_body(exchange, exchange.sandbox.settings.limits_json)
        try:
            if exchange.strikes.touch_calls:
                return await self._struck(exchange)
            answer, mapping = await self._ask(exchange)
        except _NotThere as answered:
            exchange.kept_by = By.MOCK
            exchange.note = f"kept by the mock: the real backend said {answered.status}"
            return None
        except Unreachable as error:
            if not (fallback and _repeats(exchange)):
                raise self.failed(error) from None
            exchange.kept_by = By.MOCK
            exchange.note = f"kept by the mock: the real backend {error.reason}"
            return None
        except BrokeOff as broken:
            if (gone := gone_of(exchange.request)) is not None and gone.done():
                raise Absent from None
            exchange.note = "the real backend ended the connection without an answer"
            raise Broken(reset=broken.reset) from None
        if fallback and answer.status in _NOT_THERE and _repeats(exchange):
            answer.close()
            exchange.kept_by = By.MOCK
            exchange.note = f"kept by the mock: the real backend said {answer.status}"
            return None
        reply = await self._reply(exchange, answer, mapping)
        await exchange.strikes.on_request(after_commit=True)
        return reply

    async def _struck(self, exchange: Exchange) -> Reply:
        """The same, where faults act around the call. Raises _NotThere where the mock is to answer."""
        # Only where a scenario is on.
        from devkit.server.http.struck import Asking, struck

        await self._hold_body(exchange, _MOST_HELD if exchange.strikes.call_again else MOST_LOOKED_AT)
        fallback = exchange.kept_by is By.FALLBACK and exchange.route is not None and _repeats(exchange)

        asked = 0

        async def ask(asking: Asking) -> Reply:
            nonlocal asked
            asked += 1
            if asked > 1 and not _repeats(exchange):
                raise DomainError(
                    "payload_too_large", "A fault would send this body twice, and it is too long for that"
                )
            answer, mapping = await self._ask(exchange, asking.target, asking.without, late=asking.late)
            if fallback and answer.status in _NOT_THERE:
                answer.close()
                raise _NotThere(answer.status)
            return await self._reply(exchange, answer, mapping)

        return await struck(exchange, ask, self.sessions)

    def handed(self, head: Head, raw: Pairs) -> Handed:
        """How a request with that head, which are these fields, is handed on."""
        mapping = self._mappings.at(head.base, "", browser=head.by_browser)
        lines = b"".join(b"%b: %b\r\n" % pair for pair in up(raw, mapping))
        origin = head.given.get(hdrs.ORIGIN)
        ours = self._cors.answer_headers(origin) if self.answers_preflights else None
        return Handed(lines + b"\r\n", mapping, ours, tuple(raw), (head.base, head.by_browser, origin))

    def wants(self, method: str, target: str) -> bool:
        """Whether something may be learned of a call."""
        return self._lessons is not None and self._lessons.wants(method, target)

    def look_at(self, exchange: Exchange, response: LastingResponse) -> None:
        """Before an answer is sent: have more of it kept, where something may be learned of it."""
        if exchange.timing is not None and self.wants(exchange.request.method, _shown(exchange.request)):
            response.kept = _LEARNED

    def passed(self, exchange: Exchange, response: web.StreamResponse) -> None:
        """A call has been answered."""
        lessons, request = self._lessons, exchange.request
        target = _shown(request)
        coding = response.headers.get(hdrs.CONTENT_ENCODING, "").strip().lower()
        if isinstance(response, LastingResponse) and response.status < 400:
            body = decoded(bytes(response.sent), coding) or b""
            self.sessions.passed(exchange, response.headers.items(), body)
        if lessons is None or exchange.strikes or not lessons.wants(request.method, target):
            return
        answer = None
        if isinstance(response, LastingResponse) and response.size == len(response.sent):
            answer = decoded(bytes(response.sent), coding)
        exchange.learned = lessons.see(
            request.method,
            target,
            response.status,
            (tuple(request.headers.items()), exchange.raw),
            (tuple(response.headers.items()), answer),
        )

    async def preflight(self, exchange: Exchange) -> Preflight:
        """What the real backend says to a preflight. Raises as `answer` does."""
        try:
            answer, mapping = await self._ask(exchange)
        except Unreachable as error:
            raise self.failed(error) from None
        except BrokeOff as broken:
            raise Broken(reset=broken.reset) from None
        answer.close()
        exchange.kept_by = By.REAL
        pairs, exchange.changes = down(answer.fields, mapping)
        exchange.timing = lambda: answer.timing
        left_out = {b"content-length", b"content-type", b"content-encoding"}
        fields = [(_text(name), _text(value)) for name, value in pairs if name.lower() not in left_out]
        return Preflight(answer.status, CIMultiDict(fields))

    async def upgraded(self, request: Request, levers: SandboxLevers) -> tuple[Answer, Mapping]:
        """What the real backend says to a request for another protocol, which its connection speaks where the status is
        101. Raises DomainError where there is no answer, Unreachable where there is nobody, BrokeOff.
        """
        mapping = self._mappings.of(request)
        given = self._given(request, mapping)
        sent, target = given, target_of(request)
        if levers.withholds:
            sent, target = levers.withheld.without(given)[0], levers.withheld.without_in_query(target)[0]
        fields = without_extensions(up(sent, mapping, upgrade=True))
        target = mapping.target(target)
        asking = self._client.ask(request.method.encode(), target, fields, gone=gone_of(request))
        return await recorded(self.draft(request.method, mapping.origin, _shown(request), given), asking), mapping

    def head_of(self, answer: Answer, mapping: Mapping) -> tuple[list[tuple[str, str]], list[str]]:
        """The fields of an answer to that, as the client gets them, and what was changed."""
        pairs, changes = down(answer.fields, mapping)
        return [(_text(name), _text(value)) for name, value in pairs], changes

    def _given(self, request: Request, mapping: Mapping) -> Pairs:
        """A request's fields as they came. Raises DomainError where it has been here before."""
        given = request._message.raw_headers
        if is_loop(given, mapping):
            told = f"{mapping.upstream.origin} hands its requests on to this devkit, which would go on for ever"
            raise DomainError.injected(508, "loop_detected", told)
        return given

    async def _hold_body(self, exchange: Exchange, limit: int) -> None:
        """Read a body that is needed more than once, where it is no longer than that."""
        request, length = exchange.request, exchange.request.content_length
        if exchange.raw is None and request.body_exists and length is not None and length <= limit:
            await expect_continue(request)
            exchange.raw = b"".join([piece async for piece in self._pieces(exchange)])

    async def _ask(
        self, exchange: Exchange, target: str = "", without: frozenset[str] = frozenset(), *, late: bool = False
    ) -> tuple[Answer, Mapping]:
        """Hand the request on; to another target, or `without` fields of these names in small letters, where that is
        said. Of what is asked `late`, the client has its answer already.
        """
        request = exchange.request
        mapping = self._mappings.of(request)
        given = self._given(request, mapping)
        asked = target.encode("utf-8", "surrogateescape") if target else target_of(request)
        given_on, asked = await self._outgoing(exchange, given, asked, without)
        fields = up(given_on, mapping)
        body: AsyncIterator[bytes] | None = None
        if request.body_exists or exchange.raw is not None:
            chunked = request.content_length is None and exchange.raw is None
            if not chunked and exchange.raw is not None:
                fields = [pair for pair in fields if pair[0].lower() not in {b"content-length", b"transfer-encoding"}]
                fields.append((b"Content-Length", b"%d" % len(exchange.raw)))
            elif chunked:
                fields.append((b"Transfer-Encoding", b"chunked"))
            body = self._body(exchange, chunked=chunked)
        if exchange.strikes.touch_content or exchange.strikes.touch_wire:
            # What a fault changes must be read by it first; and of a 304 there would be nothing to change.
            plain = {b"accept-encoding", b"if-none-match", b"if-modified-since"}
            fields = [pair for pair in fields if pair[0].lower() not in plain]
            fields.append((b"Accept-Encoding", b"identity"))

        def inform(status: int, reason: str, pairs: Pairs) -> None:
            transport = request.transport
            if late or transport is None:
                return
            if status == 100 and (CONTINUED in request or not expects_leave(request)):
                return
            if status == 100:
                request[CONTINUED] = True
            transport.write(interim(status, reason, down(pairs, mapping)[0]))

        exchange.draft = draft = self.draft(request.method, mapping.origin, target or _shown(request), given)
        gone = None if late else gone_of(request)
        asked = mapping.target(asked)
        asking = self._client.ask(request.method.encode(), asked, fields, body, inform=inform, gone=gone)
        return await recorded(draft, asking), mapping

    async def _outgoing(
        self, exchange: Exchange, given: Pairs, target: bytes, without: frozenset[str]
    ) -> tuple[Pairs, bytes]:
        """A request's fields without those of these names, and without what a fault has ended; its target, and its body
        where that is JSON and a small one, without that too.
        """
        levers = exchange.sandbox.levers
        if levers.withholds:
            if is_json(exchange.request.content_type):
                await self._hold_body(exchange, MOST_LOOKED_AT)
            if refreshes(exchange.route):
                levers.withheld.sent_again(self.sessions.sent(exchange).refresh)
            given, target = held_back(exchange, given, target, levers.withheld)
        if exchange.subject is not None and (spends := exchange.subject.shared.get(SPENDS)):
            levers.withheld.spend(spends[0], grace=spends[1])
        if without:
            given = [pair for pair in given if pair[0].decode("latin-1").lower() not in without]
        return given, target

    async def _body(self, exchange: Exchange, *, chunked: bool) -> AsyncIterator[bytes]:
        """The request's body, framed. Raises Absent where the client breaks off."""
        async for data in self._pieces(exchange):
            yield b"%x\r\n%b\r\n" % (len(data), data) if chunked else data
        if chunked:
            yield b"0\r\n\r\n"

    async def _pieces(self, exchange: Exchange) -> AsyncIterator[bytes]:
        """The request's body as it comes; where it is a small one, the exchange has it then."""
        request, strikes, kept = exchange.request, exchange.strikes, bytearray()
        draft = exchange.draft
        if exchange.raw is not None:
            if draft is not None:
                draft.sent(exchange.raw)
            yield exchange.raw
            return
        coming = tapped(request, strikes.on_chunk) if strikes.touch_chunks else request.content.iter_any()
        received = 0
        try:
            async for data in coming:
                received += len(data)
                if received <= _LEARNED:
                    kept += data
                if draft is not None:
                    draft.sent(data)
                yield data
            if received == len(kept):
                exchange.raw = bytes(kept)
        except (web.RequestPayloadError, ConnectionError):
            if (gone := gone_of(request)) is None or gone.done():
                raise Absent from None
            raise broke_off() from None

    async def _reply(self, exchange: Exchange, answer: Answer, mapping: Mapping) -> Reply:
        ours = self._cors.answer_headers(exchange.request.headers.get(hdrs.ORIGIN)) if self.answers_preflights else None
        pairs, changes = down(answer.fields, mapping, ours)
        source: Answer | Rewritten = answer
        if mapping.rewrite:
            rewriting, pairs, told = rewritten(pairs, mapping, status=answer.status)
            source = answer if rewriting is None else Rewritten(answer, rewriting)
            changes += [told] if told else []
        exchange.kept_by, exchange.changes, exchange.timing = By.REAL, tuple(changes), lambda: answer.timing
        length = next((int(value) for name, value in pairs if name.lower() == b"content-length"), None)
        fields = [(_text(name), _text(value)) for name, value in pairs]
        reply = Reply(answer.status, PassedBody(source, answer.reason, length), fields=fields)
        has_body = exchange.request.method != "HEAD" and answer.status not in {204, 205, 304}
        if has_body and exchange.strikes.touch_content:
            return await taken(reply, source)
        return reply

    def failed(self, error: Unreachable) -> DomainError:
        where, since = self._client.upstream, self._client.down_since
        told = f"The real backend at {where} {error.reason}"
        if since is not None:
            told += f" (since {isoformat(since)})"
        return DomainError.injected(502, "bad_gateway", told)


class _NotThere(Exception):
    """The real backend has no such operation, and the mock has."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def _repeats(exchange: Exchange) -> bool:
    """Whether the mock can still read what the real backend was sent."""
    return exchange.raw is not None or not exchange.request.body_exists


def _shown(request: Request) -> str:
    return target_of(request).decode("latin-1")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
