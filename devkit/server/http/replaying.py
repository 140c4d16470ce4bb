"""What a recording keeps: a request is looked for in it, and answered as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aiohttp import hdrs

from devkit.authority import Authority
from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByRecording
from devkit.contract.operations import Need
from devkit.dialects.replies import PassedBody, Reply
from devkit.effects import stopwatch
from devkit.errors import SettingError
from devkit.faults.matter import Broken
from devkit.recording.base import Fields
from devkit.recording.replay.player import Asked, Deck, Missed, Played, Player
from devkit.server.http.body import Reader, parse_value, read_raw
from devkit.server.http.mapped import Mappings, target_of
from devkit.server.http.protocol import gone_of
from devkit.server.http.replayed_sessions import ReplayedSessions
from devkit.server.http.taken import taken
from devkit.upstream.address import Upstream, upstream
from devkit.upstream.base import By
from devkit.upstream.connection import BrokeOff
from devkit.upstream.fields import down
from devkit.upstream.mapping import Mapping as AddressMapping

if TYPE_CHECKING:
    from devkit.config import Settings
    from devkit.dialects.backend import Backend
    from devkit.dialects.base import Route
    from devkit.sandbox import Sandbox
    from devkit.server.express.heads import Head
    from devkit.server.hosting.opening import Hosted
    from devkit.server.http.cors import Cors
    from devkit.server.http.exchange import Exchange
    from devkit.server.http.forwarding import Forwarding
    from devkit.server.http.request import Request
    from devkit.server.sockets.replayed import ReplayedSocket

_ANY_BODY = Reader("replayed", parse_value)
_NOWHERE = Upstream("http", Authority("recording.invalid", None))
"""Whom a recording was made of that has no exchange (RFC 2606, section 2)."""
BODILESS = frozenset({204, 205, 304})
OURS = frozenset({By.MOCK, By.RECORDING})
"""What keeps an operation that a recording may answer."""


class Replaying:
    """Answers from recordings, where they keep what is asked for."""

    def __init__(self, backend: Backend, cors: Cors, settings: Settings) -> None:
        players = backend.players
        self.players, self._cors, self._settings = players, cors, settings
        for path, player in players.items():
            _require(settings.replay_on_miss or player.settings.on_miss, path, settings)
        self.sessions = {path: _sessions_of(path, player, backend) for path, player in players.items()}
        self._mappings = {path: Mappings(_mapping(player, cors)) for path, player in players.items()}
        self._decks: WeakKeyDictionary[Sandbox, dict[Path, tuple[int, Deck]]] = WeakKeyDictionary()

    async def answer(self, exchange: Exchange, forwarding: Forwarding | None) -> Reply | None:
        """What was recorded; None where something else keeps what is asked for. `forwarding` leads to the real backend.

        Raises DomainError where nothing was recorded for it, Broken where it was an answer that never came.
        """
        path = self._keeps(exchange)
        if path is None:
            return None
        player, deck = self.players[path], self.deck(exchange.sandbox, path)
        asked = await self._asked(exchange)
        exchange.kept_by = By.RECORDING
        refused = await self._refused(exchange, path)
        if refused is not None:
            return await self._reply(exchange, player, path, refused)
        step = player.find(deck, asked)
        found: Played | Missed | None = player.at_hand(deck, step)
        if found is None:
            found = await asyncio.to_thread(player.read, deck, step)
        if isinstance(found, Missed):
            policy = self._settings.replay_on_miss or player.settings.on_miss
            if policy in {"proxy", "record"} and forwarding is not None:
                exchange.note = f"{found}: the real backend answers"
                return await forwarding.answer(exchange, By.REAL)
            likely = await asyncio.to_thread(player.likely, deck, asked) if policy == "mock" else None
            if likely is None:
                raise DomainError.injected(501, "not_recorded", str(found))
            exchange.note = f"{found}: that is the answer"
            found = likely
        if exchange.route and (sessions := self.sessions[path]).hands_out(exchange.route.operation):
            found = await sessions.signed_in(exchange, found)
        return await self._reply(exchange, player, path, found)

    async def _refused(self, exchange: Exchange, path: Path) -> Played | None:
        """What is answered to who is not signed in, as it was recorded; None to who may call. Raises DomainError where
        nothing was recorded for that.
        """
        if exchange.route is None:
            return None
        if exchange.strikes:
            await exchange.strikes.on_credentials()
        try:
            self.sessions[path].check(exchange, exchange.route.operation)
        except DomainError as error:
            found = await asyncio.to_thread(self.players[path].refusal)
            if found is None:
                raise
            exchange.error, exchange.note = error.code, error.message
            return found
        return None

    def socket(self, request: Request, hosted: Hosted) -> ReplayedSocket | None:
        """The WebSocket that was recorded at that address, opened for that request; None where there is none."""
        path = next(iter(self.players), None)
        if path is None or request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
            return None
        by = hosted.sandbox.kept_by.of(None)
        if by not in OURS or self._cors.refused_socket(request.headers, request.host):
            return None
        target, fields = target_of(request).decode("latin-1"), tuple(request.headers.items())
        asked = Asked(method="GET", target=target, fields=fields)
        played = self.players[path].socket(self.deck(hosted.sandbox, path), asked)
        if played is None:
            return None
        from devkit.server.sockets.replayed import ReplayedSocket

        return ReplayedSocket(hosted.sockets.ids(), played, hosted.sockets)

    def _keeps(self, exchange: Exchange) -> Path | None:
        """The recording that keeps what is asked for."""
        route = exchange.route
        by = exchange.kept_by or exchange.sandbox.kept_by.of(route.operation.id if route else None)
        if by not in OURS:
            return None
        return next(iter(self.players), None) if route is None else recording_of(route)

    def deck(self, sandbox: Sandbox, path: Path) -> Deck:
        """How far that sandbox is; a reset begins anew."""
        decks = self._decks.setdefault(sandbox, {})
        run, deck = decks.get(path, (-1, None))
        if deck is None or run != sandbox.history:
            deck = self.players[path].deck(sandbox.clock.now() / 1000)
            decks[path] = sandbox.history, deck
        return deck

    async def _asked(self, exchange: Exchange) -> Asked:
        request = exchange.request
        if exchange.raw is None and request.body_exists:
            tap = exchange.strikes.on_chunk if exchange.strikes.touch_chunks else None
            limit = self._settings.limits_upload
            exchange.raw = await read_raw(request, (request.content_type,), _ANY_BODY, limit, tap)
        return Asked(
            method=request.method,
            target=target_of(request).decode("latin-1"),
            fields=tuple(request.headers.items()),
            body=exchange.raw or None,
        )

    async def _reply(self, exchange: Exchange, player: Player, path: Path, played: Played) -> Reply:
        request = exchange.request
        if self.takes_time(path):
            await _pause(exchange, played.wait / 1000)
        if not played.status:
            exchange.note = f"as it was recorded: no answer ({played.failure})"
            raise Broken(reset=played.failure == "reset")
        if played.failure:
            exchange.note = "as it was recorded: the answer breaks off"
        bare = request.method == "HEAD" or played.status in BODILESS
        mapping, origin = self._mappings[path].of(request), request.headers.get(hdrs.ORIGIN)
        fields, exchange.changes = self._fields(played, mapping, origin, bare=bare)
        tape = _Tape(played)
        reply = Reply(played.status, PassedBody(tape, played.reason, _length(played)), fields=fields)
        if exchange.strikes.touch_content and not bare:
            return await taken(reply, tape)
        return reply

    def takes_time(self, path: Path) -> bool:
        """Whether that recording's answers take as long as they did."""
        delay = self._settings.replay_time_as_delay
        return self.players[path].settings.time_as_delay if delay is None else delay

    def fields_at(self, played: Played, path: Path, head: Head) -> list[tuple[str, str]]:
        """The fields of an answer to a request with that head, and without what every answer carries."""
        mapping = self._mappings[path].at(head.base, "", browser=head.by_browser)
        bare = played.status in BODILESS
        return self._fields(played, mapping, head.given.get(hdrs.ORIGIN), bare=bare)[0]

    def _fields(
        self, played: Played, mapping: AddressMapping, origin: str | None, *, bare: bool
    ) -> tuple[list[tuple[str, str]], list[str]]:
        """The fields, and what was changed in them; an answer that is `bare` has no body."""
        pairs, changes = down(_bytes(played.fields), mapping, self._cors.answer_headers(origin))
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]
        length = _length(played)
        if length is not None and not bare:
            fields.append(("Content-Length", str(length)))
        return fields, changes


