"""Fields that drifted from the contract, and texts that no layout was made for.

Paths are dotted and spelled as the dialect spells them. Lists lead into each element: `data.title` is the title of
every row. A path that leads nowhere from the top is looked for below: in the rows of a list, and in what stands inside
the answer; so `title` finds the titles of a page and `email` that of `{user}`. Errors' bodies are changed too, where
they have such a field.
"""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Callable, Iterator, MutableMapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from devkit.contract.fields import rejected
from devkit.effects import parse_instant
from devkit.faults.reshaping import Reshaped, places

if TYPE_CHECKING:
    from devkit.dialects.replies import Reply
    from devkit.faults.hit import Hit

Path = Annotated[str, Field(pattern=r"^[^.]+(\.[^.]+)*$", max_length=200)]
Name = Annotated[str, Field(pattern=r"^[^.]+$", max_length=200)]


class _AtPath(Reshaped):
    """Changes every field that `path` leads to."""

    path: Path

    def reshape(self, hit: Hit, body: Any, reply: Reply) -> Any:
        for place, key in places(body, self.path):
            self.change(place, key)
        return body

    def change(self, place: MutableMapping[str, Any], key: str) -> None:
        raise NotImplementedError


class Drop(_AtPath):
    """The field is missing from the answer, wherever `path` leads to it."""

    kind = "field.drop"
    example = {"path": "title"}

    def change(self, place: MutableMapping[str, Any], key: str) -> None:
        del place[key]


class Null(_AtPath):
    """The field is there, but null, whatever its type should be."""

    kind = "field.null"
    example = {"path": "title"}

    def change(self, place: MutableMapping[str, Any], key: str) -> None:
        place[key] = None


class Rename(_AtPath):
    """The field stands in the same object under another name."""

    kind = "field.rename"
    example = {"path": "title", "to": "name"}

    to: Name

    def change(self, place: MutableMapping[str, Any], key: str) -> None:
        place[self.to] = place.pop(key)


class Add(Reshaped):
    """A field that nobody told of stands in the answer: `extra` in the answer itself, `data.extra` in every row,
    `user.extra` in the user. One that is there already gets this value.
    """

    kind = "field.add"
    example = {"path": "data.archived", "value": True}

    path: Path
    value: Any

    def reshape(self, hit: Hit, body: Any, reply: Reply) -> Any:
        parent, _, name = self.path.rpartition(".")
        found = [place[key] for place, key in places(body, parent)] if parent else [body]
        for value in found:
            for target in value if isinstance(value, list) else [value]:
                if isinstance(target, dict):
                    target[name] = copy.deepcopy(self.value)
        return body


class Retype(_AtPath):
    """The field has another JSON type: `57` becomes `"57"`, `true` `"true"`, a value the array `[value]` or the object
    `{"value": value}`, and a text that is no number 0.
    """

    kind = "field.type"
    example = {"path": "completed", "to": "string"}

    to: Literal["string", "number", "boolean", "array", "object", "null"]

    def change(self, place: MutableMapping[str, Any], key: str) -> None:
        place[key] = _RETYPED[self.to](place[key])


class EnumUnknown(_AtPath):
    """The field holds a value that is not among those the contract lists."""

    kind = "field.enum_unknown"
    example = {"path": "priority"}

    def change(self, place: MutableMapping[str, Any], key: str) -> None:
        place[key] = "never-heard-of"


class Range(_AtPath):
    """The number is out of all bounds: negative, or beyond what JavaScript counts exactly (9007199254740993)."""

    kind = "field.range"
    example = {"path": "total", "value": -1}

    value: Annotated[int, Field(ge=-(2**63), lt=2**64)] | Annotated[float, Field(allow_inf_nan=False)]

    def change(self, place: MutableMapping[str, Any], key: str) -> None:
        place[key] = self.value


