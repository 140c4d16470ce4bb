"""What is given before a case of the goldens: steps by their names, in a module for each dialect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.conftest import Client

Known = dict[str, str]
"""What the steps found out; it stands as `{name}` in the case."""

Step = Callable[[Client, Known, pytest.MonkeyPatch], Awaitable[None]]
STEPS: dict[str, Step] = {}


def step(name: str) -> Callable[[Any], Any]:
    """Makes a function the step of that name."""

    def add(function: Any) -> Any:
        assert name not in STEPS, name
        STEPS[name] = function
        return function

    return add


def load() -> dict[str, Step]:
    """All steps of all dialects."""
    # Their steps register themselves.
    from tests.contract.golden_steps import agreed, promptcraft, taskapp, webplus  # noqa: F401

    return STEPS
