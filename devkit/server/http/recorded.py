"""What passes, told to a recording, and to who learns of it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Protocol

from devkit.recording.base import Timing
from devkit.upstream.client import Unreachable
from devkit.upstream.connection import BrokeOff

if TYPE_CHECKING:
    from devkit.recording.base import Draft, Fields
    from devkit.upstream.client import Answer


class Lessons(Protocol):
    """Learn what the real backend is."""

    def wants(self, method: str, target: str) -> bool:
        """Whether a call may tell something new."""

    def see(
        self,
        method: str,
        target: str,
        status: int,
        request: tuple[Fields, bytes | None],
        answer: tuple[Fields, bytes | None],
    ) -> str:
        """Learn from a call: header fields and bodies, None where one was not kept as a whole."""


async def recorded(draft: Draft | None, asking: Awaitable[Answer]) -> Answer:
    """The answer, whose head the draft is told, and what is read of it."""
    try:
        answer = await asking
    except BaseException as error:
        if draft is not None:
            draft.end(Timing(), error.failure if isinstance(error, Unreachable | BrokeOff) else "left")
        raise
    if draft is not None:
        draft.answered(answer.status, answer.reason, answer.fields)
        answer.draft = draft
    return answer
