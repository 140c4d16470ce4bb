"""What a check has in its hands: fresh browsers, somebody to sign in as, rows of its own, and what it saw."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from devkit.contract.operations import Need
from devkit.dialects.base import Route
from devkit.dialects.calling import File, example_of
from devkit.errors import OperatorError
from devkit.records import dataclass
from devkit.verify.exchange import Answer, Exchange
from devkit.verify.target import Collection, Target
from devkit.verify.verdicts import Ended, Skipped, skip, unclear
from devkit.verify.visitor import Habits, Visitor
from devkit.verify.wire import Pool, WireError

Arrange = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Brings a state about that no request of a client does: `(state, what is known of it)`; returns what it is told of the
arranged. A state that begins with `-` is taken back. Raises OperatorError where it cannot.
"""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in."""

    email: str
    password: str


class World:
    """What all cases of a run share: the connections, the accounts, and one session that nobody may end."""

    def __init__(self, target: Target, pool: Pool) -> None:
        self.target, self.pool, self.habits = target, pool, Habits()
        self.accounts: list[Account] = []
        self.session: Visitor | None = None
        self.arrange: Arrange | None = None
        self.number = 0
        self.read_only = False

    def visitor(self, record: Callable[[Exchange], None]) -> Visitor:
        return Visitor(self.target, self.pool, self.habits, record)


@dataclass(frozen=True, slots=True)
class Made:
    """A row of the check's own."""

    id: str
    row: Any
    answer: Answer


