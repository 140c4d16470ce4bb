"""A request for a socket of the real backend's: handed on, and what the backend says to it.

A handshake that it refuses is passed on with its status, fields and body. What it agrees to is relayed (`relay.py`);
what is no WebSocket passes unread (`tunnel.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import HttpVersion11, hdrs, web

from devkit.contract.errors import DomainError
from devkit.dialects.replies import PassedBody, Reply
from devkit.faults.hit import Absent
from devkit.faults.matter import Broken
from devkit.server.http.fields import listed
from devkit.server.http.protocol import gone_of
from devkit.server.http.responses import respond
from devkit.server.sockets.relay import Relay
from devkit.server.sockets.session import meet
from devkit.server.sockets.tunnel import Tunnel
from devkit.server.wire.striking import fault_header
from devkit.upstream.base import By
from devkit.upstream.client import Unreachable
from devkit.upstream.connection import BrokeOff

if TYPE_CHECKING:
    from devkit.sandbox import Sandbox
    from devkit.server.hosting.opening import Hosted
    from devkit.server.http.cors import Cors
    from devkit.server.http.forwarding import Forwarding
    from devkit.server.http.request import Request
    from devkit.server.sockets.breaking import SocketFaults
    from devkit.server.sockets.handshake import Handshake
    from devkit.upstream.client import Answer

_NOT_THERE = frozenset({404, 501})
_KEPT_BY = "X-Devkit-Kept-By"
_HTTP_2 = frozenset({"h2c", "h2"})
"""Not spoken on the way: HTTP is to stay what can be read, and a server may ignore who asks (RFC 9113, section 3.1)."""


class Relaying:
    """Hands handshakes on, where the sandbox has its sockets kept by the real backend."""

    def __init__(self, forwarding: Forwarding, cors: Cors) -> None:
        self._forwarding, self._cors = forwarding, cors

    def wants(self, request: Request, sandbox: Sandbox) -> bool:
        """Whether a request asks the real backend for another protocol than HTTP."""
        if request.version < HttpVersion11 or request.body_exists:
            return False
        asked = _asked(request)
        return bool(asked - _HTTP_2) and sandbox.kept_by.of(None) in {By.REAL, By.FALLBACK}

    async def serve(
        self, request: Request, hosted: Hosted, handshake: Handshake, *, has_mock: bool
    ) -> web.StreamResponse | None:
        """Serve it to its end; None where the mock is to have it, which `has_mock` says there is one at that address.

        Raises DomainError where there is no answer to pass on; Answered, Broken or Absent as faults do.
        """
        if self._forwarding.answers_preflights and (
            refused := self._cors.refused_socket(request.headers, request.host)
        ):
            raise DomainError("origin_refused", refused)
        sockets = hosted.sockets
        connection_id = sockets.ids()
        is_socket = "websocket" in _asked(request)
        faults = handshake.faults(connection_id)
        if is_socket:
            await meet(faults, sockets, connection_id)
        fallback = has_mock and hosted.sandbox.kept_by.of(None) is By.FALLBACK

        def refused_with(status: int | None, note: str) -> None:
            sockets.record(connection_id, "refused", code=status, faults=faults.struck, note=note)

        try:
            answer, mapping = await self._forwarding.upgraded(request, hosted.sandbox.levers)
        except Unreachable as error:
            if fallback:
                return None
            failure = self._forwarding.failed(error)
            refused_with(failure.status, failure.message)
            raise failure from None
        except BrokeOff as broken:
            if (gone := gone_of(request)) is not None and gone.done():
                raise Absent from None
            refused_with(None, "the real backend ended the connection without an answer")
            raise Broken(reset=broken.reset) from None
        if fallback and answer.status in _NOT_THERE:
            answer.close()
            return None
        fields, changes = self._forwarding.head_of(answer, mapping)
        if answer.status != 101:
            refused_with(answer.status, "; ".join(["refused by the real backend", *changes]))
            return self._passed(request, answer, fields)
        head, note = _head(answer, fields, faults, hosted.sandbox), "; ".join(["kept by the real backend", *changes])
        try:
            if is_socket:
                await Relay(connection_id, request, answer, sockets, faults, note).run(head)
            else:
                await Tunnel(request, answer).run(head)
        except ConnectionError:
            answer.close()
            raise Absent from None
        return _Over()

    def _passed(self, request: Request, answer: Answer, fields: list[tuple[str, str]]) -> web.StreamResponse:
        length = next((int(value) for name, value in fields if name.lower() == "content-length"), None)
        response = respond(request, Reply(answer.status, PassedBody(answer, answer.reason, length), fields=fields))
        response.headers[_KEPT_BY] = By.REAL.value
        return response


def _asked(request: Request) -> set[str]:
    """The protocols that a request asks for (RFC 9110, section 7.8)."""
    options = {option.lower() for option in listed(request.headers.get(hdrs.CONNECTION))}
    if "upgrade" not in options:
        return set()
    return {name.partition("/")[0].lower() for name in listed(request.headers.get(hdrs.UPGRADE))}


def _head(answer: Answer, fields: list[tuple[str, str]], faults: SocketFaults, sandbox: Sandbox) -> bytes:
    """The answer's head as the client gets it, with the subprotocol that a fault selects."""
    if faults.subprotocol is not None:
        named = hdrs.SEC_WEBSOCKET_PROTOCOL
        fields = [pair for pair in fields if pair[0].lower() != named.lower()] + [(named, faults.subprotocol)]
    told = {_KEPT_BY: By.REAL.value} | (fault_header(sandbox, faults.struck) if faults.struck else {})
    lines = [f"HTTP/1.1 101 {answer.reason}", *(f"{name}: {value}" for name, value in (*fields, *told.items()))]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


class _Over(web.StreamResponse):
    """All was sent and heard that there was."""

    def __init__(self) -> None:
        super().__init__(status=101)
        self.force_close()

    async def prepare(self, request: web.BaseRequest) -> None:
        """It was answered before."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to send."""
