"""From raw fields to an operation's input: every bad field at once, each with a sentence a form can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from devkit.contract.errors import DomainError
from devkit.contract.operations import Input

I = TypeVar("I", bound=Input)  # noqa: E741 - the usual letter for an input's type

_SENTENCES = {
    "missing": "Required",
    "string_type": "Must be a text",
    "string_unicode": "Must not contain half of a surrogate pair",
    "string_too_short": "Must be at least {min_length} characters",
    "string_too_long": "Must be at most {max_length} characters",
    "bool_type": "Must be true or false",
    "bool_parsing": "Must be true or false",
    "int_type": "Must be a whole number",
    "int_parsing": "Must be a whole number",
    "int_parsing_size": "Must be a whole number of a sensible size",
    "float_type": "Must be a number",
    "float_parsing": "Must be a number",
    "finite_number": "Must be a number",
    "too_short": "Must have at least {min_length}",
    "too_long": "Must have at most {max_length}",
    "model_type": "Must be an object",
    "int_from_float": "Must be a whole number",
    "greater_than_equal": "Must be at least {ge}",
    "less_than_equal": "Must be at most {le}",
    "literal_error": "Must be one of: {expected}",
    "dict_type": "Must be an object",
    "list_type": "Must be a list",
}


def validate(model: type[I], raw: Mapping[str, Any], *, strict: bool) -> I:
    """`raw` as an input of that model. Raises DomainError `validation_error` with every bad field.

    `strict` is for JSON, where a number is a number; query strings are all text and are read leniently.
    """
    try:
        return model.model_validate(dict(raw), strict=strict, context=raw)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        reasons = {str(detail["loc"][0]): detail["type"] for detail in reversed(details) if detail["loc"]}
        raise DomainError("validation_error", fields=_by_field(details), reasons=reasons) from None


def _by_field(details: list[ErrorDetails]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for detail in details:
        name = str(detail["loc"][0]) if detail["loc"] else "body"
        # Within a list, where in it: `0.content: Required`.
        inside = ".".join(map(str, detail["loc"][1:]))
        sentence = _sentence(detail)
        fields.setdefault(name, f"{inside}: {sentence}" if inside else sentence)
    return fields


def _sentence(detail: ErrorDetails) -> str:
    # A bound of 2.0 is one of 2 to whoever fills in a form.
    context = {
        key: int(value) if isinstance(value, float) and value.is_integer() else value
        for key, value in detail.get("ctx", {}).items()
    }
    if detail["type"] == "rejected":
        return str(context["message"])
    if detail["type"] == "string_too_short" and context.get("min_length") == 1:
        return "Required"
    template = _SENTENCES.get(detail["type"])
    if template is None:
        return detail["msg"]
    if detail["type"] == "literal_error":
        return template.format(expected=str(context["expected"]).replace("'", "").replace(" or ", ", "))
    return template.format(**context)
