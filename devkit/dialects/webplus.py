"""Dialect `webplus`: tokens in the body, API keys, models and chat, snake_case (seed 001; CONTRACT.md, "`webplus`")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devkit.contract.entities import ApiKey, NewApiKey, Registered, SignedIn, User
from devkit.contract.entities_chat import Conversation, Message, Model, ModelChange
from devkit.contract.errors import DomainError
from devkit.contract.operations import Media
from devkit.contract.shipped import CONTRACT
from devkit.dialects.answers import All, Many, Nothing, One, object_schema
from devkit.dialects.base import Dialect, ErrorContext, ErrorStyle, NameOf, Row
from devkit.dialects.completions import COMPLETION_VIEWS, Completed
from devkit.dialects.everywhere import HEALTH, UPLOAD_VIEW, VERIFY_LINK
from devkit.dialects.replies import Reply
from devkit.dialects.spelling import Computed, Json, Spelling, View, WireContext, snake
from devkit.effects import isoformat
from devkit.records import dataclass

ACCESS_LIFETIME = 30 * 60
REFRESH_LIFETIME = 7 * 86_400


def _details(model: Model, context: WireContext) -> Json:
    return model.details if model.error is None else model.details | {"error": model.error}


VIEWS = [
    UPLOAD_VIEW,
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
    *COMPLETION_VIEWS,
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
class _Granted:
    """What the form of OAuth 2.0's password grant is answered with (RFC 6749, sections 4.3 and 5.1): the tokens alone,
    `expires_in` in seconds, kept by nobody on the way.
    """

    status: int = 200

    def reply(self, result: SignedIn, context: WireContext, spelling: Spelling) -> Reply:
        tokens = result.tokens
        body = {
            "access_token": tokens.access,
            "token_type": "bearer",
            "expires_in": tokens.access_lifetime,
            "refresh_token": tokens.refresh,
        }
        return Reply(self.status, body, {"Cache-Control": "no-store"})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        text = {"type": "string"}
        lifetime = {"type": "integer", "minimum": 1}
        return object_schema(
            {"access_token": text, "token_type": {"const": "bearer"}, "expires_in": lifetime, "refresh_token": text}
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
_MODELS = All(entity=Model, key="models")

ROWS = (
    Row(
        operation="auth.register",
        method="POST",
        path="/auth/register",
        answer=_Registered(),
        names={"name": ("full_name", "name"), "confirm_password": ("password_confirm", "confirm_password")},
        hides=("first_name", "last_name"),
        fails=("username_taken",),
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
    Row(
        operation="auth.login",
        method="POST",
        path="/auth/token",
        answer=_Granted(),
        names={"email": "username"},
        gives={"by_username": True},
        media=Media.FORM,
        passes=("grant_type", "scope", "client_id", "client_secret"),
    ),
    Row(operation="auth.refresh", method="POST", path="/auth/refresh", answer=_SignedIn()),
    Row(operation="auth.me", method="GET", path="/auth/me", answer=One(entity=User)),
    Row(operation="auth.logout", method="POST", path="/auth/logout", answer=Nothing()),
    Row(operation="api_keys.create", method="POST", path="/auth/api-keys", answer=One(201, NewApiKey)),
    Row(operation="api_keys.list", method="GET", path="/auth/api-keys", answer=Many(entity=ApiKey, key="api_keys")),
    Row(operation="api_keys.revoke", method="DELETE", path="/auth/api-keys/{id}", answer=Nothing()),
    Row(operation="models.list", method="GET", path="/api/models", answer=_MODELS),
    Row(operation="models.list", method="GET", path="/api/models/available", answer=_MODELS),
    Row(operation="models.get", method="GET", path="/api/models/{id}", answer=One(entity=Model)),
    Row(operation="models.start", method="POST", path="/api/models/start", answer=_CHANGE),
    Row(operation="models.stop", method="POST", path="/api/models/stop", answer=_CHANGE),
    Row(operation="models.start", method="POST", path="/api/models/{model_id}/start", answer=_CHANGE),
    Row(operation="models.stop", method="POST", path="/api/models/{model_id}/stop", answer=_CHANGE),
    Row(operation="chat.complete", method="POST", path="/api/chat/completions", answer=Completed()),
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
    contract=CONTRACT,
    title="Web+",
    summary="tokens in the body, API keys, models and chat, names in snake_case",
    prefixes=("",),
    rows=ROWS,
    spelling=Spelling(snake, VIEWS),
    errors=ErrorStyle(body=error_body, schema=ERROR_SCHEMA),
    access_lifetime=ACCESS_LIFETIME,
    refresh_lifetime=REFRESH_LIFETIME,
    bearer_from="`access_token` of POST /auth/login",
    areas=("/auth", "/api/models", "/api/chat"),
    socket_path="/ws",
)
