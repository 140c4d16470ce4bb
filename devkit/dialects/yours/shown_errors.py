"""Errors as a document shows them: of its examples the one that is about what went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote

from devkit.contract.errors import DomainError
from devkit.contract.shapes import Body, Outcome, is_json
from devkit.dialects.base import ErrorContext, ErrorStyle, NameOf
from devkit.dialects.spelling import Json

_ELSE: Mapping[str, Sequence[int]] = {
    "validation_error": (400, 422),
    "invalid_json": (400, 422),
    "invalid_credentials": (401, 400, 403, 422),
    "unauthorized": (401, 403),
    "token_invalid": (401, 403),
    "token_expired": (401, 403),
    "token_revoked": (401, 403),
    "email_taken": (409, 422, 400),
    "username_taken": (409, 422, 400),
    "conflict": (409, 422, 400),
    "forbidden": (403, 401),
}
"""What statuses backends give for an error, the likeliest first."""
_SAID = re.compile(r"\{(path\.\w+)\}")
_WORD = re.compile(r"[a-z]{4,}")
_MISSING = re.compile(r"\b(?:required|missing|blank|empty|needs|must have)\b")


def shown(style: ErrorStyle, outcomes: Sequence[Outcome], body: Body | None, path: str) -> ErrorStyle:
    """The style, but with an operation's examples for its errors, at the statuses that it has them for. `body` is what
    it is told; `{path.id}` in an example is what its `path` says there.
    """
    examples = {int(one.status): [*_examples(one)] for one in outcomes if one.status.isdigit() and one.status >= "400"}
    examples = {status: found for status, found in examples.items() if found}
    if not examples:
        return style
    statuses = dict(style.statuses)
    for name, wanted in _ELSE.items():
        usual = statuses.get(name, wanted[0])
        if usual not in examples and (other := next((one for one in wanted if one in examples), None)):
            statuses[name] = other
    style, fields = replace(style, statuses=statuses), frozenset(_fields(body))

    def told(error: DomainError, context: ErrorContext, name_of: NameOf) -> Json:
        found = examples.get(style.status_of(error))
        if found is None:
            return style.body(error, context, name_of)
        about = {_last(name_of(name)) for name in error.fields}
        is_missing = bool(error.fields) and all("required" in text.lower() for text in error.fields.values())
        best = max(found, key=lambda example: _fit(example, about, fields, error.message, is_missing))
        return _with(best, _values(path, context.path))

    return replace(style, body=told, schema={})


def _fit(
    example: Json, about: set[str], fields: frozenset[str], message: str, is_missing: bool
) -> tuple[int, bool, int]:
    """How well an example tells an error: it names the fields in question and no others, and says that they are missing
    where they are.
    """
    text = str(example).lower()
    named = _words(example) | {name for name in fields if re.search(rf"\b{re.escape(name)}\b", str(example))}
    right = len(about & named) * 2 - len((fields & named) - about)
    shared = {*_WORD.findall(text)} & {*_WORD.findall(message.lower())}
    return right, bool(_MISSING.search(text)) is is_missing, len(shared)


def _values(template: str, path: str) -> Mapping[str, str]:
    """What a path says at the parameters of its template, by `path.` and their names; both end alike."""
    pairs = zip(reversed(template.split("/")), reversed(path.split("/")), strict=False)
    return {f"path.{name[1:-1]}": unquote(value) for name, value in pairs if name.startswith("{")}


def _with(value: Json, said: Mapping[str, str]) -> Json:
    if isinstance(value, Mapping):
        return {name: _with(inner, said) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with(inner, said) for inner in value]
    return _SAID.sub(lambda found: said.get(found[1], found[0]), value) if isinstance(value, str) else value


def _words(value: Json) -> set[str]:
    """The names in a value, and its texts where they may be names."""
    if isinstance(value, Mapping):
        return {str(name) for name in value} | {word for inner in value.values() for word in _words(inner)}
    if isinstance(value, list):
        return {word for inner in value for word in _words(inner)}
    return {value, _last(value)} if isinstance(value, str) and len(value) < 64 else set()


def _last(name: str) -> str:
    return re.split(r"[./]", re.sub(r"\[\d*\]", "", name))[-1]


def _examples(outcome: Outcome) -> Iterator[Json]:
    for media_type, examples in outcome.body.examples.items() if outcome.body else ():
        if is_json(media_type):
            yield from examples.values()


def _fields(body: Body | None) -> Iterator[str]:
    """The names of what is told, and of what is in that."""
    for schema in body.media.values() if body else ():
        properties = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
        for name, inner in properties.items():
            yield name
            yield from inner.get("properties", {}) if isinstance(inner, Mapping) else ()
