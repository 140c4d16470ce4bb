"""The kinds of text and numbers that inputs are made of, with the rules of CONTRACT.md ("Validation").

Lengths count code points, after trimming. Messages are sentences a form can show under its field.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationInfo,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from devkit.effects import parse_instant
from devkit.origins import origin_of

PAGE_MAX = 100
PAGE_NUMBER_MAX = 2**63 - 1
"""The largest integer that SQLite and every JSON writer know."""
TITLE_MAX = 200
DESCRIPTION_MAX = 1000
NAME_MAX = 50
USERNAME_MAX = 150
PASSWORD_MIN = 8
PASSWORD_MAX = 1024
"""Argon2 would take more; a bound keeps a hostile megabyte from being hashed."""


def rejected(message: str) -> PydanticCustomError:
    """The error of a validator of ours; `message` is shown as it is."""
    # The text goes in through the context, because the template itself is a format string.
    return PydanticCustomError("rejected", "{message}", {"message": message})


class _NoNul:
    """For a text that holds no NUL, which SQLite would end it at; documents say so by a pattern."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": "^[^\\u0000]*$"}

    @staticmethod
    def _checked(text: str) -> str:
        if "\x00" in text:
            raise rejected("Must not contain a NUL character")
        return text


NO_NUL = _NoNul()


def _both_names(text: str) -> str:
    first, _, last = text.partition(" ")
    if max(len(first), len(last.strip())) > NAME_MAX:
        raise rejected(f"First and last name must be at most {NAME_MAX} characters each")
    return text


def _username(text: str) -> str:
    # An @ would make it look like an address, which is the other thing to sign in with.
    if not re.fullmatch(r"[\w.+-]+", text):
        raise rejected("May have letters, digits and . _ + - only")
    return text


def _email(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        # test_environment: ".test" is a valid name (RFC 6761) that test suites live on; no DNS is asked.
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise rejected("Must be a valid email address") from None


def _return_address(text: str, info: ValidationInfo) -> str:
    if isinstance(info.context, dict) and info.context.get("own_paths"):
        # Then the service looks at it as a whole.
        return text
    if origin_of(text) is None:
        raise rejected("Must be a plain http or https address")
    if "#" in text:
        # RFC 6749, section 3.1.2: answers are put behind it.
        raise rejected("Must have no fragment")
    return text


def _instant(value: object) -> object:
    if not isinstance(value, str):
        raise rejected("Must be a date and time such as 2026-01-20T10:00:00.000Z")
    try:
        return parse_instant(value.strip())
    except ValueError:
        raise rejected("Must be a date and time with an offset, such as 2026-01-20T10:00:00.000Z") from None


def _within_own_limit(value: str, info: ValidationInfo) -> str:
    limit = info.context.get("password_max") if isinstance(info.context, dict) else None
    if limit is not None and len(value) > limit:
        raise PydanticKnownError("string_too_long", {"max_length": limit})
    return value


def _address_where_told(value: str, info: ValidationInfo) -> str:
    # As it was given: only whether it could be an address is asked.
    if isinstance(info.context, dict) and info.context.get("addresses_only"):
        _email(value)
    return value


def _repeats_password(value: str, info: ValidationInfo) -> str:
    # The raw password, not the validated one: a password that is too short must not hide that the two differ.
    if isinstance(info.context, dict) and value != info.context.get("password"):
        raise rejected("Must match the password")
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True), NO_NUL]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=NAME_MAX), NO_NUL]
FullName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2 * NAME_MAX + 1),
    NO_NUL,
    AfterValidator(_both_names),
]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    AfterValidator(_email),
    Field(json_schema_extra={"format": "email"}),
]
OWN_LIMIT = "x-devkit-own-limit"
"""Marks, in its JSON schema, a text whose greatest length a row may set (`password_max` of `Row.gives`)."""
_OwnLimit = Field(json_schema_extra={OWN_LIMIT: True})
NewPassword = Annotated[
    str,
    StringConstraints(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX),
    NO_NUL,
    AfterValidator(_within_own_limit),
    _OwnLimit,
]
RepeatedPassword = Annotated[str, AfterValidator(_repeats_password)]
Username = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=USERNAME_MAX),
    NO_NUL,
    AfterValidator(_username),
]
GivenEmail = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1024),
    NO_NUL,
    AfterValidator(_address_where_told),
]
"""An address to look up: one that is no address at all is merely unknown."""
GivenPassword = Annotated[
    str, StringConstraints(min_length=1, max_length=PASSWORD_MAX), AfterValidator(_within_own_limit), _OwnLimit
]
GivenToken = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)]
GivenAddress = Annotated[str, StringConstraints(max_length=2048), NO_NUL]
"""An address to be sent to afterwards: a URL, or a path on the site itself."""
PictureAddress = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2048), NO_NUL]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), NO_NUL]
ProviderName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)]
ReturnAddress = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_return_address),
    Field(json_schema_extra={"format": "uri"}),
]
"""Where a browser is sent; whether that is an origin of ours is the service's to say."""
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_MAX), NO_NUL]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=DESCRIPTION_MAX), NO_NUL]
InstantInput = Annotated[
    int, BeforeValidator(_instant, json_schema_input_type=str), Field(json_schema_extra={"format": "date-time"})
]
PageNumber = Annotated[int, Field(ge=1, le=PAGE_NUMBER_MAX)]
PageSize = Annotated[int, Field(ge=1, le=PAGE_MAX)]


OF_DIALECT = "x-devkit-of-dialect"
"""Marks, in its JSON schema, a field that rows of dialects set (`Row.gives`), and clients only in those rows that take
it (`Row.takes`).
"""

OfDialect = Field(json_schema_extra={OF_DIALECT: True})


def is_of_dialect(info: FieldInfo) -> bool:
    """Whether that field of an input is set by rows, and by clients only where a row takes it."""
    return isinstance(info.json_schema_extra, dict) and bool(info.json_schema_extra.get(OF_DIALECT))


def _empty_is_none(value: Any) -> Any:
    return None if value == "" else value


Filter = BeforeValidator(_empty_is_none)
"""Marks a parameter of a query or a form for which an empty value means that it was not given."""

TaskSort = Literal[
    "id", "-id", "created_at", "-created_at", "updated_at", "-updated_at", "due_date", "-due_date",
    "title", "-title", "priority", "-priority", "completed", "-completed",
]  # fmt: skip
