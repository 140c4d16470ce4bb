"""Which operations are kept by whom, as it was told and as it may be changed while it runs."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from devkit.upstream.base import By, Keep


class KeptBy:
    """What keeps each operation of one sandbox. Where it `fronts` a real backend, that keeps what no rule names."""

    def __init__(self, keep: Iterable[tuple[str, str]] = (), *, fronts: bool = False) -> None:
        """`keep` as the setting of that name has it."""
        self.usual = By.REAL if fronts else By.MOCK
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

    def replace(self, rules: Iterable[Keep]) -> None:
        """From now on these rules hold."""
        self.rules = tuple(rules)
        self._known.clear()
