"""The scenarios there are: the shipped files and the user's own, of which a user's goes before a shipped one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from devkit import yamlfile
from devkit.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from devkit.scenario.model import Scenario


class Library:
    """Scenarios by name, read when they are first asked for."""

    def __init__(self, folders: Iterable[Path]) -> None:
        """`folders` in rising order: a scenario in a later one hides one of the same name in an earlier."""
        self._folders = tuple(folders)
        self._scenarios: dict[str, Scenario] | None = None

    def find(self, name: str) -> Scenario | None:
        return self._all().get(name)

    def get(self, name: str) -> Scenario:
        """Raises UsageError for a name that is not there, FileError for a broken file."""
        found = self.find(name)
        if found is None:
            raise UsageError(
                f"There is no scenario {name!r}.{did_you_mean(name, self._all())}",
                remedy="`devkit scenario list` shows those there are.",
            )
        return found

    def names(self) -> list[str]:
        return sorted(self._all())

    def _all(self) -> dict[str, Scenario]:
        if self._scenarios is None:
            self._scenarios = {}
            for folder in self._folders:
                for path in sorted(folder.glob("*.yaml")):
                    scenario = load(path)
                    self._scenarios[scenario.name] = scenario
        return self._scenarios


def load(path: Path) -> Scenario:
    """Read one scenario file. Raises FileError."""
    from devkit.scenario.model import Scenario

    return yamlfile.read(path).parse(Scenario)
