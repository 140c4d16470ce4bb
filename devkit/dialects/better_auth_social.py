"""Social login as Better Auth's client has it: an address to go to, and a callback that sets the session's cookie."""

from __future__ import annotations

from collections.abc import Mapping

from devkit.contract.errors import DomainError
from devkit.contract.social_entities import SocialSignIn, SocialStart
from devkit.dialects.answers import object_schema
from devkit.dialects.base import Reply
from devkit.dialects.better_auth_answers import COOKIE, session_cookie
from devkit.dialects.social import authorize_address, sent
from devkit.dialects.spelling import Json, Spelling, WireContext
from devkit.records import dataclass

CALLBACK = "/auth/callback/{provider}"

_CODES = {
    "state_invalid": "state_mismatch",
    "code_invalid": "invalid_code",
    "email_missing": "email_not_found",
    "provider_error": "oauth_provider_not_found",
}


@dataclass(frozen=True, slots=True)
class SocialUrl:
    """`{url, redirect}`: the client itself goes to `url` where `redirect` says so."""

    status: int = 200

    def reply(self, result: SocialStart, context: WireContext, spelling: Spelling) -> Reply:
        address = authorize_address(result, context)
        headers = {} if result.stay else {"Location": address}
        return Reply(self.status, {"url": address, "redirect": not result.stay}, headers)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema({"url": {"type": "string", "format": "uri"}, "redirect": {"type": "boolean"}})

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {"Location": "The same as `url`, where `redirect` is true"}


@dataclass(frozen=True, slots=True)
class SocialReturn:
    """The session's cookie, and on to the page that the sign-in began for."""

    status: int = 302

    def reply(self, result: SocialSignIn, context: WireContext, spelling: Spelling) -> Reply:
        reply = sent(self.status, context.address(result.return_to))
        reply.cookies = [session_cookie(result.tokens, context)]
        return reply

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> None:
        return None

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {"Set-Cookie": f"`{COOKIE}`, HttpOnly", "Location": "The page that the sign-in began for"}


def back_with_error(error: DomainError, context: WireContext) -> Reply | None:
    """The page that the sign-in began for is told what went wrong (`Row.failure`)."""
    if error.return_to is None:
        return None
    code = _CODES.get(error.kind.name, error.code)
    return sent(302, context.address(error.return_to, {"error": code, "error_description": error.message}))
