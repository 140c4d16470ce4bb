"""The ways an operation can fail, as the contract names them.

A `DomainError` carries a stable code and a human sentence; it knows no status, header or body: the dialects render it
(`devkit.dialects.base`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from devkit.records import dataclass
from devkit.registry import Registry


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One way to fail. `status` is what HTTP calls it where a dialect does not say otherwise (RFC 9110).

    `name` is what our own code says. `code` is the machine code a client reads: the same, but for links, whose states
    the contract reports with the tokens' codes and other statuses (CONTRACT.md, "Where rows meet"). `about` is the part
    of a request without which it makes no sense: whoever asks for a status alone does not mean this error.
    """

    name: str
    status: int
    message: str
    wire_code: str | None = None
    about: str | None = None

    @property
    def code(self) -> str:
        return self.wire_code or self.name


ERRORS: Registry[ErrorKind] = Registry(
    "error",
    [
        ErrorKind("validation_error", 400, "Validation failed", about="fields"),
        ErrorKind("invalid_json", 400, "The body is not valid JSON", about="body"),
        ErrorKind("bad_request", 400, "The request cannot be understood"),
        ErrorKind("context_length_exceeded", 400, "The prompt is longer than the model can read", about="prompt"),
        ErrorKind("unauthorized", 401, "Authentication required"),
        ErrorKind("token_invalid", 401, "The token is not valid"),
        ErrorKind("token_expired", 401, "The token has expired"),
        ErrorKind("token_revoked", 401, "The token has been revoked"),
        ErrorKind("invalid_credentials", 401, "Invalid credentials"),
        ErrorKind("link_invalid", 400, "The link is not valid, or was used before", "token_invalid"),
        ErrorKind("link_expired", 410, "The link has expired", "token_expired"),
        ErrorKind("state_invalid", 400, "The state is not one that was given out here"),
        ErrorKind("code_invalid", 400, "The code is not one that was given out here"),
        ErrorKind("email_missing", 400, "The provider tells no email address"),
        ErrorKind("account_unknown", 400, "There is no such account among the user's"),
        ErrorKind("account_without_provider", 400, "This account is no provider's"),
        ErrorKind("last_account", 400, "Without it the user could not sign in any more"),
        ErrorKind("no_password", 400, "The user has no password"),
        ErrorKind("session_old", 400, "The session is too old for this; sign in again"),
        ErrorKind("already_verified", 400, "The address is verified already"),
        ErrorKind("not_own_address", 400, "This is not the address of whoever is signed in"),
        ErrorKind("email_fixed", 400, "The address cannot be changed in this way", about="email"),
        ErrorKind("email_unchanged", 400, "This is the address already", about="email"),
        ErrorKind("nothing_to_change", 400, "Nothing was given that could be changed", about="fields"),
        ErrorKind("email_not_verified", 403, "Email not verified"),
        ErrorKind("access_denied", 403, "The user did not consent"),
        ErrorKind("forbidden", 403, "You may not do this"),
        ErrorKind("session_not_fresh", 403, "The session is too old for this; sign in again"),
        ErrorKind("login_by_navigation", 403, "A foreign page may not send a browser here to sign in"),
        ErrorKind("origin_missing", 403, "The request does not say which origin it comes from"),
        ErrorKind("origin_refused", 403, "Requests from this origin are not allowed"),
        ErrorKind("redirect_refused", 403, "This is no address to be sent to", about="redirect_uri"),
        ErrorKind("not_found", 404, "Not found"),
        ErrorKind("method_not_allowed", 405, "Method not allowed"),
        ErrorKind("request_timeout", 408, "The request did not arrive in time"),
        ErrorKind("conflict", 409, "Conflict"),
        ErrorKind("email_taken", 409, "Email already in use"),
        ErrorKind("username_taken", 409, "Username already in use"),
        ErrorKind("model_not_running", 409, "The model is not running"),
        ErrorKind("account_not_linked", 409, "There is an account with this address; sign in to it another way"),
        ErrorKind("account_not_linkable", 409, "Its address is not verified there, or the user has signed out"),
        ErrorKind("email_differs", 409, "The account has another address than the user"),
        ErrorKind("account_taken", 409, "The account is linked to another user"),
        ErrorKind("precondition_failed", 412, "The version named in If-Match is not the current one"),
        ErrorKind("payload_too_large", 413, "The body is too large"),
        ErrorKind("uri_too_long", 414, "The address is too long"),
        ErrorKind("unsupported_media_type", 415, "Unsupported media type"),
        ErrorKind("range_not_satisfiable", 416, "The range lies outside the content"),
        ErrorKind("misdirected_request", 421, "This is kept by another server"),
        ErrorKind(
            "idempotency_key_reused", 422, "This Idempotency-Key was used with another body", about="idempotency_key"
        ),
        ErrorKind("upgrade_required", 426, "This address speaks another protocol"),
        ErrorKind("rate_limited", 429, "Too many requests"),
        ErrorKind("headers_too_large", 431, "The request's headers are too large"),
        ErrorKind("internal_error", 500, "Internal server error"),
        ErrorKind("provider_error", 502, "The provider could not sign the user in"),
        ErrorKind("service_unavailable", 503, "The service is unavailable"),
        ErrorKind("http_version_not_supported", 505, "HTTP/1.1 is spoken here"),
        ErrorKind("insufficient_storage", 507, "The server has no room left to store this"),
    ],
    key=lambda kind: kind.name,
)


