"""What rows a resource has at the beginning: how many, or which; in the file itself, or in one beside it (YAML, JSON,
CSV).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from devkit import yamlcore, yamlfile
from devkit.blueprint.file.context import Reading, file_beside
from devkit.blueprint.file.resources import Draft
from devkit.contract.resources import Resource
from devkit.errors import FileError, did_you_mean, nearest
from devkit.records import dataclass
from devkit.schemas.base import Json, Schema
from devkit.yamlfile import Document, KeyPath

MOST = 100_000


@dataclass(frozen=True, slots=True)
class _Row:
    """One row and what says of its parts where they stand."""

    values: Mapping[str, Json]
    document: Document | None
    where: KeyPath
    path: Path
    line: int | None = None

    def error(self, column: str, problem: str, remedy: str | None = None) -> FileError:
        if self.document is not None:
            return self.document.error((*self.where, column), problem, remedy=remedy)
        return FileError(self.path, problem, line=self.line, remedy=remedy)


def seed_of(reading: Reading, draft: Draft, resource: Resource) -> int | Sequence[Mapping[str, Json]]:
    """How many rows, or these, by the names of columns. What is wrong with them is told."""
    given, where = draft.words.seed, (*draft.where, "seed")
    if given is None:
        return 0
    if isinstance(given, int) and not isinstance(given, bool):
        if not 0 <= given <= MOST:
            reading.wrong(where, f"seed: {given} is no number of rows from 0 to {MOST}")
        return given
    rows: list[_Row] = []
    if isinstance(given, list):
        rows = [*_rows(reading, reading.document, given, where)]
    elif isinstance(given, str):
        path = file_beside(reading, where, given)
        if path is None:
            return 0
        with reading.mistakes:
            rows = [*_of_file(reading, path, resource)]
    else:
        reading.wrong(where, "seed: must be a number of rows, a list of them, or a file", "Such as `seed: 20`.")
    return [_checked(reading, resource, row) for row in rows]


def _of_file(reading: Reading, path: Path, resource: Resource) -> Iterator[_Row]:
    if path.suffix == ".csv":
        yield from _of_csv(reading, path, resource)
        return
    if path.suffix not in {".json", ".yaml", ".yml"}:
        raise FileError(path, "is no file of rows", remedy="They are read from .yaml, .json and .csv.")
    document = yamlfile.read_json(path) if path.suffix == ".json" else yamlfile.read(path)
    value, at = document.value, ()
    if isinstance(value, dict) and isinstance(value.get(resource.name), list):
        value, at = value[resource.name], (resource.name,)  # type: ignore[assignment]
    if not isinstance(value, list):
        raise document.error((), "must be a list of rows")
    yield from _rows(reading, document, value, at)


def _rows(reading: Reading, document: Document, given: list[Any], where: KeyPath) -> Iterator[_Row]:
    for number, row in enumerate(given):
        if isinstance(row, dict):
            yield _Row(row, document, (*where, number), document.path)
        else:
            reading.mistakes.add(document.error((*where, number), "a row must be a mapping, with keys and values"))


def _of_csv(reading: Reading, path: Path, resource: Resource) -> Iterator[_Row]:
    text = yamlfile.text_of(path)
    lines = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        head = next(lines, None)
        if head is None:
            raise FileError(path, "is empty", remedy="Its first line names the fields.")
        unknown = [name for name in head if reading.spelled(name) not in resource.columns]
        for name in unknown:
            problem, remedy = _no_field(resource, name)
            reading.mistakes.add(FileError(path, problem, line=1, remedy=remedy))
        for cells in lines:
            if not cells:
                continue
            if len(cells) != len(head):
                problem = f"has {len(cells)} cells where the first line names {len(head)} fields"
                reading.mistakes.add(FileError(path, problem, line=lines.line_num))
                continue
            values = {
                name: _cell(cell, _schema(reading, resource, name))
                for name, cell in zip(head, cells, strict=True)
                if name not in unknown
            }
            yield _Row(values, None, (), path, lines.line_num)
    except csv.Error as error:
        raise FileError(path, f"is not CSV: {error}", line=lines.line_num) from None


def _schema(reading: Reading, resource: Resource, name: str) -> Schema:
    column = resource.columns.get(reading.spelled(name))
    return column.schema if column else {}


def _cell(text: str, schema: Schema) -> Json:
    """What a cell holds: a text where the field may be one, else what it means; an empty one is null where it may."""
    kinds = schema.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if text == "" and "null" in kinds:
        return None
    if "string" in kinds:
        return text
    if {"array", "object"} & {*kinds} and text[:1] in {"[", "{"}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    if "array" in kinds:
        items = schema.get("items", {})
        return [_cell(part.strip(), items) for part in text.split(";")] if text else []
    return yamlcore.value_of(text)


def _checked(reading: Reading, resource: Resource, row: _Row) -> Mapping[str, Json]:
    found: dict[str, Json] = {}
    unknown = []
    for name, value in row.values.items():
        column = reading.spelled(name)
        if column in resource.columns:
            found[column] = value
        else:
            unknown.append(name)
            problem, remedy = _no_field(resource, name)
            reading.mistakes.add(row.error(name, problem, remedy))
    for column, known in resource.columns.items():
        # What is misspelled is missing too.
        if known.required and column not in found and nearest(column, unknown) is None:
            problem = f"a row of {resource.name} without {column!r}, which must be given"
            reading.mistakes.add(row.error("", problem))
    return found


def _no_field(resource: Resource, name: str) -> tuple[str, str]:
    known = [*resource.columns]
    return f"{resource.name} have no field {name!r}.{did_you_mean(name, known)}", f"Fields: {', '.join(known)}."
