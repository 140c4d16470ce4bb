"""A table of named things: a duplicate is a programming error, an unknown name suggests the nearest one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from devkit.errors import UsageError, did_you_mean

T = TypeVar("T")

_LISTED = 40
"""A longer table is not listed in a message: the nearest name says more."""


class Registry(Generic[T]):
    """Ordered and read-only after it is built. `what` names the kind of thing in error messages."""

    def __init__(self, what: str, items: Iterable[T], key: Callable[[T], str]) -> None:
        self.what = what
        self._items: dict[str, T] = {}
        for item in items:
            name = key(item)
            if name in self._items:
                raise ValueError(f"two entries named {name!r} in the table of {what}s")
            self._items[name] = item

    def __iter__(self) -> Iterator[T]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __getitem__(self, name: str) -> T:
        return self._items[name]

    def names(self) -> list[str]:
        return list(self._items)

    def find(self, name: str) -> T:
        """The entry of that name. Raises UsageError, with the nearest name, where there is none."""
        try:
            return self._items[name]
        except KeyError:
            raise UsageError(
                f"There is no {self.what} named {name!r}.{did_you_mean(name, self._items)}",
                remedy=f"Known: {', '.join(self._items)}." if len(self._items) <= _LISTED else None,
            ) from None
