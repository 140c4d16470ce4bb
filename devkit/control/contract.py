"""What the server promises: its routes, and the OpenAPI and AsyncAPI documents."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from devkit.contract.keeping import kept_by
from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.dialects import asyncapi
from devkit.dialects.base import Dialect
from devkit.dialects.openapi import document as openapi
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
            "kept": kept_by(route.operation.keeper),
            "summary": route.operation.summary,
        }
        for dialect in call.dialects
        for route in dialect.routes()
    ]
    return {"data": data, "total": len(data)}


async def http_document(call: Call) -> Json:
    """The OpenAPI document of all dialects served, or of one of them as it is answered beside the others."""
    return await asyncio.to_thread(_openapi, _wanted(call), call.dialects)


async def socket_document(call: Call) -> Json:
    """The AsyncAPI document of all dialects served, or of one of them."""
    return await asyncio.to_thread(_asyncapi, _wanted(call), call.dialects, call.sandbox.base_url)


def _wanted(call: Call) -> tuple[Dialect, ...]:
    wanted, served = call.values["dialect"], [dialect.name for dialect in call.dialects]
    if wanted and wanted not in served:
        raise ControlError(
            404, "not_found", f"No dialect {wanted[:80]!r} is served here.{did_you_mean(wanted, served)}"
        )
    return tuple(dialect for dialect in call.dialects if wanted in {None, "", dialect.name})


@lru_cache(64)
def _openapi(dialects: tuple[Dialect, ...], served: tuple[Dialect, ...]) -> Json:
    return openapi.document(dialects, served=served)


@lru_cache(64)
def _asyncapi(dialects: tuple[Dialect, ...], served: tuple[Dialect, ...], url: str) -> Json:
    return asyncapi.document(dialects, served=served, server_url=url)


_DIALECT = Parameter(name="dialect", summary="Only this dialect; all that are served when left out")

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
        handler=http_document,
        parameters=(_DIALECT,),
    ),
    ControlOperation(
        id="contract.asyncapi",
        method="GET",
        path="/_devkit/asyncapi.json",
        summary="The WebSockets as an AsyncAPI 3.0 document",
        handler=socket_document,
        parameters=(_DIALECT,),
    ),
)
