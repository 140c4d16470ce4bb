"""Choices that are the same in each run: what is drawn depends on the seed and the name alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from devkit.effects import Randomness

T = TypeVar("T")


class Chance:
    """`Chance(21, "fuzz/4711")` draws what it drew last time, whatever was drawn elsewhere."""

    def __init__(self, seed: int, name: str) -> None:
        self._from = Randomness(seed, name)

    def randrange(self, count: int) -> int:
        return self._from.integer(0, count - 1)

    def between(self, low: int, high: int) -> int:
        """Both included."""
        return self._from.integer(low, high)

    def choice(self, options: Sequence[T]) -> T:
        return options[self.randrange(len(options))]

    def weighted(self, options: Mapping[T, float]) -> T:
        """One of them, each as often as its weight says."""
        left = self._from.fraction() * sum(options.values())
        for option, weight in options.items():
            left -= weight
            if left < 0:
                return option
        return [*options][-1]

    def seconds(self, most: float) -> float:
        return self._from.fraction() * most

    def happens(self, probability: float) -> bool:
        return self._from.fraction() < probability

    def bytes(self, count: int) -> bytes:
        return self._from.bytes(count)

    def uuid(self) -> str:
        return self._from.uuid()
