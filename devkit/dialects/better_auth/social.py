"""Social login as Better Auth's client has it: an address to go to, and a callback that sets the session's cookie.

The browser that begins keeps the state in a cookie; only with that does the callback let it in (1.7.25).
"""

from __future__ import annotations

from collections.abc import Mapping

from devkit.contract.errors import DomainError
from devkit.contract.social_entities import SignInFailure, SocialLinked, SocialSignIn, SocialStart
from devkit.dialects.answers import object_schema
from devkit.dialects.better_auth.answers import COOKIE, is_secure, session_cookies
from devkit.dialects.consent import failure_page, page_headers
from devkit.dialects.replies import Cookie, Reply
from devkit.dialects.social import authorize_address, sent
from devkit.dialects.spelling import Json, Spelling, WireContext
from devkit.records import dataclass

CALLBACK = "/auth/callback/{provider}"
ERROR_PAGE = "/auth/error"
STATE_COOKIE = "better-auth.state"
STATE_COOKIES = (f"__Secure-{STATE_COOKIE}", STATE_COOKIE)
_STATE_LIFETIME = 300

_CODES = {
    "state_invalid": "state_mismatch",
    "code_invalid": "invalid_code",
    "validation_error": "no_code",
    "email_missing": "email_not_found",
    "account_not_linkable": "unable_to_link_account",
    "email_differs": "email_does_not_match",
    "account_taken": "account_already_linked_to_different_user",
}
_REASONS = {
    ("state", "missing"): "state_not_found",
    ("provider", "unknown"): "oauth_provider_not_found",
    ("provider", "another"): "invalid_code",
}
_PROVIDERS_OWN = frozenset({"access_denied", "provider_error"})
_BEFORE_THE_STATE = frozenset({"state_mismatch", "state_not_found"})
"""After these the browser keeps the cookie: its own sign-in may still be under way."""


def _state_cookie(value: str, max_age: int, context: WireContext) -> Cookie:
    secure = is_secure(context)
    name = STATE_COOKIES[0] if secure else STATE_COOKIE
    return Cookie(name=name, value=value, max_age=max_age, secure=secure)


@dataclass(frozen=True, slots=True)
class SocialUrl:
    """`{url, redirect}`: the client itself goes to `url` where `redirect` says so."""

    status: int = 200

    def reply(self, result: SocialStart, context: WireContext, spelling: Spelling) -> Reply:
        address = authorize_address(result, context)
        headers = {} if result.stay else {"Location": address}
        body = {"url": address, "redirect": not result.stay}
        return Reply(self.status, body, headers, [_state_cookie(result.kept, _STATE_LIFETIME, context)])

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema({"url": {"type": "string", "format": "uri"}, "redirect": {"type": "boolean"}})

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {"Location": "The same as `url`, where `redirect` is true", "Set-Cookie": f"`{STATE_COOKIE}`, HttpOnly"}


@dataclass(frozen=True, slots=True)
class SocialReturn:
    """The session's cookie, and on to the page that the sign-in began for; none where an account was linked."""

    status: int = 302

    def reply(self, result: SocialSignIn | SocialLinked, context: WireContext, spelling: Spelling) -> Reply:
        reply = sent(self.status, result.return_to)
        reply.cookies = [_state_cookie("", 0, context)]
        if isinstance(result, SocialSignIn):
            reply.cookies += session_cookies(result.tokens, context)
        return reply

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> None:
        return None

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {"Set-Cookie": f"`{COOKIE}`, HttpOnly", "Location": "The page that the sign-in began for"}


@dataclass(frozen=True, slots=True)
class FailurePage:
    """The page of `ERROR_PAGE`."""

    status: int = 200

    def reply(self, result: SignInFailure, context: WireContext, spelling: Spelling) -> Reply:
        return Reply(self.status, failure_page(result), page_headers())

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return {"type": "string"}

    def media_type(self) -> str:
        return "text/html"

    def headers(self) -> Mapping[str, str]:
        return {"Content-Security-Policy": "What the page may do"}


def back_with_error(error: DomainError, context: WireContext) -> Reply | None:
    """The page that the sign-in named for errors is told what went wrong, else a page of our own (`Row.failure`)."""
    if error.return_to is None:
        return None
    reason = next((_REASONS[why] for why in error.reasons.items() if why in _REASONS), None)
    told, query = {"error": reason or _CODES.get(error.kind.name, error.code)}, dict(context.query)
    if error.kind.name in _PROVIDERS_OWN and query.get("error"):
        # What the provider said goes on as it came.
        told = {name: query[name] for name in ("error", "error_description") if query.get(name)}
    reply = sent(302, context.address(error.return_to, told))
    if told["error"] not in _BEFORE_THE_STATE:
        reply.cookies = [_state_cookie("", 0, context)]
    return reply
