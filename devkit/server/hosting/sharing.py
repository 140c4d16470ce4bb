"""How the sandboxes of a server share the memory that it may take for what they hold (the setting `limits.memory`).

Of what only looks back, journals and kept answers, each sandbox has an even part: the oldest goes where that is full.
Data is nobody's to throw away: a sandbox may grow into its part of what is free, and there is no further one without
room for it. Drills have their part among themselves (`devkit.drill.running`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from devkit.contract.errors import DomainError
from devkit.control.hosting import Held
from devkit.server.express.kept_answers import ROOM
from devkit.units import format_size

if TYPE_CHECKING:
    from devkit.server.hosting.opening import Hosted

_JOURNALS, _ANSWERS, _DRILLS = 8, 16, 16
"""One in so many bytes is for these; the rest is for data."""


class Shares:
    """Who may hold how much. `memory` is that for everybody, in bytes."""

    def __init__(self, memory: int) -> None:
        self.journals, self.answers, self.drills = memory // _JOURNALS, memory // _ANSWERS, memory // _DRILLS
        self.data = memory - self.journals - self.answers - self.drills

    def divide(self, hosted: Sequence[Hosted]) -> None:
        """Tell each of these, all that there are, how much it may hold from now on."""
        if not hosted:
            return
        sizes = [one.sandbox.database.size for one in hosted]
        free = max(0, self.data - sum(sizes)) // len(hosted)
        for one, size in zip(hosted, sizes, strict=True):
            one.sandbox.journal.limit(self.journals // len(hosted))
            one.answers.limit(min(ROOM, self.answers // len(hosted)))
            one.sandbox.database.limit(size + free)

    def require_room(self, hosted: Sequence[Hosted], content: int) -> None:
        """Raises DomainError `insufficient_storage` where there is none for a further sandbox with so much data."""
        taken = sum(one.sandbox.database.size for one in hosted)
        if taken + content > self.data:
            raise DomainError(
                "insufficient_storage",
                f"There is no room for another sandbox: the data of {len(hosted)} take {format_size(taken)} of "
                f"{format_size(self.data)}; remove some, or raise limits.memory",
            )

    def free(self, hosted: Sequence[Hosted]) -> float:
        """The share of memory for data that is free: from 0 to 1."""
        return 1 - sum(one.sandbox.database.size for one in hosted) / self.data

    def held(self, hosted: Sequence[Hosted]) -> tuple[Held, ...]:
        """What these hold now, and may hold."""
        return (
            Held("journals", sum(one.sandbox.journal.size for one in hosted), self.journals),
            Held("kept answers", sum(one.answers.size for one in hosted), self.answers),
            Held("data of sandboxes", sum(one.sandbox.database.size for one in hosted), self.data),
        )
