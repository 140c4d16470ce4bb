"""Errors that a person at the terminal can mend, and the codes that commands end with.

    OperatorError            something devkit was asked to do cannot be done
    ├── UsageError           a flag or an argument makes no sense
    ├── SettingError         a setting (flag, environment, devkit.yaml) is unusable
    ├── FileError            a file the user wrote (YAML) is broken: file, line, column
    │   └── FileErrors       several mistakes, all of them told
    ├── PortTaken            the port is in use
    ├── NotRunning           a command needs a running server and there is none
    ├── ServerRefused        the running server answered a control call with an error
    └── StorageError         the database or the state folder cannot be used

What a *client of the mock* sees is a `devkit.contract.errors.DomainError` instead: the two never mix.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import islice
from pathlib import Path


class ExitCode(IntEnum):
    """How a command ends. `meaning` is what help and the reference say of it.

    From 64 on they are those of others: sysexits.h for a bug, the shell's 128 and the signal's number for the last two.
    """

    meaning: str

    def __new__(cls, code: int, meaning: str) -> ExitCode:
        made = int.__new__(cls, code)
        made._value_ = code
        made.meaning = meaning
        return made

    DONE = 0, "It is done; a server was stopped by Ctrl-C or `devkit stop`."
    FAILED = 1, "It cannot be done, or a check or a drill did not pass."
    USAGE = 2, "A command, an option, an argument, a setting or a file of yours is wrong."
    PORT_TAKEN = 3, "The port is in use."
    NOT_RUNNING = 4, "No server is running here."
    REFUSED = 5, "The running server refused: what was named is not there, or not in a state for it."
    STORAGE = 6, "The database or the state folder cannot be used."
    BUG = 70, "devkit failed in a way it should not."
    INTERRUPTED = 130, "Ctrl-C ended it before it was done."
    CLOSED_PIPE = 141, "Whoever read its output went away, as `head` does."


class OperatorError(Exception):
    """A sentence for the terminal, and what to do about it.

    `message` says what is wrong and where; `remedy` says what would be right. Neither holds a stack trace.
    """

    exit_code = ExitCode.FAILED

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

    exit_code = ExitCode.USAGE


class SettingError(OperatorError):
    """A setting has an unusable value; the message names the setting and where the value came from."""

    exit_code = ExitCode.USAGE


class FileError(OperatorError):
    """A file written by the user is broken. Lines and columns count from 1."""

    exit_code = ExitCode.USAGE

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

    exit_code = ExitCode.PORT_TAKEN


class NotRunning(OperatorError):
    """A command that steers a running server found none."""

    exit_code = ExitCode.NOT_RUNNING


class ServerRefused(OperatorError):
    """The running server refused a control call."""

    exit_code = ExitCode.REFUSED


class StorageError(OperatorError):
    """The database file or the state folder cannot be read or written."""

    exit_code = ExitCode.STORAGE


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
