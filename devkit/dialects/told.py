"""From what a request brought to what an operation is told, where a `Shape` says what that may be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from devkit.contract.errors import DomainError
from devkit.contract.shapes import Body, Parameter, Place, Shape, Told
from devkit.dialects.encodings import read_form, ways_of
from devkit.dialects.pairs import joined
from devkit.dialects.raw import Payload, RawRequest, SentFile
from devkit.dialects.styles import ABSENT, Unreadable, Written
from devkit.schemas import wording
from devkit.schemas.base import Json
from devkit.schemas.checking import Checker
from devkit.schemas.filling import filled
from devkit.schemas.problems import Path, dotted
from devkit.schemas.sayable import sayable, walk
from devkit.schemas.walking import member_of, names_of

ALWAYS = (
    "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "idempotency-key", "prefer", "accept",
)  # fmt: skip
"""Headers that are told whether a shape names them or not."""
_NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
"""What OpenAPI has elsewhere: a parameter of that name is ignored (3.1, "Parameter Object", `name`)."""

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_FORMS = frozenset({FORM, MULTIPART})
_SHOWN = 100
"""Characters of a client's own words that a message repeats."""
_FILE_SHOWN = 64 * 1024
"""Characters of the text that stands for a file while it is checked."""


def read_told(shape: Shape, raw: RawRequest, checker: Checker, *, partial: bool = False) -> Told:
    """What the operation is told. `checker` is one of requests: it omits what is `readOnly`. With `partial`, the body
    says what changes (RFC 7396): what is not in it is left as it is, and has no default.

    Raises DomainError `validation_error`, its fields as the client spells them, or `unsupported_media_type`.
    """
    mistakes = _Mistakes()
    values: dict[Place, dict[str, Json]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
    values["header"] = {name: raw.headers[name] for name in ALWAYS if name in raw.headers}
    for parameter in shape.parameters:
        if parameter.place == "header" and parameter.name.lower() in _NOT_PARAMETERS:
            continue
        value = _parameter(parameter, raw, checker, mistakes)
        if value is not ABSENT:
            name = parameter.name.lower() if parameter.place == "header" else parameter.name
            values[parameter.place][name] = value
    body, media_type = None, ""
    if shape.body is not None:
        body, media_type = _body(shape.body, raw.payload, checker, mistakes, partial=partial)
    mistakes.tell()
    return Told(
        path=values["path"],
        query=values["query"],
        headers=values["header"],
        cookies=values["cookie"],
        body=body,
        media_type=media_type,
    )


def media_of(body: Body, media_type: str) -> str:
    """Which of the body's media types, or ranges of them, is meant; parameters do not count.

    Raises DomainError `unsupported_media_type`.
    """
    given = media_type.partition(";")[0].strip().lower()
    if given in body.media:
        return given
    known = sorted(body.media, key=lambda name: name.count("*"))
    for name in known:
        pattern = re.escape(name.partition(";")[0].strip().lower()).replace(r"\*", "[^/]*")
        if re.fullmatch(pattern, given):
            return name
    wanted = " or ".join(body.media)
    told = f"The body is {given[:_SHOWN]}: send it as {wanted}" if given else f"Send the body as {wanted}"
    raise DomainError("unsupported_media_type", told)


class _Mistakes:
    """All that is wrong with a request."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}
        self._reasons: dict[str, str] = {}

    def add(self, field: str, message: str, reason: str) -> None:
        if field not in self._fields:
            self._fields[field], self._reasons[field] = message, reason

    def tell(self) -> None:
        """Raises DomainError where there is any."""
        if self._fields:
            raise DomainError("validation_error", fields=self._fields, reasons=self._reasons)


def _parameter(parameter: Parameter, raw: RawRequest, checker: Checker, mistakes: _Mistakes) -> Json:
    written = checker.remembered(parameter, Written.of)
    try:
        value = written.read(raw, checker)
    except Unreadable as error:
        mistakes.add(parameter.name, str(error), "value_error")
        return ABSENT
    if value is ABSENT:
        if written.has_default:
            return deepcopy(written.default)
        if parameter.required:
            mistakes.add(parameter.name, *wording.missing())
        return ABSENT
    value, odd = sayable(value)
    problems = odd or checker.problems(parameter.schema, value)
    for problem in problems:
        mistakes.add(written.spelled(problem.path), problem.message, problem.reason)
    return ABSENT if problems else filled(value, parameter.schema, checker)


def _body(
    body: Body, payload: Payload | None, checker: Checker, mistakes: _Mistakes, *, partial: bool
) -> tuple[Json, str]:
    """The value of the body, and its media type."""
    if payload is None:
        if body.required:
            mistakes.add("body", *wording.missing())
        return None, ""
    known = media_of(body, payload.media_type)
    schema = body.media[known]
    media_type = payload.media_type.partition(";")[0].strip().lower()
    if isinstance(payload.value, bytes):
        return payload.value, media_type
    value: Json = payload.value
    is_form = media_type in _FORMS
    if is_form:
        ways = checker.remembered(body, ways_of).get(known, {})
        value, unread = read_form(value, schema, checker, ways)
        for name, why in unread:
            mistakes.add(name[:_SHOWN], why, "value_error")
    value, odd = sayable(value)
    if odd:
        value, odd = sayable(_without_unknown(value, schema, checker, [problem.path for problem in odd]))
    problems = odd or checker.problems(schema, _checked(value) if is_form else value)
    for problem in problems:
        mistakes.add(_field(problem.path, is_form=is_form), problem.message, problem.reason)
    if problems:
        return None, media_type
    value = filled(value, schema, checker, defaults=not partial)
    return _plain(value) if is_form else value, media_type


def _without_unknown(value: Json, schema: Json, checker: Checker, odd: Sequence[Path]) -> Json:
    """The body with null, as JavaScript has it, for members that its schema says nothing of, where what they hold could
    not be said again: they count for nothing, and are no reason to refuse it.
    """
    if not isinstance(value, Mapping) or not names_of(schema, checker.components):
        return value
    unknown = {path[0] for path in odd if path and not member_of(schema, checker.components, str(path[0]))}
    return {name: None if name in unknown else one for name, one in value.items()}


def _field(path: Path, *, is_form: bool) -> str:
    return (joined(path) if is_form else dotted(path))[:_SHOWN] or "body"


def _checked(value: Json) -> Json:
    """The value, with a text as long as the file is in the place of each file."""
    if isinstance(value, SentFile):
        return " " * min(value.size, _FILE_SHOWN)
    return value if not any(isinstance(one, SentFile) for _, one in walk(value)) else _mapped(value, _checked)


def _plain(value: Json) -> Json:
    """The value, with what is known of a file in the place of each file."""
    if isinstance(value, SentFile):
        return {"filename": value.filename, "content_type": value.content_type, "size": value.size}
    return value if not any(isinstance(one, SentFile) for _, one in walk(value)) else _mapped(value, _plain)


def _mapped(value: Json, change: Any) -> Json:
    if isinstance(value, Mapping):
        return {name: change(one) for name, one in value.items()}
    return [change(one) for one in value] if isinstance(value, list) else value
