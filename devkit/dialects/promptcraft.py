"""The dialect `promptcraft` (CONTRACT.md, "`promptcraft`"): seed 003, with trailing slashes and names in snake_case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devkit.contract.entities import AppConfig, ChatHealth, Health, Limits, Registered, SignedIn, Tokens, User
from devkit.contract.errors import DomainError
from devkit.contract.figures import Dashboard
from devkit.contract.shipped import CONTRACT
from devkit.contract.social_entities import Provider, Providers, SocialSignIn, SocialStart
from devkit.dialects.answers import One, Say, object_schema
from devkit.dialects.base import Dialect, ErrorContext, ErrorStyle, NameOf, Row
from devkit.dialects.completions import COMPLETION_VIEWS, Completed
from devkit.dialects.everywhere import HEALTH, UPLOAD_VIEW, VERIFY_LINK, SimpleHealth
from devkit.dialects.health_frames import HEALTH_SOCKET
from devkit.dialects.replies import Cookie, Reply
from devkit.dialects.social import CONSENT_ROWS, authorize_address, back_to_frontend, sent
from devkit.dialects.spelling import Computed, Json, Spelling, View, WireContext, snake
from devkit.records import dataclass

PREFIX = "/api/v2"
REFRESH_COOKIE = "refresh_token"
ACCESS_LIFETIME = 86_400
REFRESH_LIFETIME = 30 * 86_400
_CALLBACK = "/auth/social/callback/"


def _social(path: str) -> Computed:
    """An address of social login; `{name}` in its path stands for the provider."""
    return Computed(
        lambda provider, context: context.address(f"{context.prefix}{path.format(name=provider.name)}"),
        {"type": "string", "format": "uri"},
    )


_TEXT: Json = {"type": "string"}
_COMPONENTS: Json = {
    "type": "object",
    "additionalProperties": object_schema({"status": {"enum": ["healthy", "degraded", "down"]}, "detail": _TEXT}),
}


def _by_name(health: Health, context: WireContext) -> Json:
    return {part.name: {"status": part.status, "detail": part.detail} for part in health.components}


VIEWS = [
    UPLOAD_VIEW,
    View(
        User,
        ("id", "email", "username", "first_name", "last_name"),
        {"id": Computed(lambda user, _: user.number, {"type": "integer", "minimum": 1})},
    ),
    View(AppConfig, ("app_name", "version", "env", "features", "limits")),
    View(Limits, ("upload_max_bytes", "json_max_bytes", "page_max", "title_max", "description_max")),
    View(Health, ("status", "version", "timestamp", "components"), {"components": Computed(_by_name, _COMPONENTS)}),
    *COMPLETION_VIEWS,
    View(
        Provider,
        ("name", "display_name", "enabled", "initiate_url", "callback_url", "scopes"),
        {"initiate_url": _social("/auth/social/{name}/initiate/"), "callback_url": _social(_CALLBACK)},
    ),
]

_TOKENS = object_schema({"access": _TEXT, "refresh": _TEXT})


def _refresh_cookie(context: WireContext, value: str, max_age: int) -> list[Cookie]:
    if context.transport == "bearer" and value:
        return []
    path = f"{context.prefix}/auth"
    return [Cookie(name=REFRESH_COOKIE, value=value, path=path, max_age=max_age, secure=context.secure)]


def _cleared(context: WireContext) -> list[Cookie]:
    return _refresh_cookie(context, "", 0)


def _handed_out(tokens: Tokens, context: WireContext) -> tuple[dict[str, Json], list[Cookie]]:
    """The tokens as they stand in a body, and the cookie that goes with it."""
    cookies = _refresh_cookie(context, tokens.refresh, tokens.refresh_lifetime)
    return {"access": tokens.access, "refresh": tokens.refresh}, cookies


@dataclass(frozen=True, slots=True)
class _Tokens:
    """`{access, refresh}`, and the cookie."""

    status: int = 200

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {"Set-Cookie": f"`{REFRESH_COOKIE}`, HttpOnly"}

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        body, cookies = _handed_out(result.tokens, context)
        return Reply(self.status, body | self.more(result, body, context, spelling), cookies=cookies)

    def more(self, result: Any, pair: dict[str, Json], context: WireContext, spelling: Spelling) -> dict[str, Json]:
        return {}

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return _TOKENS


@dataclass(frozen=True, slots=True)
class _SignedIn(_Tokens):
    """`{access, refresh, tokens, user}`: the tokens at the top, as in seed 003, and once more below a key. After social
    login `is_new_user` and `provider` go with it.
    """

    def more(
        self, result: SignedIn, pair: dict[str, Json], context: WireContext, spelling: Spelling
    ) -> dict[str, Json]:
        more: dict[str, Json] = {"tokens": pair, "user": spelling.write(result.user, context)}
        if isinstance(result, SocialSignIn):
            more |= {"is_new_user": result.is_new_user, "provider": result.provider}
        return more

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        user = spelling.schema(User, components)
        return object_schema(_TOKENS["properties"] | {"tokens": _TOKENS, "user": user})


@dataclass(frozen=True, slots=True)
class _SocialSignedIn(_SignedIn):
    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        signed_in = super(_SocialSignedIn, self).body_schema(spelling, components)  # noqa: UP008 - slots make it a class anew
        return object_schema(signed_in["properties"] | {"is_new_user": {"type": "boolean"}, "provider": _TEXT})


@dataclass(frozen=True, slots=True)
class _Registered(_Tokens):
    status: int = 201

    def reply(self, result: Registered, context: WireContext, spelling: Spelling) -> Reply:
        assert result.tokens is not None  # noqa: S101 - the row asks for them
        pair, cookies = _handed_out(result.tokens, context)
        message = "Registration successful. Verification email sent."
        body = {"message": message, "user": spelling.write(result.user, context), "tokens": pair}
        return Reply(self.status, body, cookies=cookies)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema({"message": _TEXT, "user": spelling.schema(User, components), "tokens": _TOKENS})


@dataclass(frozen=True, slots=True)
class _Returned(_Tokens):
    """The cookie, and on to the frontend, which is told no token, for addresses are logged and kept: a page that wants
    tokens posts the code and the state of its address to the callback.
    """

    status: int = 302

    def reply(self, result: SocialSignIn, context: WireContext, spelling: Spelling) -> Reply:
        told = {"provider": result.provider, "is_new_user": "true" if result.is_new_user else "false"}
        reply = sent(self.status, context.address(result.return_to, told | (result.handover or {})))
        _, reply.cookies = _handed_out(result.tokens, context)
        return reply

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return None

    def headers(self) -> Mapping[str, str]:
        return {"Set-Cookie": f"`{REFRESH_COOKIE}`, HttpOnly", "Location": "Where the frontend wants the browser back"}


@dataclass(frozen=True, slots=True)
class _LoggedOut(Say):
    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        return Reply(self.status, {"message": "Signed out."}, cookies=_cleared(context))


@dataclass(frozen=True, slots=True)
class _Initiated(One):
    """`{auth_url, state, provider, message}`; a browser that navigates here is sent on to the page itself."""

    def reply(self, result: SocialStart, context: WireContext, spelling: Spelling) -> Reply:
        address = authorize_address(result, context)
        if context.wants_page:
            return sent(302, address)
        name = result.provider.display_name
        message = f"Send the browser to auth_url: {name} asks for consent there"
        body = {"auth_url": address, "state": result.state, "provider": result.provider.name, "message": message}
        return Reply(self.status, body)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        address = {"type": "string", "format": "uri"}
        return object_schema({"auth_url": address, "state": _TEXT, "provider": _TEXT, "message": _TEXT})


def error_body(error: DomainError, context: ErrorContext, name_of: NameOf) -> Json:
    """`{message, error, detail}`, and each bad field with a list of sentences, as Django's serializers have it."""
    fields = {name_of(name): message for name, message in error.fields.items()}
    detail = "; ".join(f"{name}: {message}" for name, message in fields.items()) or error.message
    body = {"message": error.message, "error": error.code, "detail": detail}
    # A field of that name is told of by the detail alone.
    return body | {name: [message] for name, message in fields.items() if name not in body}


