"""What was written, and since when: by this everything that is kept in memory knows whether it is still true.

Whoever keeps something takes the stamp before reading what it is made from, and compares stamps before using it. One
process is the only writer of a database, so nothing else can make a kept thing untrue.
"""

from __future__ import annotations

_SCOPES_MAX = 10_000
"""Scopes told apart; beyond, everything counts as changed once, and counting begins anew."""


class Changes:
    """Counts the writes of one database.

    A write that names a scope (`tasks_of(user)`) changed nothing outside it; one that names none may have changed
    anything: whoever forgets to name a scope makes things slower, never wrong.
    """

    def __init__(self) -> None:
        self._count = 0
        self.general = 0
        """The stamp of all that no scope covers: the number of the last write that named none."""
        self._scopes: dict[str, int] = {}

    def note(self, scope: str | None) -> None:
        """Something was written, or may have been."""
        self._count += 1
        if scope is None or len(self._scopes) >= _SCOPES_MAX:
            self.general = self._count
            self._scopes.clear()
        else:
            self._scopes[scope] = self._count

    def stamp(self, scope: str) -> int:
        """A number that rises with every write that may concern the scope."""
        return self._scopes.get(scope, self.general)


def rows_of(resource: str, owner: int) -> str:
    """The scope of the rows of a resource that one user has, or, where the number is 0, everybody."""
    return f"rows/{resource}/{owner}"


def tasks_of(user_id: str) -> str:
    """The scope of one user's tasks."""
    return f"tasks/{user_id}"
