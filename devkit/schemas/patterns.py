r"""Patterns of JavaScript (ECMA-262, which JSON Schema asks for in section 4.3 of its core), as Rust's engine has them.

That engine knows nearly all of them; what it refuses is what JavaScript allows without the flag `u` (ECMA-262, annex
B.1.2): a hyphen behind a class (`[\w-.]`), braces that count nothing (`a{,3}`), and escapes of letters that need none.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import jsonschema_rs

if TYPE_CHECKING:
    from jsonschema_rs import Validator

_COUNT = re.compile(r"\{\d+(,\d*)?\}")
_KNOWN = "dDwWsSbBnrtvf0123456789kpPuxc"
"""Letters and digits that mean something behind a backslash; others are themselves."""
_NAMED = re.compile(r"\(\?<([A-Za-z_$][\w$]*)>")
_GROUP = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|(\((?!\?)|\(\?<(?![=!]))", re.DOTALL)


@cache
def usable(pattern: str) -> str | None:
    """A pattern that Rust's engine takes and that means the same; None where there is none."""
    if _compiles(pattern):
        return pattern
    mended = _mended(pattern)
    return mended if _compiles(mended) else None


@lru_cache(1024)
def matcher(pattern: str) -> Validator:
    """What tells whether a text matches; everything does where the pattern is none."""
    return jsonschema_rs.Draft202012Validator({"pattern": usable(pattern) or ""})


@lru_cache(64)
def format_judge(name: str) -> Validator:
    """What tells whether a text has a format; everything has one that nobody knows."""
    return jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True)


def _compiles(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


def _mended(pattern: str) -> str:
    out: list[str] = []
    position, length = 0, len(pattern)
    while position < length:
        letter = pattern[position]
        if letter == "\\" and position + 1 < length:
            piece, position = _escape(pattern, position)
        elif letter == "[":
            piece, position = _class(pattern, position)
        elif letter == "{" and not (position and _COUNT.match(pattern, position)):
            piece, position = r"\{", position + 1
        elif letter == "}" and not _ends_count(pattern, position):
            piece, position = r"\}", position + 1
        else:
            piece, position = letter, position + 1
        out.append(piece)
    return "".join(out)


def _ends_count(pattern: str, position: int) -> bool:
    start = pattern.rfind("{", 0, position)
    return start > 0 and _COUNT.fullmatch(pattern, start, position + 1) is not None


def _escape(pattern: str, position: int) -> tuple[str, int]:
    """What stands for the escape there, and where it ends."""
    letter = pattern[position + 1]
    if letter == "k" and (name := re.compile(r"<([^>]+)>").match(pattern, position + 2)):
        number = _number_of(pattern, name[1])
        return (f"\\{number}" if number else r"k<"), name.end() if number else position + 3
    if letter == "x" and not re.compile(r"[0-9A-Fa-f]{2}").match(pattern, position + 2):
        return "x", position + 2
    if letter == "u" and not re.compile(r"[0-9A-Fa-f]{4}|\{[0-9A-Fa-f]+\}").match(pattern, position + 2):
        return "u", position + 2
    if letter.isalnum() and letter not in _KNOWN:
        return letter, position + 2
    return pattern[position : position + 2], position + 2


def _number_of(pattern: str, name: str) -> int:
    """Which group is called so, counted from 1; 0 for none."""
    number = 0
    for found in _GROUP.finditer(pattern):
        if found[1]:
            number += 1
            named = _NAMED.match(pattern, found.start())
            if named and named[1] == name:
                return number
    return 0


def _class(pattern: str, position: int) -> tuple[str, int]:
    """What stands for a class in brackets, and where it ends."""
    if pattern.startswith("[^]", position):
        return r"[\s\S]", position + 3
    if pattern.startswith("[]", position):
        return r"[^\s\S]", position + 2
    out, position = ["["], position + 1
    if pattern.startswith("^", position):
        out, position = ["[^"], position + 1
    shorthand = False
    while position < len(pattern) and pattern[position] != "]":
        letter = pattern[position]
        if letter == "\\" and position + 1 < len(pattern):
            piece, position = _escape(pattern, position)
            after, shorthand = shorthand, piece[:2] in {r"\d", r"\D", r"\w", r"\W", r"\s", r"\S"}
            # `[x-\d]`: a hyphen before a class is one too.
            if shorthand and out[-1] == "-" and not after:
                out[-1] = r"\-"
        elif letter == "-" and shorthand:
            piece, position, shorthand = r"\-", position + 1, False
        elif letter in "[&~":
            # Rust knows operations on classes, JavaScript without `v` does not.
            piece, position, shorthand = "\\" + letter, position + 1, False
        else:
            piece, position, shorthand = letter, position + 1, False
        out.append(piece)
    return "".join([*out, "]"]), position + 1
