"""Requests that a client's own HTTP layer sends again, of which the page or program behind it knows nothing.

Measured (Chromium 156, Firefox 153, Node 20.19 and 26.12); the second has the same head, byte for byte, on another
connection:

- Chromium, any method: a connection that it kept from a request before is reset or closed before the whole head of the
  answer is there, or the answer is 408 (RFC 9110, section 15.5.9; RFC 9112, section 9.3.1). It goes on so until a
  connection is new.
- Firefox: a connection is reset or closed before the first byte of the answer. What is safe (RFC 9110, section 9.2.1)
  is sent up to ten times in all, on new connections too; anything else until a connection is new.
- aiohttp 3.14, what is idempotent: the same, once, and on a connection that was new too.
- Chromium, Firefox, and Node's `fetch` and `WebSocket`: the answer is 421 (RFC 9110, section 15.5.20; the Fetch
  standard, "HTTP-network-or-cache fetch"), once.
- Node's `WebSocket`: a handshake is answered 401, once.

Such a repeat belongs to the strike before: it is struck in the same way, and nothing is counted anew.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from collections import OrderedDict
from collections.abc import Hashable

from aiohttp import hdrs, web

from devkit.effects import stopwatch
from devkit.faults.hit import Subject
from devkit.records import dataclass
from devkit.sandbox import Sandbox
from devkit.scenario.activation import Strike
from devkit.server.http.protocol import Connection, connection_of
from devkit.server.wire.breaking import NoResponse, WireResponse
from devkit.server.wire.strikes import Strikes

WITHIN = 0.05
"""Seconds in which a client repeats by itself."""

WITHIN_BROWSER = 0.5
"""Where nothing else can come first: browsers always repeat, and a loaded machine may keep them waiting."""

_KEPT = 1_000
"""Struck requests that are remembered."""

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_FIREFOX_SENDS = 10
"""How often at the most (its preference `network.http.request.max-attempts`)."""

_MISDIRECTED, _TOO_LATE, _UNAUTHORIZED = 421, 408, 401


@dataclass(slots=True, kw_only=True)
class Struck:
    """A request that was struck so that its client may repeat it by itself. `number` is its entry in the journal,
    `sent` how often the client has sent it by now.
    """

    number: int
    connection: Connection
    strikes: Strikes
    response: web.StreamResponse
    at: float
    kept: bool
    sent: int
    browser: bool
    firefox: bool = False
    safe: bool = False
    aiohttp: bool = False

    @property
    def within(self) -> float:
        """Seconds in which a repeat comes."""
        return WITHIN_BROWSER if self.browser else WITHIN

    def may_repeat(self, status: int, handshake: bool) -> bool:
        """Whether a client that was answered so sends it again."""
        if status == _MISDIRECTED or (handshake and status == _UNAUTHORIZED):
            return True
        wire = self.response if isinstance(self.response, WireResponse) else None
        silent = isinstance(self.response, NoResponse) or (wire is not None and wire.said_nothing)
        if self.firefox:
            return silent and (self.kept or self.safe) and self.sent < _FIREFOX_SENDS
        unheard = silent or (wire is not None and wire.broke_in_head)
        return (self.browser and self.kept and (unheard or status == _TOO_LATE)) or (self.aiohttp and unheard)


class Repeats:
    """The newest struck requests of a server, by what they were."""

    def __init__(self) -> None:
        self._struck: OrderedDict[Hashable, Struck] = OrderedDict()
        self._last: dict[Connection, tuple[Hashable, Struck]] = {}
        """The newest of each connection: who went on with it does not repeat what came before."""

    def note(
        self,
        request: web.BaseRequest,
        sandbox: Sandbox,
        strikes: Strikes,
        response: web.StreamResponse,
        number: int,
        *,
        sent: int = 1,
    ) -> None:
        """A request was answered, or its connection will be ended."""
        connection = connection_of(request)
        if connection is None:
            return
        agent = request.headers.get(hdrs.USER_AGENT, "")
        struck = Struck(
            number=number,
            connection=connection,
            strikes=strikes,
            response=response,
            at=stopwatch(),
            kept=connection.kept,
            sent=sent,
            browser=agent.startswith("Mozilla/5.0"),
            firefox=agent.startswith("Mozilla/5.0") and "Firefox/" in agent,
            safe=request.method in _SAFE,
            aiohttp="aiohttp/" in agent and request.method in _IDEMPOTENT and sent == 1,
        )
        key = _key(request, sandbox)
        if connection in self._last:
            self._forget(*self._last[connection])
        else:
            # Once for all that are struck on it, or it would hold all of them until it ends.
            connection.gone().add_done_callback(lambda _: self._alone(connection))
        self._last[connection] = key, struck
        self._struck.pop(key, None)
        self._struck[key] = struck
        while len(self._struck) > _KEPT:
            self._struck.popitem(last=False)

    def _alone(self, connection: Connection) -> None:
        """A connection has ended: from now on what was struck on it may be repeated, and soon no more."""
        key, struck = self._last.pop(connection)
        struck.at = stopwatch()
        asyncio.get_running_loop().call_later(struck.within, self._forget, key, struck)

    def _forget(self, key: Hashable, struck: Struck) -> None:
        # It holds on to its sandbox, which may be gone by then.
        if self._struck.get(key) is struck:
            del self._struck[key]

    def of(self, request: web.BaseRequest, sandbox: Sandbox) -> Struck | None:
        """What a request repeats that its client sent again by itself; None where a page or program sent it."""
        if not self._struck:
            return None
        key = _key(request, sandbox)
        before = self._struck.get(key)
        if before is None or connection_of(request) is before.connection:
            return None
        handshake = request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
        # Each is repeated once; what becomes of the repeat is noted anew.
        del self._struck[key]
        if stopwatch() - before.at > before.within or not before.may_repeat(before.response.status, handshake):
            return None
        return before


def again(before: Struck, subject: Subject) -> Strikes:
    """What struck the first, for its repeat; what was switched off meanwhile strikes no more."""
    return Strikes(
        [
            Strike(one.fault, dataclasses.replace(one.hit, subject=subject, notes={}), one.moment)
            for one in before.strikes
            if not one.hit.over
        ]
    )


def _key(request: web.BaseRequest, sandbox: Sandbox) -> Hashable:
    # Its digest: a thousand heads may be large.
    head = hashlib.blake2b(repr((request.raw_path, request.raw_headers)).encode(), digest_size=16)
    return sandbox.id, request.method, head.digest()
