"""Dialect `taskapp`: Better Auth's client below `/api/auth/`, and each user's tasks below `/api/{user_id}/` (seed 004;
CONTRACT.md, "`taskapp`").
"""

from __future__ import annotations

from typing import Any

from devkit.contract.entities import Page, Task
from devkit.contract.entities_chat import ChatReply, Conversation, Message
from devkit.contract.errors import DomainError
from devkit.contract.shipped import CONTRACT
from devkit.dialects.answers import Many, One, object_schema
from devkit.dialects.base import Dialect, ErrorContext, ErrorStyle, NameOf, Row
from devkit.dialects.better_auth.answers import COOKIE, SECURE_COOKIE
from devkit.dialects.better_auth.rows import ROWS as BETTER_AUTH_ROWS
from devkit.dialects.everywhere import HEALTH, UPLOAD_VIEW
from devkit.dialects.replies import Reply
from devkit.dialects.spelling import Computed, Json, Spelling, View, WireContext, snake
from devkit.records import dataclass

SESSION_LIFETIME = 7 * 86_400

VIEWS = [
    UPLOAD_VIEW,
    View(
        Task,
        ("id", "user_id", "title", "description", "completed", "priority", "due_date", "created_at", "updated_at"),
        # Whoever else's tasks an answer could hold, their address names that user.
        {"user_id": Computed(lambda _, context: context.owner, {"type": "string", "format": "uuid"})},
    ),
    View(Conversation, ("id", "title", "message_count", "created_at", "updated_at")),
    View(Message, ("id", "conversation_id", "role", "content", "tool_calls", "created_at")),
    View(ChatReply, ("conversation_id", "response", "tool_calls", "timestamp")),
]
_FILTERS = ("completed", "priority", "q")
_TRUE = {"1", "true", "t", "yes", "y", "on"}


@dataclass(frozen=True, slots=True)
class _Tasks:
    """`{tasks, total_count, filters_applied}`: how many there are on all pages, and what they were chosen by."""

    status: int = 200

    def reply(self, result: Page[Task], context: WireContext, spelling: Spelling) -> Reply:
        given = {name: value.strip() for name, value in context.query if name in _FILTERS and value.strip()}
        filters: dict[str, Json] = dict(given)
        if "completed" in given:
            filters["completed"] = given["completed"].lower() in _TRUE
        body = {
            "tasks": [spelling.write(task, context) for task in result.items],
            "total_count": result.total,
            "filters_applied": filters,
        }
        return Reply(self.status, body, {"X-Total-Count": str(result.total)})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        filters = {"completed": {"type": "boolean"}, "priority": {"type": "string"}, "q": {"type": "string"}}
        return object_schema(
            {
                "tasks": {"type": "array", "items": spelling.schema(Task, components)},
                "total_count": {"type": "integer", "minimum": 0},
                "filters_applied": {"type": "object", "properties": filters, "additionalProperties": False},
            }
        )

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> dict[str, str]:
        return {"X-Total-Count": "How many there are on all pages"}


@dataclass(frozen=True, slots=True)
class _Deleted:
    """`{success, message}`."""

    status: int = 200

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        return Reply(self.status, {"success": True, "message": "Task deleted"})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema({"success": {"const": True}, "message": {"type": "string"}})

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> dict[str, str]:
        return {}


_PROBLEM = object_schema(
    {
        "type": {"type": "string"},
        "loc": {"type": "array", "items": {"type": "string"}},
        "msg": {"type": "string"},
    }
)
ERROR_SCHEMA: Json = object_schema({"detail": {"anyOf": [{"type": "string"}, {"type": "array", "items": _PROBLEM}]}})


def _errors(place: str) -> ErrorStyle:
    """`{detail}`: a sentence, or for validation a list of what is wrong where; fields come from `place`."""

    def body(error: DomainError, context: ErrorContext, name_of: NameOf) -> Json:
        if not error.fields:
            return {"detail": error.message}
        return {
            "detail": [
                {"type": error.reasons.get(field, "value_error"), "loc": [place, name_of(field)], "msg": message}
                for field, message in error.fields.items()
            ]
        }

    return ErrorStyle(body=body, schema=ERROR_SCHEMA, statuses={"validation_error": 422})


_TASK = One(entity=Task)
_IN_QUERY = _errors("query")
_TASKS, _ONE = "/{user_id}/tasks", "/{user_id}/tasks/{id}"

TASK_ROWS = (
    Row(operation="tasks.list", method="GET", path=_TASKS, answer=_Tasks(), owner="user_id", errors=_IN_QUERY),
    Row(
        operation="tasks.create",
        method="POST",
        path=_TASKS,
        # Without a Location: the path that it would name holds the user, which an answer does not know.
        answer=One(201, Task),
        owner="user_id",
    ),
    Row(operation="tasks.get", method="GET", path=_ONE, answer=_TASK, owner="user_id", errors=_IN_QUERY),
    Row(operation="tasks.replace", method="PUT", path=_ONE, answer=_TASK, owner="user_id"),
    Row(operation="tasks.delete", method="DELETE", path=_ONE, answer=_Deleted(), owner="user_id", errors=_IN_QUERY),
    Row(operation="tasks.complete", method="PATCH", path=f"{_ONE}/complete", answer=_TASK, owner="user_id"),
)

_CONVERSATIONS = "/{user_id}/conversations"

CHAT_ROWS = (
    Row(operation="chat.send", method="POST", path="/{user_id}/chat", answer=One(entity=ChatReply), owner="user_id"),
    Row(
        operation="conversations.list",
        method="GET",
        path=_CONVERSATIONS,
        answer=Many(entity=Conversation, key="conversations"),
        owner="user_id",
        errors=_IN_QUERY,
    ),
    Row(
        operation="conversations.messages",
        method="GET",
        path=f"{_CONVERSATIONS}/{{id}}/messages",
        answer=Many(entity=Message, key="messages"),
        owner="user_id",
        errors=_IN_QUERY,
    ),
)

TASKAPP = Dialect(
    name="taskapp",
    contract=CONTRACT,
    title="Task app with Better Auth",
    summary="Better Auth's client, tasks below the user's id, names in snake_case",
    prefixes=("/api",),
    areas=("/api/{user_id}",),
    rows=(*BETTER_AUTH_ROWS, *TASK_ROWS, *CHAT_ROWS, HEALTH),
    spelling=Spelling(snake, VIEWS),
    errors=_errors("body"),
    access_lifetime=SESSION_LIFETIME,
    refresh_lifetime=SESSION_LIFETIME,
    bearer_from="`token` of GET /api/auth/token",
    access_cookies=(COOKIE, SECURE_COOKIE),
    session_tokens=True,
)
