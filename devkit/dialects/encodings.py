"""Forms, as a document says that their members are written (OpenAPI 3.1, "Encoding Object" and "Media Type Object")."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from devkit.contract.shapes import Body, Encoding, Parameter, is_json
from devkit.dialects.pairs import coerced, nested, split
from devkit.dialects.styles import ABSENT, Unreadable, Written
from devkit.schemas.base import Json, Schema
from devkit.schemas.checking import Checker
from devkit.schemas.walking import names_of

Pair = tuple[str, Any]
Ways = Mapping[str, Written | Encoding]
"""By their names, members that are written in a way of their own: in a style, else in a media type."""

_NONE: Ways = {}


def ways_of(body: Body, checker: Checker) -> Mapping[str, Ways]:
    """Those of each media type of a body."""
    return {
        media_type: {name: _way(name, one, body.media[media_type], checker) for name, one in told.items()}
        for media_type, told in body.encoding.items()
    }


def _way(name: str, encoding: Encoding, schema: Schema, checker: Checker) -> Written | Encoding:
    if not encoding.style:
        return encoding
    # As in a query: the styles are the same ones, the media type does not count then.
    value = checker.member(schema, name)
    found = Parameter(name=name, place="query", schema=value, style=encoding.style, explode=encoding.explode)
    return Written.of(found, checker)


def read_form(
    pairs: Iterable[Pair], schema: Schema, checker: Checker, ways: Ways = _NONE
) -> tuple[dict[str, Json], Sequence[tuple[str, str]]]:
    """What the pairs of a form say, and what of them cannot be read: names, each with a sentence for the client.
    Without a way of its own, an object, or a list of them, may come in brackets, or as JSON, as OpenAPI has it.
    """
    rest, problems, styled = tuple(pairs), list[tuple[str, str]](), dict[str, Json]()
    for name, way in ways.items():
        if not isinstance(way, Written):
            continue
        mine = tuple(pair for pair in rest if _is_of(way, name, pair, checker))
        if not mine:
            continue
        rest = tuple(pair for pair in rest if pair not in mine)
        try:
            value = way.of_pairs(mine, checker)
        except Unreadable as error:
            problems.append((name, str(error)))
        else:
            styled |= {} if value is ABSENT else {name: value}
    value, torn = nested(rest)
    problems += [(name, "Has a value and members at once") for name in torn]
    for name, way in ways.items():
        if isinstance(way, Encoding) and is_json(way.content_type) and name in value:
            try:
                value[name] = _of_json(value[name], checker.member(schema, name), checker)
            except (ValueError, RecursionError):
                problems.append((name, "Must be JSON"))
    found: Any = coerced(value, schema, checker, json_parts=True)
    return {**found, **styled}, problems


def _is_of(way: Written, name: str, pair: Pair, checker: Checker) -> bool:
    key, value = pair
    if not isinstance(value, str):
        return False
    if way.style == "deepObject":
        return key != name and split(key)[0] == name
    if way.style == "form" and way.explode and way.types == {"object"}:
        # Its members are members of the form.
        return key in names_of(way.parameter.schema, checker.components)
    return key == name


def _of_json(value: Json, schema: Schema, checker: Checker) -> Json:
    """Texts read as JSON. Of a list each item is written so (OpenAPI 3.1, "Encoding Object"), though many clients write
    the list. Raises ValueError.
    """
    if isinstance(value, list):
        return [json.loads(one) if isinstance(one, str) else one for one in value]
    if not isinstance(value, str):
        return value
    found = json.loads(value)
    return [found] if not checker.fits(schema, found) and checker.fits(schema, [found]) else found
