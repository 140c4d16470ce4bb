"""What is on, as the control API tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devkit.effects import isoformat

if TYPE_CHECKING:
    from devkit.scenario.activation import Activation


def describe(activation: Activation) -> dict[str, Any]:
    """What is on, since when, how often each rule matched and struck."""
    return {
        "name": activation.scenario.name,
        "title": activation.scenario.title,
        "since": isoformat(activation.since),
        "until": None if activation.until is None else isoformat(activation.until),
        "state": activation.state,
        "rules": [
            {
                "id": state.rule.id,
                "fault": type(state.rule.fault).kind,
                "matched": state.matches,
                "struck": state.strikes,
            }
            for state in activation.rules
        ],
    }
