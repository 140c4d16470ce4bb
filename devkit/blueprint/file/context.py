"""What everybody who reads a part of a file has to know and to tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from devkit.blueprint.file.model import BackendFile
from devkit.blueprint.naming import spelled
from devkit.contract.base import Contract
from devkit.errors import FileError, Mistakes, did_you_mean
from devkit.schemas.base import Schema
from devkit.yamlfile import Document, KeyPath

M = TypeVar("M", bound=BaseModel)


class Reading:
    """One file under way: `head` is all of it but resources and operations, `ours` the contract whose services it may
    name. `files` are further ones that it was read from.
    """

    def __init__(self, document: Document, ours: Contract) -> None:
        self.document = document
        self.ours = ours
        self.mistakes = Mistakes()
        self.warnings: list[str] = []
        self.files: list[Path] = []
        self.own: dict[str, Schema] = {}
        """What accounts have besides, by its name on the wire."""
        self.raw: Mapping[str, Any] = document.value if isinstance(document.value, dict) else {}
        self.head = self._head()

    @property
    def has_accounts(self) -> bool:
        """Whether people sign in, as far as it can be read; a document may say it."""
        return bool(self.raw.get("accounts", self.head.openapi))

    @property
    def folder(self) -> Path:
        return self.document.path.parent

    def spelled(self, name: str) -> str:
        """A field's name on the wire."""
        return spelled(name, self.head.names or "")

    def parse(self, model: type[M], value: Any, at: KeyPath) -> M | None:
        """The value as a model; None where it is wrong, which is told already."""
        with self.mistakes:
            return self.document.parse(model, value, at=at)
        return None

    def wrong(self, where: KeyPath, problem: str, remedy: str | None = None) -> None:
        self.mistakes.add(self.document.error(where, problem, remedy=remedy))

    def unknown(self, where: KeyPath, what: str, name: str, known: Iterable[str]) -> None:
        """There is no `what` of that name."""
        names = sorted({*known})
        self.wrong(
            where,
            f"there is no {what} {name!r}.{did_you_mean(name, names)}",
            f"Known: {', '.join(names)}." if 0 < len(names) <= _LISTED else None,
        )

    def warn(self, where: KeyPath, problem: str) -> None:
        self.warnings.append(f"{self.document.path}:{self.document.line(where)}: {problem}")

    def _head(self) -> BackendFile:
        if not self.raw:
            self.wrong((), "must be a mapping, with keys and values", "Begin with `contract:` and a name.")
        given = {key: value for key, value in self.raw.items() if key not in {"resources", "operations"}}
        with self.mistakes:
            if self.raw:
                head = self.document.parse(BackendFile, given)
                if head.tenant and (head.tenant.path is None) == (head.tenant.header is None):
                    raise self.document.error(("tenant",), "tenant: either `header` or `path` says which one")
                return head
        return BackendFile(contract="unread")


_LISTED = 20


def file_beside(reading: Reading, where: KeyPath, name: str) -> Path | None:
    """A file that is named at that place, from the folder of the one that names it; None where it is not there, which
    is told.
    """
    path = reading.folder / name
    if path.is_file():
        reading.files.append(path)
        return path
    reading.wrong(where, f"there is no file {str(path)!r}", "It is looked for from the folder of this file.")
    return None


def told(error: FileError) -> FileError:
    """The same, with what YAML makes of `[free, pro] = free` said in a way that helps."""
    import re

    if error.source and re.search(r"\[[^\]]*\][!?]*\s*=", error.source) and "not YAML" in error.problem:
        return FileError(
            error.path,
            "behind a list YAML lets nothing follow",
            line=error.line,
            column=error.column,
            source=error.source,
            remedy="Write the values with `|` between them: `free | pro = free`.",
        )
    return error
