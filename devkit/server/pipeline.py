"""From a request to its answer: which sandbox, whose, which operation, with what input, spelled how.

Everything a client sees of a failure is made here, in one place: a `DomainError` in the shape of the dialect.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import hdrs, web

from devkit.contract.errors import DomainError
from devkit.contract.operations import Access, Media
from devkit.dialects.base import Dialect, ErrorContext, Reply, Route
from devkit.dialects.reading import RawRequest, read_input
from devkit.dialects.spelling import WireContext
from devkit.domain.base import Caller, Lifetimes
from devkit.domain.sessions import Credentials
from devkit.effects import stopwatch
from devkit.journal import RequestEntry
from devkit.sandbox import Sandbox
from devkit.server import body, cookies
from devkit.server.cors import Cors, is_preflight
from devkit.server.files import RangeNotSatisfiable
from devkit.server.responses import respond
from devkit.server.router import Router

log = logging.getLogger("devkit")

_MAX_TARGET = 16 * 1024
"""Characters of a path with its query."""
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_SECRET_QUERY = re.compile(r"(?<=[?&])(token|api_key|code|state)=[^&]*")


@dataclass(slots=True)
class Exchange:
    """What is known of a request so far; errors and the journal take it from here."""

    request: web.BaseRequest
    sandbox: Sandbox
    request_id: str
    started: float
    dialect: Dialect
    route: Route | None = None
    user: str | None = None
    error: str | None = None
    note: str | None = None
    nearest: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)


class Pipeline:
    """Answers the requests that belong to the contract."""

    def __init__(self, router: Router, cors: Cors) -> None:
        self._router = router
        self._cors = cors

    async def handle(self, request: web.BaseRequest, sandbox: Sandbox) -> web.StreamResponse:
        exchange = Exchange(
            request=request,
            sandbox=sandbox,
            request_id=request_id_of(request.headers, sandbox),
            started=stopwatch(),
            dialect=self._router.dialect_of(request.rel_url.raw_path),
        )
        try:
            response = await self._answer(exchange)
        except DomainError as error:
            response = self._failed(exchange, error)
        except Exception:
            log.exception("request %s failed: %s %s", exchange.request_id, request.method, request.rel_url.raw_path)
            response = self._failed(exchange, DomainError("internal_error"))
        self._finish(exchange, response)
        return response

    async def _answer(self, exchange: Exchange) -> web.StreamResponse:
        request, path = exchange.request, exchange.request.rel_url.raw_path
        if is_preflight(request.method, request.headers):
            exchange.headers = self._cors.preflight_headers(request.headers)
            return web.Response(status=204)
        if len(request.rel_url.raw_path_qs) > _MAX_TARGET:
            raise DomainError("uri_too_long")
        if request.method == "OPTIONS" and (methods := self._router.methods(path)):
            return web.Response(status=204, headers={"Allow": ", ".join(methods)})
        try:
            match = self._router.match(request.method, path)
        except DomainError:
            exchange.nearest = self._router.nearest(request.method, path)
            raise
        exchange.route = match.route
        return await self._call(exchange, match.route, match.parameters)

    async def _call(self, exchange: Exchange, route: Route, parameters: dict[str, str]) -> web.StreamResponse:
        request, sandbox, operation = exchange.request, exchange.sandbox, route.operation
        caller = self._caller(exchange, route)
        raw = RawRequest(
            path=parameters,
            query=tuple(request.query.items()),
            headers=request.headers,
            cookies=cookies.parse(request.headers.get(hdrs.COOKIE)) if route.row.cookies else {},
            body=await body.read_json(request, sandbox.settings.limits_json) if operation.media is Media.JSON else {},
        )
        keeper = sandbox.keeper(operation.id)
        if operation.media is Media.MULTIPART:
            form = body.MultipartBody(request, sandbox.settings.limits_upload)
            result = await keeper(caller, read_input(route, raw), form)
        else:
            result = await keeper(caller, read_input(route, raw))
        reply = route.answer.reply(result, wire_context(request, route, sandbox), route.dialect.spelling)
        return respond(request, reply)

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
        return Caller(user=principal, user_agent=agent, lifetimes=lifetimes)

    def _failed(self, exchange: Exchange, error: DomainError) -> web.StreamResponse:
        exchange.error = error.code
        dialect = exchange.route.dialect if exchange.route else exchange.dialect
        context = ErrorContext(exchange.request_id, exchange.sandbox.clock.now())
        name_of = exchange.route.name_of if exchange.route else dialect.spelling.name_of
        reply = Reply(dialect.status_of(error), dialect.error_body(error, context, name_of))
        reply.headers = error_headers(error, reply.status)
        return respond(exchange.request, reply)

    def _finish(self, exchange: Exchange, response: web.StreamResponse) -> None:
        """What every answer carries, and its entry in the journal."""
        request, sandbox = exchange.request, exchange.sandbox
        origin = request.headers.get(hdrs.ORIGIN)
        duration = stopwatch() - exchange.started
        headers = exchange.headers or self._cors.answer_headers(origin)
        vary = response.headers.get(hdrs.VARY)
        response.headers.update(headers)
        if vary:
            response.headers[hdrs.VARY] = f"{headers['Vary']}, {vary}"
        response.headers["X-Request-ID"] = exchange.request_id
        response.headers["X-Process-Time"] = f"{duration:.6f}"
        if origin and not self._cors.allows(origin):
            exchange.note = f"origin {origin} is not allowed: serve with --origin {origin}"
        sandbox.journal.add(
            RequestEntry(
                number=sandbox.journal.next_number(),
                at=sandbox.clock.now(),
                sandbox=sandbox.id,
                request_id=exchange.request_id,
                method=request.method,
                path=_SECRET_QUERY.sub(r"\1=…", request.path_qs),
                dialect=exchange.route.dialect.name if exchange.route else None,
                operation=exchange.route.operation.id if exchange.route else None,
                status=response.status,
                duration=duration,
                user=exchange.user,
                error=exchange.error,
                note=exchange.note,
                nearest=exchange.nearest,
            )
        )


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
        detail = f', error="invalid_token", error_description="{error.message}"' if told else ""
        headers["WWW-Authenticate"] = f'Bearer realm="devkit"{detail}'
    if error.allow:
        headers["Allow"] = ", ".join(error.allow)
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size}"
    return headers