ERROR_SCHEMA: Json = {
    "type": "object",
    "properties": {
        "message": _TEXT,
        "error": {"type": "string", "description": "The machine code"},
        "detail": {"type": "string", "description": "The message, or every bad field with its own"},
    },
    "required": ["message", "error", "detail"],
    "additionalProperties": {"type": "array", "items": _TEXT, "description": "A field's messages"},
}

_REFRESH: Mapping[str, Any] = {"cookies": {"refresh_token": REFRESH_COOKIE}, "names": {"refresh_token": "refresh"}}
_DETAILED = {"detailed": True}
_NOT_HERE = ("error_uri", "new_user_uri")

ROWS = (
    Row(
        operation="auth.login",
        method="POST",
        path="/auth/login/",
        answer=_SignedIn(),
        names={"email": ("username", "email")},
        gives={"by_username": True, "unverified": True},
        spares=("email_not_verified",),
    ),
    Row(
        operation="auth.register",
        method="POST",
        path="/auth/register/",
        answer=_Registered(),
        names={"confirm_password": ("password_confirm", "confirm_password")},
        gives={"sign_in": True},
        fails=("username_taken",),
    ),
    Row(operation="auth.me", method="GET", path="/auth/profile/", answer=One(entity=User)),
    Row(
        operation="auth.update_profile",
        method="PATCH",
        path="/auth/profile/",
        answer=One(entity=User),
        takes=("username", "name"),
    ),
    Row(
        operation="auth.change_password",
        method="POST",
        path="/auth/change-password/",
        answer=Say(),
        names={
            "current_password": ("current_password", "old_password"),
            "password": ("new_password", "password"),
            "confirm_password": ("new_password_confirm", "confirm_password", "password_confirm"),
        },
    ),
    Row(operation="auth.logout", method="POST", path="/auth/logout/", answer=_LoggedOut(), **_REFRESH),
    Row(operation="auth.refresh", method="POST", path="/auth/token/refresh/", answer=_Tokens(), **_REFRESH),
    Row(operation="auth.refresh", method="POST", path="/auth/refresh/", answer=_Tokens(), **_REFRESH),
    Row(operation="social.providers", method="GET", path="/auth/social/providers/", answer=One(entity=Providers)),
    Row(
        operation="social.initiate",
        method="GET",
        path="/auth/social/{provider}/initiate/",
        answer=_Initiated(),
        hides=_NOT_HERE,
        gives={"callback": PREFIX + _CALLBACK},
        redirects=True,
    ),
    Row(
        operation="social.callback",
        method="GET",
        path=_CALLBACK,
        answer=_Returned(),
        gives={"hands_over": True},
        requires=("state",),
        failure=back_to_frontend,
    ),
    Row(operation="social.callback", method="POST", path=_CALLBACK, answer=_SocialSignedIn(), requires=("state",)),
    *CONSENT_ROWS,
    VERIFY_LINK,
    Row(operation="config.get", method="GET", path="/core/config/", answer=One(entity=AppConfig)),
    Row(operation="health.get", method="GET", path="/core/health/", answer=One(entity=Health), gives=_DETAILED),
    Row(
        operation="health.get",
        method="GET",
        path="/api/v1/core/health/",
        answer=One(entity=Health),
        rooted=True,
        gives=_DETAILED,
    ),
    Row(operation="health.get", method="GET", path="/health/", answer=SimpleHealth(), rooted=True),
    HEALTH,
    Row(operation="chat.complete", method="POST", path="/chat/completions/", answer=Completed()),
    Row(operation="chat.health", method="GET", path="/chat/health/", answer=One(entity=ChatHealth)),
    Row(operation="analytics.dashboard", method="GET", path="/analytics/dashboard/", answer=One(entity=Dashboard)),
)

PROMPTCRAFT = Dialect(
    name="promptcraft",
    contract=CONTRACT,
    title="promptcraft",
    summary="trailing slashes, access and refresh token in the body, names in snake_case",
    prefixes=(PREFIX,),
    rows=ROWS,
    spelling=Spelling(snake, VIEWS),
    errors=ErrorStyle(body=error_body, schema=ERROR_SCHEMA),
    access_lifetime=ACCESS_LIFETIME,
    refresh_lifetime=REFRESH_LIFETIME,
    bearer_from="`access` of POST /api/v2/auth/login/",
    refresh_rotation="by_cookie",
    areas=(PREFIX, "/api/v1/core", "/oauth", "/ws/health"),
    slashes=True,
    socket_path="/ws/health/",
    socket_protocol=HEALTH_SOCKET,
)
