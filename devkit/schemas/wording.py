"""What is wrong with a value, as a sentence that a form can show beside the field, and as a word for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from devkit.schemas.base import Json

_SHOWN = 60
"""Characters of a schema's own words that are shown."""
_MANY = 12
"""Alternatives that are listed."""

TYPES: Mapping[str, tuple[str, str]] = {
    "string": ("a text", "string_type"),
    "integer": ("a whole number", "int_type"),
    "number": ("a number", "float_type"),
    "boolean": ("true or false", "bool_type"),
    "array": ("a list", "list_type"),
    "object": ("an object", "dict_type"),
    "null": ("null", "none_required"),
}
_FORMATS: Mapping[str, tuple[str, str]] = {
    "email": ("a valid email address", "value_error"),
    "idn-email": ("a valid email address", "value_error"),
    "date-time": ("a date and time with an offset, such as 2026-01-20T10:00:00.000Z", "datetime_parsing"),
    "date": ("a date such as 2026-01-20", "date_parsing"),
    "time": ("a time with an offset, such as 10:00:00Z", "time_parsing"),
    "duration": ("a duration such as P1DT12H", "time_delta_parsing"),
    "uuid": ("a UUID", "uuid_parsing"),
    "uri": ("an absolute address such as https://example.com/", "url_parsing"),
    "iri": ("an absolute address such as https://example.com/", "url_parsing"),
    "uri-reference": ("an address", "url_parsing"),
    "iri-reference": ("an address", "url_parsing"),
    "uri-template": ("a template of an address", "url_parsing"),
    "hostname": ("a host name", "value_error"),
    "idn-hostname": ("a host name", "value_error"),
    "ipv4": ("an IPv4 address", "ip_v4_address"),
    "ipv6": ("an IPv6 address", "ip_v6_address"),
    "json-pointer": ("a JSON pointer", "value_error"),
    "relative-json-pointer": ("a relative JSON pointer", "value_error"),
    "regex": ("a regular expression", "value_error"),
    "byte": ("Base64", "value_error"),
}


def missing() -> tuple[str, str]:
    return "Required", "missing"


def wrong_types(names: Iterable[str]) -> tuple[str, str]:
    """`names` are those of JSON Schema that would be right."""
    ordered = sorted(set(names), key=lambda name: (name == "null", name))
    if not ordered:
        return "Is none of the kinds that it may be", "union_error"
    if "number" in ordered and "integer" in ordered:
        ordered.remove("integer")
    return f"Must be {listed(TYPES[name][0] for name in ordered)}", TYPES[ordered[0]][1]


def told(rule: str, about: Mapping[str, Any], value: Json) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912 - one line each
    """The sentence and the word for a rule of JSON Schema that a value breaks. `about` has the rule's own figures."""
    limit = _number(about.get("limit"))
    match rule:
        case "type":
            return wrong_types(about["types"])
        case "minLength" if about["limit"] == 1 or value == "":
            return "Required", "string_too_short"
        case "minLength":
            return f"Must be at least {limit} characters", "string_too_short"
        case "maxLength":
            return f"Must be at most {limit} characters", "string_too_long"
        case "pattern":
            return f"Must match the pattern {_short(about['pattern'])}", "string_pattern_mismatch"
        case "format":
            sentence, reason = _FORMATS.get(about["format"], (f"of the format {about['format']}", "value_error"))
            return f"Must be {sentence}", reason
        case "minimum":
            return f"Must be at least {limit}", "greater_than_equal"
        case "maximum":
            return f"Must be at most {limit}", "less_than_equal"
        case "exclusiveMinimum":
            return f"Must be more than {limit}", "greater_than"
        case "exclusiveMaximum":
            return f"Must be less than {limit}", "less_than"
        case "multipleOf":
            return f"Must be a multiple of {_number(about['multiple_of'])}", "multiple_of"
        case "enum":
            return f"Must be one of: {listed(map(_word, about['options']), ', ')}", "literal_error"
        case "const":
            return f"Must be {_word(about['expected_value'])}", "literal_error"
        case "minItems" | "minProperties":
            return f"Must have at least {limit}", "too_short"
        case "maxItems" | "maxProperties" | "additionalItems":
            return f"Must have at most {limit}", "too_long"
        case "uniqueItems":
            return "Must not hold anything twice", "not_unique"
        case "contains":
            return "Lacks an item that it must have", "contains"
        case "not":
            return "Is what it must not be", "not_allowed"
        case "oneOf":
            return "Fits more than one of the kinds that it may be", "union_error"
        case "unevaluatedItems":
            return "Has more items than it may have", "too_long"
    return f"Does not fit the schema ({rule})", "value_error"


def unknown() -> tuple[str, str]:
    return "There is no such field", "extra_forbidden"


def forbidden() -> tuple[str, str]:
    return "Must not be given", "not_allowed"


def torn() -> tuple[str, str]:
    return "Must not contain half of a surrogate pair", "string_unicode"


def too_deep() -> tuple[str, str]:
    return "Is nested too deeply", "recursion_loop"


def listed(words: Iterable[str], last: str = " or ") -> str:
    every = list(words)
    shown = every[:_MANY] + (["others"] if len(every) > _MANY else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])}{last}{shown[-1]}"


def _word(value: Json) -> str:
    return _short(value) if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)[:_SHOWN]


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _number(value: Any) -> str:
    """A bound of 2.0 is one of 2 to whoever fills in a form."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)
