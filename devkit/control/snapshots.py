"""Snapshots: put what a sandbox holds aside, and bring it back."""

from __future__ import annotations

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.effects import isoformat
from devkit.errors import did_you_mean
from devkit.storage.snapshots import NAME_RULE, Snapshot, is_name


async def list_snapshots(call: Call) -> Json:
    """`{data, total}`, newest first."""
    data = [_described(snapshot) for snapshot in await call.sandbox.snapshots.list()]
    return {"data": data, "total": len(data)}


async def save(call: Call) -> Json:
    return _described(await call.sandbox.save_snapshot(_name(call)))


async def restore(call: Call) -> Json:
    found = await call.sandbox.restore_snapshot(_name(call))
    if found is None:
        raise await _unknown(call)
    return _described(found)


async def delete(call: Call) -> Json:
    if not await call.sandbox.snapshots.delete(_name(call)):
        raise await _unknown(call)
    return {"message": f"The snapshot {call.values['name']} is gone"}


def _name(call: Call) -> str:
    name: str = call.values["name"]
    if not is_name(name):
        raise ControlError(400, "validation_error", "Some parameters are not usable", details={"name": NAME_RULE})
    return name


async def _unknown(call: Call) -> ControlError:
    name, known = call.values["name"], [snapshot.name for snapshot in await call.sandbox.snapshots.list()]
    return ControlError(
        404, "not_found", f"The sandbox {call.sandbox.id} has no snapshot {name!r}.{did_you_mean(name, known)}"
    )


def _described(snapshot: Snapshot) -> Json:
    return {
        "name": snapshot.name,
        "saved_at": isoformat(snapshot.saved_at),
        "time": isoformat(snapshot.clock.at),
        "size": snapshot.size,
        "uploads": snapshot.uploads,
    }


_NAME = Parameter(name="name", summary="The snapshot's name", required=True)

ROWS = (
    ControlOperation(
        id="snapshot.list",
        method="GET",
        path="/_devkit/api/snapshots",
        summary="The sandbox's snapshots, newest first",
        handler=list_snapshots,
    ),
    ControlOperation(
        id="snapshot.save",
        method="PUT",
        path="/_devkit/api/snapshots/{name}",
        summary="Put data, uploads and clock aside, over what had the name before",
        handler=save,
        parameters=(_NAME,),
    ),
    ControlOperation(
        id="snapshot.restore",
        method="POST",
        path="/_devkit/api/snapshots/{name}/restore",
        summary="Bring data, uploads and clock back; sockets are closed",
        handler=restore,
        parameters=(_NAME,),
    ),
    ControlOperation(
        id="snapshot.delete",
        method="DELETE",
        path="/_devkit/api/snapshots/{name}",
        summary="Throw a snapshot away",
        handler=delete,
        parameters=(_NAME,),
    ),
)
