"""The bot that looks after tasks (seed 004; CONTRACT.md, "`taskapp`")."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from devkit.contract.entities_chat import ChatReply
from devkit.contract.fields import NO_NUL
from devkit.contract.operations import Input, Media, Need, Operation

SAID_MAX = 2000

Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=SAID_MAX), NO_NUL]


class SendMessage(Input):
    """Without `conversation_id` the message begins a conversation."""

    conversation_id: str | None = None
    message: Said


OPERATIONS = [
    Operation(
        id="chat.send",
        summary="Tell the task bot what to do",
        description="It understands plain English and acts on the caller's tasks; the answer names each of its calls.",
        keeper="assistant.send",
        result=ChatReply,
        media=Media.JSON,
        input=SendMessage,
        errors=("validation_error", "not_found"),
        emits=("message_created", "task_created", "task_updated", "task_deleted"),
        example={"message": "add buy milk"},
        has=Need.WRITE,
    ),
]
