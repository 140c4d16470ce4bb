"""What rows a resource has at the beginning: how many, or which; in the file itself, or in one beside it (YAML, JSON,
CSV).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from devkit import yamlcore, yamlfile
from devkit.blueprint.file.context import Reading, file_beside
from devkit.blueprint.file.resources import Draft
from devkit.contract.resources import Resource
from devkit.errors import FileError, did_you_mean, nearest
from devkit.records import dataclass
from devkit.schemas.base import Json, Schema
from devkit.schemas.checking import Checker
from devkit.schemas.problems import dotted
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


Checked = tuple[_Row, Mapping[str, Json]]
"""A row as it is written, and its values by columns."""


def seeded(
    reading: Reading, drafts: Mapping[str, Draft], resources: Mapping[str, Resource], checker: Checker
) -> dict[str, Resource]:
    """The resources that have rows at the beginning, with them. What is wrong with the rows is told."""
    found: dict[str, int | list[Checked]] = {}
    for draft in drafts.values():
        if draft.words.seed is not None:
            found[draft.name] = _seed(reading, draft, resources[draft.name], checker)
    for name, rows in found.items():
        for row, values in rows if isinstance(rows, list) else ():
            _refers(reading, name, row, values, found, resources)
    return {
        name: replace(resources[name], seed=rows if isinstance(rows, int) else [values for _, values in rows])
        for name, rows in found.items()
    }


def _seed(reading: Reading, draft: Draft, resource: Resource, checker: Checker) -> int | list[Checked]:
    given, where = draft.words.seed, (*draft.where, "seed")
    if isinstance(given, int) and not isinstance(given, bool):
        if not 0 <= given <= MOST:
            reading.wrong(where, f"seed: {given} is no number of rows from 0 to {MOST}")
        return given
    rows: list[_Row] = []
    if isinstance(given, list):
        rows = [*_rows(reading, reading.document, given, where)]
    elif isinstance(given, str):
        if (path := file_beside(reading, where, given)) is None:
            return 0
        with reading.mistakes:
            rows = [*_of_file(reading, path, resource)]
    else:
        reading.wrong(where, "seed: must be a number of rows, a list of them, or a file", "Such as `seed: 20`.")
    schema: Schema = {"properties": {name: column.schema for name, column in resource.columns.items()}}
    found = [(row, _checked(reading, resource, row)) for row in rows]
    for row, values in found:
        for problem in checker.problems(schema, values):
            name = _written(reading, row, str(problem.path[0]))
            told = f"{dotted(problem.path)}: {problem.message[:1].lower()}{problem.message[1:]}"
            reading.mistakes.add(row.error(name, told))
    for name, column in resource.columns.items():
        if column.unique:
            _once(reading, name, found)
    return found


def _refers(
    reading: Reading,
    name: str,
    row: _Row,
    values: Mapping[str, Json],
    seeds: Mapping[str, int | list[Checked]],
    resources: Mapping[str, Resource],
) -> None:
    """Tell where a row refers to one that is not there, as far as that can be known: ids may yet be given."""
    for column in resources[name].columns.values():
        value = values.get(column.name)
        if column.reference is None or value is None:
            continue
        target = column.reference.resource
        there = seeds.get(target, 0) if target in resources else 1
        ids = [one.get(resources[target].ids.name) for _, one in there] if isinstance(there, list) else []
        if None in ids or (isinstance(there, int) and there):
            continue
        for one in value if isinstance(value, list) else [value]:
            if one not in ids:
                problem = f"{column.name}: there is no {one!r} among the rows of {target}"
                reading.mistakes.add(row.error(_written(reading, row, column.name), problem))


def _written(reading: Reading, row: _Row, column: str) -> str:
    return next((name for name in row.values if reading.spelled(name) == column), column)


def _once(reading: Reading, column: str, rows: Sequence[Checked]) -> None:
    seen = set()
    for row, values in rows:
        value = values.get(column)
        if value is None:
            continue
        if (told := json.dumps(value)) in seen:
            problem = f"{column}: {value!r} stands here a second time, and is unique"
            reading.mistakes.add(row.error(_written(reading, row, column), problem))
        seen.add(told)


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