class Date(Reshaped):
    """All dates and times of the answer look otherwise: in another `format`, or told in another `zone` (`+02:00`;
    `none` leaves the offset out of ISO 8601, so that a browser takes the time for its own). `invalid` is a 30th of
    February.
    """

    kind = "field.date"
    example = {"format": "unix"}

    format: Literal["iso", "unix", "unix_ms", "rfc2822", "date", "us", "invalid"] = "iso"
    zone: Annotated[str, Field(pattern=r"^(Z|none|[+-](0\d|1[0-4]):[0-5]\d)$")] = "Z"

    @model_validator(mode="after")
    def _changes_something(self) -> Date:
        if self.format == "iso" and self.zone == "Z":
            raise rejected("expects a `format`, a `zone`, or both")
        return self

    def reshape(self, hit: Hit, body: Any, reply: Reply) -> Any:
        return _each_text(body, self._rewritten)

    def _rewritten(self, text: str) -> str | int:
        if not _INSTANT.fullmatch(text):
            return text
        try:
            instant = parse_instant(text)
            moment = datetime.fromisoformat(text).astimezone(_zone(self.zone))
        except (ValueError, OverflowError):
            return text
        if self.format == "iso":
            return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + _OFFSETS.get(self.zone, self.zone)
        return _DATES[self.format](moment, instant)


class Text(_AtPath):
    """The text is one that layouts break over: `long` (5,000 characters, no spaces), `rtl` (Arabic, with a mark that
    turns round what follows), `emoji` (families and flags, many code points to one character), `html` (markup and a
    script, to be shown and never run), `zalgo` (marks piled on every letter).
    """

    kind = "text"
    example = {"path": "title", "kind": "long"}

    style: Annotated[Literal["long", "rtl", "emoji", "html", "zalgo"], Field(alias="kind")]

    def change(self, place: MutableMapping[str, Any], key: str) -> None:
        value = place[key]
        place[key] = _TEXTS[self.style](value if isinstance(value, str) else "")


_OFFSETS = {"Z": "Z", "none": ""}
_DATES: dict[str, Callable[[datetime, int], str | int]] = {
    "unix": lambda _, instant: instant // 1000,
    "unix_ms": lambda _, instant: instant,
    "rfc2822": lambda moment, _: format_datetime(moment),
    "date": lambda moment, _: f"{moment:%Y-%m-%d}",
    "us": lambda moment, _: f"{moment:%m/%d/%Y %I:%M %p}",
    "invalid": lambda moment, _: f"{moment:%Y}-02-30T25:61:00.000Z",
}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
_FLAG = "\U0001f1e6\U0001f1f9"
_THUMB = "\U0001f44d\U0001f3fd"
_HELLO = "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645"
_MARKS = "\u0300\u0315\u0336\u0341\u0359\u0363\u036f\u0489"


def _zone(name: str) -> timezone:
    if name in {"Z", "none"}:
        return UTC
    hours, minutes = name[1:].split(":")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(offset if name[0] == "+" else -offset)


def _each_text(value: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _each_text(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def _as_number(value: Any) -> int | float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0
    if not math.isfinite(number):
        return 0
    return int(number) if number.is_integer() else number


_RETYPED: dict[str, Callable[[Any], Any]] = {
    "string": lambda value: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False),
    "number": _as_number,
    "boolean": bool,
    "array": lambda value: [value],
    "object": lambda value: {"value": value},
    "null": lambda _: None,
}

_TEXTS: dict[str, Callable[[str], str]] = {
    "long": lambda text: (("".join(text.split()) or "long") * 5_000)[:5_000],
    "rtl": lambda text: f"{_HELLO} \u202e{text}",
    "emoji": lambda text: f"{_FAMILY}{_FLAG}{_THUMB} {text}",
    "html": lambda text: f"<b>{text}</b><img src=x onerror=alert(1)><script>alert(1)</script>&amp;",
    "zalgo": lambda text: "".join(letter + _MARKS for letter in text or "zalgo"),
}


class Dangling(Reshaped):
    """What the answer refers to is not there: every id of something else in it (a name that ends in `Id` or `_id`, or
    the one at `path`) leads to nothing, as after a deletion that did not reach everything. Its own `id` stays.
    """

    kind = "ref.dangling"

    path: Path | None = None

    def reshape(self, hit: Hit, body: Any, reply: Reply) -> Any:
        if reply.status < 400:
            for place, key in list(_references(body)) if self.path is None else list(places(body, self.path)):
                if isinstance(place[key], str):
                    place[key] = hit.chance.uuid()
        return body


def _references(value: Any) -> Iterator[tuple[MutableMapping[str, Any], str]]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key.endswith(("Id", "_id")):
                yield value, key
            else:
                yield from _references(item)


KINDS = (Drop, Null, Rename, Add, Retype, EnumUnknown, Range, Date, Text, Dangling)
