"""From a request to its answer: which sandbox, whose, which operation, with what input, spelled how.

Everything a client sees of a failure is made here, in one place: a `DomainError` in the shape of the dialect.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web
from multidict import CIMultiDict

from devkit.contract.entities import Lifetimes
from devkit.contract.errors import DomainError
from devkit.contract.operations import Access, Input, Media
from devkit.dialects.base import Dialect, ErrorContext, Reply, Route
from devkit.dialects.reading import RawRequest, read_input
from devkit.dialects.spelling import WireContext
from devkit.domain.base import Caller
from devkit.domain.sessions import Credentials
from devkit.effects import Instant, http_date, machine_now, stopwatch
from devkit.faults.base import Answered, Broken, Moment, Preflight
from devkit.faults.hit import Absent, Subject
from devkit.journal import Detail, Message, RequestEntry
from devkit.masking import mask_query
from devkit.postoffice import caused_by
from devkit.sandbox import Keeper, Sandbox
from devkit.server import body, cookies
from devkit.server.breaking import NONE, Strikes, response_of, wired
from devkit.server.cors import Cors, is_preflight
from devkit.server.files import RangeNotSatisfiable
from devkit.server.protocol import MAX_ADDRESS, connection_of, gone_of, is_abandoned
from devkit.server.responses import respond
from devkit.server.router import Router

if TYPE_CHECKING:
    from devkit.scenario.model import Scenario

log = logging.getLogger("devkit")

SCENARIO_HEADER = "X-Devkit-Scenario"
SCENARIO_QUERY = "devkit_scenario"

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_NOT_QUOTABLE = re.compile(r"[^ !#-\[\]-~]")
"""What an `error_description` may not hold (RFC 6750, section 3)."""


@dataclass(slots=True)
class Exchange:
    """What is known of a request so far; errors and the journal take it from here."""

    request: web.BaseRequest
    sandbox: Sandbox
    request_id: str
    started: float
    began: Instant
    dialect: Dialect
    route: Route | None = None
    user: str | None = None
    error: str | None = None
    note: str | None = None
    nearest: tuple[str, ...] = ()
    subject: Subject | None = None
    preflight: Preflight | None = None
    strikes: Strikes = NONE
    borrowed: tuple[Scenario, ...] = ()
    raw: bytes | None = None
    body: dict[str, Any] | None = None


class Pipeline:
    """Answers the requests that belong to the contract."""

    def __init__(self, router: Router, cors: Cors, scenarios: Callable[[str], Scenario | None]) -> None:
        """`scenarios` finds a scenario by name, for requests that bring their own."""
        self._router = router
        self._cors = cors
        self._scenarios = scenarios

    async def handle(self, request: web.BaseRequest, sandbox: Sandbox) -> web.StreamResponse:
        exchange = Exchange(
            request=request,
            sandbox=sandbox,
            request_id=request_id_of(request.headers, sandbox),
            started=stopwatch(),
            began=sandbox.clock.now(),
            dialect=self._router.dialect_of(request.rel_url.raw_path),
        )
        try:
            reply = await self._answer(exchange)
        except DomainError as error:
            reply = self._failed(exchange, error)
        except Answered as answered:
            reply = answered.reply
        except (Broken, Absent) as broken:
            return self._note(exchange, response_of(broken))
        except Exception:
            log.exception("request %s failed: %s %s", exchange.request_id, request.method, request.rel_url.raw_path)
            reply = self._failed(exchange, DomainError("internal_error"))
        response = await self._respond(exchange, reply)
        return self._note(exchange, response)

    async def _respond(self, exchange: Exchange, reply: Reply) -> web.StreamResponse:
        """The response with everything that goes with it, as the faults that struck leave it."""
        strikes = exchange.strikes
        if not strikes:
            response = self._built(exchange, reply)
            self._carry(exchange, response)
            return response
        response = self._built(exchange, await strikes.on_reply(reply), strikes)
        self._carry(exchange, response)
        response.headers.update(self._fault_header(exchange))
        strikes.on_headers(response.status, response.headers)
        return await wired(exchange.request, response, strikes)

    def _built(self, exchange: Exchange, reply: Reply, strikes: Strikes = NONE) -> web.StreamResponse:
        try:
            return respond(exchange.request, reply, strikes)
        except DomainError as error:
            return respond(exchange.request, self._failed(exchange, error), strikes)

    async def _answer(self, exchange: Exchange) -> Reply:
        request, path = exchange.request, exchange.request.rel_url.raw_path
        exchange.borrowed = self.borrowed(request)
        if is_preflight(request.method, request.headers):
            return await self._preflight(exchange)
        if len(request.rel_url.raw_path_qs) > MAX_ADDRESS:
            raise DomainError("uri_too_long")
        if request.method == "OPTIONS" and (methods := self._router.methods(path)):
            return Reply(204, headers={"Allow": ", ".join(methods)}, has_body=False)
        try:
            match = self._router.match(request.method, path)
        except DomainError:
            await self._strike(exchange, None)
            exchange.nearest = self._router.nearest(request.method, path)
            raise
        exchange.route = match.route
        await self._strike(exchange, match.route)
        return await self._call(exchange, match.route, match.parameters)

    async def _call(self, exchange: Exchange, route: Route, parameters: dict[str, str]) -> Reply:
        request, sandbox, operation, strikes = exchange.request, exchange.sandbox, route.operation, exchange.strikes
        if strikes:
            await strikes.on_credentials()
        caller = self._caller(exchange, route)
        raw = RawRequest(
            path=parameters,
            query=tuple(request.query.items()),
            headers=request.headers,
            cookies=cookies.parse(request.headers.get(hdrs.COOKIE)) if route.row.cookies else {},
            body=await self._body(exchange) if operation.media is Media.JSON else {},
        )
        if strikes:
            raw = await strikes.on_raw(raw)
        given = read_input(route, raw)
        arguments: list[Any] = [caller, given]
        if operation.media is Media.MULTIPART:
            tap = strikes.on_chunk if strikes.touch_chunks else None
            arguments.append(body.MultipartBody(request, sandbox.settings.limits_upload, tap))
        keeper, subject = sandbox.keeper(operation.id), exchange.subject
        call = partial(keeper, *arguments)
        if subject is None:
            result = await call()
        else:
            subject.input, subject.again = given, partial(_again, keeper, caller, given)
            with caused_by(subject, exchange.borrowed):
                result = await strikes.around(call)
            await strikes.on_request(after_commit=True)
        context = wire_context(request, route, sandbox)
        if strikes:
            context = strikes.on_context(context)
        return route.answer.reply(result, context, route.dialect.spelling)

    async def _body(self, exchange: Exchange) -> dict[str, Any]:
        if exchange.raw is None:
            tap = exchange.strikes.on_chunk if exchange.strikes.touch_chunks else None
            exchange.raw = await body.read_raw(exchange.request, exchange.sandbox.settings.limits_json, tap)
        if exchange.body is None:
            exchange.body = body.parse_json(exchange.raw) if exchange.raw else {}
        return exchange.body

    def borrowed(self, request: web.BaseRequest) -> tuple[Scenario, ...]:
        """The scenarios that this one request brings along. Raises DomainError for one that is not there."""
        names = request.headers.get(SCENARIO_HEADER) or (
            request.query.get(SCENARIO_QUERY) if request.query_string else None
        )
        if not names:
            return ()
        found = []
        for name in names.split(","):
            scenario = self._scenarios(name.strip())
            if scenario is None:
                raise DomainError("bad_request", f"There is no scenario {name.strip()[:80]!r}")
            found.append(scenario)
        return tuple(found)

    async def _strike(self, exchange: Exchange, route: Route | None) -> None:
        """Find the faults that strike this request, and let those act that come before everything else."""
        engine = exchange.sandbox.engine
        if engine.idle and not exchange.borrowed:
            return
        if is_abandoned(exchange.request, exchange.sandbox.levers):
            exchange.note = "a fault gave this connection up after the answer before"
            raise Broken(reset=True)
        operation = route.operation if route else None
        name = operation.id if operation else None
        # A mail that is sent because of the request is struck with the request as its cause.
        if not any(engine.reaches(moment, name, exchange.borrowed) for moment in (Moment.REQUEST, Moment.MAIL)):
            return
        subject = self._subject(exchange, name)
        if operation and operation.media is Media.JSON and engine.wants_body(operation.id, exchange.borrowed):
            with contextlib.suppress(DomainError):
                subject.body = await self._body(exchange)
        exchange.subject, exchange.user = subject, subject.user
        exchange.strikes = Strikes(engine.strike(Moment.REQUEST, subject, exchange.borrowed))
        await exchange.strikes.on_request()

    async def _preflight(self, exchange: Exchange) -> Reply:
        request, engine = exchange.request, exchange.sandbox.engine
        preflight = Preflight(204, CIMultiDict(self._cors.preflight_headers(request.headers)))
        if not engine.idle or exchange.borrowed:
            method = request.headers["Access-Control-Request-Method"]
            try:
                operation = self._router.match(method, request.rel_url.raw_path).route.operation.id
            except DomainError:
                operation = None
            subject = self._subject(exchange, operation, method)
            exchange.strikes = Strikes(engine.strike(Moment.PREFLIGHT, subject, exchange.borrowed))
            await exchange.strikes.on_preflight(preflight)
        exchange.preflight = preflight
        return Reply(preflight.status, has_body=False)

    def _subject(self, exchange: Exchange, operation: str | None, method: str | None = None) -> Subject:
        request = exchange.request
        dialect = exchange.route.dialect if exchange.route else exchange.dialect
        given = credentials_of(request, dialect)
        subject = Subject(
            operation=operation,
            dialect=dialect.name,
            method=method or request.method,
            path=request.rel_url.path,
            headers=request.headers,
            query=request.query,
            token=given.bearer or given.cookie,
            gone=gone_of(request),
            connection=connection_of(request),
            spell_error=partial(self._failed, exchange),
        )
        with contextlib.suppress(DomainError):
            principal = exchange.sandbox.sessions.authenticate(given)
            subject.user, subject.user_id = principal.user.email, principal.user_id
            subject.session_id = principal.session_id
        return subject

    def _fault_header(self, exchange: Exchange) -> dict[str, str]:
        """What struck, for whoever looks at the answer (`faults.header` switches it off)."""
        if not exchange.sandbox.settings.faults_header:
            return {}
        return {"X-Devkit-Fault": ", ".join(f"{strike.hit.name}={strike.hit.kind}" for strike in exchange.strikes)}

    def _caller(self, exchange: Exchange, route: Route) -> Caller:
        request, dialect, access = exchange.request, route.dialect, route.operation.access
        principal = None
        if access is not Access.PUBLIC:
            try:
                principal = exchange.sandbox.sessions.authenticate(credentials_of(request, dialect))
                exchange.user = principal.user.email
            except DomainError:
                if access is Access.SIGNED_IN:
                    raise
        agent = request.headers.get(hdrs.USER_AGENT, "").encode(errors="replace").decode()
        lifetimes = Lifetimes(dialect.access_lifetime, dialect.refresh_lifetime)
        if exchange.strikes:
            lifetimes = exchange.strikes.on_lifetimes(lifetimes)
        return Caller(user=principal, user_agent=agent, lifetimes=lifetimes)

    def _failed(self, exchange: Exchange, error: DomainError) -> Reply:
        exchange.error = error.code
        dialect = exchange.route.dialect if exchange.route else exchange.dialect
        context = ErrorContext(exchange.request_id, exchange.sandbox.clock.now())
        name_of = exchange.route.name_of if exchange.route else dialect.spelling.name_of
        reply = Reply(dialect.status_of(error), dialect.error_body(error, context, name_of))
        reply.headers = error_headers(error, reply.status)
        return reply

    def _carry(self, exchange: Exchange, response: web.StreamResponse) -> None:
        """What every answer carries."""
        origin = exchange.request.headers.get(hdrs.ORIGIN)
        duration = stopwatch() - exchange.started
        if exchange.preflight:
            response.headers.update(exchange.preflight.headers)
        else:
            headers = self._cors.answer_headers(origin)
            vary = response.headers.get(hdrs.VARY)
            response.headers.update(headers)
            if vary:
                response.headers[hdrs.VARY] = f"{headers['Vary']}, {vary}"
        response.headers[hdrs.DATE] = http_date(exchange.sandbox.clock.now())
        response.headers["X-Request-ID"] = exchange.request_id
        response.headers["X-Process-Time"] = f"{duration:.6f}"

    def _note(self, exchange: Exchange, response: web.StreamResponse) -> web.StreamResponse:
        """The exchange's entry in the journal."""
        request, sandbox = exchange.request, exchange.sandbox
        origin = request.headers.get(hdrs.ORIGIN)
        if origin and not exchange.note and not self._cors.allows(origin):
            exchange.note = f"origin {origin} is not allowed: serve with --origin {origin}"
        sandbox.journal.add(
            RequestEntry(
                number=sandbox.journal.next_number(),
                at=sandbox.clock.now(),
                sandbox=sandbox.id,
                request_id=exchange.request_id,
                method=request.method,
                path=mask_query(request.path_qs),
                dialect=exchange.route.dialect.name if exchange.route else None,
                operation=exchange.route.operation.id if exchange.route else None,
                status=response.status,
                duration=stopwatch() - exchange.started,
                user=exchange.user,
                error=exchange.error,
                note=exchange.note,
                nearest=exchange.nearest,
                faults=exchange.strikes.fingerprints,
            ),
            # References alone: nothing is written down, or masked, before somebody asks.
            Detail(
                began=exchange.began,
                machine_at=machine_now(),
                request=Message.of(request.headers, exchange.raw),
                response=Message.of(response.headers, _sent(response)),
            ),
        )
        return response


