"""Pairs of names and texts that stand for something deeper, and texts that stand for numbers: what a query and a form
hold instead of JSON.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from devkit.dialects.raw import SentFile
from devkit.schemas.base import Json
from devkit.schemas.checking import Checker
from devkit.schemas.problems import Path
from devkit.schemas.walking import types_of

Pairs = Iterable[tuple[str, Any]]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,400}", re.ASCII)
_STEPS = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 32
"""Brackets behind one name."""


def split(name: str) -> Path:
    """`a[b][0]` as a, b, 0; `a[]` ends with an empty step. A name that has other brackets is one step."""
    head, bracket, rest = name.partition("[")
    if not bracket or not head:
        return (name,)
    steps = _STEPS.findall(bracket + rest)
    if "".join(f"[{step}]" for step in steps) != bracket + rest or len(steps) > _DEEPEST:
        return (name,)
    return (head, *(int(step) if step.isascii() and step.isdigit() and len(step) < 9 else step for step in steps))


def joined(path: Path) -> str:
    """`a[b][0]`: how a client wrote what is there."""
    return "".join(str(step) if number == 0 else f"[{step}]" for number, step in enumerate(path))


def nested(pairs: Pairs) -> tuple[dict[str, Json], list[str]]:
    """What pairs say whose names have brackets (`a[b][0]=c`, as Rails, PHP, qs and Stripe read them): objects whose
    members are texts, lists of texts where a name came several times or ends with `[]`, and objects. The second are
    names that are given a value and members at once.
    """
    found: dict[str, Json] = {}
    torn: list[str] = []
    for name, value in pairs:
        path = split(name)
        into: Any = found
        for position, step in enumerate(path[:-1]):
            if isinstance(into, dict):
                into = into.setdefault(str(step) if step != "" else _place(into, path[position + 1 :]), {})
        last = str(path[-1])
        if not isinstance(into, dict):
            torn.append(name)
        elif last == "":
            _append(into, value)
        elif last not in into:
            into[last] = value
        elif isinstance(into[last], dict):
            torn.append(name)
        else:
            before = into[last]
            into[last] = [*before, value] if isinstance(before, list) else [before, value]
    return found, torn


def _place(into: Mapping[str, Json], inside: Path) -> str:
    """Which item of a list is meant by `a[][member]`: the last one, or a new one where that has such a member already,
    as Rack reads it; what is a list itself goes on in the last one.
    """
    last: Any = into.get(str(len(into) - 1))
    if not isinstance(last, dict):
        return str(len(into))
    for step in inside if "" not in inside else ():
        last = last.get(str(step)) if isinstance(last, dict) else None
    return str(len(into) if last is not None and "" not in inside else len(into) - 1)


def _append(into: dict[str, Json], value: Any) -> None:
    into[str(len(into))] = value


def coerced(value: Any, schema: Json, checker: Checker, *, json_parts: bool = False) -> Json:
    """Texts as what the schema makes of them: numbers, true and false, null, and lists of these. What cannot be read so
    stays a text, and fits the schema no more than it should. With `json_parts`, objects may be JSON in a text.
    """
    if isinstance(value, str):
        return _of_text(value, schema, checker, json_parts=json_parts)
    types = checker.remembered(schema, _types)
    if isinstance(value, SentFile):
        return [value] if types == {"array"} else value
    if isinstance(value, Mapping):
        if "array" in types and "object" not in types and all(name.isdecimal() for name in value):
            value = [value[name] for name in sorted(value, key=int)]
        else:
            return {
                name: coerced(inside, checker.member(schema, name), checker, json_parts=json_parts)
                for name, inside in value.items()
            }
    if isinstance(value, list):
        return [
            coerced(inside, checker.item(schema, position), checker, json_parts=json_parts)
            for position, inside in enumerate(value)
        ]
    return value


def _types(schema: Json, checker: Checker) -> frozenset[str]:
    return types_of(schema, checker.components)


def _of_text(text: str, schema: Json, checker: Checker, *, json_parts: bool) -> Json:
    types = checker.remembered(schema, _types)
    if not types or types == {"string"}:
        return text
    found = _read(text, types, json_parts=json_parts)
    if found is _NOTHING and types == {"array"}:
        # A form has no other way to say a list of one.
        return [coerced(text, checker.item(schema, 0), checker, json_parts=json_parts)]
    if found is _NOTHING or ("string" in types and not checker.fits(schema, found)):
        return text
    return found


_NOTHING: Any = object()


def _read(text: str, types: frozenset[str], *, json_parts: bool) -> Json:  # noqa: PLR0911 - one for each type
    if "null" in types and (text == "null" or (not text and "string" not in types)):
        return None
    if "boolean" in types and text in {"true", "false"}:
        return text == "true"
    if types & {"integer", "number"} and _WHOLE.fullmatch(text):
        return int(text)
    if types & {"integer", "number"} and _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        number = float(text)
        return int(number) if number.is_integer() and "number" not in types else number
    if json_parts and types & {"array", "object"} and text[:1] in {"{", "["}:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return _NOTHING
    if types == {"boolean"} and text in {"0", "1"}:
        return text == "1"
    return _NOTHING
