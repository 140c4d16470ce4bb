"""A drill under way: a scenario switched on in a sandbox, watched, judged and switched off again."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Literal

from devkit.drill.bench import Outcome
from devkit.drill.evidence import ROOM, Evidence, OpenBefore
from devkit.drill.verdicts import Verdict, judged, overall
from devkit.effects import MINUTE, SECOND, Instant, machine_now, stopwatch
from devkit.journal import Entry, Follower, SocketEntry
from devkit.sandbox import Sandbox
from devkit.scenario.activation import Activation
from devkit.scenario.model import Scenario

TIMEOUT = 1 * MINUTE
"""How long a drill takes at the most, in milliseconds, unless its scenario expects something that takes longer."""

SETTLING = 2.0
"""Seconds that calls which are under way at the end have for being answered, now that nothing holds them."""

GONE = "The sandbox was removed, or the server stopped"

_LOOK = 0.2
"""Seconds between two looks at whether everything is decided."""

State = Literal["running", "finished", "cancelled"]


def default_timeout(scenario: Scenario) -> int:
    """Milliseconds that are enough for what the scenario expects."""
    spans = [part.within or 0 for one in scenario.expect for part in (one.calls, one.socket) if part]
    return max(TIMEOUT, max(spans, default=0) + 30 * SECOND)


class Drill:
    """One drill. `timeout` is in milliseconds of the machine's time; `early` ends it once all is decided; `room` are
    the bytes that its evidence may take.
    """

    def __init__(
        self,
        id: str,  # noqa: A002 - what it is called everywhere
        sandbox: Sandbox,
        scenario: Scenario,
        *,
        timeout: int,
        early: bool = True,
        fresh: bool = False,
        forced: bool = False,
        room: int = ROOM,
    ) -> None:
        self.id, self.sandbox, self.scenario = id, sandbox, scenario
        self.timeout, self.early, self.fresh, self.forced = timeout, early, fresh, forced
        self._contract = sandbox.contract
        self.evidence = Evidence(scenario, self._contract, _open_sockets(sandbox), room=room)
        self.state: State = "running"
        self.reason = ""
        """Why it ended, where it did not end by itself."""
        self.started_at: Instant = 0
        self.ended_at: Instant | None = None
        self.revision = 0
        """Rises whenever something was seen or the state changed."""
        self._began = 0.0
        self._verdicts: list[Verdict] = []
        self._judged: tuple[int, float] = -1, 0.0
        self._activation: Activation | None = None
        self._wish: tuple[State, str] | None = None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Switch the scenario on; returns when it is on. Raises what switching on raises."""
        journal, engine = self.sandbox.journal, self.sandbox.engine
        with contextlib.ExitStack() as stack:
            self.started_at, self._began = machine_now(), stopwatch()
            stack.callback(journal.listen(self._see))
            if self.evidence.wants_bodies:
                stack.callback(journal.want_bodies())
            self._activation = await engine.use(self.scenario, forced=self.forced)
            stack.callback(engine.on_change(self._changed))
            self._task = asyncio.create_task(self._run(stack.pop_all()), name=f"devkit-drill-{self.id}")

    @property
    def elapsed(self) -> float:
        """Seconds since it began, or that it took."""
        if self.evidence.ended is not None:
            return self.evidence.ended
        return stopwatch() - self._began

    @property
    def verdicts(self) -> list[Verdict]:
        """Of each expectation, as far as it goes."""
        if self.state == "running" or not self._verdicts:
            now = self.elapsed
            # A page that asks often, or a storm of calls, must not have everything judged anew each time.
            if not self._verdicts or self._judged[0] != self.revision or now - self._judged[1] > _LOOK:
                self._verdicts = self._judge(now, over=False)
                self._judged = self.revision, now
        return self._verdicts

    @property
    def outcome(self) -> Outcome:
        return overall(verdict.outcome for verdict in self.verdicts)

    async def finish(self) -> None:
        """Judge now; returns when that is done."""
        await self._end("finished", "")

    async def cancel(self, reason: str) -> None:
        """Switch the scenario off; what was seen until now is all there is to it."""
        await self._end("cancelled", reason)

    async def wait(self) -> None:
        """Return when it has ended."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _end(self, state: State, reason: str) -> None:
        if self._wish is None:
            self._wish = state, reason
        self._news.set()
        await self.wait()

    def _see(self, entry: Entry) -> None:
        topics = self._topics(entry.connection_id) if isinstance(entry, SocketEntry) else None
        self.evidence.add(entry, stopwatch() - self._began, self.sandbox.journal.detail(entry.number), topics)
        self.revision += 1
        self._news.set()

    def _topics(self, connection_id: str) -> frozenset[str] | None:
        subscriber = self.sandbox.hub.find(connection_id)
        return None if subscriber is None else frozenset(subscriber.topics)

    def _judge(self, now: float, *, over: bool) -> list[Verdict]:
        if self.state == "running":
            subscribers = self.sandbox.hub.subscribers()
            self.evidence.topics = {subscriber.id: frozenset(subscriber.topics) for subscriber in subscribers}
        return judged(self.evidence, now, over=over)

    def _changed(self) -> None:
        """A scenario was switched on or off, ours perhaps, by somebody else or by a reset; or other operations are
        known from now on: those of a real backend are learned.
        """
        if self.sandbox.contract is not self._contract:
            self._contract = self.sandbox.contract
            self.evidence.adopt(self._contract)
            self.revision += 1
        if self._is_on() or self._wish is not None:
            return
        self.evidence.ended = stopwatch() - self._began
        if self.sandbox.closed:
            self._wish = "cancelled", GONE
        else:
            self._wish = "finished", "The scenario was switched off before the drill was over"
        self._news.set()

    def _is_on(self) -> bool:
        since = self._activation.since if self._activation else None
        # A file that was edited goes on as a new activation of the same beginning.
        return any(
            one.scenario.name == self.scenario.name and one.since == since for one in self.sandbox.engine.active()
        )

    async def _run(self, stack: contextlib.ExitStack) -> None:
        with stack:
            closing = self.sandbox.journal.follow(lambda _: False)
            gone = asyncio.ensure_future(_ended(closing))
            try:
                await self._watch(gone)
                await self._conclude(gone)
            finally:
                gone.cancel()
                self.sandbox.journal.unfollow(closing)
                if self.state == "running":
                    self._close("cancelled", "The server stopped")

    async def _watch(self, gone: asyncio.Future[Any]) -> None:
        """Return when it is time to judge."""
        while self._wish is None:
            left = self.timeout / SECOND - self.elapsed
            if left <= 0:
                return
            if gone.done():
                self._wish = "cancelled", GONE
                return
            if self.early and self.verdicts and all(verdict.final for verdict in self.verdicts):
                return
            self._news.clear()
            news: asyncio.Future[Any] = asyncio.ensure_future(self._news.wait())
            try:
                await asyncio.wait([news, gone], timeout=min(left, _LOOK), return_when=asyncio.FIRST_COMPLETED)
            finally:
                news.cancel()
            # Whatever comes in this moment is looked at together.
            await asyncio.sleep(0.02)

    async def _conclude(self, gone: asyncio.Future[None]) -> None:
        if self.evidence.ended is None:
            self.evidence.ended = stopwatch() - self._began
        # What is still under way belongs to it, although its entry comes only when it is answered.
        pending = self.sandbox.journal.underway
        if self._is_on() and not gone.done():
            self._wish = self._wish or ("finished", "")
            await self.sandbox.engine.off(self.scenario.name)
        deadline = stopwatch() + SETTLING
        # Nobody tells when a call has ended, and it is two seconds at most.
        while pending & self.sandbox.journal.underway and stopwatch() < deadline and not gone.done():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        self._close(*(self._wish or ("finished", "")))

    def _close(self, state: State, reason: str) -> None:
        self.ended_at = machine_now()
        if self.evidence.ended is None:
            self.evidence.ended = stopwatch() - self._began
        self._verdicts = self._judge(self.evidence.ended, over=True)
        self.state, self.reason = state, reason
        self.revision += 1


class Drills:
    """The drills of a server: those under way, and the last ones that ended."""

    KEPT = 100

    def __init__(self, room: int = 4 * ROOM) -> None:
        """`room` are the bytes that all of them may take, roughly."""
        self._room = room
        self._drills: dict[str, Drill] = {}
        self._count = 0
        self._starting: set[str] = set()

    @property
    def size(self) -> int:
        """Bytes that all of them take, roughly."""
        return sum(one.evidence.size for one in self._drills.values())

    def all(self) -> list[Drill]:
        """The newest first."""
        return list(reversed(self._drills.values()))

    def find(self, id: str) -> Drill | None:  # noqa: A002 - what it is called everywhere
        return self._drills.get(id)

    def under_way(self, sandbox: Sandbox) -> Drill | None:
        """The drill that runs in a sandbox: two at once would be judged by each other's calls."""
        return next((one for one in self._drills.values() if one.sandbox is sandbox and one.state == "running"), None)

    async def start(
        self,
        sandbox: Sandbox,
        scenario: Scenario,
        *,
        timeout: int | None = None,  # noqa: ASYNC109 - the drill's, in milliseconds
        early: bool = True,
        fresh: bool = False,
        forced: bool = False,
    ) -> Drill:
        """Begin a drill. Raises ValueError where one runs in that sandbox already."""
        if self.under_way(sandbox) is not None or sandbox.id in self._starting:
            raise ValueError(f"A drill is under way in the sandbox {sandbox.id!r} already")
        self._starting.add(sandbox.id)
        try:
            self._count += 1
            timeout = default_timeout(scenario) if timeout is None else timeout
            drill = Drill(
                f"d{self._count}",
                sandbox,
                scenario,
                timeout=timeout,
                early=early,
                fresh=fresh,
                forced=forced,
                # However many run, there is room for one more.
                room=min(ROOM, (self._room - self._reserved()) // 2),
            )
            await drill.start()
        finally:
            self._starting.discard(sandbox.id)
        self._drills[drill.id] = drill
        self._forget()
        return drill

    def _reserved(self) -> int:
        """Bytes for those that run."""
        return sum(one.evidence.room for one in self._drills.values() if one.state == "running")

    def _forget(self) -> None:
        """Drop the oldest of those that ended, where they are too many or take too much."""
        ended = [one for one in self._drills.values() if one.state != "running"]
        size, count = sum(one.evidence.size for one in ended) + self._reserved(), len(self._drills)
        for one in ended:
            if size <= self._room and count <= self.KEPT:
                return
            del self._drills[one.id]
            size, count = size - one.evidence.size, count - 1

    async def remove(self, drill: Drill) -> None:
        """Cancel it where it is under way, and forget it."""
        await drill.cancel("It was cancelled")
        self._drills.pop(drill.id, None)

    async def close(self) -> None:
        """The server stops."""
        await asyncio.gather(*(drill.cancel("The server stopped") for drill in self._drills.values()))


async def _ended(closing: Follower) -> None:
    async for _ in closing:  # a follower of nothing: it only ends
        pass


def _open_sockets(sandbox: Sandbox) -> tuple[OpenBefore, ...]:
    """The WebSockets that are open now, and what they subscribed to."""
    users = {
        entry.connection_id: entry.user
        for entry in sandbox.journal
        if isinstance(entry, SocketEntry) and entry.direction == "open"
    }
    return tuple(
        OpenBefore(connection_id=subscriber.id, user=users.get(subscriber.id), topics=frozenset(subscriber.topics))
        for subscriber in sandbox.hub.subscribers()
        if subscriber.is_socket
    )
