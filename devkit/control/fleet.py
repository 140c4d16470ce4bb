"""What a proxy and an orchestrator ask of one replica: whether it lives, whether it takes more, and to take no more."""

from __future__ import annotations

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter


async def health(call: Call) -> Json:
    """It lives. `room` is the share of sandboxes that it could still take: 1 is all."""
    return _described(call)


async def ready(call: Call) -> Json:
    """The same where it takes new sandboxes. Raises ControlError 503 where it does not."""
    host = call.host
    if host.draining or host.room <= 0:
        told = "is being drained" if host.draining else "is full"
        raise ControlError(503, "service_unavailable", f"This server {told}: it takes no new sandboxes")
    return _described(call)


async def drain(call: Call) -> Json:
    call.host.draining = call.values["on"]
    return _described(call)


def _described(call: Call) -> dict[str, Json]:
    host = call.host
    return {
        "status": "draining" if host.draining else "ok",
        "replica": call.sandbox.settings.replica,
        "sandboxes": len(host.all()) - 1,
        "most": host.most,
        "sockets": sum(len(lodger.sockets) for lodger in host.all()),
        "room": round(host.room, 4),
    }


ROWS = (
    ControlOperation(
        id="fleet.health",
        method="GET",
        path="/_devkit/health",
        summary="Whether the server lives: 200, also while it is drained. Needs no token",
        handler=health,
        is_open=True,
    ),
    ControlOperation(
        id="fleet.ready",
        method="GET",
        path="/_devkit/ready",
        summary="Whether the server takes new sandboxes: 200, or 503 while it is drained or full. Needs no token",
        handler=ready,
        is_open=True,
    ),
    ControlOperation(
        id="fleet.drain",
        method="POST",
        path="/_devkit/api/drain",
        summary="Take no new sandboxes, or take them again; those there are go on",
        handler=drain,
        parameters=(Parameter(name="on", summary="Whether it is drained", type="boolean", default=True),),
    ),
)
