"""What is kept because making it again would give the same: bounded, and forgotten when it goes unused."""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key, at most about twice `size` of them (each counts as 1, or as what it is said to `cost`).

    Two generations instead of a list of who was used last: what is asked for moves into the young one, and when that is
    full, the old one is dropped. A look-up costs little more than a dictionary's.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._young: dict[K, tuple[V, int]] = {}
        self._old: dict[K, tuple[V, int]] = {}
        self._cost = 0

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())

    def get(self, key: K) -> V | None:
        found = self._young.get(key)
        if found is not None:
            return found[0]
        found = self._old.pop(key, None)
        if found is None:
            return None
        self.put(key, *found)
        return found[0]

    def put(self, key: K, value: V, cost: int = 1) -> None:
        replaced = self._young.get(key)
        if replaced is not None:
            self._cost -= replaced[1]
        elif self._cost + cost > self._size:
            self._old, self._young, self._cost = self._young, {}, 0
        self._young[key] = value, cost
        self._cost += cost
