"""What became of each WebSocket of a drill.

A WebSocket is lost when it closes (unless the page itself went away, which closes with 1001) or when a rule of the
scenario strikes it as a whole: one that has fallen silent never closes. The next one that the same user opens comes in
its place.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import field

from devkit.drill.evidence import Evidence
from devkit.records import dataclass
from devkit.scenario.model import Expectation

GOING_AWAY = 1001


@dataclass(slots=True, kw_only=True)
class Life:
    """One WebSocket. `owed` are the topics that those before it had, and that it has to subscribe to again."""

    number: int
    at: float
    topics: set[str]
    owed: frozenset[str] = frozenset()
    reconnect: bool = False
    lost_at: float | None = None
    lost_number: int = 0
    replaced: bool = False

    @property
    def missing(self) -> frozenset[str]:
        return self.owed - self.topics


@dataclass(slots=True)
class _User:
    lives: dict[str, Life] = field(default_factory=dict)
    gaps: list[tuple[float, int, int]] = field(default_factory=list)
    """Seconds from a loss to the next attempt, with the entries that tell them."""
    waiting: tuple[float, int] | None = None


@dataclass(frozen=True, slots=True)
class History:
    """All WebSockets that were seen, by user."""

    users: tuple[_User, ...]

    @property
    def lives(self) -> list[Life]:
        return sorted((life for user in self.users for life in user.lives.values()), key=lambda life: life.number)

    @property
    def back(self) -> list[Life]:
        return [life for life in self.lives if life.reconnect]

    @property
    def lost(self) -> list[Life]:
        return sorted((life for life in self.lives if life.lost_at is not None), key=lambda life: life.lost_number)


def history(evidence: Evidence) -> History:
    """What became of each WebSocket."""
    users: dict[str, _User] = defaultdict(_User)
    let_in = {seen.entry.connection_id for seen in evidence.sockets if seen.topics is not None}
    for before in evidence.open_before:
        users[before.user or ""].lives[before.connection_id] = Life(number=0, at=0.0, topics=set(before.topics))
    for seen in evidence.sockets:
        entry = seen.entry
        if entry.repeats is not None and entry.direction == "refused":
            continue  # the client's own second knock
        owner = next((user for user in users.values() if entry.connection_id in user.lives), None)
        is_known = entry.connection_id in let_in or (entry.direction == "refused" and "" in users)
        if owner is None and entry.user is None and not is_known:
            continue  # never let in: whoever is not signed in has no WebSocket to lose, unless nobody is
        user = owner or users[entry.user or ""]
        life = user.lives.get(entry.connection_id)
        if entry.direction in {"open", "refused"}:
            _attempt(user, seen.at, seen.number)
        if entry.direction == "refused":
            user.waiting = seen.at, seen.number
        elif entry.direction == "open":
            life = user.lives[entry.connection_id] = _opened(user, seen.at, seen.number)
        if life is not None and seen.topics is not None:
            life.topics = set(seen.topics)
        closed = entry.direction == "close" and (entry.code != GOING_AWAY or bool(entry.faults))
        if life is not None and (closed or (seen.struck and entry.direction in {"open", "struck"})):
            _lose(user, life, seen.at, seen.number, closed=closed)
    for user in users.values():
        for connection_id, life in user.lives.items():
            life.topics = set(evidence.topics.get(connection_id, life.topics))
    return History(tuple(users.values()))


def fulfilled(evidence: Evidence, expectation: Expectation) -> Life | None:
    """The WebSocket that came back and did what was expected; None where none did."""
    wanted = expectation.socket
    assert wanted is not None  # noqa: S101 - that is what it is asked for
    back = history(evidence).back
    least = max(1, int(wanted.reconnects or 0))
    return back[least - 1] if len(back) >= least else None


def _opened(user: _User, at: float, number: int) -> Life:
    gone = next((life for life in user.lives.values() if life.lost_at is not None and not life.replaced), None)
    if gone is None:
        return Life(number=number, at=at, topics=set())
    gone.replaced = True
    return Life(number=number, at=at, topics=set(), reconnect=True, owed=frozenset(gone.topics | gone.missing))


def _attempt(user: _User, at: float, number: int) -> None:
    if user.waiting is not None:
        user.gaps.append((at - user.waiting[0], user.waiting[1], number))
        user.waiting = None


def _lose(user: _User, life: Life, at: float, number: int, *, closed: bool) -> None:
    if life.replaced:
        return
    life.lost_at, life.lost_number = at, number
    if closed:
        user.waiting = at, number
