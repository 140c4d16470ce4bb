"""The types of faults' parameters: durations, sizes, parts of a whole, as people write them in scenario files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, SerializationInfo, WithJsonSchema

from devkit.contract.fields import rejected
from devkit.effects import isoformat, parse_instant
from devkit.units import parse_duration, parse_signed_duration, parse_size


def _duration(value: object) -> object:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise rejected(str(error)) from None


def _signed_duration(value: object) -> object:
    try:
        return parse_signed_duration(value)
    except ValueError as error:
        raise rejected(str(error)) from None


_CENTURY = 100 * 365 * 86_400_000


def _seconds(value: int) -> int:
    if value % 1000 or not 1000 <= value <= _CENTURY:
        raise rejected("must be whole seconds, one at least and a century at most")
    return value // 1000


def _instant(value: object) -> object:
    try:
        return parse_instant(str(value))
    except ValueError:
        raise rejected(f"{value!r} is not an instant; write it as 2026-01-20T10:00:00Z") from None


def _size(value: object) -> object:
    try:
        return parse_size(value)
    except ValueError as error:
        raise rejected(str(error)) from None


AGAIN = {"again": True}
"""The context to dump a model with that shall be read again: values are then as one writes them, with their units."""


def _as_written(write: Callable[[int], str]) -> PlainSerializer:
    def told(value: int | str, info: SerializationInfo) -> int | str:
        # A text where another kind of value than this one is allowed, too.
        return write(value) if info.context == AGAIN and isinstance(value, int) else value

    return PlainSerializer(told, return_type=int | str, when_used="json")


Duration = Annotated[
    int,
    BeforeValidator(_duration),
    _as_written(lambda value: f"{value}ms"),
    WithJsonSchema({"type": "string", "examples": ["500ms", "2s", "1m30s"], "description": "A number and a unit"}),
]
"""Milliseconds, written as `500ms` or `1m30s`."""

SignedDuration = Annotated[
    int,
    BeforeValidator(_signed_duration),
    _as_written(lambda value: f"{value}ms"),
    WithJsonSchema({"type": "string", "examples": ["-5m", "30s"], "description": "A number and a unit, - before it"}),
]
"""Milliseconds, ahead or (written with a minus) behind: `30s`, `-5m`."""

Seconds = Annotated[
    int,
    BeforeValidator(_duration),
    AfterValidator(_seconds),
    _as_written(lambda value: f"{value}s"),
    WithJsonSchema({"type": "string", "examples": ["30s", "15m"], "description": "Whole seconds, one at least"}),
]
"""Seconds, written as durations are: `15m`."""

At = Annotated[
    int,
    BeforeValidator(_instant),
    _as_written(isoformat),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-20T10:00:00Z"]}),
]
"""An instant, written in ISO 8601 with an offset."""

Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "examples": ["64KiB", "1MB"]}]}),
]
"""Bytes, written as `512` or `64KiB`."""

Fraction = Annotated[float, Field(ge=0, le=1)]
"""A part of a whole: 0 to 1."""

Status = Annotated[int, Field(ge=200, le=599)]
ErrorStatus = Annotated[int, Field(ge=400, le=599)]
