"""What is kept because making it again would give the same: bounded, and forgotten when it goes unused."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from devkit.records import dataclass

K = TypeVar("K")
V = TypeVar("V")


_REMEMBERED = 2_048
"""Keys that were put once."""


@dataclass(slots=True)
class _Entry(Generic[V]):
    value: V
    cost: int
    used: bool = False


class Kept(Generic[K, V]):
    """Values by key, at most `size` of them (each counts as 1, or as what it is said to `cost`).

    Who came first leaves first, unless it was asked for since it was looked at last (the clock algorithm): a look-up
    costs little more than a dictionary's, and room is made for one value at a time, without a pause to clear up.

    `twice`: only what is put a second time is worth keeping, so that what comes once and never again takes no room.
    """

    def __init__(self, size: int, *, twice: bool = False) -> None:
        self._size = size
        self._once: set[int] | None = set() if twice else None
        self._entries: dict[K, _Entry[V]] = {}
        self._queue: deque[K] = deque()
        self._cost = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """What all of them count as."""
        return self._cost

    def limit(self, size: int) -> None:
        """Keep so many at the most from now on."""
        self._size = size
        self._make_room(0)

    def get(self, key: K) -> V | None:
        found = self._entries.get(key)
        if found is None:
            return None
        found.used = True
        return found.value

    def put(self, key: K, value: V, cost: int = 1) -> None:
        """Keep a value, unless it alone is larger than all that there is room for."""
        found = self._entries.get(key)
        if found is not None:
            self._cost += cost - found.cost
            found.value, found.cost, found.used = value, cost, True
            self._make_room(0)
            return
        if self._once is not None and not self._seen(hash(key), self._once):
            return
        self._make_room(cost)
        if cost <= self._size:
            self._entries[key] = _Entry(value, cost)
            self._queue.append(key)
            self._cost += cost

    def clear(self) -> None:
        self._entries.clear()
        self._queue.clear()
        self._cost = 0

    @staticmethod
    def _seen(key: int, once: set[int]) -> bool:
        """Whether it was put not long ago. Two keys with one hash are taken for one, which does no harm."""
        if key in once:
            once.discard(key)
            return True
        if len(once) >= _REMEMBERED:
            once.clear()
        once.add(key)
        return False

    def _make_room(self, cost: int) -> None:
        while self._queue and self._cost + cost > self._size:
            oldest = self._queue.popleft()
            entry = self._entries[oldest]
            if entry.used:
                entry.used = False
                self._queue.append(oldest)
            else:
                del self._entries[oldest]
                self._cost -= entry.cost