def recording_of(route: Route) -> Path | None:
    """The recording that keeps an operation; None where something else does."""
    keeper = route.operation.keeper
    return keeper.recording if isinstance(keeper, ByRecording) else None


def _length(played: Played) -> int | None:
    """How long the body is said to be. A stream's end is its own; what broke off had said that there would be more."""
    return None if played.streamed else played.length + bool(played.failure)


class _Tape:
    """The bytes of an answer, as they come."""

    def __init__(self, played: Played) -> None:
        self._played, self._at = played, 0
        self._began = stopwatch()
        self._closed = asyncio.Event()
        self.fields: Sequence[tuple[bytes, bytes]] = ()
        self.reason = played.reason

    async def piece(self) -> bytes:
        pieces = self._played.pieces
        if self._at >= len(pieces):
            if self._played.failure:
                raise BrokeOff(reset=self._played.failure == "reset")
            return b""
        after, data = pieces[self._at]
        left = after / 1000 - (stopwatch() - self._began)
        if left > 0:
            try:
                await asyncio.wait_for(self._closed.wait(), left)
            except TimeoutError:
                pass
            else:
                return b""
        self._at += 1
        return data

    def ready(self) -> bool:
        pieces = self._played.pieces
        if self._at >= len(pieces):
            return True
        return pieces[self._at][0] / 1000 <= stopwatch() - self._began

    def close(self) -> None:
        self._closed.set()


