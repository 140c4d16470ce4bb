"""What faults do to the rows that an operation works on, whatever keeps them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from devkit.effects import Instant, Randomness


class Rows(Protocol):
    """Rows of one kind, as one user sees them; a row is what the operations of that kind answer with, and has an `id`.

    Whatever is changed here is changed as by a call of that user's: events tell of it. `given` is the input of a call.
    """

    @property
    def name(self) -> str:
        """Which rows these are, and whose: the same for all operations on them."""

    def wanted(self, given: Any) -> str:
        """The id of the row that a call is about."""

    def belongs(self, row: Any, given: Any) -> bool:
        """Whether a row that looks like that would be among those that a call lists, on whatever page."""

    def from_start(self, given: Any) -> bool:
        """Whether the page that a call lists may be the first one, as far as its place is no number."""

    def made_at(self, row: Any) -> Instant | None:
        """When it was made, where it tells."""

    def read(self, row_id: str) -> Any | None:
        """The row as it is; None where there is none."""

    async def some(self) -> Sequence[Any]:
        """Some of them, the newest first."""

    async def delete(self, row_id: str) -> None:
        """Raises DomainError."""

    def way_back(self, row_id: str) -> Callable[[], Awaitable[None]] | None:
        """What puts the row back as it is now, once it was deleted; None where there is none."""

    async def add_one(self, like: Sequence[Any], number: int) -> bool:
        """Make one that could stand among those; `number` makes it another than others. False where none that fits was
        found.
        """

    async def change(self, row: Any, chance: Randomness) -> bool:
        """Give one of its values another that fits; False where none is known that may change."""
