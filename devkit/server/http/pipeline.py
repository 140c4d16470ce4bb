"""From a request to its answer: whose it is, which operation, with what input, spelled how.

Everything a client sees of a failure is made here, in one place: a `DomainError` in the shape of the dialect.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from devkit.contract.entities import Lifetimes
from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByEvents
from devkit.contract.operations import Access, Given, Media
from devkit.contract.shapes import Told
from devkit.dialects.base import Route
from devkit.dialects.raw import RawRequest
from devkit.dialects.reading import read_input
from devkit.dialects.replies import JsonBody, Reply
from devkit.domain.base import REACHED_AT, Caller, Keeper
from devkit.effects import http_date, stopwatch
from devkit.faults.hit import Absent
from devkit.faults.matter import Answered, Broken
from devkit.postoffice import caused_by
from devkit.sandbox import Sandbox
from devkit.scenario.library import Library
from devkit.server.hosting.watch import Seen, Watch
from devkit.server.http import cookies
from devkit.server.http.addresses import address_reached
from devkit.server.http.admission import require_known_origin, require_owner
from devkit.server.http.advice import advice, ignored, joined, of_files, unseen_token
from devkit.server.http.cookie_advice import CookieAdvice
from devkit.server.http.cors import METHODS, Cors, is_preflight
from devkit.server.http.exchange import Exchange, credentials_of, request_id_of, unexpected, wire_context
from devkit.server.http.multipart import MultipartBody
from devkit.server.http.request import Request
from devkit.server.http.responses import NOBODY, is_unchanged, keep_out_of_caches, respond
from devkit.server.http.router import Match, Router
from devkit.server.http.streaming import LastingResponse, StreamedResponse
from devkit.server.http.unreadable import MAX_ADDRESS, case_of, too_long
from devkit.server.wire.breaking import Wiring, response_of
from devkit.server.wire.strikes import NONE, Strikes
from devkit.server.wire.striking import Striker, fault_header

if TYPE_CHECKING:
    from devkit.server.http.forwarding import Forwarding
    from devkit.server.http.replaying import Replaying
    from devkit.server.sockets.roster import Sockets

log = logging.getLogger("devkit")

_SERVER = {"*": METHODS}
"""What the server as a whole takes (RFC 9110, section 9.3.7)."""

_JOINED = (hdrs.VARY, hdrs.ACCESS_CONTROL_EXPOSE_HEADERS)
"""Headers of CORS that an answer may have something to add to."""


class Pipeline:
    """Answers the requests that belong to the contract."""

    def __init__(self, router: Router, cors: Cors, library: Library, watch: Watch) -> None:
        """`library` has the scenarios that requests bring along; `watch` is shown what no fault touched."""
        self.router = router
        self.forwarding: Forwarding | None = None
        """Where there is a real backend."""
        self.replaying: Replaying | None = None
        """Where there are recordings."""
        self._cors = cors
        self._watch = watch
        self._cookie_advice = CookieAdvice()
        self.striker = Striker(router, cors, library)

    async def handle(self, request: Request, sandbox: Sandbox, sockets: Sockets) -> web.StreamResponse:
        with sandbox.journal.call():
            return await self._handle(request, sandbox, sockets)

    async def _handle(self, request: Request, sandbox: Sandbox, sockets: Sockets) -> web.StreamResponse:
        exchange = Exchange(
            request=request,
            sandbox=sandbox,
            sockets=sockets,
            request_id=request_id_of(request.headers, sandbox),
            started=stopwatch(),
            began=sandbox.clock.now(),
            dialect=self.router.dialect_of(request.rel_url.raw_path),
        )
        try:
            reply = await self._answer(exchange)
        except DomainError as error:
            told = advice(error, exchange.route, exchange.speaks, request.headers)
            exchange.note = joined([exchange.note, told or of_files(error, sandbox.journal)])
            reply = exchange.failed(error)
        except Answered as answered:
            reply = answered.reply
        except (Broken, Absent) as ending:
            ended = response_of(ending)
            exchange.strikes.settle(ended.status)
            return self._note(exchange, ended, broken=isinstance(ending, Broken))
        except Exception as failure:  # noqa: BLE001 - the client is told, and so is the log
            what = f"{request.method} {request.rel_url.raw_path}"
            reply = exchange.failed(unexpected(failure, sandbox, exchange.request_id, what))
        response = await self._respond(exchange, reply)
        if isinstance(response, LastingResponse):
            if self.forwarding is not None:
                self.forwarding.look_at(exchange, response)
            # Only when it has ended is there something to note, and until then the call is under way.
            under_way = contextlib.ExitStack()
            if not response.endless:
                under_way.enter_context(sandbox.journal.call())
            response.on_end = partial(self._streamed, exchange, response, under_way)
            return response
        return self._note(exchange, response)

    async def _respond(self, exchange: Exchange, reply: Reply) -> web.StreamResponse:
        """The response with everything that goes with it, as the faults that struck leave it."""
        strikes, request = exchange.strikes, exchange.request
        if strikes:
            taken = reply.body
            reply = await strikes.on_reply(reply, bodiless=request.method == "HEAD")
            if reply.source is not None and reply.body is taken:
                reply.body = JsonBody(reply.source)
        response = self._built(exchange, reply, strikes)
        self._carry(exchange, response, reply)
        if not strikes:
            return response
        strikes.on_headers(request, response)
        wire = await Wiring.of(request, response) if strikes.touch_wire else None
        if wire is not None:
            # A rehearsal: whether there is anything to break on the wire.
            wire.plan(strikes)
        strikes.settle(response.status)
        if not strikes and is_unchanged(request, reply):
            response, wire = self._built(exchange, reply), None
            self._carry(exchange, response, reply)
        if not strikes:
            return response if wire is None else wire.response
        marks = fault_header(exchange.sandbox, strikes.fingerprints)
        for headers in (response.headers, wire.headers) if wire else (response.headers,):
            if hdrs.CACHE_CONTROL not in request.lacking:
                keep_out_of_caches(headers, even_if_told=reply.fields is not None)
            headers.update(marks)
        return response if wire is None else wire.struck(strikes)

    def _built(self, exchange: Exchange, reply: Reply, strikes: Strikes = NONE) -> web.StreamResponse:
        try:
            response = respond(exchange.request, reply, strikes)
        except DomainError as error:
            response = respond(exchange.request, exchange.failed(error), strikes)
        if isinstance(response, StreamedResponse):
            response.spell_error = exchange.failed
        return response

    async def _answer(self, exchange: Exchange) -> Reply:
        request, path = exchange.request, exchange.request.rel_url.raw_path
        asks = is_preflight(request.method, request.headers)
        # What is wrong with the call itself is told to the call: of a preflight JavaScript sees nothing.
        with contextlib.suppress(*[DomainError] if asks else ()):
            exchange.borrowed = await self.striker.borrowed(request)
        if asks:
            # A browser keeps such a call to itself, and `fetch` corrects no `patch`.
            exchange.note = case_of(request.headers[hdrs.ACCESS_CONTROL_REQUEST_METHOD])
            if self.forwarding is None or self.forwarding.answers_preflights:
                return await self.striker.preflight(exchange)
            return await self.striker.preflight(exchange, await self.forwarding.preflight(exchange))
        if len(request.rel_url.raw_path_qs) > MAX_ADDRESS:
            with contextlib.suppress(DomainError):
                exchange.route = self.router.match(request.method, path).route
            raise too_long()
        if request.method == "OPTIONS" and self.forwarding is None:
            methods = ", ".join(self.router.methods(path)) or _SERVER.get(path)
            if methods:
                return Reply(204, headers={"Allow": methods}, has_body=False)
        return await self._routed(exchange, path)

    async def _routed(self, exchange: Exchange, path: str) -> Reply:
        request = exchange.request
        try:
            match = self.router.match(request.method, path)
        except DomainError as error:
            exchange.voice = self.router.voice_of(path, cookies.parse(request.headers.get(hdrs.COOKIE)))
            await self.striker.strike(exchange, None)
            if (passed := await self._passed(exchange)) is not None:
                return passed
            if request.method in {"GET", "HEAD"} and (address := self.router.slashed(path)):
                query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
                return Reply(308, headers={"Location": address + query}, has_body=False)
            exchange.nearest = self.router.nearest(request.method, path)
            if error.kind.name == "not_found" and exchange.nearest:
                error.message += f"; near it: {', '.join(exchange.nearest)}"
            raise
        exchange.route = route = match.route
        if match.rivals:
            exchange.route = route = await _meant(exchange, match)
        await self.striker.strike(exchange, route)
        return await self._passed(exchange) or await self._call(exchange, route, match.parameters)

    async def _passed(self, exchange: Exchange) -> Reply | None:
        """The real backend's answer, or a recorded one, where these keep what is asked for."""
        reply = None if self.forwarding is None else await self.forwarding.answer(exchange)
        if reply is None and self.replaying is not None:
            reply = await self.replaying.answer(exchange, self.forwarding)
        return reply

    async def _call(self, exchange: Exchange, route: Route, parameters: dict[str, str]) -> Reply:
        request, sandbox, operation, strikes = exchange.request, exchange.sandbox, route.operation, exchange.strikes
        if route.row.same_site and sandbox.settings.auth_origin_check:
            require_known_origin(exchange, self._cors, always=route.row.same_site == "always")
        if strikes:
            await strikes.on_credentials()
        caller = self._caller(exchange, route)
        if route.row.owner:
            require_owner(caller, parameters[route.row.owner])
        raw = RawRequest(
            path=parameters,
            query=tuple(request.query.items()),
            headers=request.headers,
            cookies=cookies.parse(request.headers.get(hdrs.COOKIE)) if route.row.cookies or route.shape else {},
            body={} if route.shape else await exchange.json(),
            payload=await exchange.read_payload(),
        )
        if strikes:
            raw = await strikes.on_raw(raw)
        try:
            given = read_input(route, raw)
        except DomainError:
            exchange.note = joined([exchange.note, ignored(route, raw, None, sandbox.journal)])
            raise
        arguments: list[Any] = [caller, given]
        if route.media is Media.MULTIPART and route.shape is None:
            tap = strikes.on_chunk if strikes.touch_chunks else None
            limit = sandbox.settings.limits_upload
            arguments.append(await MultipartBody.begun(request, route.media_types, limit, tap))
        REACHED_AT.set(address_reached(request, sandbox))
        keeper, subject = sandbox.keepers[operation.id], exchange.subject
        call = partial(keeper, *arguments)
        if subject is None:
            result = await call()
        else:
            subject.input, subject.again = given, partial(_again, keeper, caller, given)
            with caused_by(subject, exchange.borrowed):
                result = await strikes.around(call, partial(_alike, exchange, route))
            await strikes.on_request(after_commit=True)
        if isinstance(operation.keeper, ByEvents):
            from devkit.server.sockets.listener import listened

            result = listened(exchange, caller, result)
        context = wire_context(request, route, sandbox)
        if route.row.owner:
            context = replace(context, owner=parameters[route.row.owner])
        if exchange.stale:
            context = replace(context, stale=True)
        if strikes:
            context = strikes.on_context(context)
        reply = route.answer.reply(result, context, route.dialect.spelling)
        notes = (
            unseen_token(route, reply, request.headers, sandbox.journal),
            ignored(route, raw, reply, sandbox.journal),
        )
        exchange.note = joined([exchange.note, *notes])
        return reply

    def _caller(self, exchange: Exchange, route: Route) -> Caller:
        request, dialect, access = exchange.request, route.dialect, route.operation.access
        principal = late_session = None
        sessions = exchange.sandbox.sessions
        if access is not Access.PUBLIC:
            credentials = credentials_of(request.headers, dialect)
            try:
                principal = sessions.authenticate(credentials)
                exchange.user = principal.user.email
            except DomainError as error:
                if access is Access.SIGNED_IN:
                    raise
                exchange.stale = error.kind.name != "unauthorized"
                if error.kind.name == "token_expired":
                    late_session = sessions.late_session(credentials)
        role = route.operation.role
        if role and (principal is None or principal.user.role != role):
            raise DomainError("forbidden", f"Only a user with the role {role!r} may do this")
        agent = request.headers.get(hdrs.USER_AGENT, "").encode(errors="replace").decode()
        lifetimes = Lifetimes(
            route.row.lifetime or dialect.access_lifetime,
            dialect.refresh_lifetime,
            rotation=dialect.refresh_rotation,
        )
        if exchange.strikes:
            lifetimes = exchange.strikes.on_lifetimes(lifetimes)
        return Caller(
            user=principal,
            user_agent=agent,
            lifetimes=lifetimes,
            session_tokens=dialect.session_tokens,
            late_session=late_session,
            client=dialect.name,
        )

    def _carry(self, exchange: Exchange, response: web.StreamResponse, reply: Reply) -> None:
        """What every answer carries."""
        if exchange.kept_by is not None:
            response.headers["X-Devkit-Kept-By"] = exchange.kept_by.value
        if reply.fields is not None:
            response.headers.setdefault("X-Request-ID", exchange.request_id)
            return
        origin = exchange.request.headers.get(hdrs.ORIGIN)
        duration = stopwatch() - exchange.started
        if exchange.preflight:
            response.headers.update(exchange.preflight.headers)
        else:
            headers = self._cors.answer_headers(origin, dated=exchange.sandbox.clock.turned)
            added = {name: response.headers[name] for name in _JOINED if name in response.headers and name in headers}
            response.headers.update(headers)
            for name, value in added.items():
                response.headers[name] = f"{headers[name]}, {value}"
        response.headers[hdrs.DATE] = http_date(exchange.sandbox.clock.now())
        response.headers["X-Request-ID"] = exchange.request_id
        response.headers["X-Process-Time"] = f"{duration:.6f}"

    def _streamed(
        self, exchange: Exchange, response: LastingResponse, under_way: contextlib.AbstractContextManager[Any]
    ) -> None:
        with under_way:
            exchange.note = exchange.note or response.note
            self._note(exchange, response)

    def _note(self, exchange: Exchange, response: web.StreamResponse, *, broken: bool = False) -> web.StreamResponse:
        exchange.note = exchange.note or self._cors.note(exchange.request.headers) or self._cookie_advice.on(exchange)
        if exchange.timing is not None and self.forwarding is not None:
            self.forwarding.passed(exchange, response)
        number = exchange.record(response)
        self._cookie_advice.after(exchange, response)
        if not (broken or exchange.strikes):
            self._show(exchange, response, number)
        if broken or (exchange.strikes and response.status != NOBODY):
            self.striker.repeats.note(
                exchange.request,
                exchange.sandbox,
                exchange.strikes,
                response,
                number,
                sent=exchange.sent,
            )
        # What points back at the exchange: left to Python's collector, it would be held for thousands of requests.
        exchange.subject, exchange.strikes = None, NONE
        return response

    def _show(self, exchange: Exchange, response: web.StreamResponse, number: int) -> None:
        """Let the watch see an answer; but no file and no stream, nor what the contract has not, or we do not keep."""
        if exchange.kept_by is not None and exchange.kept_by.value != "mock":
            return
        if type(response) is not web.Response or exchange.preflight or not (exchange.route or response.status >= 400):
            return
        is_routed, speaks = exchange.route is not None, exchange.route or exchange.voice or exchange.dialect
        if not self._watch.wants(speaks, response.status, is_routed=is_routed):
            return
        body = response.body if isinstance(response.body, bytes) else None
        seen = Seen(
            speaks=speaks,
            method=exchange.request.method,
            status=response.status,
            # A copy: how it is compressed is only said when it is sent.
            fields=response.headers.copy(),
            body=body,
            code=exchange.error,
            journal=exchange.sandbox.journal,
            number=number,
            is_routed=is_routed,
        )
        self._watch.take(seen)


async def _meant(exchange: Exchange, match: Match) -> Route:
    """Of the routes at one address, the one whose field the body has."""
    with contextlib.suppress(DomainError):
        body = await exchange.json()
        return next((route for name, route in match.rivals.items() if name in body), match.route)
    return match.route


def _alike(exchange: Exchange, route: Route, one: Any, other: Any) -> bool:
    """Whether a client is told the same of two results; in the answer to HEAD it sees no body."""
    if exchange.request.method != "HEAD" or one == other:
        return bool(one == other)
    context = wire_context(exchange.request, route, exchange.sandbox)
    first, second = (route.answer.reply(result, context, route.dialect.spelling) for result in (one, other))
    return (first.status, first.headers, first.cookies) == (second.status, second.headers, second.cookies)


async def _again(keeper: Keeper, caller: Caller, data: Given, **changes: Any) -> Any:
    changed = replace(data, instead=changes) if isinstance(data, Told) else data.model_copy(update=changes)
    return await keeper(caller, changed)
