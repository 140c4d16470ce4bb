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
