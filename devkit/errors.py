"""Errors that a person at the terminal can mend.

    OperatorError            exit 1   something devkit was asked to do cannot be done
    ├── UsageError           exit 2   a flag or an argument makes no sense
    ├── SettingError         exit 2   a setting (flag, environment, devkit.yaml) is unusable
    ├── FileError            exit 2   a file the user wrote (YAML) is broken: file, line, column
    ├── PortTaken            exit 3   the port is in use
    ├── NotRunning           exit 4   a command needs a running server and there is none
    ├── ServerRefused        exit 5   the running server answered a control call with an error
    └── StorageError         exit 6   the database or the state folder cannot be used

What a *client of the mock* sees is a `devkit.contract.errors.DomainError` instead: the two never mix.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class OperatorError(Exception):
    """A sentence for the terminal, and what to do about it.

    `message` says what is wrong and where; `remedy` says what would be right. Neither holds a stack trace.
    """

    exit_code = 1

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(OperatorError):
    """A flag or an argument makes no sense."""

    exit_code = 2


class SettingError(OperatorError):
    """A setting has an unusable value; the message names the setting and where the value came from."""

    exit_code = 2


class FileError(OperatorError):
    """A file written by the user is broken. Lines and columns count from 1."""

    exit_code = 2

    def __init__(
        self,
        path: Path | str,
        problem: str,
        *,
        line: int | None = None,
        column: int | None = None,
        source: str | None = None,
        remedy: str | None = None,
    ) -> None:
        place = ":".join(str(part) for part in (path, line, column) if part is not None)
        quoted = f"\n    {source.rstrip()}" if source and source.strip() else ""
        super().__init__(f"{place}: {problem}{quoted}", remedy=remedy)
        self.path = Path(path)
        self.problem = problem
        self.line = line
        self.column = column
        self.source = source


class PortTaken(OperatorError):
    """The address is in use; `remedy` proposes the next free port."""

    exit_code = 3


class NotRunning(OperatorError):
    """A command that steers a running server found none."""

    exit_code = 4


class ServerRefused(OperatorError):
    """The running server refused a control call."""

    exit_code = 5


class StorageError(OperatorError):
    """The database file or the state folder cannot be read or written."""

    exit_code = 6


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was most likely meant to be, or None."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`" Did you mean 'x'?"`, or an empty string where nothing is near."""
    guess = nearest(name, known)
    return f" Did you mean {guess!r}?" if guess else ""
