"""What only all of a file together tells: circles of references, two operations in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from devkit.blueprint.base import Planned
from devkit.blueprint.file.context import Reading
from devkit.blueprint.file.resources import Draft
from devkit.yamlfile import KeyPath


def circles(reading: Reading, drafts: Mapping[str, Draft]) -> None:
    """Rows that must name a row that must name them could never be made: each circle is told once."""
    told: set[frozenset[str]] = set()
    for draft in drafts.values():
        for field, path in _back_to(draft.name, drafts):
            circle = frozenset(path)
            if circle not in told:
                told.add(circle)
                reading.wrong(
                    (*draft.where, "fields", field),
                    f"no row could ever be the first: {' -> '.join([*path, draft.name])} must all be there before",
                    "Take the `!` away from one of these references.",
                )


def _back_to(name: str, drafts: Mapping[str, Draft]) -> Iterable[tuple[str, Sequence[str]]]:
    """Each field that leads back, by references that must be given, and whom it passes on the way."""
    for field, target in _needed(drafts[name]):
        ways: list[list[str]] = [[name, target]] if target != name else []
        if target == name:
            yield field, [name]
        seen = {name}
        while ways:
            way = ways.pop()
            if way[-1] in seen or way[-1] not in drafts:
                continue
            seen.add(way[-1])
            for _, further in _needed(drafts[way[-1]]):
                if further == name:
                    yield field, way
                    ways = []
                    break
                ways.append([*way, further])


def _needed(draft: Draft) -> list[tuple[str, str]]:
    """Fields that must be given and refer to one row, and to which resource. A list of them may be empty."""
    return [
        (field, noted.reference.resource)
        for field, noted in draft.noted.items()
        if noted.required and not noted.nullable and noted.reference and noted.schema.get("type") != "array"
    ]


def addresses(reading: Reading, operations: Iterable[tuple[Planned, KeyPath]]) -> None:
    """No two operations have one address, or one id. Two paths that differ by the name of a parameter are one."""
    taken: dict[tuple[str, str], Planned] = {}
    named: dict[str, Planned] = {}
    for operation, where in operations:
        address = operation.method, re.sub(r"\{[^{}]*\}", "{}", operation.path)
        if (other := taken.setdefault(address, operation)) is not operation:
            reading.wrong(where, f"{operation.method} {operation.path} is the address of {other.id} already")
        if (other := named.setdefault(operation.id, operation)) is not operation:
            reading.wrong(where, f"{operation.id} is what {other.method} {other.path} is called already")
