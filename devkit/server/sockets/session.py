"""`/ws`: from the handshake to an open connection, or to a refusal.

Decisions that the contract leaves open:

- Sizes. A message above 1 MiB gets an `error` frame and the socket lives on. aiohttp hands out whole messages only, so
  such a one is held in memory until it is refused; from `FRAME_CEILING` on aiohttp itself closes with 1009 as soon as
  the frame's header says how long it is. That bounds a connection's memory.
- A breach of RFC 6455 itself (no mask, text that is not UTF-8, a close code that none may send) ends the socket, with
  1002 or 1007; what breaks only the protocol spoken on it gets an `error` frame, and the socket lives on.
- No permessage-deflate: browsers do without it, on loopback it only costs time, and compression would have to be done
  again for each receiver of a broadcast.
- Control frames are ours: a client's ping is answered in its turn, behind what is already queued.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import partial

from aiohttp import WSMsgType, web

from devkit.contract.entities import Principal
from devkit.contract.errors import DomainError
from devkit.control.upgrading import is_key, upgrade_missing
from devkit.dialects.frames import Refusal
from devkit.effects import Instant
from devkit.faults.hit import Absent
from devkit.faults.matter import Answered, Broken
from devkit.records import dataclass
from devkit.server.sockets.breaking import SocketFaults
from devkit.server.sockets.connection import UNAUTHENTICATED, Connection
from devkit.server.sockets.events import EventSpeech
from devkit.server.sockets.gate import Socket
from devkit.server.sockets.health import HealthSpeech
from devkit.server.sockets.messages import Voice, frame_of
from devkit.server.sockets.roster import Sockets
from devkit.server.sockets.speech import Speech
from devkit.server.sockets.wire import Wire

SPEECHES: Mapping[str, type[Speech]] = {speech.protocol.name: speech for speech in (EventSpeech, HealthSpeech)}
"""How the protocols that dialects name are spoken."""

FRAME_CEILING = 16 * 1024 * 1024
"""Bytes from which on aiohttp refuses a frame unread."""

_NEVER = 1 << 62
"""Bytes after which aiohttp would wait for room by itself; `Wire` does it instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketSession:
    """One handshake. `authenticate` says who it is (None: nobody, who may hear the `open_topics`), or raises
    DomainError (`unauthorized`, `token_invalid`, `token_expired`, `token_revoked`); `expires_at` says until when, and
    is asked again then; `voice` how it is told of events. `speech` is the protocol that is spoken. `protocols` are the
    subprotocols that may be selected; `headers` go into the answer to the handshake. `faults` makes what strikes the
    connection of that id, where anything can. `refused` says why pages of that origin may not come in, where they may
    not; `advice` what would help one that `authenticate` refuses.
    """

    sockets: Sockets
    authenticate: Callable[[], Principal | None]
    expires_at: Callable[[], Instant | None] = lambda: None
    voice: Callable[[], Voice] = Voice
    speech: type[Speech] = EventSpeech
    open_topics: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    faults: Callable[[str], SocketFaults] | None = None
    refused: str | None = None
    advice: Callable[[], str | None] = lambda: None


async def serve_socket(request: web.BaseRequest, session: SocketSession) -> Socket:
    """Serve a WebSocket until it is closed.

    Raises DomainError before anything is sent: `upgrade_required` where the request asks for no WebSocket that is
    spoken here, `bad_request` where its handshake is broken, `origin_refused` for a page of a foreign origin, which is
    to learn nothing. Whoever else may not come in is told so on the open socket and closed with 4401, because a browser
    shows nothing of a handshake that was refused. A fault may refuse the handshake all the same: Answered, Broken or
    Absent (the client did not wait).
    """
    sockets = session.sockets
    socket = Socket(
        timeout=sockets.grace,
        autoclose=False,
        autoping=False,
        protocols=session.protocols,
        compress=False,
        max_msg_size=FRAME_CEILING,
        writer_limit=_NEVER,
        decode_text=False,
    )
    if missing := upgrade_missing(request):
        raise DomainError("upgrade_required", missing)
    if not is_key(request.headers.get("Sec-WebSocket-Key", "")) or not socket.can_prepare(request):
        raise DomainError("bad_request", "The handshake has no Sec-WebSocket-Key of 16 bytes (RFC 6455, section 4.1)")
    if session.refused is not None:
        raise DomainError("origin_refused", session.refused)
    socket.headers.update(session.headers)
    connection_id = sockets.ids()
    faults = session.faults(connection_id) if session.faults else None
    if faults is not None:
        await meet(faults, sockets, connection_id)
        if faults.subprotocol is not None:
            socket.select(faults.subprotocol)
    try:
        await socket.prepare(request)
    except ConnectionError:
        raise Absent from None
    # From here to the registration with the hub nothing waits: a session revoked meanwhile would go unnoticed.
    try:
        principal, expires_at = session.authenticate(), session.expires_at()
    except DomainError as error:
        await _refuse(socket, request, session, connection_id, error)
        return socket
    record = partial(sockets.record, connection_id, user=principal.user.email if principal else None)
    record("open", faults=faults.struck if faults else ())
    wire = Wire(socket, request, record)
    speech = partial(session.speech, open_topics=session.open_topics)
    connection = Connection(connection_id, principal, socket, wire, sockets, speech, session.voice(), faults)
    connection.lives_until(expires_at, session.expires_at)
    await connection.run()
    return socket


async def meet(faults: SocketFaults, sockets: Sockets, connection_id: str) -> None:
    """Let the faults have the handshake. Raises what they raise to refuse it."""
    try:
        await faults.handshake()
    except (Answered, Broken, Absent) as refusal:
        status = refusal.reply.status if isinstance(refusal, Answered) else None
        faults.refused = sockets.record(
            connection_id, "refused", user=faults.user, code=status, faults=faults.struck, repeats=faults.repeats
        )
        raise


async def _refuse(
    socket: Socket, request: web.BaseRequest, session: SocketSession, connection_id: str, error: DomainError
) -> None:
    sockets, protocol = session.sockets, session.speech.protocol
    record = partial(sockets.record, connection_id)
    record("open", note=session.advice())
    wire = Wire(socket, request, record)
    try:
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(sockets.grace):
                await wire.send(frame_of(Refusal(error=error.code, message=error.message), protocol))
                await wire.close(UNAUTHENTICATED)
                message = await socket.receive()
                while message.type in {WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG}:
                    message = await socket.receive()
    finally:
        wire.hang_up(sockets.grace)
