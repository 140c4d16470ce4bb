"""What tests ask of any document with references in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any


def references(value: Any) -> Iterator[str]:
    """Every `$ref` that stands in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        yield from itertools.chain.from_iterable(references(item) for item in value)


def resolve(document: dict[str, Any], reference: str) -> Any:
    """What a reference of the document leads to. Raises KeyError."""
    target: Any = document
    for part in reference.removeprefix("#/").split("/"):
        target = target[part]
    return target


def every_reference_resolves(document: dict[str, Any]) -> None:
    for reference in set(references(document)):
        assert resolve(document, reference), reference
