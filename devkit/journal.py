"""The record of what happened in a sandbox: bounded, typed, in order.

Readers (the terminal's log, the control API) take entries as they are; nothing in them is secret. Details (headers and
bodies) are another matter: they hold what passed, and whoever shows one masks it (`devkit.masking`).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Protocol, Self

from devkit.effects import Instant
from devkit.excerpts import BODY_KEPT, cut_fields
from devkit.records import dataclass

CAPACITY = 10_000
"""Entries kept; the oldest go first."""

ROOM = 16 * 1024 * 1024  # bytes that a journal takes, roughly, where nobody gives it less
DETAILS_KEPT = 4 * 1024 * 1024
"""Bytes of details that a journal keeps, roughly, and half of its room at the most; the oldest go first, long before
their entries do.
"""

ENTRY_COST = 512
"""What an entry takes besides its texts, roughly."""

HEADERS_COST = 2 * 1024
"""What the header fields of a request and its answer take besides their values, roughly."""

TOLD_KEPT = 1_000
"""Things that are told once; when there are so many, nothing more is."""

QUEUED = 1_000
"""Entries that wait for one follower; what comes when the queue is full is counted and passed over."""


class Struck(Protocol):
    """A fault that struck: `rule` is `scenario/rule`; `number` counts the rule's strikes; `draw` is what probability
    drew.
    """

    rule: str
    kind: str
    number: int
    draw: float | None


@dataclass(slots=True, kw_only=True)
class Leg:
    """A call's way to the real backend and back: what was changed, and what took how long (ms, as `Timing`)."""

    changes: tuple[str, ...]
    connect: float
    wait: float
    receive: float


# Not frozen, though nobody changes one: that would make each take four times as long to make.
@dataclass(slots=True, kw_only=True)
class RequestEntry:
    """One request and its answer.

    `at` is the sandbox's time, `duration` the machine's, in seconds. `path` has its query, with secrets masked.
    `operation` is None where nothing matched; then `nearest` names operations that were perhaps meant. `error` is the
    contract's code where the answer is an error. `note` is a sentence for the person at the terminal.
    `repeats` is the entry that the client's own HTTP layer sent again by this: whoever uses it knows of neither.
    `kept_by` says who answered (`real`, `mock`, `recording`) where there is a real backend too, `leg` how that went.
    """

    number: int
    at: Instant
    sandbox: str
    request_id: str
    method: str
    path: str
    dialect: str | None
    operation: str | None
    status: int
    duration: float
    user: str | None = None
    error: str | None = None
    note: str | None = None
    nearest: tuple[str, ...] = ()
    faults: tuple[Struck, ...] = ()
    repeats: int | None = None
    kept_by: str = ""
    leg: Leg | None = None

    @property
    def size(self) -> int:
        """Bytes that it takes, roughly."""
        return ENTRY_COST + len(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEntry:
    """A mail was sent. `delivered` says when each copy reaches the mailbox: no copy, and the mail is lost."""

    number: int
    at: Instant
    sandbox: str
    mail_id: str
    to: str
    kind: str
    subject: str
    delivered: tuple[Instant, ...]
    faults: tuple[Struck, ...] = ()

    @property
    def size(self) -> int:
        return ENTRY_COST + len(self.subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketEntry:
    """A WebSocket opened or closed, or a frame passed. `direction` is `open`, `in`, `out` or `close`.

    Where faults had their way it can also be `refused` (the handshake; `code` is its status), `struck` (a scenario was
    switched on and found the socket open), or `lost` (a frame that never went out). `repeats` and `note` are as for
    requests.
    """

    number: int
    at: Instant
    sandbox: str
    connection_id: str
    direction: str
    user: str | None = None
    frame: str | None = None
    code: int | None = None
    faults: tuple[Struck, ...] = ()
    repeats: int | None = None
    note: str | None = None

    @property
    def size(self) -> int:
        return ENTRY_COST + len(self.frame or "")


Entry = RequestEntry | MailEntry | SocketEntry


@dataclass(slots=True)
class Message:
    """A request or an answer as it passed, the values of its fields cut where they are long. `body` is its beginning;
    None where it had none or was not kept (a file). `size` is the whole body's, where it is known. `digest` tells
    bodies apart of which only the beginning is kept.
    """

    headers: Mapping[str, str]
    body: bytes | None = None
    size: int | None = None
    digest: bytes | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str], body: bytes | None) -> Message:
        headers = cut_fields(headers)
        if body is None:
            return cls(headers)
        if len(body) <= BODY_KEPT:
            return cls(headers, body, len(body))
        # A slice is a copy: the rest must not be kept alive by its beginning.
        return cls(headers, body[:BODY_KEPT], len(body), hashlib.blake2b(body, digest_size=16).digest())


class Detail(Protocol):
    """What a request entry does not tell. `began` is the sandbox's time, `machine_at` the machine's, at the end."""

    @property
    def began(self) -> Instant: ...

    @property
    def machine_at(self) -> Instant: ...

    @property
    def request(self) -> Message: ...

    @property
    def response(self) -> Message: ...

    @property
    def cost(self) -> int:
        """About how many bytes are kept alive by keeping this."""


@dataclass(slots=True)
class Passed:
    """The detail of a request and an answer that are known as they passed."""

    began: Instant
    machine_at: Instant
    request: Message
    response: Message

    @property
    def cost(self) -> int:
        sent, answered = self.request, self.response
        fields = sum(map(len, sent.headers.values())) + sum(map(len, answered.headers.values()))
        return HEADERS_COST + fields + len(sent.body or b"") + len(answered.body or b"")


