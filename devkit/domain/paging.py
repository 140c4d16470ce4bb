"""Which rows of a list are asked for."""

from __future__ import annotations

from devkit.contract.errors import invalid
from devkit.contract.paging import ROWS_MAX, Paged

_MOST = 2**62
"""SQLite's numbers are bounded; an absurd page is merely beyond the end."""


def window(data: Paged) -> tuple[int, int]:
    """How many rows come before, and how many are asked for. Raises DomainError `validation_error` where they are too
    many, or end before they begin.
    """
    if data.start is None and data.end is None:
        return min((data.page - 1) * data.limit, _MOST), data.limit
    start = data.start or 0
    rows = ROWS_MAX if data.end is None else data.end - start
    if rows < 0:
        raise invalid(end="Must not be before the first row")
    if rows > ROWS_MAX:
        raise invalid(end=f"At most {ROWS_MAX} rows at once")
    return min(start, _MOST), rows
