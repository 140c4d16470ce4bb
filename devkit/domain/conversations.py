"""Conversations: each user's own, one store for everybody that answers in them (models, bots)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from sqlite3 import Connection
from typing import Any

from devkit.contract.conversations import (
    AddMessage,
    ConversationId,
    CreateConversation,
    ListConversations,
    ListMessages,
)
from devkit.contract.entities import Page
from devkit.contract.entities_chat import Conversation, FinishReason, Message, MessageRole, Usage
from devkit.contract.errors import DomainError
from devkit.contract.events import MessageCreated
from devkit.domain.base import Caller, Resources
from devkit.domain.paging import window
from devkit.effects import Instant
from devkit.records import dataclass
from devkit.storage import conversations

_TITLE_MAX = 60
"""Characters of the first message that a conversation is called by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message that is about to be stored; its fields as those of `Message`. Without an id it gets one."""

    id: str | None = None
    role: MessageRole
    content: str
    model: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    usage: Usage | None = None
    finish_reason: FinishReason | None = None


class ConversationService:
    def __init__(self, resources: Resources) -> None:
        self._on = resources

    async def list(self, caller: Caller, data: ListConversations) -> Page[Conversation]:
        offset, limit = window(data)
        rows, total = self._on.database.read(
            partial(conversations.page, user_id=caller.user_id, limit=limit, offset=offset)
        )
        return Page(rows, total, data.page, data.limit, offset)

    async def create(self, caller: Caller, data: CreateConversation) -> Conversation:
        return await self.begin(caller.user_id, data.title)

    async def get(self, caller: Caller, data: ConversationId) -> Conversation:
        return self.require(caller.user_id, data.id)

    async def messages(self, caller: Caller, data: ListMessages) -> Page[Message]:
        user_id, (offset, limit) = caller.user_id, window(data)

        def select(connection: Connection) -> tuple[tuple[Message, ...], int]:
            _require(connection, user_id, data.id)
            return conversations.messages(connection, data.id, limit, offset)

        rows, total = self._on.database.read(select)
        return Page(rows, total, data.page, data.limit, offset)

    async def add_message(self, caller: Caller, data: AddMessage) -> Message:
        [message] = await self.extend(caller.user_id, data.id, [Draft(role=data.role, content=data.content)])
        return message

    def require(self, user_id: str, conversation_id: str) -> Conversation:
        """The user's conversation of that id. Raises DomainError `not_found`."""
        return self._on.database.read(partial(_require, user_id=user_id, conversation_id=conversation_id))

    def latest(self, conversation_id: str, count: int) -> tuple[Message, ...]:
        """The last `count` messages of a conversation, in their order."""
        return self._on.database.read(partial(conversations.latest, conversation_id=conversation_id, count=count))

    async def begin(self, user_id: str, title: str) -> Conversation:
        """A new conversation with nothing in it."""
        conversation, _ = await self.open(user_id, title)
        return conversation

    async def open(
        self, user_id: str, title: str, drafts: Iterable[Draft] = ()
    ) -> tuple[Conversation, tuple[Message, ...]]:
        """A new conversation that begins with these messages, each of which is told."""
        now = self._on.clock.now()
        conversation = Conversation(self._on.randomness.uuid(), title, now, now)
        added = self._messages(conversation.id, drafts, now)

        def store(connection: Connection) -> Conversation:
            conversations.insert(connection, user_id, conversation)
            for message in added:
                conversations.add(connection, message)
            return _require(connection, user_id, conversation.id)

        stored = await self._on.database.write(store)
        self._tell(user_id, added)
        return stored, added

    async def extend(self, user_id: str, conversation_id: str, drafts: Iterable[Draft]) -> tuple[Message, ...]:
        """Store messages behind those that are there, and tell of each. Raises DomainError `not_found`."""
        now = self._on.clock.now()
        added = self._messages(conversation_id, drafts, now)

        def store(connection: Connection) -> None:
            _require(connection, user_id, conversation_id)
            for message in added:
                conversations.add(connection, message)
            conversations.touch(connection, conversation_id, now)

        await self._on.database.write(store)
        self._tell(user_id, added)
        return added

    def _messages(self, conversation_id: str, drafts: Iterable[Draft], now: Instant) -> tuple[Message, ...]:
        return tuple(
            Message(
                id=draft.id or self._on.randomness.uuid(),
                conversation_id=conversation_id,
                role=draft.role,
                content=draft.content,
                created_at=now,
                model=draft.model,
                tool_calls=draft.tool_calls,
                usage=draft.usage,
                finish_reason=draft.finish_reason,
            )
            for draft in drafts
        )

    def _tell(self, user_id: str, added: Iterable[Message]) -> None:
        for message in added:
            created = MessageCreated(message.conversation_id, message)
            self._on.events.publish("message_created", created, user_id=user_id)


def title_of(text: str) -> str:
    """What a conversation is called that begins with this message."""
    line = " ".join(text.split())
    return (line if len(line) <= _TITLE_MAX else f"{line[: _TITLE_MAX - 1].rstrip()}…") or "New conversation"


def _require(connection: Connection, user_id: str, conversation_id: str) -> Conversation:
    found = conversations.find(connection, user_id, conversation_id)
    if found is None:
        raise DomainError("not_found", "There is no such conversation")
    return found
