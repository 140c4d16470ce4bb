"""Writes to a file's database: those that wait together share a commit, and each is told once it is committed.

Small writes are committed in the loop's own thread: no commit waits for the disk (`synchronous = NORMAL`), so a row
with its indexes is written in less time than another thread takes to wake up. Whatever may take long, or goes wrong,
runs on the writer's thread; as long as it does, everything else waits.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from typing import Any, Protocol, TypeVar

log = logging.getLogger("devkit")

DISCARDING: ContextVar[bool] = ContextVar("devkit-discarding", default=False)
"""Set where what is written must not stay: writes run, answer, and are rolled back."""

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
Outcome = tuple[Any, Exception | None]
"""What a work gave, or what it raised."""
Then = Callable[[Any, Exception | None], None]
"""Is told an outcome."""

_CHECKPOINT_EVERY = 5_000
"""Small writes after which the write-ahead log is copied into the database, beside further ones: some 35 MB of it. In
these, pages that many writes changed come many times, and are copied once.
"""
_LOG_MAX = 32_768
"""Pages of the log (128 MB) from which on writes wait until it is copied as a whole, so that it begins anew."""


class Waiter(Protocol):
    """Whoever waits for a write: a future, or something like it."""

    def done(self) -> bool:
        """Whether nobody waits any more."""

    def set_result(self, result: Any, /) -> None: ...

    def set_exception(self, error: Any, /) -> None: ...


class _Follower:
    """Goes on with `then` in the very turn of the loop in which the write is committed."""

    __slots__ = ("_then",)

    def __init__(self, then: Then) -> None:
        self._then = then

    def done(self) -> bool:
        return False

    def set_result(self, result: Any) -> None:
        self._tell(result, None)

    def set_exception(self, error: Exception) -> None:
        self._tell(None, error)

    def _tell(self, result: Any, error: Exception | None) -> None:
        try:
            self._then(result, error)
        except Exception:
            # Others wait for the same commit, and are told of it all the same.
            log.exception("what follows a write failed")


_Waiting = tuple[Work[Any], Waiter, str | None]


class Writer(Protocol):
    """A connection on a thread of its own."""

    async def run(self, work: Work[T]) -> T:
        """Run `work` there."""


class Committer:
    """Commits what waits. `near` is a connection for the loop's thread, which also reads; `note` is told the scope
    of each write that is done.
    """

    def __init__(self, near: sqlite3.Connection, writer: Writer, note: Callable[[str | None], None]) -> None:
        self._near, self._writer, self._note = near, writer, note
        self._waiting: list[_Waiting] = []
        self._scheduled = False
        self._under_way: asyncio.Task[Any] | None = None
        self._copying: asyncio.Task[None] | None = None
        self._uncopied = 0

    def write(self, work: Work[T], scope: str | None) -> asyncio.Future[T]:
        """Commit `work` soon; a scope says that it is small. It may run more than once."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._wait(work, scope, future)
        return future

    def write_then(self, work: Work[Any], scope: str | None, then: Then) -> None:
        """The same for whoever does not wait in a task: that takes two turns of the loop less. `then` may not raise."""
        self._wait(work, scope, _Follower(then))

    def _wait(self, work: Work[Any], scope: str | None, waiter: Waiter) -> None:
        self._waiting.append((kept_or_not(work), waiter, scope))
        if self._under_way is None:
            self._schedule()

    async def alone(self, work: Work[T], *, changes: bool = True) -> T:
        """Run `work` on the writer's thread while nothing is written, to its end even if the caller leaves. `changes`
        says whether it may change any data.
        """
        while self._under_way is not None:
            await asyncio.wait({self._under_way})
        task = asyncio.create_task(self._writer.run(work), name="devkit-writing-alone")
        self._under_way = task

        def done(_: object) -> None:
            if changes:
                self._note(None)
            self._go_on()

        task.add_done_callback(done)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Finish what waits."""
        while self._waiting or self._under_way is not None or self._copying is not None:
            under_way = {task for task in (self._under_way, self._copying) if task is not None}
            if under_way:
                await asyncio.wait(under_way)
            # What came in the meantime is scheduled, or will be by what has just ended.
            await asyncio.sleep(0)

    def _schedule(self) -> None:
        """Commit once everything that can run now has run: whoever else writes by then comes along."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._commit)

    def _commit(self) -> None:
        self._scheduled = False
        if self._under_way is not None:
            return
        group = [waiting for waiting in self._waiting if not waiting[1].done()]
        self._waiting.clear()
        if not group:
            return
        if all(scope is not None for _, _, scope in group):
            try:
                outcomes = commit_together([work for work, _, _ in group], self._near)
            except sqlite3.OperationalError:
                pass  # the disk: the writer's thread can wait for it, and finds out whom it concerns
            else:
                self._settle(group, outcomes)
                self._copy_sometimes(len(group))
                return
        self._under_way = asyncio.create_task(self._commit_there(group), name="devkit-committer")

    async def _commit_there(self, group: list[_Waiting]) -> None:
        works = [work for work, _, _ in group]
        outcomes: Sequence[Outcome]
        try:
            # Shielded: a server that stops must still learn, and tell, what was committed.
            outcomes = await asyncio.shield(self._writer.run(partial(commit, works)))
        except Exception as error:  # noqa: BLE001 - nobody may wait for ever because the writer broke
            outcomes = [(None, error)] * len(works)
        self._settle(group, outcomes)
        self._go_on()

    def _go_on(self) -> None:
        self._under_way = None
        if self._waiting:
            self._schedule()

    def _settle(self, group: list[_Waiting], outcomes: Sequence[Outcome]) -> None:
        for _, _, scope in group:
            # Here, and not where the caller waits: a caller that has left changed the data all the same.
            self._note(scope)
        for (_, waiter, _), (result, error) in zip(group, outcomes, strict=True):
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(result)
            elif isinstance(error, StopIteration):
                # No future takes one.
                waiter.set_exception(RuntimeError("the work raised StopIteration"))
            else:
                waiter.set_exception(error)

    def _copy_sometimes(self, writes: int) -> None:
        self._uncopied += writes
        if self._uncopied >= _CHECKPOINT_EVERY and self._copying is None:
            self._uncopied = 0
            self._copying = asyncio.create_task(self._copy(), name="devkit-checkpoint")

    async def _copy(self) -> None:
        try:
            if await self._writer.run(_checkpoint) >= _LOG_MAX:
                await self.alone(_checkpoint, changes=False)
        except sqlite3.Error:
            pass  # a later one will do it; what was written is safe in the log
        finally:
            self._copying = None


