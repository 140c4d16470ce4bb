"""What of a scenario cannot act in front of a real backend: refused where nothing is left of it, else said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devkit.control.base import ControlError

if TYPE_CHECKING:
    from devkit.sandbox import Sandbox
    from devkit.scenario.model import Scenario


def unable(scenario: Scenario, sandbox: Sandbox, *, force: bool) -> list[str]:
    """What is to be said of it, a sentence each. Raises ControlError 409 where one of its rules cannot act at all,
    unless that is meant.
    """
    if not sandbox.kept_by.fronts:
        return []
    from devkit.scenario.fronting import standing

    found = standing(scenario, sandbox.contract, sandbox.kept_by)
    if found.idle and not force:
        told = "; ".join(found.idle)
        raise ControlError(409, "needs_mock", f"{told}. Have the mock keep what it is about, or force it")
    return [*found.idle, *found.partly]
