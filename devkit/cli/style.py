"""Colour for the terminal: a few ANSI codes, and none where nobody could see them."""

from __future__ import annotations

import os
from typing import TextIO

from devkit.records import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """Wraps text in colour, or leaves it alone when `enabled` is False."""

    enabled: bool

    @classmethod
    def of(cls, stream: TextIO) -> Style:
        """Colour for a terminal, unless NO_COLOR is set to anything (https://no-color.org) or the terminal is dumb."""
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(wanted and stream.isatty())

    @staticmethod
    def moves(stream: TextIO) -> bool:
        """Whether what was written can be written over, as progress is: without colour, too."""
        return os.environ.get("TERM") != "dumb" and stream.isatty()

    def red(self, text: str) -> str:
        return self._wrap("31", text)

    def green(self, text: str) -> str:
        return self._wrap("32", text)

    def yellow(self, text: str) -> str:
        return self._wrap("33", text)

    def cyan(self, text: str) -> str:
        return self._wrap("36", text)

    def dim(self, text: str) -> str:
        return self._wrap("2", text)

    def bold(self, text: str) -> str:
        return self._wrap("1", text)

    def warning(self, text: str) -> str:
        """For what must not be overlooked."""
        return self._wrap("1;30;43", text)

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.enabled and text else text


def printable(text: str) -> str:
    """The text without control characters: what a client sent must not steer the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode("ascii") for c in text)
