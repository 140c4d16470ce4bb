"""What control operations are told, and how each kind of it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from devkit.effects import DAY, Instant, isoformat, parse_instant
from devkit.records import dataclass
from devkit.units import format_duration, parse_duration

Json = Any
"""What `json.loads` gives."""

Type = Literal["string", "integer", "number", "boolean", "duration", "span", "instant", "strings", "object"]
"""`duration` is written as 30s or 1m30s, `span` is one that may be negative, `instant` is ISO 8601 with an offset."""

DURATION_MAX = 366 * 1000 * DAY
EARLIEST, LATEST = 0, 32_503_680_000_000
"""Where a sandbox's clock may be set: 1970 to 3000, so that whatever is added to it can still be written as a date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One thing a control operation is told. `default` holds where it is left out and is not `required`.

    `minimum` and `maximum` are of the value: milliseconds for durations.
    """

    name: str
    summary: str
    type: Type = "string"
    minimum: float | None = None
    maximum: float | None = None
    default: Any = None
    required: bool = False
    choices: tuple[str, ...] = ()

    def read(self, given: Json) -> Any:
        """The value that was meant, from a text of an address or from JSON. Raises ValueError with a sentence."""
        if given is None or given == "":
            if self.required:
                raise ValueError("Required")
            return self.default
        value = _READERS[self.type](given)
        if self.choices and value not in self.choices:
            raise ValueError(f"Must be one of {', '.join(self.choices)}")
        if isinstance(value, int | float) and not isinstance(value, bool):
            self._check(value)
        return value

    @property
    def written_default(self) -> Json:
        """The default as one would write it."""
        value = self.default
        if value is None:
            return None
        if self.type in {"duration", "span"}:
            return format_duration(value)
        return isoformat(value) if self.type == "instant" else list(value) if isinstance(value, tuple) else value

    def _check(self, value: float) -> None:
        if self.minimum is not None and value < self.minimum:
            raise ValueError(f"Must be at least {self._written(self.minimum)}")
        if self.maximum is not None and value > self.maximum:
            raise ValueError(f"Must be at most {self._written(self.maximum)}")

    def _written(self, value: float) -> str:
        if self.type in {"duration", "span"}:
            return format_duration(int(value))
        return f"{value:g}" if value < 10**6 else f"{value:.0f}"


def parse_span(text: str) -> int:
    """Milliseconds from a duration that may have a sign: `2h`, `-5m`. Raises ValueError."""
    unsigned = text.strip().removeprefix("-").removeprefix("+") if text.strip()[:1] in {"-", "+"} else text
    return parse_duration(unsigned) * (-1 if text.strip().startswith("-") else 1)


def _string(given: Json) -> str:
    if not isinstance(given, str):
        raise ValueError("Must be a text")  # noqa: TRY004 - one kind of error for callers
    return given


def _integer(given: Json) -> int:
    if isinstance(given, bool) or not isinstance(given, str | int) or not re.fullmatch(r"-?[0-9]{1,15}", str(given)):
        raise ValueError("Must be a whole number")
    return int(given)


def _number(given: Json) -> float:
    if isinstance(given, bool) or not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,17})?(e-?[0-9]{1,2})?", str(given)):
        raise ValueError("Must be a number")
    return float(given)


def _boolean(given: Json) -> bool:
    found = {"true": True, "false": False}.get(str(given).lower())
    if found is None:
        raise ValueError("Must be true or false")
    return found


def _duration(given: Json) -> int:
    return _bounded(parse_duration(_unit_wanted(given)))


def _span(given: Json) -> int:
    return _bounded(parse_span(_unit_wanted(given)))


def _unit_wanted(given: Json) -> str:
    if not isinstance(given, str):
        raise ValueError("Must be a text with a number and a unit, such as 30s or 1m30s")  # noqa: TRY004
    return given


def _bounded(milliseconds: int) -> int:
    if abs(milliseconds) > DURATION_MAX:
        raise ValueError("Is longer than a thousand years")
    return milliseconds


def _instant(given: Json) -> Instant:
    try:
        instant = parse_instant(_string(given))
    except ValueError:
        raise ValueError("Must be a moment in ISO 8601 with an offset, such as 2026-01-20T10:00:00Z") from None
    if not EARLIEST <= instant <= LATEST:
        raise ValueError("Must lie between the years 1970 and 3000")
    return instant


def _strings(given: Json) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise ValueError("Must be a list of texts")
    return tuple(given)


def _object(given: Json) -> Mapping[str, Json]:
    if not isinstance(given, dict):
        raise ValueError("Must be a JSON object")  # noqa: TRY004
    return given


_READERS: Mapping[Type, Callable[[Json], Any]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "duration": _duration,
    "span": _span,
    "instant": _instant,
    "strings": _strings,
    "object": _object,
}
