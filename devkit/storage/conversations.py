"""Conversations and messages. Every function that begins from a user takes the owner's id: nobody reaches another's."""

from __future__ import annotations

import json
from sqlite3 import Connection
from typing import Any

from devkit.contract.entities_chat import Conversation, Message, Usage
from devkit.effects import Instant

_CONVERSATION = (
    "c.id, c.title, c.created_at, c.updated_at, (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id)"
)
_MESSAGE = (
    "id, conversation_id, role, content, created_at, model, tool_calls, prompt_tokens, completion_tokens, finish_reason"
)


def owns(connection: Connection, user_id: str, conversation_id: str) -> bool:
    row = connection.execute(
        "SELECT 1 FROM conversations WHERE id = ? AND user_id = ?", (conversation_id, user_id)
    ).fetchone()
    return row is not None


def find(connection: Connection, user_id: str, conversation_id: str) -> Conversation | None:
    row = connection.execute(
        f"SELECT {_CONVERSATION} FROM conversations c WHERE c.id = ? AND c.user_id = ?", (conversation_id, user_id)
    ).fetchone()
    return Conversation(*row) if row else None


def page(connection: Connection, user_id: str, limit: int, offset: int) -> tuple[tuple[Conversation, ...], int]:
    """A page of the user's conversations, the latest active first, and how many there are."""
    total = connection.execute("SELECT count(*) FROM conversations WHERE user_id = ?", (user_id,)).fetchone()[0]
    rows = connection.execute(
        f"SELECT {_CONVERSATION} FROM conversations c WHERE c.user_id = ?"
        " ORDER BY c.updated_at DESC, c.number DESC LIMIT ? OFFSET ?",
        (user_id, limit, offset),
    )
    return tuple(Conversation(*row) for row in rows), int(total)


def insert(connection: Connection, user_id: str, conversation: Conversation) -> None:
    connection.execute(
        "INSERT INTO conversations (id, user_id, title, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
        (conversation.id, user_id, conversation.title, conversation.created_at, conversation.updated_at),
    )


def touch(connection: Connection, conversation_id: str, now: Instant) -> None:
    """Something happened in it."""
    connection.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (now, conversation_id))


def messages(connection: Connection, conversation_id: str, limit: int, offset: int) -> tuple[tuple[Message, ...], int]:
    """A page of a conversation's messages, the first one first, and how many there are."""
    total = connection.execute(
        "SELECT count(*) FROM messages WHERE conversation_id = ?", (conversation_id,)
    ).fetchone()[0]
    rows = connection.execute(
        f"SELECT {_MESSAGE} FROM messages WHERE conversation_id = ? ORDER BY number LIMIT ? OFFSET ?",
        (conversation_id, limit, offset),
    )
    return tuple(map(_message, rows)), int(total)


def latest(connection: Connection, conversation_id: str, count: int) -> tuple[Message, ...]:
    """The last `count` messages, in their order."""
    rows = connection.execute(
        f"SELECT {_MESSAGE} FROM messages WHERE conversation_id = ? ORDER BY number DESC LIMIT ?",
        (conversation_id, count),
    )
    return tuple(map(_message, rows))[::-1]


def add(connection: Connection, message: Message) -> None:
    usage = message.usage
    connection.execute(
        f"INSERT INTO messages ({_MESSAGE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.id,
            message.conversation_id,
            message.role,
            message.content,
            message.created_at,
            message.model,
            None if message.tool_calls is None else json.dumps(message.tool_calls, ensure_ascii=False),
            usage.prompt_tokens if usage else None,
            usage.completion_tokens if usage else None,
            message.finish_reason,
        ),
    )


def _message(row: tuple[Any, ...]) -> Message:
    identifier, conversation_id, role, content, created_at, model, tool_calls, asked, answered, finish_reason = row
    return Message(
        id=identifier,
        conversation_id=conversation_id,
        role=role,
        content=content,
        created_at=created_at,
        model=model,
        tool_calls=None if tool_calls is None else json.loads(tool_calls),
        usage=None if asked is None else Usage(asked, answered),
        finish_reason=finish_reason,
    )
