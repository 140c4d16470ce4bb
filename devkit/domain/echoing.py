"""Answers with the request's values in them: what a user writes as `{path.id}`, `{query.q}`, `{body.customer.name}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import orjson

from devkit.contract.shapes import Told
from devkit.effects import Instant, isoformat
from devkit.schemas.base import Json

_PLACE = re.compile(r"\{(?:(path|query|header|cookie|body)\.([^{}]+)|(now|uuid))\}")
"""What stands for a value; other braces are braces."""

Draw = Callable[[], str]


def echoed(answer: Json, told: Told, now: Instant, uuid: Draw) -> Json:
    """The answer with what was told. A text that is nothing but one place becomes the value itself, be it a number or
    an object; what was not told is null there, and nothing within a longer text. `{now}` is the sandbox's present,
    `{uuid}` another one each time.
    """
    if isinstance(answer, str):
        whole = _PLACE.fullmatch(answer)
        if whole:
            return _value(whole, told, now, uuid)
        return _PLACE.sub(lambda place: _text(_value(place, told, now, uuid)), answer) if "{" in answer else answer
    if isinstance(answer, Mapping):
        return {name: echoed(one, told, now, uuid) for name, one in answer.items()}
    return [echoed(one, told, now, uuid) for one in answer] if isinstance(answer, list) else answer


def _value(place: re.Match[str], told: Told, now: Instant, uuid: Draw) -> Json:
    if place[3]:
        return isoformat(now) if place[3] == "now" else uuid()
    kind, name = place[1], place[2]
    if kind == "body":
        return _found(told.body, name.split("."))
    if kind == "header":
        return told.headers.get(name.lower())
    return {"path": told.path, "query": told.query, "cookie": told.cookies}[kind].get(name)


def _found(value: Json, steps: list[str]) -> Json:
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _text(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value, default=repr).decode()
