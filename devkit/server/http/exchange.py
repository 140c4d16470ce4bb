"""One request on its way to its answer: what is known of it, and what its answer and the journal take from that."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from devkit.contract.errors import DomainError
from devkit.contract.shapes import Body
from devkit.control.upgrading import REQUIRED
from devkit.dialects.base import Dialect, ErrorContext, Route
from devkit.dialects.raw import Payload
from devkit.dialects.replies import Reply
from devkit.dialects.spelling import WireContext
from devkit.domain.credentials import Credentials, credentials
from devkit.effects import Instant, machine_now, stopwatch
from devkit.excerpts import BODY_KEPT
from devkit.faults.hit import Subject
from devkit.faults.matter import Preflight
from devkit.journal import Leg, Message, Passed, RequestEntry
from devkit.masking import mask_address
from devkit.records import dataclass
from devkit.sandbox import Sandbox
from devkit.server.hosting.selection import root_of
from devkit.server.http import body, cookies
from devkit.server.http.addresses import origin_reached, sandbox_told, sandbox_untold
from devkit.server.http.files import RangeNotSatisfiable
from devkit.server.http.request import Request
from devkit.server.http.streaming import LastingResponse
from devkit.server.wire.strikes import NONE, Strikes

if TYPE_CHECKING:
    from devkit.recording.base import Draft, Timing
    from devkit.scenario.model import Scenario
    from devkit.server.sockets.roster import Sockets
    from devkit.upstream.base import By

log = logging.getLogger("devkit")

_PARSED_AT_ONCE = 64 * 1024
"""Bytes of a body that is parsed in the loop's thread; what is larger would hold others up."""

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_NOT_QUOTABLE = re.compile(r"[^ !#-\[\]-~]")
"""What an `error_description` may not hold (RFC 6750, section 3)."""


@dataclass(slots=True)
class Exchange:
    """What is known of a request so far; errors and the journal take it from here. `voice` is a route in whose shape
    errors are told where none was found.
    """

    request: Request
    sandbox: Sandbox
    sockets: Sockets
    request_id: str
    started: float
    began: Instant
    dialect: Dialect
    route: Route | None = None
    voice: Route | None = None
    user: str | None = None
    error: str | None = None
    note: str | None = None
    nearest: tuple[str, ...] = ()
    subject: Subject | None = None
    preflight: Preflight | None = None
    strikes: Strikes = NONE
    repeats: int | None = None
    sent: int = 1
    stale: bool = False
    borrowed: tuple[Scenario, ...] = ()
    raw: bytes | None = None
    body: dict[str, Any] | None = None
    payload: tuple[Payload | None] | DomainError | None = None
    """What was read of the body, once it was, or why it could not be."""
    kept_by: By | None = None
    """Who answers, where there is a real backend."""
    learned: str = ""
    """The operation that it turned out to be, where nobody knew before it was answered."""
    changes: Sequence[str] = ()
    timing: Callable[[], Timing] | None = None
    draft: Draft | None = None
    """What was changed of the real backend's answer, what took how long, and how it is recorded."""

    @property
    def speaks(self) -> Dialect:
        """The dialect that the answer is spelled in."""
        near = self.route or self.voice
        return near.dialect if near else self.dialect

    async def json(self) -> dict[str, Any]:
        """The body of a request that has a JSON one, or a form's. Raises DomainError where it is broken."""
        if self.route and self.route.shape:
            payload = await self.read_payload()
            return payload.value if payload is not None and isinstance(payload.value, dict) else {}
        reader = body.reader_of(self.route, self.request.content_type) if self.route else None
        if reader is None or self.route is None:
            return {}
        if self.raw is None:
            tap = self.strikes.on_chunk if self.strikes.touch_chunks else None
            limit = self.sandbox.settings.limits_json
            self.raw = await body.read_raw(self.request, self.route.media_types, reader, limit, tap)
        if self.body is None:
            if len(self.raw) > _PARSED_AT_ONCE:
                self.body = await asyncio.to_thread(reader.parse, self.raw)
            else:
                self.body = reader.parse(self.raw) if self.raw else {}
        return self.body

    async def read_payload(self) -> Payload | None:
        """The body of any kind that the route's shape asks for. Raises DomainError where it is broken."""
        shape = self.route.shape if self.route else None
        if shape is None or shape.body is None or self.request.method in {"GET", "HEAD"}:
            return None
        if self.payload is None:
            try:
                self.payload = (await self._payload(shape.body),)
            except DomainError as error:
                # Its bytes are gone: whoever asks again is told the same.
                self.payload = error
        if isinstance(self.payload, DomainError):
            raise self.payload
        return self.payload[0]

    async def _payload(self, wanted: Body) -> Payload | None:
        from devkit.server.http import payload

        tap = self.strikes.on_chunk if self.strikes.touch_chunks else None
        settings = self.sandbox.settings
        if payload.is_multipart(self.request, wanted):
            return await payload.read_multipart(self.request, settings.limits_upload, tap)
        self.raw = await payload.read_bytes(self.request, wanted, settings.limits_json, tap)
        return await payload.parsed(self.request, self.raw)

    def failed(self, error: DomainError) -> Reply:
        """The error in the shape of the dialect; the journal will tell of it."""
        self.error = error.code
        context = ErrorContext(self.request_id, self.sandbox.clock.now(), self.request.path)
        if self.route and error.kind.name == "unsupported_media_type":
            reply = error_reply(error, self.route, context)
            reply.headers = {**reply.headers, **_accepted(self.request, self.route)}
            return reply
        if self.route and self.route.row.failure:
            other = self.route.row.failure(error, wire_context(self.request, self.route, self.sandbox))
            if other is not None:
                return other
        return error_reply(error, self.route or self.voice or self.dialect, context)

    def record(self, response: web.StreamResponse) -> int:
        """Write the exchange into the sandbox's journal; the entry's number."""
        request, sandbox = self.request, self.sandbox
        number = sandbox.journal.next_number()
        sandbox.journal.add(
            RequestEntry(
                number=number,
                at=sandbox.clock.now(),
                sandbox=sandbox.id,
                request_id=self.request_id,
                method=request.method,
                path=mask_address(request.path_qs),
                dialect=self.route.dialect.name if self.route else None,
                operation=self.route.operation.id if self.route else self.learned or None,
                status=response.status,
                duration=stopwatch() - self.started,
                user=self.user,
                error=self.error,
                note=self.note,
                nearest=self.nearest,
                faults=self.strikes.fingerprints,
                repeats=self.repeats,
                kept_by=self.kept_by.value if self.kept_by else "",
                leg=_leg(self),
            ),
            # References alone: nothing is written down, or masked, before somebody asks.
            Passed(
                began=self.began,
                machine_at=machine_now(),
                request=Message.of(request.headers, self.raw),
                response=_sent(response),
            ),
        )
        return number


