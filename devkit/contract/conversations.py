"""Conversations and their messages (CONTRACT.md, "`webplus`" and "`taskapp`"). All dialects show the same ones."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from devkit.contract.entities import Page
from devkit.contract.entities_chat import Conversation, Message, MessageRole
from devkit.contract.fields import NO_NUL, PageSize, Title
from devkit.contract.operations import Input, Media, Need, Operation
from devkit.contract.paging import Paged

MESSAGE_MAX = 100_000
"""Characters of a message that is stored by hand."""

MessageText = Annotated[str, StringConstraints(min_length=1, max_length=MESSAGE_MAX), NO_NUL]
"""Kept as it is: in program code, spaces at the ends mean something."""


class ListConversations(Paged):
    """A page of the user's conversations."""


class CreateConversation(Input):
    title: Title = "New conversation"


class ConversationId(Input):
    id: str


class ListMessages(Paged):
    id: str
    limit: PageSize = 50


class AddMessage(ConversationId):
    content: MessageText
    role: MessageRole = "user"


_ID = {"id": "00000000-0000-4000-8000-000000000000"}

OPERATIONS = [
    Operation(
        id="conversations.list",
        summary="The user's conversations, the latest active first",
        keeper="conversations.list",
        result=Page[Conversation],
        input=ListConversations,
        errors=("validation_error",),
    ),
    Operation(
        id="conversations.create",
        summary="Begin a conversation",
        keeper="conversations.create",
        result=Conversation,
        media=Media.JSON,
        input=CreateConversation,
        errors=("validation_error",),
        example={"title": "Planning the garden"},
        has=Need.CREATE,
    ),
    Operation(
        id="conversations.get",
        summary="One conversation",
        keeper="conversations.get",
        result=Conversation,
        input=ConversationId,
        errors=("not_found",),
        example=_ID,
    ),
    Operation(
        id="conversations.messages",
        summary="The messages of a conversation, the first one first",
        keeper="conversations.messages",
        result=Page[Message],
        input=ListMessages,
        errors=("validation_error", "not_found"),
        example=_ID,
    ),
    Operation(
        id="conversations.add_message",
        summary="Put a message into a conversation, without asking anybody for an answer",
        keeper="conversations.add_message",
        result=Message,
        media=Media.JSON,
        input=AddMessage,
        errors=("validation_error", "not_found"),
        emits=("message_created",),
        example={**_ID, "content": "Which flowers grow in the shade?"},
        has=Need.CREATE,
    ),
]