def _sent(response: web.StreamResponse) -> bytes | None:
    """The body of an answer; None where it was streamed, or there was none."""
    sent = response.body if isinstance(response, web.Response) else None
    return sent if isinstance(sent, bytes) else None


async def _again(keeper: Keeper, caller: Caller, data: Input, **changes: Any) -> Any:
    return await keeper(caller, data.model_copy(update=changes))


def request_id_of(headers: Mapping[str, str], sandbox: Sandbox) -> str:
    """The client's own request id where it is sane, else a new one."""
    given = headers.get("X-Request-ID", "")
    return given if _SANE_REQUEST_ID.fullmatch(given) else sandbox.request_ids.uuid()


def credentials_of(request: web.BaseRequest, dialect: Dialect) -> Credentials:
    """What the request's headers bring along."""
    given = cookies.parse(request.headers.get(hdrs.COOKIE)) if dialect.access_cookie else {}
    scheme, _, bearer = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return Credentials(
        bearer=bearer.strip() if scheme.lower() == "bearer" else None,
        api_key=request.headers.get("X-API-Key"),
        cookie=given.get(dialect.access_cookie) if dialect.access_cookie else None,
    )


def wire_context(request: web.BaseRequest, route: Route, sandbox: Sandbox) -> WireContext:
    settings = sandbox.settings
    return WireContext(
        base_url=f"{request.scheme}://{request.host}",
        prefix=route.prefix,
        path=request.rel_url.raw_path,
        query=tuple(request.query.items()),
        transport=settings.auth_transport,
        secure=settings.cookies_secure,
    )


def error_headers(error: DomainError, status: int) -> dict[str, str]:
    """The headers that go with an error."""
    headers: dict[str, str] = {}
    if status == 401:
        # RFC 6750, section 3: a request that brought no token is told no error code.
        told = error.code in {"token_invalid", "token_expired", "token_revoked"}
        description = _NOT_QUOTABLE.sub("?", error.message)
        detail = f', error="invalid_token", error_description="{description}"' if told else ""
        headers["WWW-Authenticate"] = f'Bearer realm="devkit"{detail}'
    if error.allow:
        headers["Allow"] = ", ".join(error.allow)
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size}"
    return headers
