"""All control operations in one table: the server's dispatch, the listing and the documents come from it.

Each area has its rows beside its functions.
"""

from __future__ import annotations

from devkit.control import (
    barriers,
    clock,
    composing,
    connections,
    contract,
    drills,
    events,
    faults,
    journal,
    keep,
    mail,
    models,
    recording,
    sandboxes,
    scenarios,
    snapshots,
    state,
    stored,
    tokens,
    users,
)
from devkit.control.base import Call, ControlOperation, Json
from devkit.effects import isoformat
from devkit.registry import Registry
from devkit.units import format_duration

AREAS = (
    state,
    sandboxes,
    scenarios,
    composing,
    faults,
    clock,
    snapshots,
    journal,
    users,
    tokens,
    stored,
    models,
    mail,
    connections,
    events,
    barriers,
    drills,
    contract,
    keep,
    recording,
)


async def _list(call: Call) -> Json:
    return {"data": listing()}


OPERATIONS: Registry[ControlOperation] = Registry(
    "control operation",
    [
        ControlOperation(
            id="control.list",
            method="GET",
            path="/_devkit/api",
            summary="These operations",
            handler=_list,
        ),
        *(row for area in AREAS for row in area.ROWS),
    ],
    key=lambda operation: operation.id,
)


def listing() -> list[Json]:
    """The table as JSON: id, method, path, summary, parameters."""
    return [
        {
            "id": operation.id,
            "method": operation.method,
            "path": operation.path,
            "summary": operation.summary,
            "websocket": operation.stream is not None,
            "parameters": [
                {
                    "name": parameter.name,
                    "in": operation.place_of(parameter),
                    "type": parameter.type,
                    "required": parameter.required,
                    "default": _default(parameter.type, parameter.default),
                    "summary": parameter.summary,
                }
                for parameter in operation.parameters
            ],
        }
        for operation in OPERATIONS
    ]


def _default(kind: str, value: Json) -> Json:
    """A default as one would write it."""
    if value is None:
        return None
    if kind in {"duration", "span"}:
        return format_duration(value)
    return isoformat(value) if kind == "instant" else list(value) if isinstance(value, tuple) else value
