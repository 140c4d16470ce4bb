"""Files that hold JSON or YAML, read with care: large ones, broken ones, and those that were made to harm.

Nothing is ever fetched from the network. YAML is read by the core schema of YAML 1.2, as OpenAPI asks for ("Format"):
`on` is a text there. Aliases are allowed, which `devkit.yamlfile` forbids in what people write for devkit, but what
they come to is bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from devkit.blueprint.documents.places import Pointer, Position, position, spelled
from devkit.errors import FileError
from devkit.schemas.base import Json

MOST_BYTES = 64 * 1024 * 1024
"""Of a file; the largest documents that are public have about half of it."""
_MOST_VALUES = 4_000_000
_DEEPEST = 250
_QUOTED = 160


class Source:
    """A file that was read: its `value`, and where in the file the parts of it stand, which is found when asked for."""

    def __init__(self, path: Path, raw: bytes, value: Json, *, yaml: bool) -> None:
        self.path = path
        self.raw = raw
        self.value = value
        self.yaml = yaml

    def error(self, where: Pointer, problem: str, *, remedy: str | None = None) -> FileError:
        """An error at the part that `where` leads to, or at what surrounds it."""
        return _error(
            self.path, self.raw, position(self.raw, where, yaml=self.yaml), self._told(where, problem), remedy
        )

    def warning(self, where: Pointer, problem: str) -> str:
        """A sentence for `Blueprint.warnings`, with the place."""
        return f"{self.path}: {self._told(where, problem)}"

    @staticmethod
    def _told(where: Pointer, problem: str) -> str:
        return f"{spelled(where)}: {problem}" if where else problem


def read(path: Path) -> Source:
    """One file. Raises FileError."""
    return parse(path, bytes_of(path))


def bytes_of(path: Path) -> bytes:
    """What is in a file that is not too large. Raises FileError."""
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise FileError(path, "is a folder", remedy="Name the document in it.")
        if size > MOST_BYTES:
            raise FileError(
                path,
                f"has {size >> 20} MiB; more than {MOST_BYTES >> 20} MiB are not read",
                remedy="Split it, or leave out what the frontend does not call.",
            )
        return path.read_bytes()
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}") from None


def parse(path: Path, raw: bytes) -> Source:
    """What was read from `path`. Raises FileError."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if not raw.strip():
        raise FileError(path, "is empty", remedy="It should be an OpenAPI document, in JSON or YAML.")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileError(path, "is not UTF-8 text", line=line) from None
    if path.suffix == ".json" or raw.lstrip()[:1] in {b"{", b"["}:
        try:
            return Source(path, raw, orjson.loads(raw), yaml=False)
        except orjson.JSONDecodeError as error:
            # A flow mapping of YAML begins in the same way.
            if path.suffix == ".json":
                at = Position(error.lineno, error.colno)
                raise _error(path, raw, at, f"is not JSON: {error.msg.partition(': line')[0]}", None) from None
    return Source(path, raw, _Yaml(path, raw).document(), yaml=True)


class _Yaml:
    """Builds plain values from YAML's events. `weights` are how many values each anchor stands for, aliases in it
    included: what was written in ten lines may be a thousand million values.
    """

    def __init__(self, path: Path, raw: bytes) -> None:
        import yaml

        self._yaml, self._path, self._raw = yaml, path, raw
        self._loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(raw)
        self._anchors: dict[str, Json] = {}
        self._weights: dict[str, int] = {}
        self._values = 0

    def document(self) -> Json:
        yaml, loader = self._yaml, self._loader
        try:
            loader.get_event()
            if loader.check_event(yaml.StreamEndEvent):
                raise FileError(self._path, "is empty", remedy="It should be an OpenAPI document, in JSON or YAML.")
            loader.get_event()
            value = self._value(0)
            loader.get_event()
            if not loader.check_event(yaml.StreamEndEvent):
                raise self._wrong(loader.peek_event(), "a second document in one file")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
            told = f"is neither JSON nor YAML: {error.problem or error.context}"
            raise _error(self._path, self._raw, at, told, "Look here and at the line before.") from None
        except yaml.YAMLError as error:
            raise FileError(self._path, f"is neither JSON nor YAML: {error}") from None
        finally:
            loader.dispose()
        return value

    def _value(self, depth: int) -> Json:
        yaml = self._yaml
        event = self._loader.get_event()
        self._values += 1
        if depth > _DEEPEST:
            raise self._wrong(event, f"nested more than {_DEEPEST} levels deep")
        if type(event) is yaml.AliasEvent:
            return self._alias(event)
        before, anchor = self._values, event.anchor
        if type(event) is yaml.ScalarEvent:
            value = self._scalar(event)
        elif type(event) is yaml.MappingStartEvent:
            value = self._mapping(depth)
        else:
            value = []
            while not self._loader.check_event(yaml.SequenceEndEvent):
                value.append(self._value(depth + 1))
            self._loader.get_event()
        if anchor is not None:
            self._anchors[anchor] = value
            self._weights[anchor] = self._values - before + 1
        return value

    def _alias(self, event: Any) -> Json:
        if event.anchor not in self._anchors:
            raise self._wrong(event, f"the alias *{event.anchor} stands for nothing, or for what it is in")
        self._values += self._weights[event.anchor]
        if self._values > _MOST_VALUES:
            told = f"the aliases come to more than {_MOST_VALUES:,} values"
            raise self._wrong(event, told, "Write what is meant without aliases of aliases, or use $ref.")
        return self._anchors[event.anchor]

    def _mapping(self, depth: int) -> dict[str, Json]:
        yaml, loader = self._yaml, self._loader
        entries: dict[str, Json] = {}
        merged: list[Json] = []
        while not loader.check_event(yaml.MappingEndEvent):
            event = loader.get_event()
            if type(event) is not yaml.ScalarEvent:
                raise self._wrong(event, "a key that is no plain text")
            key = event.value
            if key == "<<" and event.implicit[0]:
                value = self._value(depth + 1)
                merged.extend(value if isinstance(value, list) else [value])
                continue
            if key in entries:
                raise self._wrong(event, f"the key {key!r} stands here twice", "Take one of them away.")
            entries[key] = self._value(depth + 1)
        loader.get_event()
        for other in merged:
            if not isinstance(other, Mapping):
                raise FileError(self._path, "`<<` merges something that is no mapping")
            entries |= {key: value for key, value in other.items() if key not in entries}
        return entries

    def _scalar(self, event: Any) -> Json:
        from devkit.yamlcore import knows, value_of

        text: str = event.value
        if event.tag is None:
            value = value_of(text) if event.implicit[0] else text
            # As JSON's reader has it: what no computer counts with is near enough.
            return float(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value
        if not knows(event.tag):
            return text
        try:
            return value_of(text, event.tag)
        except ValueError as error:
            raise self._wrong(event, str(error)) from None

    def _wrong(self, event: Any, problem: str, remedy: str | None = None) -> FileError:
        at = Position(event.start_mark.line + 1, event.start_mark.column + 1)
        return _error(self._path, self._raw, at, problem, remedy)


def _error(path: Path, raw: bytes, at: Position | None, problem: str, remedy: str | None) -> FileError:
    if at is None:
        return FileError(path, problem, remedy=remedy)
    lines = raw.split(b"\n", at.line)
    line = lines[at.line - 1] if at.line <= len(lines) else b""
    quoted = line.decode("utf-8", "replace") if len(line) <= _QUOTED else None
    return FileError(path, problem, line=at.line, column=at.column, source=quoted, remedy=remedy)
