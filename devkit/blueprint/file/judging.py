"""Whether the values in a file fit their schemas: defaults, what a step sets, answers, rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from devkit.blueprint.base import Planned
from devkit.blueprint.file.context import Reading
from devkit.blueprint.file.resources import Draft
from devkit.contract.keeping import ByAnswer, ByTransition
from devkit.contract.resources import Resource
from devkit.schemas.base import REF, Json, Schema
from devkit.schemas.checking import Checker
from devkit.schemas.judging import strangers
from devkit.yamlfile import KeyPath

_PLACE = re.compile(r"\{(path|query)\.([^{}]+)\}")


def judge(
    reading: Reading,
    drafts: Mapping[str, Draft],
    resources: Mapping[str, Resource],
    planned: list[tuple[Planned, KeyPath]],
    checker: Checker,
) -> None:
    """Tell what does not fit."""
    for draft in drafts.values():
        for name in draft.noted:
            column = resources[draft.name].columns.get(reading.spelled(name))
            if column is not None:
                _column(reading, checker, column.schema, (*draft.where, "fields", name))
    for operation, where in planned:
        if where[0] == "resources" or where == ("openapi",):
            continue
        if isinstance(operation.keeping, ByTransition):
            _step(reading, checker, operation.keeping, resources, where)
        _strangers(reading, checker, operation, where)
        if isinstance(operation.keeping, ByAnswer):
            for outcome in operation.outcomes:
                _places(reading, operation, outcome.body.examples if outcome.body else {}, where)
        _answers(reading, checker, operation, where)


def fits(checker: Checker, schema: Schema, value: Json) -> str:
    """What is wrong with a value, as the end of a sentence; empty where nothing is."""
    problems = checker.check(schema, value)
    return "; ".join(
        f"{_lower(text)}" if place == "body" else f"{place}: {_lower(text)}" for place, text in problems.items()
    )


def _known(reading: Reading, checker: Checker, schema: Schema, where: KeyPath) -> bool:
    """Whether all that it refers to is there."""
    lost = [*strangers(schema, checker.components)]
    for path, reference in lost:
        reading.unknown((*where, *path), "schema", reference, [f"{REF}{name}" for name in checker.components])
    return not lost


def _strangers(reading: Reading, checker: Checker, operation: Planned, where: KeyPath) -> None:
    bodies = [("body", operation.shape.body), *(("schema", outcome.body) for outcome in operation.outcomes)]
    for key, body in bodies:
        for schema in body.media.values() if body else ():
            _known(reading, checker, schema, (*where, key))
    for parameter in operation.shape.parameters:
        _known(reading, checker, parameter.schema, (*where, parameter.place, parameter.name))


def _column(reading: Reading, checker: Checker, schema: Schema, where: KeyPath) -> None:
    if (
        _known(reading, checker, schema, where)
        and "default" in schema
        and (wrong := fits(checker, schema, schema["default"]))
    ):
        reading.wrong((*where, "default"), f"the default of {where[-1]} {wrong}")


def _step(
    reading: Reading, checker: Checker, keeping: ByTransition, resources: Mapping[str, Resource], where: KeyPath
) -> None:
    columns = resources[keeping.resource].columns
    for key, values in (("set", keeping.set), ("when", keeping.when)):
        for name, value in values.items():
            schema = columns[name].schema
            several = key == "when" and isinstance(value, list) and not checker.fits(schema, value)
            for one in value if several else [value]:
                if wrong := fits(checker, schema, one):
                    reading.wrong((*where, key, name), f"{name}: {one!r} {wrong}")


def _answers(reading: Reading, checker: Checker, operation: Planned, where: KeyPath) -> None:
    """An answer that breaks its schema is odd and no mistake: real backends do that."""
    for outcome in operation.outcomes:
        for media, examples in (outcome.body.examples if outcome.body else {}).items():
            schema: Any = outcome.body.media.get(media, {}) if outcome.body else {}
            for name, value in examples.items():
                if schema and (wrong := fits(checker, schema, value)):
                    reading.warn(where, f"the answer {name!r} of {operation.id} breaks its schema: {wrong}")


def _places(reading: Reading, operation: Planned, answer: Json, where: KeyPath) -> None:
    """Tell what an answer would repeat of the request that nobody can have said."""
    if isinstance(answer, Mapping):
        for part in answer.values():
            _places(reading, operation, part, where)
    elif isinstance(answer, list):
        for part in answer:
            _places(reading, operation, part, where)
    elif isinstance(answer, str):
        for place, name in _PLACE.findall(answer):
            known = [one.name for one in operation.shape.parameters if one.place == place]
            if name not in known:
                reading.unknown(where, f"parameter of the {place}", name, known)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
