"""What the server promises: its routes, and the OpenAPI and AsyncAPI documents."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import cache, lru_cache

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.dialects import asyncapi, openapi
from devkit.dialects.base import Dialect
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


async def http_document(call: Call) -> Json:
    """The OpenAPI document of all dialects served, or of one of them."""
    return await asyncio.to_thread(_openapi, _wanted(call))


async def socket_document(call: Call) -> Json:
    """The AsyncAPI document of all dialects served, or of one of them."""
    return await asyncio.to_thread(_asyncapi, _wanted(call), _names(call.dialects), call.sandbox.base_url)


def _wanted(call: Call) -> tuple[str, ...]:
    served, wanted = _names(call.dialects), call.values["dialect"]
    if wanted and wanted not in served:
        raise ControlError(
            404, "not_found", f"No dialect {wanted[:80]!r} is served here.{did_you_mean(wanted, served)}"
        )
    return (wanted,) if wanted else served


def _names(dialects: Iterable[Dialect]) -> tuple[str, ...]:
    return tuple(dialect.name for dialect in dialects)


@cache
def _openapi(names: tuple[str, ...]) -> Json:
    return openapi.document([DIALECTS[name] for name in names])


@lru_cache(64)
def _asyncapi(names: tuple[str, ...], served: tuple[str, ...], url: str) -> Json:
    described, beside = ([DIALECTS[name] for name in some] for some in (names, served))
    return asyncapi.document(described, served=beside, server_url=url)


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
