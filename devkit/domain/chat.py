"""Asking a model: the answer as a whole or as a stream, stored in a conversation."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import sqlite3
from collections.abc import AsyncGenerator, Sequence

from devkit.contract.chat import Complete
from devkit.contract.entities_chat import (
    Completion,
    CompletionChunk,
    CompletionStream,
    FinishReason,
    MessageRole,
    Model,
    Usage,
)
from devkit.contract.errors import DomainError, invalid
from devkit.domain.base import Caller, Resources
from devkit.domain.conversations import ConversationService, Draft, title_of
from devkit.domain.language import TOKEN_CHARACTERS, Speaker, tokens
from devkit.domain.models import ModelService
from devkit.effects import Instant, Randomness, stopwatch
from devkit.records import dataclass
from devkit.storage.committing import DISCARDING

_REMEMBERED = 20
"""Messages of a conversation that a model is told again; fewer where it cannot read that much."""

_LONG = 20_000
"""Characters from which on counting tokens is not for the loop's thread."""

Said = tuple[MessageRole, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a model is going to say, and to whom."""

    id: str
    user_id: str
    conversation_id: str
    model: str
    created_at: Instant
    began: float
    pieces: Sequence[str]
    finish_reason: FinishReason
    prompt_tokens: int
    kept: bool


class ChatService:
    def __init__(self, resources: Resources, models: ModelService, conversations: ConversationService) -> None:
        self._on = resources
        self._models = models
        self._conversations = conversations

    async def complete(self, caller: Caller, data: Complete) -> Completion | CompletionStream:
        began = stopwatch()
        given = _given(data)
        if data.conversation_id is not None:
            self._conversations.require(caller.user_id, data.conversation_id)
        model = self._models.running(data.model_id)
        prompt_tokens = await _counted(given, model)
        told = given if data.messages else self._remembered(data.conversation_id, model, prompt_tokens) + given
        if told is not given:
            prompt_tokens = await _counted(told, model)
        pieces = tokens(Speaker(self._chance(model, told, data), data.temperature).answer(given[-1][1]))
        answer = _Answer(
            id=self._on.randomness.uuid(),
            user_id=caller.user_id,
            conversation_id=await self._store_question(caller.user_id, data.conversation_id, given),
            model=model.id,
            created_at=self._on.clock.now(),
            began=began,
            pieces=pieces[: data.max_tokens],
            finish_reason="stop" if len(pieces) <= data.max_tokens else "length",
            prompt_tokens=prompt_tokens,
            kept=not DISCARDING.get(),
        )
        chunks = self._speak(answer)
        return CompletionStream(chunks) if data.stream else await _whole(chunks)

    async def _speak(self, answer: _Answer) -> AsyncGenerator[CompletionChunk, None]:
        """The answer token by token. Closed or cancelled before its end, it is kept as far as it came.

        Raises DomainError `service_unavailable` where the sandbox is reset, or stops, meanwhile.
        """
        pace, began = self._on.pace, asyncio.get_running_loop().time()
        said: list[str] = []
        reason: FinishReason = "cancelled"
        try:
            for piece in answer.pieces:
                await pace.until(pace.due(began, len(said) + 1))
                said.append(piece)
                yield CompletionChunk(answer.id, answer.model, answer.created_at, answer.conversation_id, piece)
            reason = answer.finish_reason
        except DomainError:
            reason = "error"
            raise
        finally:
            usage = Usage(answer.prompt_tokens, len(said))
            if answer.kept:
                await self._store(answer, "".join(said), reason, usage)
        yield CompletionChunk(
            id=answer.id,
            model=answer.model,
            created_at=answer.created_at,
            conversation_id=answer.conversation_id,
            content="",
            finish_reason=reason,
            processing_time=round(stopwatch() - answer.began, 3),
            usage=usage,
        )

    async def _store(self, answer: _Answer, content: str, reason: FinishReason, usage: Usage) -> None:
        draft = Draft(
            id=answer.id, role="assistant", content=content, model=answer.model, usage=usage, finish_reason=reason
        )
        # Whoever stopped the model may have taken the conversation away with it, or closed the database.
        ended = reason == answer.finish_reason
        with contextlib.nullcontext() if ended else contextlib.suppress(DomainError, sqlite3.Error):
            await self._conversations.extend(answer.user_id, answer.conversation_id, [draft])

    async def _store_question(self, user_id: str, conversation_id: str | None, given: list[Said]) -> str:
        """Store what the user said; the id of the conversation it stands in."""
        drafts = [Draft(role=role, content=content) for role, content in given]
        if conversation_id is None:
            conversation, _ = await self._conversations.open(user_id, title_of(given[-1][1]), drafts)
            return conversation.id
        # What stands before the last message, the conversation has already.
        await self._conversations.extend(user_id, conversation_id, drafts[-1:])
        return conversation_id

    def _remembered(self, conversation_id: str | None, model: Model, taken: int) -> list[Said]:
        """What was said before, as far back as the model can read."""
        if conversation_id is None:
            return []
        free, told = model.context_length - taken, []
        for message in reversed(self._conversations.latest(conversation_id, _REMEMBERED)):
            free -= len(tokens(message.content))
            if free < 0:
                break
            told.append((message.role, message.content))
        return told[::-1]

    def _chance(self, model: Model, told: list[Said], data: Complete) -> Randomness:
        """Chance that depends on what was asked, and on nothing that happened before."""
        digest = hashlib.sha256(json.dumps([model.id, told, data.temperature]).encode(errors="replace")).hexdigest()
        return Randomness(self._on.randomness.seed if data.seed is None else data.seed, f"chat/{digest}")


def _given(data: Complete) -> list[Said]:
    """What the client said. Raises DomainError `validation_error`."""
    if data.messages is not None:
        if data.prompt is not None:
            raise invalid(prompt="Give either prompt or messages, not both")
        if data.messages[-1].role != "user":
            raise invalid(messages="The last message must be the user's")
        return [(turn.role, turn.content) for turn in data.messages]
    if data.prompt is None:
        raise invalid(prompt="Required, where there are no messages")
    return [("user", data.prompt)]


async def _counted(told: list[Said], model: Model) -> int:
    """How many tokens that is. Raises DomainError `context_length_exceeded`."""
    characters = sum(len(content) for _, content in told)
    # No token has more characters than that: what is far too long need not be counted.
    count = -(-characters // TOKEN_CHARACTERS)
    if count <= model.context_length:
        count = await asyncio.to_thread(_count, told) if characters > _LONG else _count(told)
    if count > model.context_length:
        raise DomainError(
            "context_length_exceeded",
            f"{model.name} reads at most {model.context_length} tokens; these are {count} or more",
        )
    return count


def _count(told: list[Said]) -> int:
    return sum(len(tokens(content)) for _, content in told)


async def _whole(chunks: AsyncGenerator[CompletionChunk, None]) -> Completion:
    said = [chunk async for chunk in chunks]
    last = said[-1]
    assert last.finish_reason is not None and last.processing_time is not None and last.usage is not None  # noqa: S101,PT018 - the last chunk has them
    return Completion(
        id=last.id,
        model=last.model,
        created_at=last.created_at,
        content="".join(chunk.content for chunk in said),
        finish_reason=last.finish_reason,
        processing_time=last.processing_time,
        usage=last.usage,
        conversation_id=last.conversation_id,
    )
