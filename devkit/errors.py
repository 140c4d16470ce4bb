"""Errors that a person at the terminal can mend.

    OperatorError            exit 1   something devkit was asked to do cannot be done
    ├── UsageError           exit 2   a flag or an argument makes no sense
    ├── SettingError         exit 2   a setting (flag, environment, devkit.yaml) is unusable
    ├── FileError            exit 2   a file the user wrote (YAML) is broken: file, line, column
    │   └── FileErrors                several mistakes, all of them told
    ├── PortTaken            exit 3   the port is in use
    ├── NotRunning           exit 4   a command needs a running server and there is none
    ├── ServerRefused        exit 5   the running server answered a control call with an error
    └── StorageError         exit 6   the database or the state folder cannot be used

What a *client of the mock* sees is a `devkit.contract.errors.DomainError` instead: the two never mix.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from itertools import islice
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

    @property
    def mistakes(self) -> tuple[OperatorError, ...]:
        """Each of what is wrong, where it is several things."""
        return (self,)


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

    @property
    def mistakes(self) -> tuple[FileError, ...]:
        """Each of what is wrong, in the order of the file."""
        return (self,)


class FileErrors(FileError):
    """Several mistakes in what a person wrote; its own place is that of the first."""

    def __init__(self, mistakes: Sequence[FileError]) -> None:
        first = mistakes[0]
        super().__init__(
            first.path, first.problem, line=first.line, column=first.column, source=first.source, remedy=first.remedy
        )
        self._mistakes = tuple(mistakes)
        self.message = "\n".join(mistake.message for mistake in mistakes)

    @property
    def mistakes(self) -> tuple[FileError, ...]:
        return self._mistakes


class Mistakes:
    """Gathers what is wrong with files, so that all of it can be told at once."""

    def __init__(self) -> None:
        self._found: list[FileError] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, error: FileError) -> None:
        self._found.extend(error.mistakes)

    def __enter__(self) -> Mistakes:
        """What is raised in the block is gathered, and the block ends there."""
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, FileError):
            return False
        self.add(error)
        return True

    def settle(self) -> None:
        """Raises FileError with all that was gathered, a file's in the order of its lines; or does nothing."""
        if not self._found:
            return
        files = list(dict.fromkeys(error.path for error in self._found))
        found = sorted(self._found, key=lambda error: (files.index(error.path), error.line or 0, error.column or 0))
        raise found[0] if len(found) == 1 else FileErrors(found)


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


_COMPARED_LENGTH = 100
_COMPARED = 300
"""Characters of a name, and how many known ones it is compared with: who sends more is not told what was meant, since
to find out takes time that belongs to everybody.
"""

GUESSED = 20
"""Mistakes in one call for which it is guessed what was meant: further ones are told without that."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was most likely meant to be, or None."""
    if len(name) > _COMPARED_LENGTH:
        return None
    found = difflib.get_close_matches(name, list(islice(known, _COMPARED)), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`" Did you mean 'x'?"`, or an empty string where nothing is near."""
    guess = nearest(name, known)
    return f" Did you mean {guess!r}?" if guess else ""
