"""A connection as the hub sees it: who listens to what, and a bounded queue of what is still to be sent."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Literal, Self

from devkit.effects import Instant

QUEUE_LIMIT = 1_000
"""Frames that wait for one connection (CONTRACT.md, "Where rows meet")."""

Ending = Literal["overflowed", "revoked", "expired", "stopped", "failed", "left"]
"""Why a subscriber gets nothing more: it read too slowly; its session was revoked, or ran out; the sandbox stops; what
it was to be sent could not be made; it went by itself.
"""


class Subscriber:
    """The receiving end of one connection.

    `topics` is the hub's to change. The queue takes anything, so that an adapter's own frames keep their order among
    the hub's `Delivery` and `Replay` items. One task at a time may `get`.

    `opened_at` is the sandbox's time. `user_id` is None where nobody signs in. `goodbye` is the close code and the
    reason that somebody asked to end it with. What is no socket is an answer that tells events.

    `on_end` is called once, at the moment of ending (possibly in the middle of a `publish`): it must neither block nor
    raise.
    """

    __slots__ = (
        "_limit",
        "_queue",
        "_waiter",
        "ending",
        "goodbye",
        "id",
        "is_socket",
        "on_end",
        "opened_at",
        "session_id",
        "topics",
        "user_id",
    )

    def __init__(
        self,
        id: str,  # noqa: A002
        *,
        user_id: str | None,
        session_id: str | None = None,
        limit: int = QUEUE_LIMIT,
        opened_at: Instant = 0,
        is_socket: bool = True,
    ) -> None:
        self.id = id
        self.is_socket = is_socket
        self.opened_at = opened_at
        self.goodbye: tuple[int, str] | None = None
        self.user_id = user_id
        self.session_id = session_id
        self.topics: dict[str, None] = {}
        self.ending: Ending | None = None
        self.on_end: Callable[[], None] | None = None
        self._limit = limit
        self._queue: deque[object] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        """How many items wait."""
        return len(self._queue)

    def __bool__(self) -> bool:
        # Without this, a subscriber with an empty queue would be false.
        return True

    def offer(self, item: object) -> bool:
        """Queue `item`; False where it was not taken, because the subscriber has ended, or ends now by overflowing."""
        if self.ending is not None:
            return False
        if len(self._queue) >= self._limit:
            self.end("overflowed")
            return False
        self._queue.append(item)
        self._wake()
        return True

    def end(self, ending: Ending) -> None:
        """Take nothing more. What waits is still handed out, unless it overflowed. Ends only once."""
        if self.ending is not None:
            return
        self.ending = ending
        if ending == "overflowed":
            self._queue.clear()
        self._wake()
        if self.on_end is not None:
            self.on_end()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> object:
        """The next item, waiting for it; stops when the subscriber has ended and nothing waits."""
        while not self._queue:
            if self.ending is not None:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._queue.popleft()
