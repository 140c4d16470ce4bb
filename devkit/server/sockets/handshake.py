"""A request that asks for a WebSocket: who it is from, and what rules of scenarios are matched against."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from aiohttp import web

from devkit.contract.entities import Principal
from devkit.contract.errors import DomainError
from devkit.dialects.base import Dialect, ErrorContext
from devkit.dialects.replies import Reply
from devkit.dialects.sockets import SUBPROTOCOL
from devkit.domain.credentials import Credentials, credentials
from devkit.effects import Instant
from devkit.faults.hit import Subject
from devkit.sandbox import Sandbox
from devkit.server.http.addresses import address_reached
from devkit.server.http.advice import no_token
from devkit.server.http.exchange import credentials_of, error_reply, request_id_of
from devkit.server.http.responses import keep_out_of_caches, respond
from devkit.server.sockets.breaking import SocketFaults
from devkit.server.sockets.messages import Voice
from devkit.server.wire.striking import Striker, fault_header, subject_of

if TYPE_CHECKING:
    from devkit.scenario.model import Scenario

    Borrowed = tuple[Scenario, ...]


_SUBPROTOCOL = "bearer"


class Handshake:
    """One handshake in one dialect."""

    def __init__(
        self,
        request: web.BaseRequest,
        sandbox: Sandbox,
        dialect: Dialect,
        striker: Striker,
        borrowed: Borrowed = (),
        served: Sequence[Dialect] = (),
        *,
        real: bool = False,
    ) -> None:
        """`borrowed` are the scenarios that the request brings along, `served` the dialects that clients may speak;
        `real`: the real backend answers it.
        """
        self._served, self._real = served, real
        self._request, self._sandbox, self._dialect, self._borrowed = request, sandbox, dialect, borrowed
        self._repeats = striker.repeats
        self._struck: SocketFaults | None = None

    @cached_property
    def _request_id(self) -> str:
        return request_id_of(self._request.headers, self._sandbox)

    def authenticate(self) -> Principal | None:
        """None where nobody signs in. Raises DomainError. JavaScript can give a socket no header, so the query may
        bring credentials too.
        """
        if self._dialect.socket_protocol.is_open:
            return None
        return self._sandbox.sessions.authenticate(self._credentials())

    def expires_at(self) -> Instant | None:
        """When that is over, as far as it is known now. Raises DomainError where it is."""
        if self._dialect.socket_protocol.is_open:
            return None
        return self._sandbox.sessions.expires_at(self._credentials())

    def advice(self) -> str | None:
        """For the person at the terminal, where it is no token that was sent."""
        return no_token(self._dialect, self._credentials().bearer or "", "?token=")

    def voice(self) -> Voice:
        """In which dialect events are told: in that which the client names as a subprotocol, else in the one of what it
        signs in with.
        """
        return Voice(self._spoken(), address_reached(self._request, self._sandbox))

    def _spoken(self) -> str | None:
        names = [dialect.name for dialect in self._served]
        if named := next((name for name in self._offers if name in names), None):
            return named
        if self._dialect.socket_protocol.is_open:
            return self._dialect.name
        given = self._credentials()
        if given.bearer is None and given.api_key is not None:
            return next((each.name for each in self._served if _hands_out_keys(each)), None)
        client = self._sandbox.sessions.client_of(given)
        if client is None:
            return next((each.name for each in self._served if each.session_tokens), None)
        return client if client in names else None

    def subject(self, connection_id: str) -> Subject:
        """What is struck: the handshake, and from then on the connection of that id."""
        subject = subject_of(self._request, self._sandbox, self._dialect, self._credentials(), self._spell)
        subject.connection_id, subject.kept_by_real = connection_id, self._real
        return subject

    def faults(self, connection_id: str) -> SocketFaults:
        """What strikes the connection of that id."""
        before = self._repeats.of(self._request, self._sandbox)
        self._struck = SocketFaults(self._sandbox.engine, partial(self.subject, connection_id), self._borrowed, before)
        return self._struck

    def refusal(self, reply: Reply) -> web.StreamResponse:
        """The answer of a fault that refuses the handshake."""
        response = respond(self._request, reply)
        response.headers["X-Request-ID"] = self._request_id
        if self._struck:
            keep_out_of_caches(response.headers)
            response.headers.update(fault_header(self._sandbox, self._struck.struck))
        response.force_close()
        if self._struck and self._struck.refused is not None:
            met, number = self._struck.met, self._struck.refused
            self._repeats.note(self._request, self._sandbox, met, response, number)
        return response

    @property
    def protocols(self) -> tuple[str, ...]:
        """The subprotocols that may be selected."""
        protocol = self._dialect.socket_protocol
        bearer = (_SUBPROTOCOL,) if SUBPROTOCOL in protocol.credentials else ()
        return (*bearer, *(dialect.name for dialect in self._served)) if protocol.events else bearer

    def _credentials(self) -> Credentials:
        given, query = credentials_of(self._request.headers, self._dialect), self._request.query
        return credentials(
            # What is there and empty is nothing: `?token=${token ?? ""}` beside a good cookie.
            bearer=query.get("token") or self._offered() or given.bearer,
            api_key=query.get("api_key") or given.api_key,
            cookie=given.cookie,
        )

    def _offered(self) -> str | None:
        """The token that is offered as a subprotocol beside `bearer`."""
        names = {dialect.name for dialect in self._served}
        match [name for name in self._offers if name not in names]:
            case [first, token] if first == _SUBPROTOCOL and _SUBPROTOCOL in self.protocols:
                return token
        return None

    @cached_property
    def _offers(self) -> list[str]:
        return [name.strip() for name in self._request.headers.get("Sec-WebSocket-Protocol", "").split(",")]

    def _spell(self, error: DomainError) -> Reply:
        return error_reply(error, self._dialect, ErrorContext(self._request_id, self._sandbox.clock.now()))


def _hands_out_keys(dialect: Dialect) -> bool:
    """Whether API keys are made in that dialect: then clients that have one speak it."""
    return any(dialect.contract.operations[row.operation].keeper == "api_keys.create" for row in dialect.rows)
