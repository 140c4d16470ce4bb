"""What an operation is told and answers where all goes well, as JSON."""

from __future__ import annotations

from collections.abc import Mapping

from devkit.blueprint.base import Planned
from devkit.contract.shapes import Outcome, is_json, usual
from devkit.schemas.base import Schema


def best_of(operation: Planned) -> Outcome | None:
    """The answer to a good request; None where the document tells of none."""
    return usual(operation.outcomes) if operation.outcomes else None


def answer_of(operation: Planned | None) -> Schema | None:
    """The schema of what a good request is answered with."""
    best = best_of(operation) if operation else None
    return _json(best.body.media) if best and best.body else None


def body_of(operation: Planned | None) -> Schema | None:
    """The schema of a request's body: in JSON, else in whatever comes first, such as a form."""
    body = operation.shape.body if operation else None
    if body is None:
        return None
    found = _json(body.media)
    return found if found is not None else next(iter(body.media.values()), None)


def _json(media: Mapping[str, Schema]) -> Schema | None:
    ranges = ("*/*", "application/*")
    return next((schema for name, schema in media.items() if is_json(name) or name in ranges), None)
