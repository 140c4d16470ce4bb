"""All control operations in one table: the server's dispatch, the listing and the documents come from it.

Each area has its rows beside its functions.
"""

from __future__ import annotations

import asyncio

from devkit.control import (
    barriers,
    clock,
    composing,
    connections,
    contract,
    drills,
    events,
    examples,
    faults,
    fleet,
    journal,
    keep,
    mail,
    metrics,
    models,
    moving,
    recording,
    sandboxes,
    scenarios,
    snapshots,
    state,
    stored,
    tokens,
    users,
    verify,
)
from devkit.control.base import Call, ControlOperation, Json
from devkit.registry import Registry

AREAS = (
    state,
    sandboxes,
    scenarios,
    composing,
    faults,
    clock,
    snapshots,
    journal,
    examples,
    users,
    tokens,
    stored,
    models,
    mail,
    connections,
    events,
    barriers,
    drills,
    verify,
    contract,
    keep,
    recording,
    moving,
    fleet,
    metrics,
)


async def _list(call: Call) -> Json:
    return {"data": listing()}


async def _document(call: Call) -> Json:
    return await asyncio.to_thread(openapi, call.host.all()[0].sandbox.base_url)


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
        ControlOperation(
            id="control.openapi",
            method="GET",
            path="/_devkit/api/openapi.json",
            summary="These operations as an OpenAPI 3.1 document, with what each answers",
            handler=_document,
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
                    "default": parameter.written_default,
                    "summary": parameter.summary,
                }
                for parameter in operation.parameters
            ],
        }
        for operation in OPERATIONS
    ]


def openapi(server_url: str | None = None) -> Json:
    """The table as an OpenAPI document. Takes a moment the first time."""
    from devkit.control.document import document

    return document(OPERATIONS, server_url=server_url)
