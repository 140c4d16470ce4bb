"""Who keeps an operation, where there is a real backend beside the mock."""

from __future__ import annotations

from enum import Enum

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
