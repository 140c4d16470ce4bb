"""Dialect `webplus`: tokens in the body, API keys, models and chat, snake_case (seed 001; CONTRACT.md, "`webplus`")."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Literal

import orjson

from devkit.contract.entities import ApiKey, NewApiKey, Registered, SignedIn, User
from devkit.contract.entities_chat import (
    Completion,
    CompletionChunk,
    CompletionStream,
    Conversation,
    Message,
    Model,
    ModelChange,
    Usage,
)
from devkit.contract.errors import DomainError
from devkit.dialects.answers import All, Many, Nothing, One, object_schema
from devkit.dialects.base import Dialect, ErrorContext, ErrorStyle, NameOf, Reply, Row, StreamBody, StreamEvent
from devkit.dialects.everywhere import HEALTH, VERIFY_LINK
from devkit.dialects.spelling import Computed, Json, Spelling, View, WireContext, snake
from devkit.effects import isoformat
from devkit.records import dataclass

ACCESS_LIFETIME = 30 * 60
REFRESH_LIFETIME = 7 * 86_400


def _details(model: Model, context: WireContext) -> Json:
    return model.details if model.error is None else model.details | {"error": model.error}


_CREATED = Computed(lambda answer, _: isoformat(answer.created_at), {"type": "string", "format": "date-time"})

VIEWS = [
    View(
        User,
        ("id", "username", "email", "full_name", "email_verified", "role", "created_at"),
        {"full_name": Computed(lambda user, _: user.name, {"type": "string"})},
    ),
    View(ApiKey, ("id", "name", "created_at")),
    View(NewApiKey, ("id", "name", "key", "created_at")),
    View(
        Model,
        ("id", "name", "status", "size", "details", "updated_at"),
        {"details": Computed(_details, {"type": "object"})},
    ),
    View(ModelChange, ("message", "model_id", "status")),
    View(Conversation, ("id", "title", "message_count", "created_at", "updated_at")),
    View(
        Message,
        ("id", "conversation_id", "role", "content", "model", "usage", "finish_reason", "created_at"),
    ),
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
class _SignedIn:
    """`{access_token, refresh_token, token_type, expires_at, user}`; `expires_at` is the access token's end."""

    status: int = 200

    def reply(self, result: SignedIn, context: WireContext, spelling: Spelling) -> Reply:
        tokens = result.tokens
        body = {
            "access_token": tokens.access,
            "refresh_token": tokens.refresh,
            "token_type": "Bearer",
            "expires_at": isoformat(tokens.access_expires_at),
            "user": spelling.write(result.user, context),
        }
        return Reply(self.status, body)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema(
            {
                "access_token": {"type": "string"},
                "refresh_token": {"type": "string"},
                "token_type": {"const": "Bearer"},
                "expires_at": {"type": "string", "format": "date-time"},
                "user": spelling.schema(User, components),
            }
        )

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {}


@dataclass(frozen=True, slots=True)
class _Registered:
    """`{message, user}`: to sign in, the address must be verified first."""

    status: int = 201

    def reply(self, result: Registered, context: WireContext, spelling: Spelling) -> Reply:
        message = "Registration successful. Verification email sent."
        return Reply(self.status, {"message": message, "user": spelling.write(result.user, context)})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema({"message": {"type": "string"}, "user": spelling.schema(User, components)})

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {}


@dataclass(frozen=True, slots=True)
class _Completed(One):
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


_TITLES = {"invalid_json": "Invalid JSON", "uri_too_long": "URI too long"}


def _title(code: str) -> str:
    return _TITLES.get(code) or code.replace("_", " ").capitalize()


def error_body(error: DomainError, context: ErrorContext, name_of: NameOf) -> Json:
    """`{error, message, details, request_id, timestamp}`: `error` is a title, and `details` have the machine code and,
    of a validation error, each bad field with its message.
    """
    details: dict[str, Any] = {"code": error.code}
    if error.fields:
        details["fields"] = {name_of(name): message for name, message in error.fields.items()}
    return {
        "error": _title(error.code),
        "message": error.message,
        "details": details,
        "request_id": context.request_id,
        "timestamp": isoformat(context.at),
    }


