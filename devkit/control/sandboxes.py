"""Sandboxes: make one, look at it, remove it."""

from __future__ import annotations

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.control.elsewhere import kept_elsewhere
from devkit.control.hosting import Lodger, Wish
from devkit.control.proxied import listed, unable
from devkit.effects import DAY, isoformat
from devkit.errors import did_you_mean


async def create(call: Call) -> Json:
    values = call.values
    wish = Wish(
        id=values["id"],
        seed=values["seed"],
        scenarios=values["scenarios"],
        time=values["time"],
        frozen=values["frozen"],
        ttl=values["ttl"],
    )
    lodger = await call.host.create(wish)
    on = [activation.scenario for activation in lodger.sandbox.engine.active()]
    warnings = [said for scenario in on for said in unable(scenario, lodger.sandbox, force=True)]
    return described(lodger) | {"warnings": warnings}


async def list_sandboxes(call: Call) -> Json:
    """`{data, total}`, main first, then in the order they were made."""
    data = [described(lodger) for lodger in call.host.all()]
    return {"data": data, "total": len(data)}


async def show(call: Call) -> Json:
    found = call.host.find(call.values["id"])
    if found is None:
        raise unknown(call)
    return described(found)


async def remove(call: Call) -> Json:
    if not await call.host.remove(call.values["id"]):
        raise unknown(call)
    return {"message": f"The sandbox {call.values['id']} is gone"}


def described(lodger: Lodger) -> Json:
    """How to get there (any of the six ways), what is in it, and when it goes."""
    sandbox = lodger.sandbox
    return {
        "id": sandbox.id,
        "url": sandbox.base_url,
        "path_url": sandbox.path_url,
        "header": {"X-Devkit-Sandbox": sandbox.id},
        "query": {"devkit_sandbox": sandbox.id},
        "cookie": {"devkit_sandbox": sandbox.id},
        "token": sandbox.sessions.keys.token,
        "seed": sandbox.settings.seed,
        "time": isoformat(sandbox.clock.now()),
        "rate": sandbox.clock.rate,
        "scenarios": [activation.scenario.name for activation in sandbox.engine.active()],
        "sockets": len(sandbox.hub.subscribers()),
        "journal": len(sandbox.journal),
        "proxies": listed(sandbox.proxies),
        "created_at": isoformat(lodger.created_at),
        "expires_at": None if lodger.expires_at is None else isoformat(lodger.expires_at),
    }


def unknown(call: Call) -> Exception:
    wanted, known = call.values["id"], [lodger.sandbox.id for lodger in call.host.all()]
    if (elsewhere := kept_elsewhere(wanted, call.sandbox.settings.replica)) is not None:
        return elsewhere
    return ControlError(404, "not_found", f"There is no sandbox {wanted[:80]!r} here.{did_you_mean(wanted, known)}")


_ID = Parameter(name="id", summary="The sandbox's id", required=True)

ROWS = (
    ControlOperation(
        id="sandbox.list",
        method="GET",
        path="/_devkit/api/sandboxes",
        summary="All sandboxes",
        handler=list_sandboxes,
    ),
    ControlOperation(
        id="sandbox.create",
        method="POST",
        path="/_devkit/api/sandboxes",
        summary="Make a sandbox: data, clock, mails, events, faults and journal of its own, in memory",
        handler=create,
        status=201,
        parameters=(
            Parameter(name="id", summary="How it is called, and its host name: a-z, 0-9, dashes; drawn if left out"),
            Parameter(
                name="seed", summary="The number its data is drawn from", type="integer", minimum=0, maximum=2**31
            ),
            Parameter(name="scenarios", summary="Scenarios that are on in it", type="strings", default=()),
            Parameter(name="time", summary="What its clock says at first, and after a reset", type="instant"),
            Parameter(name="frozen", summary="Whether its clock stands still", type="boolean", default=False),
            Parameter(
                name="ttl",
                summary="After this time it removes itself, such as 30m",
                type="duration",
                minimum=1,
                maximum=30 * DAY,
            ),
        ),
    ),
    ControlOperation(
        id="sandbox.show",
        method="GET",
        path="/_devkit/api/sandboxes/{id}",
        summary="One sandbox: its address, how else to choose it, when it goes",
        handler=show,
        parameters=(_ID,),
    ),
    ControlOperation(
        id="sandbox.delete",
        method="DELETE",
        path="/_devkit/api/sandboxes/{id}",
        summary="End a sandbox, its sockets and everything in it",
        handler=remove,
        parameters=(_ID,),
    ),
)