async def _pause(exchange: Exchange, seconds: float) -> None:
    """Wait, or until the client leaves."""
    gone = gone_of(exchange.request)
    if seconds > 0:
        await asyncio.wait([gone or asyncio.get_running_loop().create_future()], timeout=seconds)


def _bytes(fields: Fields) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in fields]


def _require(policy: str, recording: Path, settings: Settings) -> None:
    """See that there is what a policy for misses needs. Raises SettingError."""
    if policy not in {"proxy", "record"}:
        return
    if not settings.upstream:
        raise SettingError(
            f"What is not in the recording cannot be asked elsewhere (on-miss: {policy}): there is no real backend.",
            remedy="Name it with --upstream URL.",
        )
    if policy == "record" and (settings.record is None or settings.record.resolve() == recording.resolve()):
        raise SettingError(
            "What is not in the recording is to be recorded (on-miss: record), and there is no folder for it.",
            remedy="Name one with --record, other than the recording that is replayed.",
        )


def _sessions_of(path: Path, player: Player, backend: Backend) -> ReplayedSessions:
    of_it = [
        one
        for one in backend.contract.operations
        if isinstance(one.keeper, ByRecording) and one.keeper.recording == path
    ]
    real = player.settings.sign_in == "real" and any(Need.LOGIN in one.has for one in of_it)
    return ReplayedSessions(player.tape.cookies, has_login=real)


def _mapping(player: Player, cors: Cors) -> AddressMapping:
    try:
        recorded = upstream(player.origin)
    except ValueError:
        recorded = _NOWHERE
    return AddressMapping(upstream=recorded, origin="", secure=False, origins=cors, cors="answer")
