"""Dialect `agreed`: cookie login, camelCase (seeds 000 and 002, and the task rules of 004; CONTRACT.md, "`agreed`")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devkit.contract.entities import AppConfig, Health, Limits, Registered, Session, SignedIn, Task, Upload, User
from devkit.contract.errors import DomainError
from devkit.contract.shipped import CONTRACT
from devkit.dialects.answers import Content, Many, Nothing, One, OneOrMany, Say, object_schema
from devkit.dialects.base import Dialect, ErrorContext, ErrorStyle, NameOf, Row
from devkit.dialects.everywhere import HEALTH
from devkit.dialects.providers import PROVIDER_ROWS
from devkit.dialects.replies import Cookie, Reply
from devkit.dialects.spelling import Computed, Json, Spelling, View, WireContext, camel
from devkit.effects import isoformat
from devkit.records import dataclass

ACCESS_COOKIE = "auth-token"
REFRESH_COOKIE = "refresh-token"
ACCESS_LIFETIME = 86_400
REFRESH_LIFETIME = 30 * 86_400


def _upload_url(upload: Upload, context: WireContext) -> str:
    return context.address(f"{context.prefix}/uploads/{upload.id}/content")


VIEWS = [
    View(User, ("id", "email", "first_name", "last_name", "name", "email_verified", "role", "created_at")),
    View(
        Task,
        ("id", "title", "description", "completed", "priority", "due_date", "created_at", "updated_at"),
    ),
    View(
        Upload,
        ("id", "filename", "content_type", "size", "sha256", "url", "created_at"),
        {"url": Computed(_upload_url, {"type": "string", "format": "uri"})},
    ),
    View(Session, ("id", "user_agent", "current", "created_at", "expires_at")),
    View(AppConfig, ("app_name", "version", "features", "limits")),
    View(Limits, ("upload_max_bytes", "json_max_bytes", "page_max", "title_max", "description_max")),
    View(Health, ("status", "version", "timestamp")),
]


def _session_cookies(context: WireContext, access: str, refresh: str, ages: tuple[int, int]) -> list[Cookie]:
    return [
        Cookie(name=ACCESS_COOKIE, value=access, max_age=ages[0], secure=context.secure),
        Cookie(
            name=REFRESH_COOKIE, value=refresh, path=f"{context.prefix}/auth", max_age=ages[1], secure=context.secure
        ),
    ]


def _cleared(context: WireContext) -> list[Cookie]:
    return _session_cookies(context, "", "", (0, 0))


@dataclass(frozen=True, slots=True)
class _SignedIn:
    """`{user}` and the cookies; with `auth.transport: bearer` the tokens in the body instead, with `both` both."""

    status: int = 200

    def reply(self, result: SignedIn, context: WireContext, spelling: Spelling) -> Reply:
        tokens = result.tokens
        body: dict[str, Json] = {}
        reply = Reply(self.status, body)
        if context.transport != "cookie":
            body |= {"token": tokens.access, "refreshToken": tokens.refresh}
        if context.transport != "bearer":
            ages = tokens.access_lifetime, tokens.refresh_lifetime
            reply.cookies = _session_cookies(context, tokens.access, tokens.refresh, ages)
        body["user"] = spelling.write(result.user, context)
        return reply

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        schema = object_schema({"user": spelling.schema(User, components)})
        schema["properties"] |= {
            "token": {"type": "string", "description": "Only with `auth.transport` bearer or both"},
            "refreshToken": {"type": "string", "description": "Only with `auth.transport` bearer or both"},
        }
        return schema

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {"Set-Cookie": f"`{ACCESS_COOKIE}` and `{REFRESH_COOKIE}`, HttpOnly"}


@dataclass(frozen=True, slots=True)
class _Registered:
    status: int = 201

    def reply(self, result: Registered, context: WireContext, spelling: Spelling) -> Reply:
        message = "Registration successful. Verification email sent."
        return Reply(self.status, {"message": message, "userId": result.user.id})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema({"message": {"type": "string"}, "userId": {"type": "string", "format": "uuid"}})

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {}


def error_body(error: DomainError, context: ErrorContext, name_of: NameOf) -> Json:
    """`{error, message, details?, errors?, request_id, timestamp}`; the field map under both names of the seeds."""
    body: dict[str, Any] = {"error": error.code, "message": error.message}
    if error.fields:
        fields = {name_of(name): message for name, message in error.fields.items()}
        body |= {"details": fields, "errors": fields}
    return body | {"request_id": context.request_id, "timestamp": isoformat(context.at)}


_MESSAGES = {"type": "object", "additionalProperties": {"type": "string"}, "description": "Field → message"}
ERROR_SCHEMA: Json = {
    "type": "object",
    "properties": {
        "error": {"type": "string", "description": "The machine code"},
        "message": {"type": "string"},
        "details": _MESSAGES,
        "errors": {**_MESSAGES, "description": "The same as `details`"},
        "request_id": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time"},
    },
    "required": ["error", "message", "request_id", "timestamp"],
    "additionalProperties": False,
}

_REFRESH = {"refresh_token": REFRESH_COOKIE}
# Seed 002: required, and the same as the password. Forms that do not send it are served by a setting.
_CONFIRM = ("confirm_password",)
_TASK = One(entity=Task)
_USER = One(entity=User, wrap="user")

ROWS = (
    Row(
        operation="auth.register",
        method="POST",
        path="/auth/register",
        answer=_Registered(),
        hides=("username",),
        requires=_CONFIRM,
    ),
    Row(operation="auth.login", method="POST", path="/auth/login", answer=_SignedIn()),
    Row(operation="auth.refresh", method="POST", path="/auth/refresh", answer=_SignedIn(), cookies=_REFRESH),
    Row(
        operation="auth.logout", method="POST", path="/auth/logout", answer=Nothing(cookies=_cleared), cookies=_REFRESH
    ),
    Row(operation="auth.me", method="GET", path="/auth/me", answer=_USER),
    Row(
        operation="auth.update_profile",
        method="PATCH",
        path="/auth/profile",
        answer=_USER,
        takes=("name",),
        spares=("username_taken",),
    ),
    Row(operation="auth.change_password", method="POST", path="/auth/change-password", answer=Say(), requires=_CONFIRM),
    Row(operation="auth.verify", method="GET", path="/auth/verify", answer=Say(redirects=True)),
    Row(operation="auth.resend_verification", method="POST", path="/auth/resend-verification", answer=Say()),
    Row(operation="auth.forgot", method="POST", path="/auth/forgot", answer=Say()),
    Row(operation="auth.reset", method="POST", path="/auth/reset", answer=Say(), requires=_CONFIRM),
    Row(operation="auth.sessions", method="GET", path="/auth/sessions", answer=Many(entity=Session)),
    Row(operation="auth.revoke_session", method="DELETE", path="/auth/sessions/{id}", answer=Nothing()),
    Row(operation="tasks.list", method="GET", path="/tasks", answer=Many(entity=Task)),
    Row(operation="tasks.create", method="POST", path="/tasks", answer=One(201, Task, location="/tasks/{id}")),
    Row(operation="tasks.get", method="GET", path="/tasks/{id}", answer=_TASK),
    Row(operation="tasks.replace", method="PUT", path="/tasks/{id}", answer=_TASK),
    Row(operation="tasks.update", method="PATCH", path="/tasks/{id}", answer=_TASK),
    Row(operation="tasks.delete", method="DELETE", path="/tasks/{id}", answer=Nothing()),
    Row(operation="tasks.complete", method="PATCH", path="/tasks/{id}/complete", answer=_TASK),
    Row(
        operation="uploads.create",
        method="POST",
        path="/uploads",
        answer=OneOrMany(201, Upload, location="/uploads/{id}"),
    ),
    Row(operation="uploads.list", method="GET", path="/uploads", answer=Many(entity=Upload)),
    Row(operation="uploads.get", method="GET", path="/uploads/{id}", answer=One(entity=Upload)),
    Row(operation="uploads.content", method="GET", path="/uploads/{id}/content", answer=Content()),
    Row(operation="uploads.delete", method="DELETE", path="/uploads/{id}", answer=Nothing()),
    Row(operation="config.get", method="GET", path="/config", answer=One(entity=AppConfig)),
    Row(operation="health.get", method="GET", path="/health", answer=One(entity=Health)),
    HEALTH,
    *PROVIDER_ROWS,
)

AGREED = Dialect(
    name="agreed",
    contract=CONTRACT,
    usual=True,
    title="The agreed contract",
    summary="sign-in by cookie, names in camelCase",
    prefixes=("/api", "/api/v1"),
    rows=ROWS,
    spelling=Spelling(camel, VIEWS),
    errors=ErrorStyle(body=error_body, schema=ERROR_SCHEMA),
    access_lifetime=ACCESS_LIFETIME,
    refresh_lifetime=REFRESH_LIFETIME,
    bearer_from="`token` of POST /api/auth/login, which is there with auth.transport: both (or bearer)",
    access_cookies=(ACCESS_COOKIE,),
    socket_path="/ws",
)
