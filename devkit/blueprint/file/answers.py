"""What an operation always answers: a value in the file, one in a file beside it, or several with names."""

from __future__ import annotations

import re
from typing import Any

from devkit import yamlfile
from devkit.blueprint.crud import JSON
from devkit.blueprint.file.context import Reading, file_beside
from devkit.blueprint.file.model import OperationWords
from devkit.contract.shapes import Body, Outcome
from devkit.errors import FileError
from devkit.schemas.base import Json
from devkit.yamlfile import KeyPath

_FILE = re.compile(r"[^\s{}]+\.[A-Za-z0-9]{1,5}")
_MEDIA = {"txt": "text/plain", "html": "text/html", "csv": "text/csv", "xml": "application/xml", "md": "text/markdown"}


def outcome(reading: Reading, words: OperationWords, where: KeyPath, status: str) -> Outcome:
    """The answer that an operation's words promise. A status for which there is no body has none."""
    given = {name: ((*where, "answers", name), one) for name, one in (words.answers or {}).items()}
    if words.answer is not None:
        given = {"answer": ((*where, "answer"), words.answer), **given}
    examples: dict[str, Json] = {}
    media = words.media
    for name, (place, written) in given.items():
        examples[name], kind = _value(reading, written, place)
        media = media or kind
    if status in {"204", "205", "304"}:
        if words.answer is not None:
            reading.wrong((*where, "answer"), f"an answer of status {status} has no body", "Leave it out.")
        return Outcome(status=status)
    media = media or JSON
    schema = words.schema_ if words.schema_ is not None else {}
    return Outcome(status=status, body=Body(media={media: schema}, examples={media: examples} if examples else {}))


def _value(reading: Reading, written: Any, where: KeyPath) -> tuple[Json, str | None]:
    """The value, and the kind of media where a file tells one."""
    if not isinstance(written, str) or not _FILE.fullmatch(written):
        return written, None
    path = file_beside(reading, where, written)
    if path is None:
        return None, None
    with reading.mistakes:
        # JSON is YAML, and a mistake in it has its line.
        if path.suffix in {".json", ".yaml", ".yml"}:
            return yamlfile.read(path).value, JSON
        try:
            return path.read_text(encoding="utf-8"), _MEDIA.get(path.suffix[1:], "text/plain")
        except (OSError, UnicodeDecodeError) as error:
            raise FileError(path, f"cannot be read as text: {error}") from None
    return None, None
