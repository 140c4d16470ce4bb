"""Texts and numbers that fit what a schema asks for, as believable as it lets them be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

from devkit.schemas.base import Json
from devkit.schemas.believable import Author, words_of
from devkit.schemas.merging import Flat, Unsatisfiable
from devkit.schemas.patterns import format_judge, matcher
from devkit.schemas.regexes import Unreadable, text_of

_SHORT: Mapping[str, str] = {
    "email": "a@b.co", "idn-email": "a@b.co", "uri": "a:b", "url": "http://a.b", "uri-reference": "/a", "iri": "a:b",
    "hostname": "a.b", "ipv4": "1.1.1.1", "ipv6": "::1", "duration": "P1D", "json-pointer": "/a", "regex": "a",
}  # fmt: skip
"""For a format and a length that leave little room."""
_EXTRAS = (2, 0, 1, 4, 8, 16, 32, 64, 128, 256)
"""How much more of what may be repeated is tried, in turn."""
_LONGEST = 100_000
_WHOLE: Mapping[str, tuple[int, int]] = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_SPAN = 100
"""How far numbers go where nobody says how far."""


def made(kind: str, flat: Flat, name: str, author: Author) -> Json:
    """A value of that type, which is none of those that hold others. Raises Unsatisfiable."""
    if kind == "string":
        return text(flat, name, author)
    if kind in {"integer", "number"}:
        return number(flat, name, author, whole=kind == "integer")
    return None if kind == "null" else author.boolean(name)


def text(flat: Flat, name: str, author: Author) -> str:
    """A text. Raises Unsatisfiable."""
    low, high = int(flat.words.get("minLength", 0)), flat.words.get("maxLength")
    most = _LONGEST if high is None else int(high)
    if low > most or low > _LONGEST:
        raise Unsatisfiable(f"no text has {low} to {most} characters")
    kind = flat.words.get("format")
    for one in _texts(flat, name, author, low, most):
        if low <= len(one) <= most and _suits(one, kind, flat):
            return one
    wanted = [f"of the format {kind}"] if kind else []
    wanted += [f"matching {pattern}" for pattern in flat.patterns]
    wanted += [f"of {low} to {most} characters"] if low or high is not None else []
    raise Unsatisfiable(f"no text could be made {' and '.join(wanted)}")


def _suits(made: str, kind: Json, flat: Flat) -> bool:
    if isinstance(kind, str) and not format_judge(kind).is_valid(made):
        return False
    return all(matcher(pattern).is_valid(made) for pattern in flat.patterns)


def _texts(flat: Flat, name: str, author: Author, low: int, most: int) -> Iterator[str]:
    kind = flat.words.get("format")
    formed = author.of_format(kind, name) if isinstance(kind, str) else None
    if formed is not None:
        yield formed
        yield _SHORT.get(str(kind), formed)
        yield from _SHORT.values()
        if str(kind) in {"uri", "url", "iri", "uri-reference", "iri-reference"}:
            yield _sized(f"https://example.com/{'a' * low}", low, most)
    named = author.of_name(name)
    if named is not None:
        yield named
        if most == 2 and "country" in words_of(name):
            yield author.of_format("country", name) or ""
        if not flat.patterns:
            yield _sized(named, low, most)
    if not flat.patterns:
        yield _sized(author.thing() if name else author.word(), low, most)
        yield _sized("", low, most)
    for pattern in flat.patterns:
        for extra in _EXTRAS:
            try:
                yield text_of(pattern, author.randomness, extra)
            except Unreadable:
                break
    for _ in range(20 if flat.patterns else 0):
        yield _sized(
            author.pick((author.word(), author.hexadecimal(8), str(author.randomness.integer(0, 10**6)))), low, most
        )


def _sized(made: str, low: int, most: int) -> str:
    """The text, cut or continued until it has as many characters as it must."""
    while len(made) < low:
        made += f" {made}" if made else "a"
    return made[:most].rstrip() if len(made[:most].rstrip()) >= low else made[:most].rstrip().ljust(low, "x")


def number(flat: Flat, name: str, author: Author, *, whole: bool) -> float:
    """A number. Raises Unsatisfiable."""
    low, high = _bounds(flat, whole=whole)
    step = _step(flat, whole=whole)
    told = author.number(name, whole=whole)
    if told is None or not (low is None or low <= told) or not (high is None or told <= high):
        told = _between(low, high, author, whole=whole)
    if step is None:
        return told
    return _stepped(told, step, low, high)


def _bounds(flat: Flat, *, whole: bool) -> tuple[float | None, float | None]:
    """From and to, both included."""
    words = flat.words
    lows: list[float] = [words["minimum"]] if "minimum" in words else []
    highs: list[float] = [words["maximum"]] if "maximum" in words else []
    if "exclusiveMinimum" in words:
        lows.append(_beyond(words["exclusiveMinimum"], 1, whole=whole))
    if "exclusiveMaximum" in words:
        highs.append(_beyond(words["exclusiveMaximum"], -1, whole=whole))
    if whole and words.get("format") in _WHOLE:
        least, most = _WHOLE[words["format"]]
        lows, highs = [*lows, least] if lows else [], [*highs, most]
    low, high = max(lows, default=None), min(highs, default=None)
    if whole:
        low = None if low is None else math.ceil(low)
        high = None if high is None else math.floor(high)
    if low is not None and high is not None and low > high:
        raise Unsatisfiable(f"no {'whole ' if whole else ''}number is from {low} to {high}")
    return low, high


def _beyond(bound: float, sign: int, *, whole: bool) -> float:
    if whole:
        return math.floor(bound) + 1 if sign > 0 else math.ceil(bound) - 1
    return math.nextafter(float(bound), math.inf * sign)


def _step(flat: Flat, *, whole: bool) -> Fraction | None:
    given = flat.words.get("multipleOf")
    if given is None:
        return None
    step = Fraction(str(given))
    # A whole number that is a multiple of 0.5 is one of 1 (0.5 = 1/2, whose least whole multiple is its numerator).
    return Fraction(step.numerator) if whole else step


def _between(low: float | None, high: float | None, author: Author, *, whole: bool) -> float:
    if low is None:
        low = 0 if high is None or high > 0 else high - _SPAN
    if high is None:
        high = low + _SPAN
    if whole:
        return author.randomness.integer(int(low), int(min(high, low + 10_000)))
    drawn = low + (min(high, low + 10_000) - low) * author.randomness.fraction()
    return next((one for one in (round(drawn, 2), drawn) if low <= one <= high), low)


def _stepped(told: float, step: Fraction, low: float | None, high: float | None) -> float:
    """The nearest multiple that is within the bounds."""
    least = None if low is None else math.ceil(Fraction(str(low)) / step)
    most = None if high is None else math.floor(Fraction(str(high)) / step)
    if least is not None and most is not None and least > most:
        raise Unsatisfiable(f"no multiple of {float(step):g} is from {low} to {high}")
    count = round(Fraction(str(told)) / step)
    count = count if least is None else max(count, least)
    count = count if most is None else min(count, most)
    found = count * step
    return int(found) if found.denominator == 1 else float(found)
