"""The error codes of Better Auth, and the shape `{message, code}` that it tells them in (1.7.25)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from devkit.contract.errors import DomainError
from devkit.dialects.base import ErrorContext, ErrorStyle, NameOf
from devkit.dialects.better_auth.answers import with_error
from devkit.dialects.better_auth.social import ERROR_PAGE
from devkit.dialects.replies import Reply
from devkit.dialects.spelling import Json, WireContext

_UNAUTHORIZED = ("UNAUTHORIZED", "Unauthorized")
CODES: Mapping[str, tuple[str | None, str]] = {
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
    "login_by_navigation": (
        "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
        "Cross-site navigation login blocked. This request appears to be a CSRF attack.",
    ),
    "account_unknown": ("ACCOUNT_NOT_FOUND", "Account not found"),
    "account_without_provider": (
        "PROVIDER_NOT_CONFIGURED",
        "Account is not associated with a configured social provider.",
    ),
    "last_account": ("FAILED_TO_UNLINK_LAST_ACCOUNT", "You can't unlink your last account"),
    "no_password": ("CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found"),
    "session_old": ("SESSION_EXPIRED", "Session expired. Re-authenticate to perform this action."),
    "session_not_fresh": ("SESSION_NOT_FRESH", "Session is not fresh"),
    "origin_refused": ("INVALID_ORIGIN", "Invalid origin"),
    "origin_missing": ("MISSING_OR_NULL_ORIGIN", "Missing or null Origin"),
    "invalid_json": ("BAD_REQUEST", "Invalid JSON in request body"),
    "internal_error": ("INTERNAL_SERVER_ERROR", "Internal Server Error"),
    "rate_limited": ("TOO_MANY_REQUESTS", "Too many requests. Please try again later."),
}
SOCIAL_CODES = {**CODES, "not_found": ("PROVIDER_NOT_FOUND", "Provider not found")}
# A link about a password that is over is told no different from one that never was.
RESET_CODES = {**CODES, "link_expired": CODES["link_invalid"]}
SESSION_CODES = {
    **CODES,
    "method_not_allowed": (
        "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED",
        "POST method requires deferSessionRefresh to be enabled in session config",
    ),
}
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
    ("current_password", "string_too_long"): ("PASSWORD_TOO_LONG", "Password too long"),
    # It was read without a complaint, and is wrong.
    ("current_password", None): ("INVALID_PASSWORD", "Invalid password"),
    ("password", None): ("INVALID_PASSWORD", "Invalid password"),
}
"""What has a code of its own, where nothing else is wrong: a field, and what is wrong with it."""
SIGN_IN: _Codes = {("email", "rejected"): ("INVALID_EMAIL", "Invalid email")}
_NO_TOKEN = ("INVALID_TOKEN", "Invalid token")
RESET: _Codes = {("token", "missing"): _NO_TOKEN, ("token", "string_too_short"): _NO_TOKEN}
_SCHEMA: Json = {
    "type": "object",
    "properties": {"message": {"type": "string"}, "code": {"type": "string"}},
    "required": ["message"],
    "additionalProperties": False,
}


def errors_of(
    more: _Codes | None = None,
    codes: Mapping[str, tuple[str | None, str]] = CODES,
    *,
    place: str = "body",
    **statuses: int,
) -> ErrorStyle:
    """`place` is where the fields of the input come from, `more` what is wrong with them that has a code here alone."""
    # In this order where several are wrong.
    known = {**(more or {}), **_FIELDS}

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
        wrong = {(field, error.reasons.get(field)) for field in fields}
        if wrong and wrong <= known.keys():
            return next(told for mistake, told in known.items() if mistake in wrong)
        return "VALIDATION_ERROR", "; ".join(
            f"{spell(field)} {error.fields[field]}" for field in fields
        ) or error.message
    return codes.get(error.kind.name) or (error.code.upper(), error.message)


def sent_on(codes: Mapping[str, tuple[str | None, str]]) -> Callable[[DomainError, WireContext], Reply | None]:
    """A browser that opened a bad link is sent on, with the code in the query; one with a link about a password that
    names no page, to a page of ours.
    """

    def reply(error: DomainError, context: WireContext) -> Reply | None:
        callback = dict(context.query).get("callbackURL")
        if callback == "" and codes is RESET_CODES:
            callback = context.address(f"/api{ERROR_PAGE}")
        if error.kind.name not in {"link_invalid", "link_expired"} or not callback:
            return None
        code, _ = codes[error.kind.name]
        return Reply(302, headers={"Location": with_error(callback, str(code))}, has_body=False)

    return reply
