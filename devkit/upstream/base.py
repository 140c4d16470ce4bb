"""Who keeps an operation, where there is a real backend beside the mock."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from fnmatch import fnmatchcase

from devkit.records import dataclass


class By(Enum):
    """Who keeps an operation."""

    REAL = "real"
    """The real backend."""
    MOCK = "mock"
    """What keeps it in the contract that is served: a service of ours, rows, an answer."""
    RECORDING = "recording"
    """What was recorded."""
    FALLBACK = "fallback"
    """The real backend; the mock where that is not there, or says 404 or 501."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Operations whose ids match the glob (`tasks.*`) are kept by that; of several rules the last one counts."""

    operation: str
    by: By


class KeptBy:
    """What keeps each operation of one sandbox. What no rule names is kept by a recording where there is one, else by
    the real backend where it `fronts` one.
    """

    def __init__(self, keep: Iterable[tuple[str, str]] = (), *, fronts: bool = False, recorded: bool = False) -> None:
        """`keep` as the setting of that name has it."""
        self.fronts, self.usual = fronts, By.RECORDING if recorded else By.REAL if fronts else By.MOCK
        self.rules = tuple(Keep(operation, By(by)) for operation, by in keep)
        self._known: dict[str | None, By] = {}

    def of(self, operation: str | None) -> By:
        """Who keeps it; None is a call of what is no operation, which nothing but `*` names."""
        found = self._known.get(operation)
        if found is None:
            found = self.usual
            for rule in self.rules:
                if rule.operation == "*" or (operation is not None and fnmatchcase(operation, rule.operation)):
                    found = rule.by
            self._known[operation] = found
        return found

    def is_real(self, operation: str | None) -> bool:
        """Whether the real backend is asked."""
        return self.of(operation) in {By.REAL, By.FALLBACK}

    def replace(self, rules: Iterable[Keep]) -> None:
        """From now on these rules hold."""
        self.rules = tuple(rules)
        self._known.clear()
