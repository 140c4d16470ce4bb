"""The record of what happened in a sandbox: bounded, typed, in order.

Readers (the terminal's log, the control API) take entries as they are; nothing in them is secret: tokens and passwords
never get here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from devkit.effects import Instant

CAPACITY = 10_000
"""Entries kept; the oldest go first."""


class Struck(Protocol):
    """A fault that struck: `rule` is `scenario/rule`; `number` counts the rule's strikes; `draw` is what probability
    drew.
    """

    rule: str
    kind: str
    number: int
    draw: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEntry:
    """One request and its answer.

    `at` is the sandbox's time, `duration` the machine's, in seconds. `path` has its query, with secrets masked.
    `operation` is None where nothing matched; then `nearest` names operations that were perhaps meant. `error` is the
    contract's code where the answer is an error. `note` is a sentence for the person at the terminal.
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
    delivered: tuple[Instant, ...] = ()
    faults: tuple[Struck, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketEntry:
    """A WebSocket opened or closed, or a frame passed. `direction` is `open`, `in`, `out` or `close`.

    Where faults had their way it can also be `refused` (the handshake; `code` is its status), `struck` (a scenario was
    switched on and found the socket open), or `lost` (a frame that never went out).
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


Entry = RequestEntry | MailEntry | SocketEntry


class Journal:
    """The newest `CAPACITY` entries, and whoever listens for the next."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._count = 0
        self._listeners: list[Callable[[Entry], None]] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def next_number(self) -> int:
        """The number of the entry that is about to be added; numbers rise from 1."""
        self._count += 1
        return self._count

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)
        for listener in self._listeners:
            listener(entry)

    def listen(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Call `listener` with each new entry, until the returned function is called. Listeners must not block."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def clear(self) -> None:
        self._entries.clear()
