"""Chat with a model: completions, whole or as a stream (seed 001; CONTRACT.md, "`webplus`")."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from devkit.contract.entities_chat import Completion, CompletionStream, MessageRole
from devkit.contract.fields import NO_NUL, Text, rejected
from devkit.contract.operations import Input, Media, Need, Operation

TURNS_MAX = 1_000
"""Messages of one request."""

TOKENS_MAX = 4_096
"""Tokens of one answer."""


def _said(text: str) -> str:
    if not text.strip():
        raise rejected("Required")
    return text


Said = Annotated[str, NO_NUL, AfterValidator(_said)]
"""Kept as it is; how long it may be depends on the model."""


class Turn(BaseModel):
    """A message as the client tells it."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    role: MessageRole
    content: Said


class Complete(Input):
    """Either `prompt` or `messages`, of which the last one is the user's."""

    model_id: Text
    prompt: Said | None = None
    messages: Annotated[list[Turn], Field(min_length=1, max_length=TURNS_MAX)] | None = None
    stream: bool = False
    conversation_id: str | None = None
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = 0.7
    max_tokens: Annotated[int, Field(ge=1, le=TOKENS_MAX)] = 512
    seed: Annotated[int, Field(ge=0, lt=2**53)] | None = Field(
        None, description="The same seed and the same messages give the same answer; the sandbox's own when left out."
    )


OPERATIONS = [
    Operation(
        id="chat.complete",
        summary="Ask a model, which answers at once or token by token",
        description=(
            "Give either `prompt`, which is put behind what the conversation has so far, or `messages`, which stand "
            "for themselves. With `stream` the answer is `text/event-stream`: a JSON object with `content` for each "
            "token, one with `finish_reason`, `usage` and `processing_time` behind them, and `[DONE]`. Whoever closes "
            "the connection stops the model; what it said until then is kept, as `cancelled`. Without "
            "`conversation_id` a new conversation begins. The model says the same to the same messages, `temperature` "
            "and seed, at `chat.tokens_per_second`."
        ),
        keeper="chat.complete",
        result=Completion | CompletionStream,
        media=Media.JSON,
        input=Complete,
        errors=("validation_error", "context_length_exceeded", "not_found", "model_not_running"),
        emits=("message_created",),
        example={"model_id": "llama2", "prompt": "How do I begin a herb garden?", "stream": True, "max_tokens": 40},
        has=Need.WRITE,
    ),
]
