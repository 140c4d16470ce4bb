"""What the client of Better Auth says and hears: its addresses, error codes and cookies (CONTRACT.md, "`taskapp`")."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from devkit.contract.errors import DomainError
from devkit.dialects.base import ErrorContext, ErrorStyle, NameOf, Reply, Row
from devkit.dialects.better_auth_answers import (
    Accounts,
    Changed,
    CurrentUser,
    Keys,
    PublicToken,
    SentOn,
    Sessions,
    SignedUp,
    SignIn,
    Status,
    Verified,
    cleared,
    with_error,
)
from devkit.dialects.better_auth_social import CALLBACK, SocialReturn, SocialUrl, back_with_error
from devkit.dialects.social import CONSENT_ROWS
from devkit.dialects.spelling import Json, WireContext

CLIENT_PASSWORD_MAX = 128
JWT_LIFETIME = 900

_UNAUTHORIZED = ("UNAUTHORIZED", "Unauthorized")
_CODES: Mapping[str, tuple[str | None, str]] = {
    "unauthorized": _UNAUTHORIZED,
    "token_invalid": _UNAUTHORIZED,
    "token_expired": _UNAUTHORIZED,
    "token_revoked": _UNAUTHORIZED,
    "invalid_credentials": ("INVALID_EMAIL_OR_PASSWORD", "Invalid email or password"),
    "email_taken": ("USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", "User already exists. Use another email."),
    "email_not_verified": ("EMAIL_NOT_VERIFIED", "Email not verified"),
    "already_verified": ("EMAIL_ALREADY_VERIFIED", "Email is already verified"),
    "not_own_address": ("EMAIL_MISMATCH", "Email mismatch"),
    "email_fixed": ("EMAIL_CAN_NOT_BE_UPDATED", "Email can not be updated"),
    # It has no code for these two.
    "nothing_to_change": (None, "No fields to update"),
    "email_unchanged": (None, "Email is the same"),
    "link_invalid": ("INVALID_TOKEN", "Invalid token"),
    "link_expired": ("TOKEN_EXPIRED", "Token expired"),
    "origin_refused": ("INVALID_ORIGIN", "Invalid origin"),
    "origin_missing": ("MISSING_OR_NULL_ORIGIN", "Missing or null Origin"),
    "invalid_json": ("BAD_REQUEST", "Invalid JSON in request body"),
    "internal_error": ("INTERNAL_SERVER_ERROR", "Internal Server Error"),
    "rate_limited": ("TOO_MANY_REQUESTS", "Too many requests. Please try again later."),
}
_SOCIAL_CODES = {**_CODES, "not_found": ("PROVIDER_NOT_FOUND", "Provider not found")}
# A link about a password that is over is told no different from one that never was.
_RESET_CODES = {**_CODES, "link_expired": _CODES["link_invalid"]}
_REDIRECTS = {
    "callback_url": ("INVALID_CALLBACK_URL", "Invalid callbackURL"),
    "redirect_to": ("INVALID_REDIRECT_URL", "Invalid redirectURL"),
    "redirect_uri": ("INVALID_CALLBACK_URL", "Invalid callbackURL"),
    "error_uri": ("INVALID_ERROR_CALLBACK_URL", "Invalid errorCallbackURL"),
    "new_user_uri": ("INVALID_NEW_USER_CALLBACK_URL", "Invalid newUserCallbackURL"),
}
_Codes = Mapping[tuple[str, str | None], tuple[str, str]]
_FIELDS: _Codes = {
    ("password", "string_too_short"): ("PASSWORD_TOO_SHORT", "Password too short"),
    ("password", "string_too_long"): ("PASSWORD_TOO_LONG", "Password too long"),
    # It was read without a complaint, and is wrong.
    ("current_password", None): ("INVALID_PASSWORD", "Invalid password"),
}
"""What has a code of its own, where it is all that is wrong: a field, and what is wrong with it."""
_SIGN_IN: _Codes = {("email", "rejected"): ("INVALID_EMAIL", "Invalid email")}
_RESET: _Codes = {("token", "missing"): ("INVALID_TOKEN", "Invalid token")}
_SCHEMA: Json = {
    "type": "object",
    "properties": {"message": {"type": "string"}, "code": {"type": "string"}},
    "required": ["message"],
    "additionalProperties": False,
}


def _errors(
    more: _Codes | None = None,
    codes: Mapping[str, tuple[str | None, str]] = _CODES,
    *,
    place: str = "body",
    **statuses: int,
) -> ErrorStyle:
    """`place` is where the fields of the input come from, `more` what is wrong with them that has a code here alone."""
    known = {**_FIELDS, **(more or {})}

    def body(error: DomainError, context: ErrorContext, name_of: NameOf) -> Json:
        code, message = _told(error, codes, known, lambda name: f"[{place}.{name_of(name)}]")
        return {"message": message} if code is None else {"message": message, "code": code}

    usual = {"email_taken": 422, "link_expired": 401}
    return ErrorStyle(body=body, schema=_SCHEMA, statuses=usual | statuses)


def _told(
    error: DomainError, codes: Mapping[str, tuple[str | None, str]], known: _Codes, spell: NameOf
) -> tuple[str | None, str]:
    """Code and message."""
    if error.kind.name == "redirect_refused":
        return next((_REDIRECTS[field] for field in error.fields), _REDIRECTS["callback_url"])
    if error.kind.name == "validation_error":
        # A new password is asked for once; the contract's repetition of it is the same field here.
        fields = [field for field in error.fields if field != "confirm_password"]
        if len(fields) == 1 and (told := known.get((fields[0], error.reasons.get(fields[0])))):
            return told
        return "VALIDATION_ERROR", "; ".join(
            f"{spell(field)} {error.fields[field]}" for field in fields
        ) or error.message
    return codes.get(error.kind.name) or (error.code.upper(), error.message)


def _sent_on(codes: Mapping[str, tuple[str | None, str]]) -> Callable[[DomainError, WireContext], Reply | None]:
    """A browser that opened a bad link is sent on, with the code in the query."""

    def reply(error: DomainError, context: WireContext) -> Reply | None:
        callback = dict(context.query).get("callbackURL")
        if error.kind.name not in {"link_invalid", "link_expired"} or not callback:
            return None
        code, _ = codes[error.kind.name]
        return Reply(302, headers={"Location": with_error(callback, str(code))}, has_body=False)

    return reply


_CALLBACK = {"callback_url": "callbackURL"}
_NEW_PASSWORD = {"password": "newPassword", "confirm_password": "newPassword"}
_LIMIT = {"password_max": CLIENT_PASSWORD_MAX}
_ERRORS = _errors()
_SENT_ON = ("redirect_refused",)

ROWS = (
    Row(
        operation="auth.register",
        method="POST",
        path="/auth/sign-up/email",
        answer=SignedUp(),
        names={**_CALLBACK, "confirm_password": "password", "remember": "rememberMe"},
        hides=("username", "first_name", "last_name"),
        gives={**_LIMIT, "sign_in": True},
        takes=("image", "callback_url", "remember"),
        requires=("name",),
        fails=_SENT_ON,
        errors=_ERRORS,
        same_site=True,
    ),
    Row(
        operation="auth.login",
        method="POST",
        path="/auth/sign-in/email",
        answer=SignIn(),
        names={**_CALLBACK, "remember": "rememberMe"},
        gives={"unverified": True, "addresses_only": True},
        takes=("callback_url", "remember"),
        fails=_SENT_ON,
        errors=_errors(_SIGN_IN),
        same_site=True,
    ),
    Row(
        operation="social.initiate",
        method="POST",
        path="/auth/sign-in/social",
        answer=SocialUrl(),
        names={
            "redirect_uri": "callbackURL",
            "error_uri": "errorCallbackURL",
            "new_user_uri": "newUserCallbackURL",
            "stay": "disableRedirect",
        },
        hides=("response_type",),
        gives={"callback": f"/api{CALLBACK}", "own_paths": True},
        takes=("stay",),
        fails=_SENT_ON,
        errors=_errors(codes=_SOCIAL_CODES),
        same_site=True,
    ),
    Row(
        operation="social.callback",
        method="GET",
        path=CALLBACK,
        answer=SocialReturn(),
        failure=back_with_error,
        spares=(
            "state_invalid",
            "code_invalid",
            "email_missing",
            "access_denied",
            "account_not_linked",
            "provider_error",
        ),
        errors=_errors(place="query"),
    ),
    *CONSENT_ROWS,
    Row(operation="auth.session", method="GET", path="/auth/get-session", answer=CurrentUser(), errors=_ERRORS),
    Row(
        operation="auth.logout",
        method="POST",
        path="/auth/sign-out",
        answer=Status(word="success", cookies=cleared),
        hides=("refresh_token",),
        errors=_ERRORS,
        same_site=True,
    ),
    Row(
        operation="auth.forgot",
        method="POST",
        path="/auth/request-password-reset",
        answer=Status(says=True),
        names={"redirect_to": "redirectTo"},
        gives={"through_us": True},
        takes=("redirect_to",),
        fails=_SENT_ON,
        errors=_ERRORS,
        same_site=True,
    ),
    Row(
        operation="auth.open_reset",
        method="GET",
        path="/auth/reset-password/{token}",
        answer=SentOn(),
        names=_CALLBACK,
        takes=("callback_url",),
        requires=("callback_url",),
        fails=_SENT_ON,
        failure=_sent_on(_RESET_CODES),
        errors=_errors(codes=_RESET_CODES, place="query", link_expired=400),
    ),
    Row(
        operation="auth.reset",
        method="POST",
        path="/auth/reset-password",
        answer=Status(),
        names=_NEW_PASSWORD,
        gives=_LIMIT,
        errors=_errors(_RESET, _RESET_CODES, link_expired=400),
        same_site=True,
    ),
    Row(
        operation="auth.verify",
        method="GET",
        path="/auth/verify-email",
        answer=Verified(),
        names=_CALLBACK,
        gives={"repeatable": True},
        takes=("callback_url",),
        fails=_SENT_ON,
        failure=_sent_on(_CODES),
        redirects=True,
        errors=_errors(place="query", link_invalid=401),
    ),
    Row(
        operation="auth.resend_verification",
        method="POST",
        path="/auth/send-verification-email",
        answer=Status(),
        names=_CALLBACK,
        gives={"own_only": True},
        takes=("callback_url",),
        fails=(*_SENT_ON, "already_verified", "not_own_address"),
        errors=_ERRORS,
        same_site=True,
    ),
    Row(
        operation="auth.sessions",
        method="GET",
        path="/auth/list-sessions",
        answer=Sessions(),
        hides=("page", "limit"),
        gives={"limit": 100},
        errors=_ERRORS,
    ),
    Row(
        operation="auth.revoke_token",
        method="POST",
        path="/auth/revoke-session",
        answer=Status(),
        errors=_ERRORS,
        same_site=True,
    ),
    Row(
        operation="auth.revoke_sessions",
        method="POST",
        path="/auth/revoke-sessions",
        answer=Status(cookies=cleared),
        errors=_ERRORS,
        same_site=True,
    ),
    Row(
        operation="auth.revoke_sessions",
        method="POST",
        path="/auth/revoke-other-sessions",
        answer=Status(),
        gives={"others": True},
        errors=_ERRORS,
        same_site=True,
    ),
    Row(
        operation="auth.update_profile",
        method="POST",
        path="/auth/update-user",
        answer=Status(),
        hides=("first_name", "last_name"),
        gives={"some": True},
        takes=("name", "image", "email"),
        fails=("email_fixed", "nothing_to_change"),
        errors=_ERRORS,
        same_site=True,
    ),
    Row(
        operation="auth.change_password",
        method="POST",
        path="/auth/change-password",
        answer=Changed(),
        names={**_NEW_PASSWORD, "current_password": "currentPassword", "revoke_others": "revokeOtherSessions"},
        gives={**_LIMIT, "revoke_others": False, "renew": True},
        takes=("revoke_others",),
        errors=_ERRORS,
        same_site=True,
        told_by="newPassword",
    ),
    Row(
        operation="auth.change_email",
        method="POST",
        path="/auth/change-email",
        answer=Status(),
        names={**_CALLBACK, "email": "newEmail"},
        takes=("callback_url",),
        fails=(*_SENT_ON, "email_unchanged"),
        errors=_ERRORS,
        same_site=True,
    ),
    Row(operation="auth.accounts", method="GET", path="/auth/list-accounts", answer=Accounts(), errors=_ERRORS),
    Row(
        operation="auth.token",
        method="GET",
        path="/auth/token",
        answer=PublicToken(),
        lifetime=JWT_LIFETIME,
        errors=_ERRORS,
    ),
    Row(operation="auth.keys", method="GET", path="/auth/jwks", answer=Keys(), errors=_ERRORS),
)
