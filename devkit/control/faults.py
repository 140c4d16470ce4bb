"""The vocabulary of what can break, as a form needs it."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from devkit.contract.base import Contract
from devkit.control.base import Call, ControlOperation, Json


async def list_faults(call: Call) -> Json:
    """`{data, total}`: each kind with its story, where it acts, an example, and the JSON schema of its parameters."""
    return await asyncio.to_thread(_listing, call.sandbox.contract)


@lru_cache(8)
def _listing(contract: Contract) -> Json:
    from devkit.faults.registry import FAULTS
    from devkit.scenario.schema import parameters_schema

    data = [
        {
            "kind": kind.kind,
            "story": kind.story(),
            "acts_on": sorted(moment.value for moment in kind.moments()),
            "needs": [[one.word for one in need] for need in kind.needs],
            "operations": sorted(contract.meeting(kind.needs)) if kind.needs else ["*"],
            "events": list(kind.events),
            "bends": kind.bends,
            "terminal": kind.terminal,
            "example": dict(kind.example),
            "schema": parameters_schema(kind),
        }
        for kind in FAULTS
    ]
    return {"data": data, "total": len(data)}


ROWS = (
    ControlOperation(
        id="fault.list",
        method="GET",
        path="/_devkit/api/faults",
        summary="Every kind of fault, with the JSON schema of its parameters",
        handler=list_faults,
    ),
)
