"""What the control plane asks of the server that it steers; the server implements it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from devkit.effects import Instant
from devkit.errors import FileError
from devkit.records import dataclass
from devkit.sandbox import Sandbox

if TYPE_CHECKING:
    from devkit.control.tally import Tally
    from devkit.scenario.loading import LoadedScenario
    from devkit.scenario.model import Scenario
    from devkit.yamlfile import Document

Gone = Callable[[], "asyncio.Future[None] | None"]
"""Gives a future that is done when the caller of the control plane has left; None where that cannot be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a new sandbox shall be: all of it may be left out. `ttl` is in milliseconds of the machine's time.

    One that is not new has the `key` that signed its tokens, and `fill` puts into it what it held, before anybody can
    reach it.
    """

    id: str | None = None
    seed: int | None = None
    scenarios: tuple[str, ...] = ()
    time: Instant | None = None
    frozen: bool = False
    ttl: int | None = None
    key: bytes | None = None
    fill: Callable[[Sandbox], Awaitable[None]] | None = None


class Lodger(Protocol):
    """A sandbox that the server holds; both times are the machine's."""

    @property
    def sandbox(self) -> Sandbox: ...
    @property
    def sockets(self) -> Sized: ...
    @property
    def key(self) -> bytes: ...
    @property
    def created_at(self) -> Instant: ...
    @property
    def expires_at(self) -> Instant | None: ...


@dataclass(frozen=True, slots=True)
class Held:
    """What the server holds in memory of one kind, and may hold at the most, in bytes, roughly."""

    name: str
    size: int
    most: int


class Away(Protocol):
    """The real backend, as far as those know who called it: since when it takes no connections (the machine's time;
    None: it does), why (the end of a sentence), and whether it ever did.
    """

    @property
    def upstream(self) -> object: ...
    @property
    def down_since(self) -> Instant | None: ...
    @property
    def trouble(self) -> str: ...
    @property
    def reached(self) -> bool: ...


class Recording(Protocol):
    """Records what passes to the real backend. `folder` and `count` (exchanges) are of what runs, or ran last."""

    @property
    def running(self) -> bool: ...
    @property
    def folder(self) -> Path | None: ...
    @property
    def count(self) -> int: ...

    async def start(self, name: str) -> None:
        """Raises OperatorError where it cannot be written."""

    async def stop(self) -> None: ...

    async def packed(self) -> bytes:
        """A zip file of it."""


class Host(Protocol):
    """All sandboxes of a server."""

    @property
    def tape(self) -> Recording | None:
        """What records, where there is a real backend."""

    @property
    def upstream(self) -> Away | None:
        """The real backend that the server stands in front of."""

    def held(self) -> Sequence[Held]:
        """Of each kind but drills."""

    draining: bool
    """Whether no new sandboxes are taken."""

    @property
    def tally(self) -> Tally:
        """What all of them have done."""

    @property
    def most(self) -> int:
        """Sandboxes there may be besides main."""

    @property
    def room(self) -> float:
        """The share of what sandboxes may take that is free, from 0 to 1."""

    @property
    def room_for_drills(self) -> int:
        """Bytes that drills may take."""

    def all(self) -> Sequence[Lodger]: ...
    def find(self, id: str) -> Lodger | None: ...  # noqa: A002 - what it is called everywhere

    async def create(self, wish: Wish) -> Lodger:
        """Raises DomainError `validation_error` or `conflict`, OperatorError for a scenario that is not there."""

    async def remove(self, id: str) -> bool:  # noqa: A002
        """False where there is none of that id. Raises DomainError `conflict` for the main one."""


class Shelved(Protocol):
    """A scenario's file, as the library knows it: its last good version, and what is wrong with it now."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def shipped(self) -> bool: ...
    @property
    def scenario(self) -> Scenario | None: ...
    @property
    def error(self) -> FileError | None: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...


class Shelf(Protocol):
    """All scenarios there are."""

    async def current(self) -> None:
        """Read what changed on disk; where that is on, it goes on as it is now. To be awaited before the others."""

    def get(self, name: str) -> Scenario:
        """Raises UsageError for a name that is not there, FileError for a file that was never valid."""

    def entries(self) -> Sequence[Shelved]: ...

    def lost(self, name: str) -> bool:
        """Whether there was a file of that name, which is gone."""

    def understand(self, document: Document) -> LoadedScenario:
        """A scenario that is no file yet. Raises FileError with all that is wrong with it."""

    def resolve(self, loaded: LoadedScenario) -> Scenario:
        """It with the rules of those that it extends. Raises FileError."""
