"""Completions as `webplus` and `promptcraft` spell them: whole, or as server-sent events with `[DONE]` behind them
(seed 001; CONTRACT.md, "`webplus`").
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from typing import Literal

import orjson

from devkit.contract.entities_chat import Completion, CompletionChunk, CompletionStream, Usage
from devkit.dialects.answers import One
from devkit.dialects.replies import Reply, StreamBody, StreamEvent
from devkit.dialects.spelling import Computed, Spelling, View, WireContext
from devkit.effects import isoformat
from devkit.records import dataclass

_CREATED = Computed(lambda answer, _: isoformat(answer.created_at), {"type": "string", "format": "date-time"})

COMPLETION_VIEWS = [
    View(
        Completion,
        ("id", "model", "created", "content", "finish_reason", "processing_time", "usage", "conversation_id"),
        {"created": _CREATED},
    ),
    View(
        CompletionChunk,
        ("id", "model", "created", "conversation_id", "content", "finish_reason", "processing_time", "usage"),
        {"created": _CREATED},
    ),
    View(Usage, ("prompt_tokens", "completion_tokens", "total_tokens")),
]


@dataclass(frozen=True, slots=True)
class Completed(One):
    """A completion; or, where a stream was asked for, its chunks as server-sent events with `[DONE]` behind them."""

    entity: type = Completion
    also: tuple[str, ...] = ("text/event-stream",)

    def reply(self, result: Completion | CompletionStream, context: WireContext, spelling: Spelling) -> Reply:
        if isinstance(result, Completion):
            return One.reply(self, result, context, spelling)
        return Reply(self.status, StreamBody(_events(result.chunks, context, spelling)))


async def _events(
    chunks: AsyncGenerator[CompletionChunk, None], context: WireContext, spelling: Spelling
) -> AsyncGenerator[StreamEvent, None]:
    async with contextlib.aclosing(chunks):
        async for chunk in chunks:
            value = spelling.write(chunk, context)
            if chunk.finish_reason is None:
                # What only the end knows is not told as null again and again.
                del value["usage"], value["processing_time"]
            kind: Literal["token", "end"] = "token" if chunk.finish_reason is None else "end"
            yield StreamEvent(b"data: %s\n\n" % orjson.dumps(value), kind)
    yield StreamEvent(b"data: [DONE]\n\n", "done")
