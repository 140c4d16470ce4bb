"""What a schema is, and where it finds what it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Any
"""A JSON value."""

Schema = Mapping[str, Json]
"""A JSON Schema of draft 2020-12. What it refers to by `#/components/schemas/<name>` is in the `Components` beside it;
there are no other references, whatever document it was read from.
"""

Components = Mapping[str, Schema]
"""Schemas by their names; they may refer to each other, and to themselves."""

REF = "#/components/schemas/"


def gathered(schema: Any, known: Components, into: dict[str, Json]) -> None:
    """Put all components that a schema leads to into `into`."""
    if isinstance(schema, list | tuple):
        for part in schema:
            gathered(part, known, into)
    elif isinstance(schema, Mapping):
        for key, part in schema.items():
            if key == "$ref" and isinstance(part, str):
                name = part.removeprefix(REF)
                if name not in into and name in known:
                    into[name] = known[name]
                    gathered(known[name], known, into)
            else:
                gathered(part, known, into)