def kept_or_not(work: Work[T]) -> Work[T]:
    """`work`, or where writes are to be discarded, `work` that leaves nothing behind."""
    if not DISCARDING.get():
        return work

    def discarded(connection: sqlite3.Connection) -> T:
        connection.execute("SAVEPOINT discarded")
        try:
            return work(connection)
        finally:
            connection.execute("ROLLBACK TO discarded")
            connection.execute("RELEASE discarded")

    return discarded


def transaction(connection: sqlite3.Connection, work: Work[T]) -> T:
    """All of `work`, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def commit(works: list[Work[Any]], connection: sqlite3.Connection) -> list[Outcome]:
    """Commit each of them, in one go if the disk takes it."""
    try:
        return commit_together(works, connection)
    except sqlite3.Error:
        # The group failed as one (a full disk rolls everything back): each gets its own chance and its own error.
        return [_alone(connection, work) for work in works]


def commit_together(works: list[Work[Any]], connection: sqlite3.Connection) -> list[Outcome]:
    """Commit them in one transaction, but for those that raise. Raises OperationalError where the disk fails."""
    try:
        # Most groups hold nothing that fails, and need no savepoint around each.
        return transaction(connection, lambda connection: [(work(connection), None) for work in works])
    except sqlite3.OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is belongs to a caller that waits
        if len(works) == 1:
            return [(None, error)]
    # All was rolled back, and is done again more carefully.
    return transaction(connection, partial(_together, works))


def _together(works: list[Work[Any]], connection: sqlite3.Connection) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for work in works:
        connection.execute("SAVEPOINT one")
        try:
            outcomes.append((work(connection), None))
        except sqlite3.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the caller that waits for this work
            connection.execute("ROLLBACK TO one")
            outcomes.append((None, error))
        connection.execute("RELEASE one")
    return outcomes


def _alone(connection: sqlite3.Connection, work: Work[Any]) -> Outcome:
    try:
        return transaction(connection, work), None
    except Exception as error:  # noqa: BLE001 - handed to the caller that waits for this work
        return None, error


def _checkpoint(connection: sqlite3.Connection) -> int:
    """Copy what is in the write-ahead log into the database, without making anybody wait; how many pages are in it."""
    _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)