_NEUTRAL = {
    ERRORS[name].status: ERRORS[name]
    for name in (
        "bad_request", "unauthorized", "forbidden", "not_found", "method_not_allowed", "request_timeout", "conflict",
        "payload_too_large", "uri_too_long", "unsupported_media_type", "range_not_satisfiable", "rate_limited",
        "headers_too_large", "internal_error", "service_unavailable", "insufficient_storage",
    )
} | {
    410: ErrorKind("gone", 410, "This is not there any more"),
    412: ErrorKind("precondition_failed", 412, "A precondition of the request is not met"),
    422: ErrorKind("unprocessable_content", 422, "The request is understood, and cannot be carried out"),
    502: ErrorKind("bad_gateway", 502, "A server behind this one gave no usable answer"),
    504: ErrorKind("gateway_timeout", 504, "A server behind this one gave no answer in time"),
}  # fmt: skip
"""What a status is called where nothing says what it is about (RFC 9110, section 15)."""


def neutral(status: int) -> ErrorKind:
    """The error that says of a status no more than the status itself does."""
    found = _NEUTRAL.get(status)
    if found is None:
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            return ErrorKind(f"http_{status}", status, f"Error {status}")
        name = "_".join("".join(letter for letter in phrase.lower() if letter.isalpha() or letter in " -").split())
        found = ErrorKind(name.replace("-", "_"), status, phrase.capitalize())
    return found


class DomainError(Exception):
    """An operation failed in a way the contract names.

    `fields` maps the contract's field names to messages (every bad field, not just the first), `reasons` to what kind
    of mistake each is, as pydantic calls it, where it was found by reading the input. `retry_after` is in seconds.
    `allow` names the methods of a path where the method was wrong. `return_to` is
    the address of the frontend that a person, who cannot read errors as a client does, is sent back to. `status` is set
    where just this one is wanted, whatever a dialect answers such an error with.
    """

    def __init__(
        self,
        name: str,
        message: str | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        reasons: Mapping[str, str] | None = None,
        retry_after: int | None = None,
        allow: tuple[str, ...] = (),
        return_to: str | None = None,
    ) -> None:
        self.kind = ERRORS[name]
        self.message = message or self.kind.message
        super().__init__(f"{name}: {self.message}")
        self.fields = dict(fields or {})
        self.reasons = dict(reasons or {})
        self.retry_after = retry_after
        self.allow = allow
        self.return_to = return_to
        self.status: int | None = None

    @property
    def code(self) -> str:
        return self.kind.code

    @classmethod
    def injected(cls, status: int, code: str | None = None, message: str | None = None, **more: Any) -> DomainError:
        """An error that no service raised: any status, with the code given, or with a name that says no more."""
        kind = neutral(status)
        if code is not None:
            kind = ERRORS[code] if code in ERRORS else ErrorKind(code, status, kind.message)
        error = cls("internal_error", message or kind.message, **more)
        error.kind, error.status = replace(kind, status=status), status
        return error


def invalid(**fields: str) -> DomainError:
    """A validation error on the named fields."""
    return DomainError("validation_error", fields=fields)