class Follower:
    """Receives what fits as it happens: `async for entry in follower`. Ends when the journal does, or by `end`."""

    def __init__(self, fits: Callable[[Entry], bool]) -> None:
        self._fits = fits
        self._queue: deque[Entry] = deque()
        self._wake = asyncio.Event()
        self._ended = False
        self._missed = 0

    def offer(self, entry: Entry) -> None:
        if not self._fits(entry):
            return
        if len(self._queue) >= QUEUED:
            self._missed += 1
            return
        self._queue.append(entry)
        self._wake.set()

    def missed(self) -> int:
        """How many entries were passed over since this was asked last, because nobody took them."""
        missed, self._missed = self._missed, 0
        return missed

    def end(self) -> None:
        self._ended = True
        self._wake.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Entry:
        while not self._queue:
            if self._ended:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        return self._queue.popleft()


class Journal:
    """The newest `CAPACITY` entries, as far as there is room for them, and whoever listens for the next."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.size = 0
        """Bytes that it takes, roughly."""
        self._capacity = capacity
        self._entries: deque[Entry] = deque()
        self._sizes: deque[int] = deque()
        self._details: dict[int, Detail] = {}
        self._costs: deque[tuple[int, int]] = deque()
        self._cost = 0
        self.limit(ROOM)
        self._count = 0
        self._closed = False
        self._listeners: tuple[Callable[[Entry], None], ...] = ()
        self._followers: dict[Follower, None] = {}
        self._underway: dict[object, None] = {}
        self._readers = 0
        self._told: set[Hashable] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def latest(self, count: int) -> list[Entry]:
        """The newest entries, the newest first."""
        return list(itertools.islice(reversed(self._entries), count))

    @property
    def newest(self) -> int:
        """The number of the newest entry that there ever was; 0 before the first."""
        return self._count

    def next_number(self) -> int:
        """The number of the entry that is about to be added; numbers rise from 1."""
        self._count += 1
        return self._count

    def limit(self, room: int) -> None:
        """Take so many bytes at the most, roughly, from now on; ROOM is the most that is any use."""
        self.room = room = min(room, ROOM)
        self._details_room = min(DETAILS_KEPT, room // 2)
        self._make_room()

    def add(self, entry: Entry, detail: Detail | None = None) -> None:
        # Of most entries without asking them: this is done for each request.
        size = ENTRY_COST + len(entry.path) if type(entry) is RequestEntry else entry.size
        self._entries.append(entry)
        self._sizes.append(size)
        if detail is not None:
            cost = detail.cost
            self._details[entry.number] = detail
            self._costs.append((entry.number, cost))
            self._cost += cost
            size += cost
        self.size += size
        if len(self._sizes) > self._capacity or self._cost > self._details_room or self.size > self.room:
            self._make_room()
        for listener in self._listeners:
            listener(entry)
        for follower in self._followers:
            follower.offer(entry)

    def once(self, what: Hashable) -> bool:
        """Whether this is the first time that somebody is about to tell it."""
        if what in self._told or len(self._told) >= TOLD_KEPT:
            return False
        self._told.add(what)
        return True

    def find(self, number: int) -> Entry | None:
        return next((entry for entry in self._entries if entry.number == number), None)

    def detail(self, number: int) -> Detail | None:
        """Headers and bodies of a request; None where there are none (any more)."""
        return self._details.get(number)

    def listen(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Call `listener` with each new entry, until the returned function is called. Listeners must not block."""
        self._listeners = (*self._listeners, listener)

        def enough() -> None:
            self._listeners = tuple(other for other in self._listeners if other is not listener)

        return enough

    def follow(self, fits: Callable[[Entry], bool]) -> Follower:
        """What fits from now on, until `unfollow`."""
        follower = Follower(fits)
        if self._closed:
            follower.end()
        self._followers[follower] = None
        return follower

    def unfollow(self, follower: Follower) -> None:
        follower.end()
        self._followers.pop(follower, None)

    @contextlib.contextmanager
    def call(self) -> Iterator[None]:
        """A request is under way: its entry comes at the end of it."""
        token = object()
        self._underway[token] = None
        try:
            yield
        finally:
            del self._underway[token]

    @property
    def underway(self) -> frozenset[object]:
        """Something for each request that is under way: equal as long as it is."""
        return frozenset(self._underway)

    @property
    def wants_bodies(self) -> bool:
        """Whether somebody compares requests' bodies: then they are read also where a fault ends the call before."""
        return self._readers > 0

    def want_bodies(self) -> Callable[[], None]:
        """Let details have the bodies of all requests, until the returned function is called."""
        self._readers += 1

        def enough() -> None:
            self._readers -= 1

        return enough

    def clear(self) -> None:
        self._entries.clear()
        self._details.clear()
        self._sizes.clear()
        self._costs.clear()
        self._cost = self.size = 0
        self._told.clear()

    def close(self) -> None:
        """The sandbox ends: those who follow are told so."""
        self._closed = True
        for follower in self._followers:
            follower.end()

    def _make_room(self) -> None:
        while self._cost > self._details_room or (self._costs and self.size > self.room):
            number, cost = self._costs.popleft()
            self._cost -= cost
            self.size -= cost
            del self._details[number]
        while len(self._sizes) > self._capacity or (self._sizes and self.size > self.room):
            self._entries.popleft()
            self.size -= self._sizes.popleft()
