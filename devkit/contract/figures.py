"""What a user's things add up to."""

from __future__ import annotations

from devkit.contract.entities import Timestamp
from devkit.records import dataclass


@dataclass(frozen=True, slots=True)
class TaskFigures:
    """`overdue` are open ones whose due date has passed; `completion_rate` is a part of one."""

    total: int
    open: int
    completed: int
    overdue: int
    completion_rate: float
    by_priority: dict[str, int]


@dataclass(frozen=True, slots=True)
class UploadFigures:
    total: int
    bytes: int


@dataclass(frozen=True, slots=True)
class ConversationFigures:
    total: int
    messages: int


@dataclass(frozen=True, slots=True)
class SessionFigures:
    active: int


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What was made on a day (UTC, `2026-01-20`)."""

    date: str
    tasks: int
    uploads: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A user's figures; `activity` are the last seven days, oldest first."""

    tasks: TaskFigures
    uploads: UploadFigures
    conversations: ConversationFigures
    sessions: SessionFigures
    activity: tuple[DayFigures, ...]
    generated_at: Timestamp
