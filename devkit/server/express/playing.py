"""The express lane of a recording: what is plain is answered as soon as its bytes arrive, as the pipeline would
(`http/replaying.py`). What takes time, ends otherwise than with its last byte, or must still be read goes that way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import hdrs

from devkit.contract.errors import DomainError
from devkit.effects import machine_now, stopwatch
from devkit.journal import RequestEntry
from devkit.masking import mask_address
from devkit.recording.replay.player import Asked
from devkit.records import dataclass
from devkit.server.express.answers import Sent
from devkit.server.hosting.selection import is_told
from devkit.server.http.passed import start_of
from devkit.server.http.replaying import BODILESS, OURS, recording_of
from devkit.server.http.unreadable import MAX_ADDRESS
from devkit.storage.kept import Kept
from devkit.upstream.base import By

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from yarl import URL

    from devkit.recording.replay.player import Deck, Played
    from devkit.sandbox import Sandbox
    from devkit.server.express.heads import Head
    from devkit.server.http.replaying import Replaying
    from devkit.server.http.router import Router

_KEPT = 4 * 1024 * 1024
"""Bytes of addresses that are remembered, with what they mean; and of heads of answers."""
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_COST = 512
"""What either takes besides its text, roughly."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What an address means. `guarded`: only who was signed in could call it."""

    recording: Path
    operation: str
    dialect: str
    guarded: bool
    shown: str


@dataclass(frozen=True, slots=True)
class _Start:
    """An answer's head as far as it is the same each time; whether it lacks the request's id."""

    data: bytes
    without_id: bool


class Playing:
    """Answers what is plain in a backend's recordings."""

    def __init__(self, replaying: Replaying, router: Router, sockets: Collection[str]) -> None:
        """`sockets` are the paths that something else is told of."""
        self._replaying, self._router, self._sockets = replaying, router, sockets
        self._known: Kept[tuple[str, str], _Known] = Kept(_KEPT)
        self._starts: Kept[tuple[Path, int, int, str, str | None, bool], _Start] = Kept(_KEPT)

    def learn(self, method: str, address: str, url: URL) -> None:
        """`url` is what the address says."""
        if self._known.get((method, address)) is None and (found := self._look(method, address, url)) is not None:
            self._known.put((method, address), found, _COST + 2 * len(address))

    def answer(
        self, sandbox: Sandbox, head: Head, method: str, address: str, body: bytes | None, started: float
    ) -> bytes | None:
        """The whole answer; None where the pipeline must look at the request. Raises DomainError where that has to
        refuse it.
        """
        known = self._known.get((method, address))
        if known is None or not sandbox.engine.spares(known.operation) or sandbox.levers.withholds:
            return None
        if sandbox.kept_by.of(known.operation) not in OURS:
            return None
        path, began, user = known.recording, sandbox.clock.now(), None
        if known.guarded:
            credentials = head.credentials_by(path, self._replaying.sessions[path].credentials)
            user = sandbox.sessions.authenticate(credentials).user.email
        player, deck = self._replaying.players[path], self._replaying.deck(sandbox, path)
        found = player.look(deck, Asked(method=method, target=address, fields=head.fields, body=body or None))
        played = player.at_hand(deck, found)
        if played is None or not _is_plain(played):
            return None
        # From here on it is the lane's.
        player.move(deck, found)
        request_id = sandbox.request_ids.uuid()
        start = self._start(played, deck, path, head)
        data = start.data
        if start.without_id:
            data = b"%bX-Request-ID: %b\r\n" % (data, request_id.encode())
        said, journal, now = played.body, sandbox.journal, sandbox.clock.now()
        journal.add(
            RequestEntry(
                number=journal.next_number(),
                at=now,
                sandbox=sandbox.id,
                request_id=request_id,
                method=method,
                path=known.shown,
                dialect=known.dialect,
                operation=known.operation,
                status=played.status,
                duration=stopwatch() - started,
                user=user,
                kept_by=By.RECORDING.value,
            ),
            Sent(began, machine_now(), head, body, data, said),
        )
        return b"%b\r\n%b" % (data, said)

    def _start(self, played: Played, deck: Deck, path: Path, head: Head) -> _Start:
        if deck.bound:
            return self._made(played, path, head)
        origin = head.given.get(hdrs.ORIGIN)
        key = path, played.number, deck.shift.seconds, head.base, origin, head.by_browser
        found = self._starts.get(key)
        if found is None:
            found = self._made(played, path, head)
            self._starts.put(key, found, _COST + len(found.data))
        return found

    def _made(self, played: Played, path: Path, head: Head) -> _Start:
        fields = self._replaying.fields_at(played, path, head)
        fields.append(("X-Devkit-Kept-By", By.RECORDING.value))
        without_id = not any(name.lower() == "x-request-id" for name, _ in fields)
        return _Start(start_of(played.status, played.reason, fields), without_id)

    def _look(self, method: str, address: str, url: URL) -> _Known | None:
        """What an address means; None where the pipeline has to look at it each time."""
        path = address.partition("?")[0]
        special = method not in _METHODS or address[:1] != "/" or len(address) > MAX_ADDRESS or "#" in address
        special = special or not address.isascii() or "devkit" in address or is_told(address)
        if special or path != url.raw_path or path in self._sockets:
            return None
        try:
            match = self._router.match(method, path)
        except DomainError:
            return None
        route, recording = match.route, recording_of(match.route)
        if recording is None or match.rivals or self._replaying.takes_time(recording):
            return None
        sessions = self._replaying.sessions[recording]
        if sessions.hands_out(route.operation):
            return None
        guarded = sessions.wants(route.operation)
        return _Known(recording, route.operation.id, route.dialect.name, guarded, mask_address(str(url)))


def _is_plain(played: Played) -> bool:
    """Whether an answer is its head and a body that is all here; and sets no cookie, of which something may be said."""
    if played.streamed or played.failure or played.frames or played.status < 200:
        return False
    if played.pieces and (len(played.pieces) > 1 or played.status in BODILESS):
        return False
    return not any(name.lower() == "set-cookie" for name, _ in played.fields)
