"""Durations and sizes as people write them: `30s`, `1m30s`, `10MiB`."""

from __future__ import annotations

import re
from fractions import Fraction

_DURATIONS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_SIZES = {
    "b": 1,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "tb": 1000**4,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
    "tib": 1024**4,
}
_LARGEST = 2**63 - 1

# Digits are spelled out: \d would also take the digits of every other script.
_NUMBER = r"[0-9]{1,18}(?:\.[0-9]{1,9})?"
_DURATION_PART = re.compile(rf"({_NUMBER})(ms|[dhms])")
_SIZE = re.compile(rf"({_NUMBER}) ?([A-Za-z]*)")


def parse_duration(value: object) -> int:
    """Milliseconds from `500ms`, `30s`, `2h`, `1m30s`, `1.5s`, `1d` or `0`.

    Raises ValueError, with a sentence, for everything else: what a number without a unit means would be a guess.
    """
    text = _text(value)
    if text == "0":
        return 0
    parts = _DURATION_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(
            f"{text!r} is not a duration; write a number and a unit (ms, s, m, h, d), such as 30s or 1m30s"
        )
    order = [list(_DURATIONS).index(unit) for _, unit in parts]
    if order != sorted(set(order)):
        raise ValueError(f"{text!r} is not a duration; write each unit once, the largest first, such as 1m30s")
    return _whole(sum(Fraction(number) * _DURATIONS[unit] for number, unit in parts), text, "milliseconds")


def parse_signed_duration(value: object) -> int:
    """Milliseconds as `parse_duration` reads them, with a sign before or not: `-5m`, `+1h`, `30s`."""
    text = _text(value)
    sign = -1 if text.startswith("-") else 1
    return sign * parse_duration(text[1:] if text[:1] in {"-", "+"} else text)


def parse_size(value: object) -> int:
    """Bytes from `10MiB`, `1 GiB`, `64kB`, `512` (plain bytes) or an integer. `k` is 1000 and `Ki` 1024.

    Raises ValueError, with a sentence, for everything else.
    """
    text = _text(value)
    match = _SIZE.fullmatch(text)
    unit = match[2].lower() if match else ""
    if match is None or (unit and unit not in _SIZES):
        raise ValueError(
            f"{text!r} is not a size; write a number and a unit (B, kB, MB, GB, KiB, MiB, GiB), such as 10MiB"
        )
    return _whole(Fraction(match[1]) * _SIZES[unit or "b"], text, "bytes")


def format_duration(milliseconds: int) -> str:
    """`1m30s`: what `parse_duration` reads back."""
    rest, parts = milliseconds, []
    for unit, length in _DURATIONS.items():
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0"


def format_size(size: int) -> str:
    """`10 MiB`, `1.5 KiB`, `512 B`: at most one decimal."""
    amount, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{value!r} is neither text nor a whole number")  # noqa: TRY004 - one kind of error for callers
    return str(value).strip()


def _whole(amount: Fraction | int, text: str, unit: str) -> int:
    if amount != int(amount):
        raise ValueError(f"{text!r} is not a whole number of {unit}")
    if amount > _LARGEST:
        raise ValueError(f"{text!r} is too large")
    return int(amount)
