r"""Texts that a pattern of JavaScript (ECMA-262, section 22.2) matches: short ones, as readable as it lets them be.

Lookarounds and boundaries are not followed when a text is made: whoever asks checks what comes, and asks again.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

from devkit.effects import Randomness

T = TypeVar("T")
Make = Callable[["Making"], str]

_LETTERS = string.ascii_lowercase
_READABLE = string.ascii_letters + string.digits
_PRINTABLE = frozenset(chr(code) for code in range(0x20, 0x7F))
_WORD = frozenset(_READABLE + "_")
_SPACE = frozenset(" \t\n\r\f\v")
_SHORTHANDS = {"d": frozenset(string.digits), "w": _WORD, "s": _SPACE}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "v": "\v", "f": "\f", "0": "\0"}
_RANGE = re.compile(r"-[^\]]")
_COUNT = re.compile(r"\{(\d+)(,(\d*))?\}")
_PROPERTIES = {"Lu": string.ascii_uppercase, "Ll": _LETTERS, "L": string.ascii_letters, "N": string.digits}
_MOST = 4_000
"""Times that something is repeated at most."""


class Unreadable(ValueError):
    """A pattern that this does not read."""


class Making:
    """One text that is being made. `extra` is how often more than it must something may be repeated."""

    def __init__(self, random: Randomness, extra: int) -> None:
        self.random, self.extra = random, extra
        self.groups: dict[str, str] = {}

    def pick(self, several: Sequence[T]) -> T:
        return several[self.random.integer(0, len(several) - 1)]


def text_of(pattern: str, random: Randomness, extra: int) -> str:
    """A text that the pattern probably matches. Raises Unreadable."""
    return _parsed(pattern)(Making(random, extra))


@lru_cache(512)
def _parsed(pattern: str) -> Make:
    parser = _Parser(pattern)
    made = parser.alternatives()
    if parser.position < len(pattern):
        raise Unreadable(f"unexpected {pattern[parser.position]!r}")
    return made


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._text, self.position, self._groups = pattern, 0, 0

    def alternatives(self) -> Make:
        choices = [self._sequence()]
        while self._taken("|"):
            choices.append(self._sequence())
        return choices[0] if len(choices) == 1 else lambda making: making.pick(choices)(making)

    def _sequence(self) -> Make:
        terms: list[Make] = []
        while self.position < len(self._text) and self._text[self.position] not in "|)":
            terms.append(self._quantified(self._atom()))
        return lambda making: "".join([term(making) for term in terms])

    def _taken(self, text: str) -> bool:
        if self._text.startswith(text, self.position):
            self.position += len(text)
            return True
        return False

    def _quantified(self, atom: Make) -> Make:
        low, high = self._bounds()
        if (low, high) == (1, 1):
            return atom

        def repeated(making: Making) -> str:
            most = low + making.extra if high is None else min(high, low + making.extra)
            return "".join([atom(making) for _ in range(making.random.integer(min(low, most), min(most, _MOST)))])

        return repeated

    def _bounds(self) -> tuple[int, int | None]:
        found: tuple[int, int | None] = (1, 1)
        if self._taken("*"):
            found = (0, None)
        elif self._taken("+"):
            found = (1, None)
        elif self._taken("?"):
            found = (0, 1)
        elif counted := _COUNT.match(self._text, self.position):
            self.position = counted.end()
            low = min(int(counted[1]), _MOST)
            found = (low, low if counted[2] is None else int(counted[3]) if counted[3] else None)
        else:
            return found
        self._taken("?")
        return found

    def _atom(self) -> Make:
        letter = self._text[self.position]
        self.position += 1
        if letter in "^$":
            return _nothing
        if letter == ".":
            return _one_of(frozenset(_LETTERS))
        if letter == "[":
            return _one_of(self._class())
        if letter == "(":
            return self._group()
        if letter == "\\":
            return self._escape()
        if letter in "*+?":
            raise Unreadable(f"nothing to repeat before {letter!r}")
        return lambda _: letter

    def _group(self) -> Make:
        around = next((mark for mark in ("?=", "?!", "?<=", "?<!") if self._taken(mark)), None)
        name: str | None = None
        if around is None and not self._taken("?:"):
            self._groups += 1
            name = str(self._groups)
            if named := re.compile(r"\?<(\w+)>").match(self._text, self.position):
                self.position, name = named.end(), named[1]
        number = str(self._groups)
        inside = self.alternatives()
        if not self._taken(")"):
            raise Unreadable("a group that does not end")
        if around is not None:
            return _nothing

        def grouped(making: Making) -> str:
            made = inside(making)
            if name is not None:
                making.groups[name] = making.groups[number] = made
            return made

        return grouped

    def _escape(self) -> Make:
        if self.position >= len(self._text):
            raise Unreadable("a backslash at the end")
        letter = self._text[self.position]
        if letter in "bB":
            self.position += 1
            return _nothing
        if letter in "123456789" or letter == "k":
            found = re.compile(r"k<(\w+)>|(\d)").match(self._text, self.position)
            if found is None:
                raise Unreadable("a reference to nothing")
            self.position = found.end()
            name = found[1] or found[2]
            return lambda making: making.groups.get(name, "")
        letters = self._escaped()
        return _one_of(letters)

    def _escaped(self) -> frozenset[str]:
        """The characters that an escape stands for, its backslash already read."""
        letter = self._text[self.position]
        self.position += 1
        if letter.lower() in _SHORTHANDS:
            known = _SHORTHANDS[letter.lower()]
            return known if letter.islower() else _PRINTABLE - known
        if letter in _CONTROLS:
            return frozenset(_CONTROLS[letter])
        if letter in "pP" and (named := re.compile(r"\{(?:\w+=)?(\w+)\}").match(self._text, self.position)):
            self.position = named.end()
            known = frozenset(_PROPERTIES.get(named[1]) or _PROPERTIES.get(named[1][:1], string.ascii_letters))
            return known if letter == "p" else _PRINTABLE - known
        code = re.compile(r"(?:x|u)([0-9A-Fa-f]{2,4})|u\{([0-9A-Fa-f]+)\}").match(self._text, self.position - 1)
        if letter in "xu" and code:
            digits = (code[1] or code[2])[: 2 if letter == "x" else None]
            self.position += len(digits) + (2 if code[2] else 0)
            return frozenset(chr(min(int(digits, 16), 0x10FFFF)))
        return frozenset(letter)

    def _class(self) -> frozenset[str]:
        negated, found = self._taken("^"), set[str]()
        while True:
            if self.position >= len(self._text):
                raise Unreadable("a class that does not end")
            if self._taken("]"):
                break
            first = self._member()
            if len(first) == 1 and _RANGE.match(self._text, self.position):
                self.position += 1
                last = self._member()
                if len(last) == 1:
                    low, high = ord(next(iter(first))), ord(next(iter(last)))
                    found.update(map(chr, range(low, min(high, low + 500) + 1)))
                    continue
                found |= last | {"-"}
            found |= first
        return _PRINTABLE - found if negated else frozenset(found)

    def _member(self) -> frozenset[str]:
        self.position += 1
        if self._text[self.position - 1] == "\\" and self.position < len(self._text):
            return self._escaped()
        return frozenset(self._text[self.position - 1])


def _nothing(making: Making) -> str:
    del making
    return ""


def _one_of(letters: frozenset[str]) -> Make:
    # Sorted, since sets have no order that holds from one start to the next.
    readable = sorted(letters & frozenset(_READABLE)) or sorted(letters)
    if not readable:
        raise Unreadable("a class of nothing")
    return lambda making: making.pick(readable)
