"""Where faults meet requests: which of them strike, what they are told, what a request brings along itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from aiohttp import web
from multidict import CIMultiDict

from devkit.contract.errors import DomainError
from devkit.dialects.base import Dialect, Route
from devkit.dialects.replies import Reply
from devkit.domain.credentials import Credentials
from devkit.errors import OperatorError
from devkit.faults.base import Moment
from devkit.faults.hit import Fingerprint, Subject
from devkit.faults.matter import Broken, Preflight
from devkit.sandbox import Sandbox
from devkit.scenario.library import Library
from devkit.server.http import cookies
from devkit.server.http.cors import Cors
from devkit.server.http.exchange import Exchange, credentials_of
from devkit.server.http.fields import listed
from devkit.server.http.passage import proxy_of
from devkit.server.http.protocol import abandoned, connection_of, gone_of
from devkit.server.http.router import Router
from devkit.server.wire.repeats import Repeats, again
from devkit.server.wire.strikes import Strikes

if TYPE_CHECKING:
    from devkit.scenario.activation import Strike
    from devkit.scenario.model import Scenario

SCENARIO_HEADER = "X-Devkit-Scenario"
SCENARIO_QUERY = "devkit_scenario"


class Striker:
    """Asks the sandbox's scenarios about each request; where none is on, that is all it costs."""

    def __init__(self, router: Router, cors: Cors, library: Library) -> None:
        """`library` has the scenarios that requests bring along."""
        self._router = router
        self._cors = cors
        self._library = library
        self.repeats = Repeats()

    async def borrowed(self, request: web.BaseRequest) -> tuple[Scenario, ...]:
        """The scenarios that this one request brings along. Raises DomainError for one that is not there."""
        names = request.headers.get(SCENARIO_HEADER) or (
            ",".join(request.query.getall(SCENARIO_QUERY, ())) if request.query_string else None
        )
        if not names:
            return ()
        await self._library.ready()
        found = []
        for name in (name[:80] for name in listed(names)):
            if self._library.find(name) is None:
                # Perhaps its file was written a moment ago.
                await self._library.current()
            try:
                found.append(self._library.get(name))
            except OperatorError as error:
                raise DomainError("bad_request", error.message) from None
        return tuple(found)

    async def strike(self, exchange: Exchange, route: Route | None) -> None:
        """Find the faults that strike this request, and let those act that come before everything else."""
        engine = exchange.sandbox.engine
        if engine.idle and not exchange.borrowed:
            return
        if given_up := abandoned(exchange.request, exchange.sandbox.levers):
            exchange.note = "a fault gave this connection up after the answer before"
            if not given_up.silent:
                raise Broken(reset=True)
            await given_up.hit.hang()
        before = self.repeats.of(exchange.request, exchange.sandbox)
        if before is not None:
            exchange.repeats, exchange.sent = before.number, before.sent + 1
            exchange.note = f"the client sent #{before.number} again by itself"
        name = route.operation.id if route else None
        # A mail that is sent because of the request is struck with the request as its cause.
        if not any(engine.reaches(moment, name, exchange.borrowed) for moment in (Moment.REQUEST, Moment.MAIL)):
            return
        subject = _subject(exchange, name)
        if engine.wants_body(name, exchange.borrowed):
            with contextlib.suppress(DomainError):
                subject.body = await exchange.json()
        elif exchange.sandbox.journal.wants_bodies:
            with contextlib.suppress(DomainError):
                await exchange.json()
        exchange.subject, exchange.user = subject, subject.user
        repeated = again(before, subject) if before else None
        exchange.strikes = repeated or Strikes(
            _able(exchange, name, _survived(exchange, engine.strike(Moment.REQUEST, subject, exchange.borrowed)))
        )
        await exchange.strikes.on_request()

    async def preflight(self, exchange: Exchange, preflight: Preflight | None = None) -> Reply:
        """The answer to a preflight, ours or one that was given, as the faults that strike it leave it."""
        request, engine = exchange.request, exchange.sandbox.engine
        if preflight is None:
            preflight = Preflight(204, CIMultiDict(self._cors.preflight_headers(request.headers)))
        if not engine.idle or exchange.borrowed:
            method = request.headers["Access-Control-Request-Method"]
            try:
                operation = self._router.match(method, request.rel_url.raw_path).route.operation.id
            except DomainError:
                operation = None
            subject = _subject(exchange, operation, method)
            exchange.strikes = Strikes(engine.strike(Moment.PREFLIGHT, subject, exchange.borrowed))
            await exchange.strikes.on_preflight(preflight)
        exchange.preflight = preflight
        return Reply(preflight.status, has_body=False)


def _able(exchange: Exchange, operation: str | None, strikes: list[Strike]) -> list[Strike]:
    """Those that can act on what the real backend keeps, where it keeps this; the others are taken back."""
    if not exchange.sandbox.kept_by.is_real(operation):
        return strikes
    left = []
    for strike in strikes:
        if why := strike.fault.needs_mock:
            strike.hit.give_back()
            exchange.note = f"{strike.hit.kind} did not strike: the real backend keeps this, and {why}"
        else:
            left.append(strike)
    return left


def _survived(exchange: Exchange, strikes: list[Strike]) -> list[Strike]:
    """Those that the dev server survives which the request came through; the others are taken back, unless forced."""
    proxy = proxy_of(exchange.request) if strikes else None
    if proxy is None:
        return strikes
    from devkit.faults.devservers import kills

    left = []
    for strike in strikes:
        if kills(strike.fault, proxy.name) and not exchange.sandbox.engine.forced(strike.hit.scenario):
            strike.hit.give_back()
            exchange.note = (
                f"{strike.hit.kind} did not strike: this call comes through {proxy.title}, which it would end; "
                "`devkit scenario use --force` strikes all the same"
            )
        else:
            left.append(strike)
    return left


def fault_header(sandbox: Sandbox, struck: Iterable[Fingerprint]) -> dict[str, str]:
    """What struck, for whoever looks at the answer (`faults.header` switches it off)."""
    if not sandbox.settings.faults_header:
        return {}
    return {"X-Devkit-Fault": ", ".join(f"{one.rule}={one.kind}" for one in struck)}


def _subject(exchange: Exchange, operation: str | None, method: str | None = None) -> Subject:
    request = exchange.request
    subject = subject_of(
        request, exchange.sandbox, exchange.speaks, credentials_of(request.headers, exchange.speaks), exchange.failed
    )
    subject.operation, subject.method = operation, method or request.method
    if exchange.route:
        subject.error_names = exchange.route.error_names
    return subject


def subject_of(
    request: web.BaseRequest,
    sandbox: Sandbox,
    dialect: Dialect,
    given: Credentials,
    spell_error: Callable[[DomainError], Reply],
) -> Subject:
    """What a fault is told of a request or a handshake; the user, where the credentials say who that is."""
    subject = Subject(
        dialect=dialect.name,
        method=request.method,
        path=request.rel_url.path,
        headers=request.headers,
        query=request.query,
        # An API key counts before a cookie.
        token=given.bearer or (None if given.api_key else given.cookie),
        gone=gone_of(request),
        connection=connection_of(request),
        spell_error=spell_error,
    )
    with contextlib.suppress(DomainError):
        principal = sandbox.sessions.authenticate(given)
        subject.user, subject.user_id = principal.user.email, principal.user_id
        subject.session_id = principal.session_id
    if subject.user is None and sandbox.kept_by.fronts:
        sent = (given.bearer, given.api_key, *cookies.parse(request.headers.get("Cookie")).values())
        subject.user = sandbox.levers.people.who(secret for secret in sent if secret)
    return subject
