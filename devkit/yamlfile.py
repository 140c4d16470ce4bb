"""YAML files that people write, read strictly: every complaint names file, line and column and quotes the line, and all
of a file's mistakes are told at once.

Used for `devkit.yaml`, `seed/*.yaml` and `scenarios/*.yaml`. Beyond what YAML itself refuses, these are errors: two
equal keys in one mapping, aliases (a file of ten lines could grow to gigabytes), custom tags, keys that are no text,
several documents in one file, and files above 4 MiB.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from devkit import yamlcore
from devkit.errors import FileError, Mistakes, did_you_mean, nearest

M = TypeVar("M", bound=BaseModel)
KeyPath = tuple[str | int, ...]
Mark = tuple[int, int]

_SHAPES = dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "must be a mapping, with keys and values")
"""What to say instead of the library's words, which name its own types."""
_TYPES = {"string_type": "must be text", "bool_type": "must be true or false"}
_NO_BOOLEANS = ("y", "n", "yes", "no", "on", "off")
"""Texts that YAML 1.1 took for true and false."""

_MAX_BYTES = 4 * 1024 * 1024
_MAX_DEPTH = 50
_PLAIN_TAGS = {None, "!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class EmptyFile(FileError):
    """The file holds no YAML at all, or nothing but comments."""


class Document:
    """A file that was read: its `value`, and where in the file each part of it stands."""

    def __init__(
        self, path: Path, text: str, value: Any, marks: Mapping[KeyPath, Mark], written: Mapping[KeyPath, str]
    ) -> None:
        self.path = path
        self.value = value
        self._lines = text.splitlines()
        self._marks = marks
        self._written = written

    def error(self, where: KeyPath, problem: str, *, remedy: str | None = None) -> FileError:
        """An error at the part that `where` leads to, such as `("users", 0, "email")`, or at what surrounds it."""
        line, column = self._mark(where)
        return _error(self.path, self._lines, problem, line, column, remedy)

    def line(self, where: KeyPath) -> int:
        """The line, from 1, of the part that `where` leads to, or of what surrounds it."""
        return self._mark(where)[0]

    def written(self, where: KeyPath, value: object) -> str:
        """A value as it stands in the file, where it is a word without quotes; else as Python shows it."""
        return self._written.get(where) or repr(value)

    def _mark(self, where: KeyPath) -> Mark:
        while where and where not in self._marks:
            where = where[:-1]
        return self._marks.get(where, (1, 1))

    def parse(self, model: type[M], value: Any = None, *, at: KeyPath = ()) -> M:
        """The value as a `model` (whose configuration should forbid extra keys). Raises FileError, all that is wrong.

        `value` is parsed instead of the whole where it is given; it stands at `at` in the file.
        """
        try:
            return model.model_validate(self.value if value is None else value)
        except ValidationError as error:
            mistakes, places = Mistakes(), set()
            for detail in _telling(error.errors(include_url=False)):
                complaint = self._complaint(model, detail, at)
                # Where a value may be one of several things, the library says of each why it is not.
                place = complaint.line, complaint.column, detail["type"] == "missing" and complaint.problem
                if place not in places:
                    places.add(place)
                    mistakes.add(complaint)
            mistakes.settle()
            raise AssertionError("what is not valid has a mistake") from None

    def _complaint(self, model: type[BaseModel], detail: ErrorDetails, at: KeyPath) -> FileError:
        inside: KeyPath = tuple(detail["loc"])
        where = at + inside
        name = str(where[-1]) if where else "the file"
        if detail["type"] == "extra_forbidden":
            known = _keys_at(model, inside[:-1])
            remedy = f"Known keys: {', '.join(known)}." if known else None
            return self.error(where, f"unknown key {name!r}.{did_you_mean(name, known)}", remedy=remedy)
        if detail["type"] == "missing":
            return self.error(where[:-1], f"the key {name!r} is missing")
        why = _SHAPES.get(detail["type"]) or self._why(where, detail)
        return self.error(where, f"{'.'.join(map(str, where)) or name}: {why}")

    def _why(self, where: KeyPath, detail: ErrorDetails) -> str:
        kind, given = detail["type"], detail["input"]
        written = self._written.get(where)
        if kind == "string_type" and written is not None:
            return f"must be text, and {written} without quotes is none: write {written!r}"
        if kind == "bool_type" and isinstance(given, str) and given.lower() in _NO_BOOLEANS:
            return f"must be true or false; {given} is a text in YAML"
        why = _TYPES.get(kind) or _lower(detail["msg"])
        # What was read may look otherwise than what was written: 1e9, 010.
        return why.replace(repr(given), written) if written is not None else why


def _telling(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without what only follows from something else: a key that is misspelled is also a key that is missing."""
    unknown: dict[KeyPath, list[str]] = {}
    for detail in details:
        if detail["type"] == "extra_forbidden":
            unknown.setdefault(detail["loc"][:-1], []).append(str(detail["loc"][-1]))
    return [
        detail
        for detail in details
        if detail["type"] != "missing" or nearest(str(detail["loc"][-1]), unknown.get(detail["loc"][:-1], ())) is None
    ]


def read(path: Path) -> Document:
    """Read one YAML file. Raises FileError."""
    return parse(path, text_of(path))


def read_json(path: Path) -> Document:
    """Read one JSON file (RFC 8259). Raises FileError."""
    text = text_of(path)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", None), getattr(error, "colno", None)
        source = text.splitlines()[line - 1] if line and text.strip() else None
        problem = f"is not JSON: {_lower(getattr(error, 'msg', str(error)))}"
        raise FileError(path, problem, line=line, column=column, source=source) from None
    marks: dict[KeyPath, Mark] = {}
    # Where its parts stand is found as in YAML, which knows no tabs and other escapes; without it nothing is wrong.
    with contextlib.suppress(yaml.YAMLError, FileError):
        loader = _Loader(text.replace("\t", " "))
        try:
            reader = _Reader(path, text.splitlines(), loader, Mistakes())
            marks = reader.marks
            reader.document()
        finally:
            loader.dispose()
    return Document(path, text, value, marks, {})


def text_of(path: Path) -> str:
    """The text of a file that a person wrote. Raises FileError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}") from None
    if len(raw) > _MAX_BYTES:
        raise FileError(path, f"is larger than {_MAX_BYTES >> 20} MiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileError(path, "is not UTF-8 text", line=line) from None
    return text


def parse(path: Path, text: str) -> Document:
    """Parse YAML that was read from, or is about to be written to, `path`. Raises FileError."""
    lines = text.splitlines()
    mistakes = Mistakes()
    try:
        loader = _Loader(text)
        try:
            reader = _Reader(path, lines, loader, mistakes)
            value = reader.document()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mistakes.add(_no_yaml(path, lines, error))
    except FileError as error:
        mistakes.add(error)
    mistakes.settle()
    return Document(path, text, value, reader.marks, reader.written)


def _no_yaml(path: Path, lines: list[str], error: yaml.YAMLError) -> FileError:
    if not isinstance(error, yaml.MarkedYAMLError):
        return FileError(path, f"is not YAML: {error}")
    mark = error.problem_mark or error.context_mark
    detail = error.problem or error.context
    problem = f"this is not YAML: {detail}" if detail else "this is not YAML"
    at = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if lines and lines[min(at[0], len(lines)) - 1][at[1] - 1 : at[1]] == "\t":
        return _error(path, lines, "a tab where YAML wants spaces", *at, "Indent with spaces.")
    return _error(path, lines, problem, *at, "Look here and at the line before.")


class _Reader:
    """Builds plain values from YAML's events, noting where each began, and as what those that are no text are written.

    What is wrong and leaves no doubt about the rest is gathered in `mistakes`.
    """

    def __init__(self, path: Path, lines: list[str], loader: Any, mistakes: Mistakes) -> None:
        self._path, self._lines, self._loader, self._mistakes = path, lines, loader, mistakes
        self.marks: dict[KeyPath, Mark] = {}
        self.written: dict[KeyPath, str] = {}

    def document(self) -> Any:
        loader = self._loader
        loader.get_event()
        if loader.check_event(yaml.StreamEndEvent):
            raise EmptyFile(self._path, "is empty")
        loader.get_event()
        value = self._value((), 0)
        loader.get_event()
        if not loader.check_event(yaml.StreamEndEvent):
            raise self._at(loader.peek_event(), "a second document in one file")
        if value is None:
            raise EmptyFile(self._path, "is empty")
        return value

    def _value(self, where: KeyPath, depth: int) -> Any:
        event: Any = self._loader.get_event()
        if where not in self.marks:
            self.marks[where] = _start(event)
        if depth > _MAX_DEPTH:
            raise self._at(event, f"nested more than {_MAX_DEPTH} levels deep")
        if isinstance(event, yaml.AliasEvent):
            self._wrong(event, f"an alias (*{event.anchor})", "Write the value out.")
            return None
        if isinstance(event, yaml.CollectionStartEvent) and event.tag not in _PLAIN_TAGS:
            self._wrong(event, f"a tag ({event.tag})", "Leave the tag out.")
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not self._loader.check_event(yaml.SequenceEndEvent):
                items.append(self._value((*where, len(items)), depth + 1))
            self._loader.get_event()
            return items
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(where, depth)
        return self._scalar(event, where)

    def _mapping(self, where: KeyPath, depth: int) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while not self._loader.check_event(yaml.MappingEndEvent):
            event: Any = self._loader.get_event()
            if not isinstance(event, yaml.ScalarEvent):
                raise self._at(event, "a key that is no plain text")
            if event.tag not in {None, "!", yamlcore.STR}:
                self._wrong(event, f"a tag ({event.tag}) on a key", "Leave the tag out.")
            if event.value in entries:
                self._wrong(event, f"the key {event.value!r} stands here twice")
            # A complaint about a value points at its key: that is where one looks for it.
            self.marks[(*where, event.value)] = _start(event)
            entries[event.value] = self._value((*where, event.value), depth + 1)
        self._loader.get_event()
        return entries

    def _scalar(self, event: Any, where: KeyPath) -> Any:
        text: str = event.value
        if event.tag not in {None, "!"} and not yamlcore.knows(event.tag):
            self._wrong(event, f"a tag ({event.tag})", "Leave the tag out.")
            return text
        if event.tag == "!" or (event.tag is None and not event.implicit[0]):
            return text
        try:
            value = yamlcore.value_of(text, event.tag)
        except ValueError:
            self._wrong(event, f"cannot make sense of {text!r}")
            return text
        if not isinstance(value, str):
            self.written[where] = text
        return value

    def _wrong(self, event: Any, problem: str, remedy: str | None = None) -> None:
        self._mistakes.add(self._at(event, problem, remedy))

    def _at(self, event: Any, problem: str, remedy: str | None = None) -> FileError:
        return _error(self._path, self._lines, problem, *_start(event), remedy)


def _start(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _error(path: Path, lines: list[str], problem: str, line: int, column: int, remedy: str | None) -> FileError:
    source = lines[line - 1] if line <= len(lines) else None
    return FileError(path, problem, line=line, column=column, source=source, remedy=remedy)


def _keys_at(model: Any, where: KeyPath) -> list[str]:
    """The keys that the model knows at a path, as far as its annotations tell."""
    schema = model.model_json_schema()
    node: Any = schema
    for step in where:
        node = _resolve(node, schema)
        node = node.get("items", {}) if isinstance(step, int) else node.get("properties", {}).get(step, {})
    return list(_resolve(node, schema).get("properties", {}))


def _resolve(node: Any, schema: Any) -> Any:
    for option in node.get("anyOf", ()):
        if option.get("type") != "null":
            node = option
    reference = node.get("$ref")
    return schema["$defs"][reference.rpartition("/")[2]] if reference else node


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
