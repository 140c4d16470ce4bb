"""Answers of the express lane that need not be made again."""

from __future__ import annotations

from devkit.records import dataclass


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it goes out, but for what is new in each: the start of its head, and its body. `stamp` is that of
    the data it was made from.
    """

    stamp: int
    start: bytes
    body: bytes
