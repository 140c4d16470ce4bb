"""What the server promises: its routes, and the OpenAPI document."""

from __future__ import annotations

import asyncio
from functools import cache

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.dialects.openapi import document
from devkit.dialects.table import DIALECTS
from devkit.errors import did_you_mean


async def list_routes(call: Call) -> Json:
    """`{data, total}`: every route of the dialects served, in the order of their tables."""
    data = [
        {
            "dialect": dialect.name,
            "method": route.method,
            "path": route.path,
            "operation": route.operation.id,
            "access": route.operation.access.value,
            "summary": route.operation.summary,
        }
        for dialect in call.dialects
        for route in dialect.routes()
    ]
    return {"data": data, "total": len(data)}


async def openapi(call: Call) -> Json:
    """The document of all dialects served, or of one of them."""
    served, wanted = tuple(dialect.name for dialect in call.dialects), call.values["dialect"]
    if wanted and wanted not in served:
        raise ControlError(
            404, "not_found", f"No dialect {wanted[:80]!r} is served here.{did_you_mean(wanted, served)}"
        )
    return await asyncio.to_thread(_document, (wanted,) if wanted else served)


@cache
def _document(names: tuple[str, ...]) -> Json:
    return document([DIALECTS[name] for name in names])


ROWS = (
    ControlOperation(
        id="contract.routes",
        method="GET",
        path="/_devkit/api/routes",
        summary="Every route that is served",
        handler=list_routes,
    ),
    ControlOperation(
        id="contract.openapi",
        method="GET",
        path="/_devkit/openapi.json",
        summary="The contract as an OpenAPI 3.1 document",
        handler=openapi,
        parameters=(Parameter(name="dialect", summary="Only this dialect; all that are served when left out"),),
    ),
)
