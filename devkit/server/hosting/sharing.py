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

_SPARED, _FEWER = 8, 4
"""One in so many is reckoned with beside those there are; when there are fewer by about that, they get its share."""


class Shares:
    """Who may hold how much. `memory` is that for everybody, in bytes."""

    def __init__(self, memory: int) -> None:
        self.journals, self.answers, self.drills = memory // _JOURNALS, memory // _ANSWERS, memory // _DRILLS
        self.data = memory - self.journals - self.answers - self.drills
        self._planned = self._free = self._granted = 0
        self._grants: dict[str, int] = {}

    def came(self, one: Hosted, hosted: Sequence[Hosted]) -> None:
        """There is one more among these, which are all: it gets what was spared for it, or all share anew."""
        grant = one.sandbox.database.size + self._free
        if len(hosted) > self._planned or self._granted + grant > self.data:
            self._divide(hosted)
        else:
            self._grant(one, grant)

    def went(self, one: Hosted, hosted: Sequence[Hosted]) -> None:
        """One is no more: these are left."""
        self._granted -= self._grants.pop(one.sandbox.id, 0)
        if len(hosted) + len(hosted) // _FEWER < self._planned:
            self._divide(hosted)

    def _divide(self, hosted: Sequence[Hosted]) -> None:
        """Tell each how much it may hold from now on. With many of them that takes long: a few more are reckoned with,
        so that it need not be done for each that comes.
        """
        self._planned = len(hosted) + len(hosted) // _SPARED
        sizes = [one.sandbox.database.size for one in hosted]
        self._free = max(0, self.data - sum(sizes)) // max(1, self._planned)
        self._granted = 0
        for one, size in zip(hosted, sizes, strict=True):
            self._grant(one, size + self._free)

    def _grant(self, one: Hosted, data: int) -> None:
        one.sandbox.journal.limit(self.journals // self._planned)
        one.answers.limit(min(ROOM, self.answers // self._planned))
        one.sandbox.database.limit(data)
        self._grants[one.sandbox.id] = data
        self._granted += data

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