class Case:
    """One check's run. `exchanges` is all that passed, in its order."""

    def __init__(self, world: World) -> None:
        self.world, self.target = world, world.target
        self.exchanges: list[Exchange] = []
        self._leftovers: list[Callable[[], Awaitable[Any]]] = []

    # Browsers

    def visitor(self) -> Visitor:
        """A browser that nobody has signed in with. Addresses that name the run's user it knows all the same."""
        visitor = self.world.visitor(self.exchanges.append)
        if self.world.session is not None:
            visitor.user_id = self.world.session.user_id
        return visitor

    async def signed_in(self) -> Visitor:
        """A browser of the run's user, whose session is others' too: who refreshes or ends one takes a `fresh` one."""
        if self.world.session is None:
            skip("nobody is signed in")
        return self.world.session.clone(self.exchanges.append)

    async def fresh(self, account: Account | None = None) -> Visitor:
        """A browser with a session of its own, which ends with the case."""
        if not self.world.accounts or self.target.login is None:
            skip("nobody can sign in with a password")
        who, visitor = account or self.world.accounts[0], self.visitor()
        answer = await visitor.sign_in(who.email, who.password)
        if not answer.ok:
            unclear(f"signing in was answered with {answer.status}")
        if self.target.logout is not None:
            self.finally_(lambda: visitor.call(self.target.logout))  # type: ignore[arg-type]
        return visitor

    async def other(self) -> Visitor:
        """A browser of somebody else."""
        if len(self.world.accounts) < 2:
            skip("a second user is needed: give --user twice")
        return await self.fresh(self.world.accounts[1])

    # Routes

    def route(self, need: Need, fits: Callable[[Route], bool] = lambda _: True) -> Route:
        """The simplest to call that meets the need. Skips where none does."""
        found = self.target.meeting(need, fits)
        return found[0] if found else skip("the contract has no such operation")

    @property
    def private(self) -> Route:
        """One that only a signed-in user may read."""
        return self.target.private[0] if self.target.private else skip("nothing in the contract needs a session")

    @property
    def readable(self) -> Route:
        """One that can be read, by anybody if there is such a one."""
        found = [*self.target.public, *self.target.private]
        return found[0] if found else skip("the contract has nothing that can be read just so")

    def collection(self, fits: Callable[[Collection], bool] = lambda _: True) -> Collection:
        """One that rows can be made in, if there is such a one. Skips where none fits."""
        found = next((one for one in self.target.collections if fits(one)), None)
        return found or skip("the contract has no list of that kind")

    # Rows

    async def make(self, visitor: Visitor, collection: Collection, **fields: Any) -> Made:
        """A row of the check's own, which is taken away when the case ends. Unclear where it cannot be made."""
        if collection.create is None or collection.delete is None:
            skip(f"in {collection.name} nothing can be made and taken away again")
        if self.world.read_only:
            skip("a row would have to be made, and --read-only is given")
        create, delete = collection.create, collection.delete
        files = [File(b"devkit verify\n" * 8)] if Need.UPLOAD in self.target.needs_of(create) else []
        for _ in range(3):
            self.world.number += 1
            given = {**example_of(create, self.world.number), **fields}
            answer = await visitor.call(create, given, files=files)
            # What must be there once only may have been there.
            if answer.status not in {400, 409, 422}:
                break
        if not answer.ok:
            unclear(f"{create.operation.id} was answered with {answer.status}, so there is no row to look at")
        made = Made(id_of(answer), row_of(answer), answer)
        self.leave(visitor, delete, made.id)
        return made

    def leave(self, visitor: Visitor, delete: Route | None, row_id: str) -> None:
        """Have the row taken away when the case ends, as far as it can be."""
        if row_id and delete is not None:
            item = self.target.parameters(delete)[-1]
            self.finally_(lambda: visitor.call(delete, {item: row_id}))

    def item(self, route: Route | None, row_id: str) -> tuple[Route, dict[str, Any]]:
        """A route about one row, and what it is told to mean this one. Skips where there is none."""
        if route is None:
            skip("the contract has no such operation on one row")
        return route, {self.target.parameters(route)[-1]: row_id}

    # States

    async def arrange(self, state: str, **known: Any) -> dict[str, Any]:
        """Have a state arranged until the case ends. Skips where nobody arranges any."""
        if self.world.arrange is None:
            skip(f"the state {state!r} must be arranged by a --setup URL")
        arrange, told = self.world.arrange, {"users": [one.email for one in self.world.accounts], **known}
        self.finally_(lambda: arrange(f"-{state}", told))
        try:
            return await arrange(state, told)
        except OperatorError as error:
            skip(error.message)

    async def wait(self, seconds: float) -> None:
        """Let so much time pass: the backend's, where somebody arranges that, else everybody's."""
        try:
            await self.arrange("time-passed", seconds=seconds)
        except Skipped:
            await asyncio.sleep(seconds)

    def finally_(self, step: Callable[[], Awaitable[Any]]) -> None:
        """Do that when the case has ended, the latest first."""
        self._leftovers.append(step)

    async def clean(self) -> None:
        """What is done then is no evidence."""
        kept = len(self.exchanges)
        for step in reversed(self._leftovers):
            try:
                await step()
            except (Ended, OperatorError, WireError, TimeoutError):
                continue
        del self.exchanges[kept:]


def row_of(answer: Answer) -> Any:
    """The row in an answer about one: itself, or what the only member holds."""
    body = answer.json
    if isinstance(body, dict) and "id" not in body:
        inner = [value for value in body.values() if isinstance(value, dict) and "id" in value]
        return inner[0] if len(inner) == 1 else body
    return body


def id_of(answer: Answer) -> str:
    """The id of the row in an answer, else the last part of its Location; empty where neither is there."""
    row = row_of(answer)
    for name in ("id", "_id", "uuid", "pk", "slug"):
        if isinstance(row, dict) and row.get(name) not in {None, ""}:
            return str(row[name])
    place = answer.get("Location")
    return place.partition("?")[0].rstrip("/").rpartition("/")[2] if place else ""


def rows_of(answer: Answer) -> list[Any]:
    """The rows in the answer of a list: itself, or its longest member that is a list, however deep."""
    found = _lists(answer.json)
    return max(found, key=len, default=[])


def _lists(value: Any, depth: int = 0) -> list[list[Any]]:
    if isinstance(value, list):
        return [value]
    if isinstance(value, dict) and depth < 3:
        return [one for inner in value.values() for one in _lists(inner, depth + 1)]
    return []
