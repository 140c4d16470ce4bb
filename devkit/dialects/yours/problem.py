"""Errors as RFC 9457 has them: `application/problem+json`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from devkit.contract.errors import DomainError
from devkit.dialects.base import ErrorContext, ErrorStyle, NameOf
from devkit.dialects.spelling import Json

_STEP = re.compile(r"[^.\[\]]+")
PROBLEM_JSON = "application/problem+json"


_TEXT: Json = {"type": "string"}
_SCHEMA: Json = {
    "type": "object",
    "properties": {
        "type": {**_TEXT, "format": "uri-reference"},
        "title": _TEXT,
        "status": {"type": "integer", "minimum": 100, "maximum": 599},
        "detail": _TEXT,
        "instance": {**_TEXT, "format": "uri-reference"},
        "code": {**_TEXT, "description": "The machine code"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": _TEXT, "detail": _TEXT},
                "required": ["pointer", "detail"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code"],
    "additionalProperties": False,
}


def pointer_to(field: str) -> str:
    """The JSON Pointer (RFC 6901, section 6: as a fragment) to a field such as `items[0].title`."""
    return "#" + "".join(f"/{step}" for step in _STEP.findall(field))


def problem(statuses: Mapping[str, int]) -> ErrorStyle:
    """Problem details; `statuses` are those of an `ErrorStyle`."""
    style: ErrorStyle

    def body(error: DomainError, context: ErrorContext, name_of: NameOf) -> Json:
        """`{type, title, status, detail, instance, code, errors?}`, with `errors` as the example of section 3 has them:
        `{pointer, detail}`.
        """
        status = style.status_of(error)
        try:
            title = HTTPStatus(status).phrase
        except ValueError:
            title = f"Error {status}"
        found: dict[str, Any] = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": error.message,
            "instance": f"urn:uuid:{context.request_id}",
            "code": error.code,
        }
        if error.fields:
            found["errors"] = [
                {"pointer": pointer_to(name_of(name)), "detail": message} for name, message in error.fields.items()
            ]
        return found

    style = ErrorStyle(body=body, schema=_SCHEMA, statuses=statuses, media_type=PROBLEM_JSON)
    return style
