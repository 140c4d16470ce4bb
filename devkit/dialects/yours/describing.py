"""How an answer is described whose outcome a contract of somebody's own promises."""

from __future__ import annotations

from devkit.contract.shapes import Outcome
from devkit.dialects.spelling import Json
from devkit.schemas.base import Components, gathered


def media_type_of(outcome: Outcome | None) -> str:
    """What its body is usually called."""
    body = outcome.body if outcome else None
    return next(iter(body.media), "application/json") if body else "application/json"


def body_schema_of(outcome: Outcome | None, known: Components, components: dict[str, Json]) -> Json | None:
    """JSON Schema of its usual body, or None where there is none; what that refers to goes to `components`."""
    body = outcome.body if outcome else None
    if body is None or not body.media:
        return None
    schema = next(iter(body.media.values()))
    gathered(schema, known, components)
    return dict(schema)
