"""Of the exchanges that answer equal requests, which one is played next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from devkit.recording.replay.tape import Row
from devkit.records import dataclass

_NOT_FOR_EVERYBODY = frozenset({101, 304})
"""What a browser had in its cache, another one has not; and what is a socket is none to whoever asks for none."""


@dataclass(frozen=True, slots=True)
class Pile:
    """Those of one epoch, in their order."""

    rows: Sequence[Row]
    epoch: int


class Half:
    """Those of callers who are all signed in, or all are not."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.group = rows[0].group
        found: dict[int, list[Row]] = {}
        for row in rows:
            # A write is what moves on: epochs are told by reads alone.
            found.setdefault(row.epoch if rows[0].is_read else 0, []).append(row)
        self._epochs = sorted(found)
        self._piles = [Pile(found[epoch], epoch) for epoch in self._epochs]

    def at(self, epoch: int) -> Pile:
        """Those of this epoch, else of the last before it that has any, else of the first after it."""
        return self._piles[max(0, bisect_right(self._epochs, epoch) - 1)]


class Stack:
    """All that answer equal requests, to whoever asks `conditional`ly (RFC 9110, section 13.1) or not."""

    def __init__(self, rows: Sequence[Row], *, conditional: bool) -> None:
        found = rows if conditional else [row for row in rows if row.status not in _NOT_FOR_EVERYBODY]
        self.only = found[0] if len(found) == 1 else None
        self._halves = {}
        if len(found) > 1:
            by = {True: [row for row in found if row.signed_in], False: [row for row in found if not row.signed_in]}
            self._halves = {is_in: Half(rows or found) for is_in, rows in by.items()}

    def half(self, *, signed_in: bool) -> Half | None:
        """For who is signed in, or not; None where there is nothing to choose from."""
        return self._halves.get(signed_in)
