"""A scenario as it arrives behind a dev server's proxy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from devkit.faults.devservers import in_words, kills, outcomes

if TYPE_CHECKING:
    from devkit.scenario.model import Scenario


def deadly(scenario: Scenario, server: str) -> list[str]:
    """The rules that end a dev server of that name."""
    return [rule.id for rule in scenario.rules if kills(rule.fault, server)]


def told(scenario: Scenario, server: str) -> Iterator[str]:
    """A phrase for each rule that a page behind such a dev server meets in another way than written."""
    for rule in scenario.rules:
        found = {words for outcome in outcomes(rule.fault, server).values() if (words := in_words(outcome))}
        if found:
            yield f"{type(rule.fault).kind} (rule {rule.id}) {' or '.join(sorted(found))}"
