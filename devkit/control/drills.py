"""Drills: play a scenario to a frontend, and hear what it did about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from devkit.control.base import Call, Content, ControlError, ControlOperation, Json, Parameter
from devkit.control.hosting import Wish
from devkit.control.proxied import FORCE, unable, warned
from devkit.effects import DAY, MINUTE, SECOND
from devkit.errors import did_you_mean
from devkit.sandbox import Sandbox

if TYPE_CHECKING:
    from devkit.drill.running import Drill

KEPT_AFTER = 10 * MINUTE
"""How long a sandbox that was made for a drill outlives it, at the most: for a look at what is in it."""

_PACE = 0.25
"""Seconds between two messages of the live feed."""


async def start(call: Call) -> Json:
    """The drill, with where to send the frontend: `sandbox.url`."""
    from devkit.drill.running import default_timeout

    drills, values = await call.drills.open(), call.values
    await call.library.current()
    scenario = call.library.get(values["scenario"])
    if not scenario.expect:
        raise ControlError(
            409, "conflict", f"The scenario {scenario.name!r} expects nothing: add `expect` entries to its file"
        )
    timeout = values["timeout"] or default_timeout(scenario)
    force, wanted = values["force"], call.host.find(values["sandbox"]) if values["sandbox"] else None
    # A sandbox that is made for it is most often called by the frontend that calls this one now.
    place = wanted.sandbox if wanted else call.sandbox
    warned(scenario, place.proxies, force=force)
    unable(scenario, place, force=force)
    sandbox, fresh = await _sandbox(call, timeout), values["fresh"]
    try:
        drill = await drills.start(sandbox, scenario, timeout=timeout, early=values["early"], fresh=fresh, forced=force)
    except ValueError as error:
        raise ControlError(409, "conflict", str(error)) from None
    except BaseException:
        if fresh:
            await call.host.remove(sandbox.id)
        raise
    return _written(drill)


async def list_drills(call: Call) -> Json:
    """`{data, total}`, the newest first, without their entries."""
    data = [_brief(drill) for drill in (await call.drills.open()).all()]
    return {"data": data, "total": len(data)}


async def show(call: Call) -> Json:
    return _written(await _found(call))


async def finish(call: Call) -> Json:
    drill = await _found(call)
    await drill.finish()
    return _written(drill)


async def remove(call: Call) -> Json:
    drill = await _found(call)
    await (await call.drills.open()).remove(drill)
    if drill.fresh and call.host.find(drill.sandbox.id) is not None:
        await call.host.remove(drill.sandbox.id)
    return {"message": f"The drill {drill.id} is gone"}


async def html(call: Call) -> Content:
    from devkit.drill.html import page
    from devkit.drill.report import report

    return Content(page([report(await _found(call))]).encode(), "text/html")


async def junit(call: Call) -> Content:
    from devkit.drill.junit import suites
    from devkit.drill.report import report

    return Content(suites([report(await _found(call))]), "application/xml")


def follow(call: Call) -> AsyncGenerator[Json, None]:
    """The drill whenever something changed, until it has ended."""
    drills = call.drills.opened
    drill = drills.find(call.values["id"]) if drills else None
    if drill is None:
        raise _unknown(call, [one.id for one in drills.all()] if drills else [])
    return _feed(drill)


async def _feed(drill: Drill) -> AsyncGenerator[Json, None]:
    revision = -1
    while True:
        ended = drill.state != "running"
        if drill.revision != revision or ended:
            revision = drill.revision
            yield _brief(drill)
        if ended:
            return
        await asyncio.sleep(_PACE)


async def _found(call: Call) -> Drill:
    drills = await call.drills.open()
    drill = drills.find(call.values["id"])
    if drill is None:
        raise _unknown(call, [one.id for one in drills.all()])
    return drill


def _unknown(call: Call, known: list[str]) -> ControlError:
    wanted = call.values["id"]
    return ControlError(404, "not_found", f"There is no drill {wanted[:80]!r} here.{did_you_mean(wanted, known)}")


async def _sandbox(call: Call, timeout: int) -> Sandbox:  # noqa: ASYNC109 - the drill's, in milliseconds
    """The sandbox to drill in. Raises ControlError 404, or what making one raises."""
    wanted = call.values["sandbox"]
    if call.values["fresh"]:
        return (await call.host.create(Wish(id=wanted, ttl=timeout + KEPT_AFTER))).sandbox
    if wanted is None:
        return call.sandbox
    found = call.host.find(wanted)
    if found is None:
        known = [lodger.sandbox.id for lodger in call.host.all()]
        raise ControlError(404, "not_found", f"There is no sandbox {wanted[:80]!r} here.{did_you_mean(wanted, known)}")
    return found.sandbox


def _written(drill: Drill) -> Json:
    from devkit.drill.report import report, written

    return written(report(drill))


def _brief(drill: Drill) -> Json:
    from devkit.drill.report import report, written

    found = report(drill, limit=0)
    return {**written(found), "entries": [], "left_out": found.seen}


_ID = Parameter(name="id", summary="The drill's id", required=True)

ROWS = (
    ControlOperation(
        id="drill.list",
        method="GET",
        path="/_devkit/api/drills",
        summary="The drills that are under way, and the last 100 that ended",
        handler=list_drills,
    ),
    ControlOperation(
        id="drill.start",
        method="POST",
        path="/_devkit/api/drills",
        summary="Switch a scenario on and judge what the frontend does, until all is decided or the time is over",
        handler=start,
        status=201,
        parameters=(
            Parameter(name="scenario", summary="The scenario's name", required=True),
            Parameter(name="sandbox", summary="The sandbox to drill in; that which the call means where left out"),
            Parameter(name="fresh", summary="Make a sandbox for it (of that name)", type="boolean", default=False),
            Parameter(
                name="timeout",
                summary="How long it takes at the most: 1m, or what the scenario needs, where left out",
                type="duration",
                minimum=SECOND,
                maximum=DAY,
            ),
            Parameter(name="early", summary="End as soon as every verdict is final", type="boolean", default=True),
            FORCE,
        ),
    ),
    ControlOperation(
        id="drill.show",
        method="GET",
        path="/_devkit/api/drills/{id}",
        summary="One drill: its verdicts, as far as they go, and the journal entries that show them",
        handler=show,
        parameters=(_ID,),
    ),
    ControlOperation(
        id="drill.follow",
        method="GET",
        path="/_devkit/api/drills/{id}/follow",
        summary="Its verdicts whenever something changes, until it ends, over a WebSocket; entries left out",
        stream=follow,
        parameters=(_ID,),
    ),
    ControlOperation(
        id="drill.finish",
        method="POST",
        path="/_devkit/api/drills/{id}/finish",
        summary="Switch the scenario off and judge now",
        handler=finish,
        parameters=(_ID,),
    ),
    ControlOperation(
        id="drill.delete",
        method="DELETE",
        path="/_devkit/api/drills/{id}",
        summary="Cancel a drill and forget it, with the sandbox that was made for it",
        handler=remove,
        parameters=(_ID,),
    ),
    ControlOperation(
        id="drill.html",
        method="GET",
        path="/_devkit/api/drills/{id}/report.html",
        summary="The drill as a page: verdicts and a timeline",
        handler=html,
        parameters=(_ID,),
    ),
    ControlOperation(
        id="drill.junit",
        method="GET",
        path="/_devkit/api/drills/{id}/junit.xml",
        summary="The drill as JUnit XML",
        handler=junit,
        parameters=(_ID,),
    ),
)
