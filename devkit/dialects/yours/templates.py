"""Errors as a user's own template has them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from devkit.blueprint.base import ERROR_WORDS
from devkit.contract.errors import DomainError
from devkit.dialects.base import ErrorContext, ErrorStyle, NameOf
from devkit.dialects.spelling import Json
from devkit.effects import isoformat

_WORD = re.compile(r"{(\w+)}")

_SCHEMAS: Mapping[str, Json] = {
    "status": {"type": "integer"},
    "fields": {"type": "object", "additionalProperties": {"type": "string"}},
    "errors": {"type": "array", "items": {"type": "object"}},
}
"""What a word alone becomes, where that is no text."""


def templated(template: Json, statuses: Mapping[str, int]) -> ErrorStyle:
    """Errors with the template filled in: a member that holds nothing but `{fields}` or `{errors}` is left out where no
    field is wrong. `statuses` are those of an `ErrorStyle`.
    """
    style: ErrorStyle

    def body(error: DomainError, context: ErrorContext, name_of: NameOf) -> Json:
        fields = {name_of(name): message for name, message in error.fields.items()}
        values: dict[str, Json] = {
            "code": error.code,
            "message": error.message,
            "status": style.status_of(error),
            "fields": fields,
            "errors": [{"field": name, "message": message} for name, message in fields.items()],
            "request_id": context.request_id,
            "timestamp": isoformat(context.at),
        }
        return _filled(template, values)

    style = ErrorStyle(body=body, schema=_schema(template), statuses=statuses)
    return style


def _alone(template: Json) -> str:
    """The word that a text of a template is, if it is nothing else."""
    found = _WORD.fullmatch(template) if isinstance(template, str) else None
    return found[1] if found and found[1] in ERROR_WORDS else ""


def _filled(template: Json, values: Mapping[str, Json]) -> Json:
    if isinstance(template, Mapping):
        return {
            name: _filled(part, values)
            for name, part in template.items()
            if values["fields"] or _alone(part) not in {"fields", "errors"}
        }
    if isinstance(template, list):
        return [_filled(part, values) for part in template]
    if not isinstance(template, str):
        return template
    if word := _alone(template):
        return values[word]
    return _WORD.sub(lambda found: str(values[found[1]]) if found[1] in ERROR_WORDS else found[0], template)


def _schema(template: Json) -> Json:
    if isinstance(template, Mapping):
        needed = [name for name, part in template.items() if _alone(part) not in {"fields", "errors"}]
        properties = {name: _schema(part) for name, part in template.items()}
        return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}
    if isinstance(template, list):
        return {"type": "array", "items": {"anyOf": [_schema(part) for part in template]} if template else {}}
    if not isinstance(template, str):
        return {"const": template}
    return _SCHEMAS.get(_alone(template), {"type": "string"})
