"""What values were seen at one place, and the schema that comes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from devkit.records import dataclass
from devkit.schemas.base import Json, Schema

_FORMATS = (
    ("date-time", re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)")),
    ("date", re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")),
    ("uuid", re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)),
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")),
    ("uri", re.compile(r"https?://[^\s<>\"{}|\\^`]+")),
)
"""What texts may all be: RFC 3339, RFC 9562, RFC 5321 and RFC 3986, as they usually look."""
_MOST_MEMBERS = 200
_MOST_ITEMS = 200
_DEEPEST = 12


def format_of(text: str) -> str:
    """The format of a text; empty for none."""
    return next((name for name, pattern in _FORMATS if pattern.fullmatch(text)), "")


@dataclass(slots=True, eq=False)
class Values:
    """Grows with each value. `kinds` are how many of each type there were; `formats` what all texts were, so far."""

    kinds: dict[str, int] = field(default_factory=dict)
    members: dict[str, Values] = field(default_factory=dict)
    items: Values | None = None
    formats: set[str] | None = None
    wide: bool = False

    @property
    def count(self) -> int:
        return sum(self.kinds.values())

    def see(self, value: Json, depth: int = 0) -> None:
        kind = kind_of(value)
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if depth > _DEEPEST:
            return
        if isinstance(value, str) and value:
            found = format_of(value)
            self.formats = {found} if self.formats is None else self.formats & {found}
        elif isinstance(value, list):
            if self.items is None:
                self.items = Values()
            for item in value[:_MOST_ITEMS]:
                self.items.see(item, depth + 1)
        elif isinstance(value, Mapping):
            self._members(value, depth)

    def _members(self, value: Mapping[str, Json], depth: int) -> None:
        if self.wide:
            return
        for name, inner in value.items():
            if name not in self.members:
                self.members[name] = Values()
            self.members[name].see(inner, depth + 1)
        if len(self.members) > _MOST_MEMBERS:  # its names are values themselves
            self.wide = True
            self.members.clear()

    def schema(self) -> Schema:
        """What fits all of them. Objects are open; required is what was always there."""
        kinds = [*self.kinds]
        if "integer" in kinds and "number" in kinds:
            kinds.remove("integer")
        if not kinds:
            return {}
        found: dict[str, Json] = {"type": kinds[0] if len(kinds) == 1 else kinds}
        if kinds == ["null"]:
            return {"type": "null"}
        if "object" in kinds and not self.wide:
            objects = self.kinds["object"]
            found["properties"] = {name: inner.schema() for name, inner in self.members.items()}
            required = [name for name, inner in self.members.items() if inner.count == objects]
            if required:
                found["required"] = required
        if "array" in kinds and self.items is not None:
            found["items"] = self.items.schema()
        if "string" in kinds and self.formats and (named := next(iter(self.formats))):
            found["format"] = named
        return found


def kind_of(value: Json) -> str:
    """The type of JSON Schema that a value has."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def schema_of(value: Json) -> Schema:
    """The schema of one value."""
    seen = Values()
    seen.see(value)
    return seen.schema()