def _leg(exchange: Exchange) -> Leg | None:
    if exchange.timing is None:
        return None
    timing = exchange.timing()
    return Leg(changes=tuple(exchange.changes), connect=timing.connect, wait=timing.wait, receive=timing.receive)


def _sent(response: web.StreamResponse) -> Message:
    """The answer as it was sent; without its body where that was a file."""
    if isinstance(response, LastingResponse):
        return Message(response.headers, bytes(response.sent[:BODY_KEPT]), response.size)
    sent = response.body if isinstance(response, web.Response) else None
    return Message.of(response.headers, sent if isinstance(sent, bytes) else None)


def unexpected(failure: Exception, sandbox: Sandbox, request_id: str, what: str) -> DomainError:
    """What the client is told of an exception that nobody expected; the log tells the rest. `what` is the request's
    method and path.
    """
    if sandbox.closed:
        return DomainError("not_found", f"The sandbox {sandbox.id!r} was removed meanwhile")
    log.error("request %s failed: %s", request_id, what, exc_info=failure)
    return DomainError("internal_error")


def request_id_of(headers: Mapping[str, str], sandbox: Sandbox) -> str:
    """The client's own request id where it is sane, else a new one."""
    given = headers.get("X-Request-ID", "")
    return given if _SANE_REQUEST_ID.fullmatch(given) else sandbox.request_ids.uuid()


def credentials_of(headers: Mapping[str, str], dialect: Dialect) -> Credentials:
    """What a request's headers bring along."""
    given = cookies.parse(headers.get(hdrs.COOKIE)) if dialect.access_cookies else {}
    scheme, _, bearer = headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    # `Token` is what Django REST framework and RealWorld call it.
    is_token = scheme.lower() in {"bearer", "token"}
    token, key = bearer.strip() if is_token else "", headers.get("X-API-Key", "").strip()
    if dialect.token_header and not token:
        # A token has three parts (RFC 7515, section 3.1), and no key of ours has a dot.
        own = headers.get(dialect.token_header, "").removeprefix("Bearer ").strip()
        token, key = (own, key) if "." in own else ("", own or key)
    cookie = next((given[name] for name in dialect.access_cookies if given.get(name)), None)
    return credentials(bearer=token, api_key=key, cookie=cookie)


def wire_context(request: Request, route: Route, sandbox: Sandbox) -> WireContext:
    settings, root, origin = sandbox.settings, root_of(request), origin_reached(request)
    return WireContext(
        base_url=f"{origin}{root}",
        root=root,
        prefix=route.prefix,
        path=request.rel_url.raw_path,
        query=tuple(request.query.items()),
        transport=settings.auth_transport,
        secure=cookies.wants_secure(request, settings),
        wants_page=prefers_page(request.headers.get(hdrs.ACCEPT, "")),
        token=request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")[2].strip(),
        sandbox=sandbox_untold(sandbox, sandbox_told(origin, root, sandbox.settings.sandbox_domain)),
        cookies=frozenset(cookies.parse(request.headers.get(hdrs.COOKIE)) if route.dialect.session_tokens else ()),
    )


def prefers_page(accept: str) -> bool:
    """Whether HTML is named before JSON: so do browsers that navigate, and no client of an API."""
    kinds = [kind.partition(";")[0].strip().lower() for kind in accept.split(",")]
    page = kinds.index("text/html") if "text/html" in kinds else None
    return page is not None and "application/json" not in kinds[:page]


def error_reply(error: DomainError, speaks: Dialect | Route, context: ErrorContext) -> Reply:
    """The error in the shape of a dialect, or of a route in it."""
    style, name_of = speaks.errors, speaks.name_of
    reply = Reply(style.status_of(error), style.body(error, context, name_of))
    reply.headers = _error_headers(error, reply.status)
    reply.media_type = style.media_type_of(reply.status)
    return reply


def _accepted(request: Request, route: Route) -> dict[str, str]:
    """What a body of that route may be, where one came that may not (RFC 9110, sections 12.5.3 and 15.5.16)."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        return {hdrs.ACCEPT_ENCODING: "identity"}
    field = {"POST": "Accept-Post", "PATCH": "Accept-Patch"}.get(request.method, hdrs.ACCEPT)
    return {field: ", ".join(route.media_types)}


def _error_headers(error: DomainError, status: int) -> dict[str, str]:
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
    if error.kind.name == "upgrade_required":
        headers |= REQUIRED
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size}"
    return headers
