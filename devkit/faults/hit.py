"""One strike of a rule: what it struck, and the means a fault has while it lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from devkit.contract.errors import DomainError
from devkit.contract.operations import Need
from devkit.effects import Randomness
from devkit.records import dataclass

if TYPE_CHECKING:
    from devkit.dialects.replies import Reply
    from devkit.faults.levers import ConnectionLever, Levers
    from devkit.faults.rows import Rows


class Absent(Exception):
    """The client is gone: nobody waits for an answer any more."""


@dataclass(slots=True, kw_only=True)
class Subject:
    """What a rule is matched against: a request, a preflight, a socket, a frame or a mail.

    `user` is an email. `token` is the access token that was sent. `kept_by_real`: the real backend answers, and
    `refresh_token` is then what it would give new tokens for. `body` is the JSON object of a request, where one was
    read. `message` is the type of a frame, `event` the same where it tells an event, `payload` its fields;
    `connection_id` is the socket's. `gone` is done when the client has left, `connection` what it came on. `input` is
    the operation's input, under the contract's names, once it was read. `again` calls the operation once more, with
    single fields of its input changed. `error_names` says by status how the operation's own errors are called, where a
    status can mean only one. `shared` belongs to the request, or to the socket with all its frames, whichever rules
    strike.
    """

    operation: str | None = None
    dialect: str | None = None
    method: str = ""
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    user: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    token: str | None = None
    kept_by_real: bool = False
    refresh_token: str | None = None
    message: str | None = None
    event: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    connection_id: str | None = None
    gone: asyncio.Future[None] | None = None
    connection: ConnectionLever | None = None
    spell_error: Callable[[DomainError], Reply] | None = None
    error_names: Mapping[int, str] = field(default_factory=dict)
    input: Any = None
    again: Callable[..., Awaitable[Any]] | None = None
    shared: MutableMapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Hit:
    """A rule struck. `number` counts the rule's strikes from 1, `seen` what it had matched before; `draw` is what
    `probability` drew. `chance` repeats: it depends on seed, sandbox, rule and number alone. `memory` belongs to the
    rule as long as its scenario is on, `notes` to this one strike: what one hook leaves for a later one. `status` is
    the answer's, from `on_headers` on. `operations` are all that the rule may strike. `felt` says that the client is
    told, or made to wait for, something else than it would be: most hooks' effects are noticed where they are called;
    one that acts by its levers says so itself. `give_back` takes the strike back, as long as nothing was felt of it.
    """

    scenario: str
    rule: str
    kind: str
    number: int
    seen: int
    draw: float | None
    subject: Subject
    levers: Levers
    chance: Randomness
    memory: MutableMapping[str, Any]
    released: asyncio.Event
    after_commit: bool = False
    status: int = 0
    operations: frozenset[str] = frozenset()
    felt: bool = False
    give_back: Callable[[], None] = lambda: None
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.scenario}/{self.rule}"

    @property
    def needs(self) -> Need:
        """What the struck operation has."""
        return self.levers.needs(self.subject.operation or "")

    @property
    def rows(self) -> Rows:
        """The rows that the struck operation works on, as its caller sees them: where it has Need.RESOURCE."""
        return self.levers.rows(self.subject.operation or "", self.subject.user_id, self.subject.input)

    @property
    def over(self) -> bool:
        """Whether the scenario was switched off, or the server stops."""
        return self.released.is_set()

    async def sleep(self, milliseconds: float) -> bool:
        """Let real time pass; ends early when the scenario is switched off or the server stops, and then says False.

        Raises Absent when the client leaves meanwhile.
        """
        if milliseconds > 0:
            self.felt = True
            await self._wait(milliseconds / 1000)
        return not self.over

    async def hang(self) -> None:
        """Wait until the scenario is switched off or the server stops. Raises Absent when the client leaves."""
        self.felt = True
        await self._wait(None)

    async def until(self, awaitable: Any, *, at_most: int | None = None) -> None:
        """Wait for something, but no longer than `hang` would, or than `at_most` milliseconds."""
        self.felt = True
        await self._wait(None if at_most is None else at_most / 1000, awaitable)

    def error(self, status: int, code: str | None = None, message: str | None = None, **more: Any) -> Reply:
        """An error in the shape of the dialect that was spoken; `more` as for DomainError (`fields`, `retry_after`)."""
        return self.spelled(self.failure(status, code, message, **more))

    def failure(self, status: int, code: str | None = None, message: str | None = None, **more: Any) -> DomainError:
        """An error of that status, named as the operation itself would, where there is just one it can mean."""
        return DomainError.injected(status, code or self.subject.error_names.get(status), message, **more)

    def spelled(self, error: DomainError) -> Reply:
        """An error in the shape of the dialect that was spoken."""
        assert self.subject.spell_error is not None  # noqa: S101 - every request has one
        return self.subject.spell_error(error)

    async def again(self, **changes: Any) -> Any:
        """Call the struck operation once more; `changes` replace fields of its input (the contract's names)."""
        assert self.subject.again is not None  # noqa: S101 - set before any service is called
        return await self.subject.again(**changes)

    async def _wait(self, seconds: float | None, awaitable: Any = None) -> None:
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self.released.wait())]
        if awaitable is not None:
            waits.append(asyncio.ensure_future(awaitable))
        gone = self.subject.gone
        try:
            await asyncio.wait([*waits, *([gone] if gone else [])], timeout=seconds, return_when="FIRST_COMPLETED")
        finally:
            for wait in waits:
                wait.cancel()
        if gone is not None and gone.done():
            raise Absent


@dataclass(slots=True)
class Fingerprint:
    """What the journal and `X-Devkit-Fault` tell of a strike."""

    rule: str
    kind: str
    number: int
    draw: float | None

    @classmethod
    def of(cls, hit: Hit) -> Fingerprint:
        return cls(hit.name, hit.kind, hit.number, hit.draw)


def fields_at(value: Any, path: str) -> Iterator[tuple[MutableMapping[str, Any], str]]:
    """Every place that a dotted path leads to: (the object, the key). `*` and lists lead into each element."""
    steps = path.split(".")
    yield from _descend(value, steps)


def _descend(value: Any, steps: list[str]) -> Iterator[tuple[MutableMapping[str, Any], str]]:
    if isinstance(value, list):
        for item in value:
            yield from _descend(item, steps[1:] if steps[0] == "*" and len(steps) > 1 else steps)
        return
    if not isinstance(value, MutableMapping):
        return
    first, rest = steps[0], steps[1:]
    for key in list(value) if first == "*" else [first]:
        if key not in value:
            continue
        if rest:
            yield from _descend(value[key], rest)
        else:
            yield value, key