ERROR_SCHEMA: Json = {
    "type": "object",
    "properties": {
        "error": {"type": "string", "description": "A title, for people"},
        "message": {"type": "string"},
        "details": {
            "type": "object",
            "properties": {
                "code": {"type": "string", "description": "The machine code"},
                "fields": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "Field → message",
                },
            },
            "required": ["code"],
            "additionalProperties": False,
        },
        "request_id": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time"},
    },
    "required": ["error", "message", "details", "request_id", "timestamp"],
    "additionalProperties": False,
}

_CONVERSATIONS = "/api/chat/conversations"
_CONVERSATION = "/api/chat/conversations/{id}"

_CHANGE = One(202, ModelChange)

ROWS = (
    Row(
        operation="auth.register",
        method="POST",
        path="/auth/register",
        answer=_Registered(),
        names={"name": "full_name", "confirm_password": "password_confirm"},
        hides=("first_name", "last_name"),
    ),
    VERIFY_LINK,
    Row(
        operation="auth.login",
        method="POST",
        path="/auth/login",
        answer=_SignedIn(),
        names={"email": "username"},
        gives={"by_username": True},
    ),
    Row(operation="auth.refresh", method="POST", path="/auth/refresh", answer=_SignedIn()),
    Row(operation="auth.me", method="GET", path="/auth/me", answer=One(entity=User)),
    Row(operation="auth.logout", method="POST", path="/auth/logout", answer=Nothing()),
    Row(operation="api_keys.create", method="POST", path="/auth/api-keys", answer=One(201, NewApiKey)),
    Row(operation="api_keys.list", method="GET", path="/auth/api-keys", answer=Many(entity=ApiKey, key="api_keys")),
    Row(operation="api_keys.revoke", method="DELETE", path="/auth/api-keys/{id}", answer=Nothing()),
    Row(operation="models.list", method="GET", path="/api/models", answer=All(entity=Model, key="models")),
    Row(operation="models.get", method="GET", path="/api/models/{id}", answer=One(entity=Model)),
    Row(operation="models.start", method="POST", path="/api/models/start", answer=_CHANGE),
    Row(operation="models.stop", method="POST", path="/api/models/stop", answer=_CHANGE),
    Row(operation="models.start", method="POST", path="/api/models/{model_id}/start", answer=_CHANGE),
    Row(operation="models.stop", method="POST", path="/api/models/{model_id}/stop", answer=_CHANGE),
    Row(operation="chat.complete", method="POST", path="/api/chat/completions", answer=_Completed()),
    Row(
        operation="conversations.list",
        method="GET",
        path=_CONVERSATIONS,
        answer=Many(entity=Conversation, key="conversations"),
    ),
    Row(
        operation="conversations.create",
        method="POST",
        path=_CONVERSATIONS,
        answer=One(201, Conversation, location=_CONVERSATION),
    ),
    Row(operation="conversations.get", method="GET", path=_CONVERSATION, answer=One(entity=Conversation)),
    Row(
        operation="conversations.messages",
        method="GET",
        path=f"{_CONVERSATION}/messages",
        answer=Many(entity=Message, key="messages"),
    ),
    Row(
        operation="conversations.add_message",
        method="POST",
        path=f"{_CONVERSATION}/messages",
        answer=One(201, Message),
    ),
    HEALTH,
)

WEBPLUS = Dialect(
    name="webplus",
    title="Web+",
    summary="tokens in the body, API keys, models and chat, names in snake_case",
    prefixes=("",),
    rows=ROWS,
    spelling=Spelling(snake, VIEWS),
    errors=ErrorStyle(body=error_body, schema=ERROR_SCHEMA),
    access_lifetime=ACCESS_LIFETIME,
    refresh_lifetime=REFRESH_LIFETIME,
    areas=("/auth", "/api/models", "/api/chat"),
    socket_path="/ws",
)
