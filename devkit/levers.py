"""The levers of a sandbox (`devkit.faults.levers`): what faults move, they move through here."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import logging
from collections.abc import Callable, Iterator
from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from devkit.contract.base import Contract
from devkit.contract.entities import Principal, Tokens
from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.operations import NOTHING, Need
from devkit.domain.accounts import AccountService
from devkit.domain.base import Caller
from devkit.domain.sessions import SessionService
from devkit.domain.tasks import TaskService
from devkit.effects import Clock
from devkit.faults.levers import LinkEnd, TokenDefect, TokenEnd, TokenSide
from devkit.faults.rows import Rows
from devkit.realtime.hub import Hub
from devkit.records import dataclass
from devkit.storage import users
from devkit.storage.committing import DISCARDING
from devkit.storage.database import Database

if TYPE_CHECKING:
    from devkit.domain.rows.service import RowService
    from devkit.upstream.people import People
    from devkit.upstream.withheld import Withheld

log = logging.getLogger("devkit")


@dataclass(slots=True)
class Barrier:
    """Holds whoever comes until it is opened; the next ones wait at a new one."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0


class SandboxLevers:
    """Moves one sandbox."""

    def __init__(
        self,
        *,
        clock: Clock,
        hub: Hub,
        database: Database,
        sessions: SessionService,
        accounts: AccountService,
        contract: Contract,
        tasks: TaskService,
        kept: Callable[[str], RowService],
        test_user: Callable[[], tuple[str, str]],
    ) -> None:
        """`kept` gives what keeps the rows of a resource, `test_user` the email of the first seeded user with their
        password.
        """
        self.clock = clock
        self._hub, self._database = hub, database
        self._sessions, self._accounts = sessions, accounts
        self.contract, self._tasks, self._kept, self._test_user = contract, tasks, kept, test_user
        self._barriers: dict[str, Barrier] = {}
        self._later: set[asyncio.Task[None]] = set()

    @cached_property
    def withheld(self) -> Withheld:
        """What the real backend is not told any more, where there is one."""
        from devkit.upstream.withheld import Withheld

        return Withheld(self.clock.now)

    @cached_property
    def people(self) -> People:
        """Who calls the real backend, where there is one."""
        from devkit.upstream.people import People

        return People()

    @property
    def withholds(self) -> bool:
        """Whether there is anything."""
        return "withheld" in self.__dict__ and bool(self.withheld)

    def publish(self, event: str, payload: object, *, user_id: str | None) -> Any:
        return self._hub.publish(event, payload, user_id=user_id)

    def take_event_ids(self, count: int) -> int:
        return self._hub.take_ids(count)

    async def barrier(self, name: str) -> None:
        barrier = self._barriers.setdefault(name, Barrier())
        barrier.waiting += 1
        try:
            await barrier.open.wait()
        finally:
            barrier.waiting -= 1
            if not barrier.waiting and self._barriers.get(name) is barrier:
                del self._barriers[name]

    def barriers(self) -> dict[str, int]:
        """The barriers that something waits at, and how many do."""
        return {name: barrier.waiting for name, barrier in self._barriers.items()}

    def release(self, name: str) -> bool:
        """Let go what waits at a barrier; False where nothing does."""
        barrier = self._barriers.pop(name, None)
        if barrier is None:
            return False
        barrier.open.set()
        return True

    def later(self, milliseconds: int, action: Callable[[], Any]) -> None:
        async def act() -> None:
            await asyncio.sleep(milliseconds / 1000)
            # A task of its own: what was discarded, or who called, does not reach into what happens later.
            result = action()
            if inspect.isawaitable(result):
                await result

        task = asyncio.get_running_loop().create_task(act(), context=contextvars.Context())
        self._later.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._later.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, DomainError):
            log.error("What a fault put off failed", exc_info=error)

    async def drop(self) -> None:
        """What was put off does not happen, and nothing is withheld any more."""
        if "withheld" in self.__dict__:
            self.withheld.forget()
        for task in self._later:
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)

    async def close(self) -> None:
        """Drop what was put off, and let go what waits at barriers."""
        await self.drop()
        for name in list(self._barriers):
            self.release(name)

    def end_access_token(self, token: str, end: TokenEnd) -> None:
        self._sessions.signer.end(token, end)
        if "withheld" in self.__dict__:
            self.withheld.end((token, *self.withheld.kin(token).access))

    def withhold(self, secret: str) -> None:
        self.withheld.end((secret,))

    async def end_refresh_tokens(self, session_id: str, end: TokenEnd) -> None:
        await self._sessions.end_refresh_tokens(session_id, end)

    def session_of(self, refresh_token: str) -> str | None:
        return self._sessions.session_of(refresh_token)

    async def revoke_session(self, session_id: str, reason: str | None = None) -> None:
        await self._sessions.end_session(session_id, reason)

    def spoil(self, tokens: Tokens, defect: TokenDefect) -> Tokens:
        signer = self._sessions.signer
        access = signer.reissue(tokens.access, defect=defect)
        return replace(tokens, access=access, cookie=signer.of_sessions.cookie(access) if tokens.cookie else "")

    def skew_tokens(self, side: TokenSide, milliseconds: int) -> Callable[[], None]:
        skew = self._sessions.signer.skew
        skew[side] += milliseconds

        def undo() -> None:
            skew[side] -= milliseconds

        return undo

    def rotate_keys(self) -> None:
        self._sessions.signer.keys.rotate()

    async def end_link(self, token: str, end: LinkEnd) -> None:
        await self._accounts.end_link(token, end)

    def needs(self, operation: str) -> Need:
        return self.contract.needs.get(operation, NOTHING)

    def rows(self, operation: str, user_id: str | None, given: Any = None) -> Rows:
        from devkit.rowlevers import ResourceRows, TaskRows

        user = self._database.read(lambda connection: users.find(connection, user_id)) if user_id else None
        caller = Caller(user=Principal(user, None) if user else None)
        keeper = self.contract.operations[operation].keeper
        if isinstance(keeper, ByResource | ByTransition):
            service = self._kept(keeper.resource)
            return ResourceRows(service, keeper, caller, self.contract.components, self.clock, given)
        return TaskRows(self._tasks, caller)

    def first_user(self) -> str:
        email = self._test_user()[0]
        user = self._database.read(lambda connection: users.find_by_email(connection, email))
        return user.id if user else ""

    @contextlib.contextmanager
    def discard_writes(self) -> Iterator[None]:
        """What is written within is answered, but not stored, and nobody is told of it."""
        token = DISCARDING.set(True)
        try:
            yield
        finally:
            DISCARDING.reset(token)
