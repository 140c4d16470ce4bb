"""An event's payload from JSON: strict in what is given, helpful with what is left out."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from devkit.contract.entities import Identifier, Timestamp
from devkit.effects import Instant, parse_instant
from devkit.errors import GUESSED, did_you_mean


class PayloadError(Exception):
    """What does not fit: the dotted path of each field, and a sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(str(problems))
        self.problems = dict(problems)


def payload_of(kind: type, given: Mapping[str, Any], *, draw: Callable[[], str], now: Instant) -> Any:
    """A payload of that dataclass. Ids that are left out are drawn, moments are now, the rest is empty, except texts
    and numbers, which nobody could guess. Raises PayloadError.
    """
    reading = _Reading(draw, now)
    value = reading.entity(kind, given, ())
    if reading.problems:
        raise PayloadError(reading.problems)
    return value


def needed(kind: type) -> dict[str, Any]:
    """A payload of that dataclass with something in each field that nobody could guess, and nothing else."""
    reading = _Reading(lambda: "", 0)
    hints = get_type_hints(kind, include_extras=True)
    found: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        if dataclasses.is_dataclass(hint):
            if inner := needed(hint):  # type: ignore[arg-type]  # a class, since it is a field's type
                found[field.name] = inner
        elif reading.made_up(hint, field.name) is _NOTHING:
            found[field.name] = 0 if hint is int else field.name.replace("_", " ")
    return found


_NOTHING = object()


class _Reading:
    def __init__(self, draw: Callable[[], str], now: Instant) -> None:
        self._draw, self._now = draw, now
        self.problems: dict[str, str] = {}

    def entity(self, kind: type, given: Any, path: tuple[str, ...]) -> Any:
        if not isinstance(given, Mapping):
            return self._wrong(path, "Must be a JSON object")
        hints = get_type_hints(kind, include_extras=True)
        names = [field.name for field in dataclasses.fields(kind)]
        for name in given:
            if name not in names:
                guess = did_you_mean(str(name), names) if len(self.problems) < GUESSED else ""
                self._wrong((*path, str(name)), f"There is no such field here.{guess}")
        values = {name: self._field(hints[name], given, name, (*path, name)) for name in names}
        return None if self.problems else kind(**values)

    def _field(self, hint: Any, given: Mapping[str, Any], name: str, path: tuple[str, ...]) -> Any:
        if name in given:
            return self._value(hint, given[name], path)
        if dataclasses.is_dataclass(hint):
            return self.entity(hint, {}, path)  # type: ignore[arg-type]  # a class, since it is a field's type
        value = self.made_up(hint, name)
        return self._wrong(path, "Required") if value is _NOTHING else value

    def made_up(self, hint: Any, name: str) -> Any:
        """What a field may hold that nobody cared to give; `_NOTHING` where that cannot be guessed."""
        if hint in (Identifier, Timestamp):
            return self._draw() if hint == Identifier else self._now
        if type(None) in _options(hint):
            return None
        if get_origin(hint) is Literal:
            return get_args(hint)[0]
        if get_origin(hint) is dict:
            return {}
        return False if hint is bool else 1 if name == "version" else _NOTHING

    def _value(self, hint: Any, value: Any, path: tuple[str, ...]) -> Any:
        options = _options(hint)
        if value is None:
            return None if type(None) in options else self._wrong(path, "Must not be null")
        wanted = next((option for option in options if option is not type(None)), hint)
        if wanted == Timestamp:
            return self._moment(value, path)
        if wanted == Identifier:
            wanted = str
        if dataclasses.is_dataclass(wanted):
            return self.entity(wanted, value, path)  # type: ignore[arg-type]
        if get_origin(wanted) is Literal:
            choices = get_args(wanted)
            return value if value in choices else self._wrong(path, f"Must be one of {', '.join(map(str, choices))}")
        plain = get_origin(wanted) or wanted
        if not isinstance(value, plain) or (plain is int and isinstance(value, bool)):
            return self._wrong(path, f"Must be {_WORDS.get(plain, 'something else')}")
        return value

    def _moment(self, value: Any, path: tuple[str, ...]) -> Any:
        try:
            return parse_instant(value)
        except (ValueError, TypeError):
            return self._wrong(path, "Must be a moment in ISO 8601 with an offset, such as 2026-01-20T10:00:00Z")

    def _wrong(self, path: tuple[str, ...], sentence: str) -> None:
        self.problems.setdefault(".".join(path) or "it", sentence)


_WORDS: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    dict: "a JSON object",
    list: "a list",
}


def _options(hint: Any) -> tuple[Any, ...]:
    """The types of `A | None`; the type itself where it is only one."""
    return get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)
