"""WebSockets that refuse, break off, or fall silent. What strikes single messages is in `frames`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from devkit.contract.fields import rejected
from devkit.faults.base import Fault
from devkit.faults.hit import Hit
from devkit.faults.matter import SUBPROTOCOL, Answered, Frame, SocketLever
from devkit.faults.parameters import Duration, ErrorStatus

_UNSENDABLE = {1004, 1005, 1006, 1015}
"""Codes that no close frame may carry (RFC 6455, section 7.4.1)."""


def _code(value: int) -> int:
    if value in _UNSENDABLE:
        raise rejected(f"{value} is never sent: clients make it up themselves. For 1006 use ws.drop")
    return value


def _reason(value: str) -> str:
    if len(value.encode()) > 123:
        raise rejected("a close frame has room for 123 bytes")
    return value


CloseCode = Annotated[int, Field(ge=1000, le=4999), AfterValidator(_code)]
Reason = Annotated[str, AfterValidator(_reason)]


class Reject(Fault):
    """The handshake is refused with this status. A browser shows nothing of it: `onerror`, then `onclose` with code
    1006 and no reason, whatever the status was.
    """

    kind = "ws.reject"
    terminal = True
    example = {"status": 503}

    status: ErrorStatus = 503

    async def on_handshake(self, hit: Hit) -> None:
        raise Answered(hit.error(self.status))


class SubprotocolMismatch(Fault):
    """The handshake selects a subprotocol that the client did not offer, and browsers must fail the connection for it
    (RFC 6455, section 4.1): `onerror`, then `onclose` with code 1006, though the server takes the socket for open.
    """

    kind = "ws.subprotocol_mismatch"
    example = {"value": "v2.events"}

    value: Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$")] = "v2.events"

    async def on_handshake(self, hit: Hit) -> None:
        hit.subject.shared[SUBPROTOCOL] = self.value


class HandshakeDelay(Fault):
    """The socket stays in CONNECTING for this long before it opens."""

    kind = "ws.handshake_delay"
    example = {"delay": "2s"}

    delay: Duration

    async def on_handshake(self, hit: Hit) -> None:
        await hit.sleep(self.delay)


class CloseSocket(Fault):
    """The server closes the open socket in good order: `onclose` tells this code and reason, `wasClean` is true."""

    kind = "ws.close"
    terminal = True
    example = {"code": 1012, "reason": "Restarting", "after": "5s"}

    code: CloseCode = 1001
    reason: Reason = ""
    after: Duration = 0

    async def on_open(self, hit: Hit, socket: SocketLever) -> None:
        if await hit.sleep(self.after):
            socket.close(self.code, self.reason)


class Drop(Fault):
    """The connection is gone without a close frame: `onclose` with code 1006, `wasClean` false."""

    kind = "ws.drop"
    terminal = True
    example = {"after": "5s"}

    after: Duration = 0

    async def on_open(self, hit: Hit, socket: SocketLever) -> None:
        if await hit.sleep(self.after):
            socket.drop()


class AuthExpired(Fault):
    """The session runs out while the socket is open: an `error` message `token_expired` comes, then the socket closes
    with this code. The access token that opened it has really expired: no call takes it any more. A token got by a
    refresh is good, so let the rule fire once (`when: {times: 1}`) for a frontend to recover. A socket that asks for no
    session stays open. A real backend's, of whose session nobody knows, just closes with the code.
    """

    kind = "ws.auth_expired"
    terminal = True
    of_sessions = True
    example = {"code": 4401}

    code: CloseCode = 4401

    async def on_open(self, hit: Hit, socket: SocketLever) -> None:
        if hit.subject.user is None and not hit.subject.kept_by_real:
            return
        if hit.subject.token is not None and hit.subject.kept_by_real:
            hit.levers.withhold(hit.subject.token)
        elif hit.subject.token is not None:
            hit.levers.end_access_token(hit.subject.token, "expired")
        socket.close(self.code, error="token_expired")


class HalfOpen(Fault):
    """The socket looks open, and nothing comes any more: no message, no heartbeat, no answer, not even to a close. Only
    a client that misses heartbeats finds out. When it is switched off, what was held back arrives.
    """

    kind = "ws.half_open"
    terminal = True

    async def on_open(self, hit: Hit, socket: SocketLever) -> None:
        socket.silence()
        try:
            await hit.hang()
        finally:
            socket.resume()


class NoPong(Fault):
    """A `ping` is never answered, neither the JSON message nor the protocol's own frame; everything else works."""

    kind = "ws.no_pong"
    messages = ("pong",)
    events = ()

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        return []


class Flap(Fault):
    """The socket opens, and is dropped (code 1006) after each `interval`: again and again, or `count` times for each
    user, after which it stays open.
    """

    kind = "ws.flap"
    terminal = True
    example = {"interval": "2s", "count": 3}

    interval: Duration = 2000
    count: Annotated[int, Field(ge=1)] | None = None

    async def on_open(self, hit: Hit, socket: SocketLever) -> None:
        drops: dict[str | None, int] = hit.memory.setdefault("drops", {})
        user = hit.subject.user
        if self.count is not None and drops.get(user, 0) >= self.count:
            return
        if await hit.sleep(self.interval):
            drops[user] = drops.get(user, 0) + 1
            socket.drop()


class ReconnectRefuse(Fault):
    """The socket is dropped (code 1006), and for this long (on the sandbox's clock) each attempt to connect again fails
    in the handshake (1006 too). Then it is let in, and stays. Each user goes through it once.
    """

    kind = "ws.reconnect_refuse"
    terminal = True
    example = {"for": "5s"}

    for_: Annotated[Duration, Field(alias="for")]

    async def on_handshake(self, hit: Hit) -> None:
        until = self._refusals(hit).get(hit.subject.user)
        if until is not None and hit.levers.clock.straight() < until:
            raise Answered(hit.error(503))

    async def on_open(self, hit: Hit, socket: SocketLever) -> None:
        refusals = self._refusals(hit)
        if hit.subject.user not in refusals:
            refusals[hit.subject.user] = hit.levers.clock.straight() + self.for_
        if hit.levers.clock.straight() < refusals[hit.subject.user]:
            # Further tabs of the user lose their sockets with the first.
            socket.drop()

    def _refusals(self, hit: Hit) -> dict[Any, int]:
        """User → when the refusals end."""
        found: dict[Any, int] = hit.memory.setdefault("refusals", {})
        return found


KINDS = (
    Reject, SubprotocolMismatch, HandshakeDelay, CloseSocket, Drop, AuthExpired, HalfOpen, NoPong, Flap,
    ReconnectRefuse,
)  # fmt: skip
