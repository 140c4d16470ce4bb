"""Answers of the express lane that need not be made again."""

from __future__ import annotations

from devkit.records import dataclass

ROOM = 4 * 1024 * 1024
"""Bytes of answers that a sandbox keeps at the most."""

_OBJECTS = 512


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it goes out, but for what is new in each: the start of its head, and its body. `stamp` is that of
    the data it was made from.
    """

    stamp: int
    start: bytes
    body: bytes

    @property
    def cost(self) -> int:
        """Bytes that it takes, with its key and the objects around it."""
        return len(self.start) + len(self.body) + _OBJECTS
