"""What models and conversations give back (see `devkit.contract.entities`)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Literal

from devkit.contract.entities import Identifier, Timestamp
from devkit.records import dataclass

ModelStatus = Literal["stopped", "starting", "running", "error"]


@dataclass(frozen=True, slots=True)
class Model:
    """A language model: `size` in bytes; `error` says why it failed to start."""

    id: str
    name: str
    status: ModelStatus
    size: int
    details: dict[str, Any]
    updated_at: Timestamp
    error: str | None = None

    @property
    def tag(self) -> str:
        return f"{self.updated_at:x}-{self.status}"

    @property
    def context_length(self) -> int:
        """Most tokens of a prompt; what the details say, if they say it."""
        told = self.details.get("context_length")
        return told if isinstance(told, int) and told > 0 else 4096


@dataclass(frozen=True, slots=True)
class ModelChange:
    """A model was told to do something; what becomes of it, `model_update` tells."""

    message: str
    model_id: str
    status: ModelStatus


MessageRole = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "cancelled", "error"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A talk of one user's with a model or a bot. `updated_at` is that of its newest message."""

    id: Identifier
    title: str
    created_at: Timestamp
    updated_at: Timestamp
    message_count: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost, in tokens."""

    prompt_tokens: int
    completion_tokens: int

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Of an answer: `model` is who gave it, `tool_calls` what it did on the way (JSON objects), `usage` what it cost, and
    `finish_reason` why it ended: `stop` by itself, `length` at the most tokens allowed, `cancelled` because the reader
    left, `error` because it was cut short here.
    """

    id: Identifier
    conversation_id: Identifier
    role: MessageRole
    content: str
    created_at: Timestamp
    model: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    usage: Usage | None = None
    finish_reason: FinishReason | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer, complete. `processing_time` in seconds."""

    id: Identifier
    model: str
    created_at: Timestamp
    content: str
    finish_reason: FinishReason
    processing_time: float
    usage: Usage
    conversation_id: Identifier


@dataclass(frozen=True, slots=True)
class CompletionChunk:
    """A piece of a model's answer; the last one is empty and has what only the end knows."""

    id: Identifier
    model: str
    created_at: Timestamp
    conversation_id: Identifier
    content: str
    finish_reason: FinishReason | None = None
    processing_time: float | None = None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class CompletionStream:
    """A model's answer as it comes; whoever closes `chunks` before its end stops the model."""

    chunks: AsyncGenerator[CompletionChunk, None]


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What a bot answered, and the calls it made for it: each with `name`, `arguments` and `result` (JSON values)."""

    conversation_id: Identifier
    response: str
    tool_calls: list[dict[str, Any]]
    timestamp: Timestamp
