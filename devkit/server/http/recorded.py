"""What passes, told to a recording."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from devkit.recording.base import Timing
from devkit.upstream.client import Unreachable
from devkit.upstream.connection import BrokeOff

if TYPE_CHECKING:
    from devkit.recording.base import Draft
    from devkit.upstream.client import Answer


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
