"""What JSON's grammar has and no answer of ours could say again."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence

import orjson

from devkit.schemas import wording
from devkit.schemas.base import Json
from devkit.schemas.problems import Path, Problem

_GREATEST = int(sys.float_info.max)
_DEEPEST = 200
"""Levels of a value: orjson writes 254."""


def sayable(value: Json) -> tuple[Json, Sequence[Problem]]:
    """The value as it can be said again, and what of it cannot be: halves of surrogate pairs, numbers that no double
    holds, and what is nested more deeply than serializers go (RFC 8259, sections 6, 8.2 and 9). Whole numbers beyond 64
    bits become what nearly everybody reads them as, the nearest double.
    """
    try:
        # Infinity, which a JSON text can say as 1e999, is written as null.
        if b"null" not in orjson.dumps(value):
            return value, ()
    except (TypeError, ValueError):
        pass
    problems = list(_unsayable(value))
    return (value, problems) if problems else (_doubled(value), ())


def _unsayable(value: Json) -> Iterator[Problem]:
    for path, one in walk(value):
        if len(path) > _DEEPEST:
            yield Problem(path[:1], *wording.too_deep())
            return
        if isinstance(one, int) and not -_GREATEST <= one <= _GREATEST:
            yield Problem(path, "Must be a whole number of a sensible size", "int_parsing_size")
        elif isinstance(one, float) and not math.isfinite(one):
            yield Problem(path, "Must be a number", "finite_number")
    yield from (Problem(path, *wording.torn()) for path in torn(value))


def _doubled(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {name: _doubled(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_doubled(one) for one in value]
    return float(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value


def walk(value: Json) -> Iterator[tuple[Path, Json]]:
    """Everything in a value, and where it is."""
    waiting: list[tuple[Path, Json]] = [((), value)]
    while waiting:
        path, one = waiting.pop()
        yield path, one
        if isinstance(one, Mapping):
            waiting.extend(((*path, name), inside) for name, inside in one.items())
        elif isinstance(one, (list, tuple)):
            waiting.extend(((*path, position), inside) for position, inside in enumerate(one))


def torn(value: Json) -> Iterator[Path]:
    """Where a text, or a name, holds half of a surrogate pair, which is no Unicode (RFC 8259, section 8.2)."""
    for path, one in walk(value):
        if isinstance(one, str) and not _is_whole(one):
            yield path
        elif isinstance(one, Mapping):
            yield from ((*path, name.encode(errors="replace").decode()) for name in one if not _is_whole(name))


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
