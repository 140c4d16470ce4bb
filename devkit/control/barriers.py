"""Barriers: calls that a scenario holds until somebody lets them go."""

from __future__ import annotations

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.errors import did_you_mean


async def list_barriers(call: Call) -> Json:
    """`{data, total}`: each barrier that something waits at, and how many do."""
    data = [{"name": name, "waiting": waiting} for name, waiting in call.sandbox.levers.barriers().items()]
    return {"data": data, "total": len(data)}


async def release(call: Call) -> Json:
    name, waiting = call.values["name"], call.sandbox.levers.barriers()
    if not call.sandbox.levers.release(name):
        raise ControlError(404, "not_found", f"Nothing waits at a barrier {name[:80]!r}.{did_you_mean(name, waiting)}")
    return {"name": name, "released": waiting.get(name, 0)}


ROWS = (
    ControlOperation(
        id="barrier.list",
        method="GET",
        path="/_devkit/api/barriers",
        summary="The barriers that calls wait at",
        handler=list_barriers,
    ),
    ControlOperation(
        id="barrier.release",
        method="POST",
        path="/_devkit/api/barriers/{name}/release",
        summary="Let go what waits at a barrier",
        handler=release,
        parameters=(Parameter(name="name", summary="The barrier's name", required=True),),
    ),
)
