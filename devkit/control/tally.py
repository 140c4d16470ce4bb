"""What a server has done since it started, in numbers: counted from the entries that journals get anyway.

It outlives the sandboxes whose entries these were, and journals forget; a scrape (`devkit.control.metrics`) does not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

from devkit.journal import Entry, RequestEntry, SocketEntry

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: a request is counted in the first that it does not exceed, else in one more."""

MOST = 2_000
"""Pairs of operation and status that are told apart: in front of a real backend, operations are learned without end."""

OTHERS = ("others", 0)
"""What further ones count as; no status is 0."""


class Tally:
    """Listens to every journal of a server."""

    def __init__(self) -> None:
        self.requests: dict[tuple[str | None, int], int] = {}
        self.seconds = 0.0
        self.slots = [0] * (len(BOUNDS) + 1)
        self.faults: Counter[str] = Counter()
        self.frames: Counter[str] = Counter()
        self.mails = 0
        self.sandboxes = 0

    def note(self, entry: Entry) -> None:
        # Called for each request: it says no more than it must.
        if type(entry) is RequestEntry:
            key = entry.operation, entry.status
            if key in self.requests:
                self.requests[key] += 1
            else:
                key = key if len(self.requests) < MOST else OTHERS
                self.requests[key] = self.requests.get(key, 0) + 1
            self.seconds += entry.duration
            self.slots[bisect_left(BOUNDS, entry.duration)] += 1
        elif type(entry) is SocketEntry:
            self.frames[entry.direction] += 1
        else:
            self.mails += 1
        for struck in entry.faults:
            self.faults[struck.kind] += 1
