"""Scenarios: which there are, which are on, on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.control.hosting import Shelved
from devkit.control.proxied import FORCE, sentences, unable, warned
from devkit.effects import DAY
from devkit.errors import FileError, did_you_mean
from devkit.scenario.matching import idle_rules
from devkit.scenario.telling import describe

if TYPE_CHECKING:
    from devkit.scenario.model import Scenario


async def list_scenarios(call: Call) -> Json:
    """`{data, total}`, by name; one whose file is broken has an `error`, and keeps its last good version."""
    await call.library.current()
    data = [_row(call, entry) for entry in call.library.entries()]
    known = {row["name"] for row in data}
    data += [_orphan(call, on.scenario) for on in call.sandbox.engine.active() if on.scenario.name not in known]
    data.sort(key=lambda row: row["name"])
    return {"data": data, "total": len(data)}


async def show(call: Call) -> Json:
    await call.library.current()
    entry = next((entry for entry in call.library.entries() if entry.name == call.values["name"]), None)
    # Raises where there is none, or none that was ever valid.
    scenario = None if entry else _unsaved(call)
    scenario = scenario or call.library.get(call.values["name"])
    return (_row(call, entry) if entry else _orphan(call, scenario)) | written(scenario)


def _unsaved(call: Call) -> Scenario | None:
    """The scenario of that name that is on without a file."""
    on = (activation.scenario for activation in call.sandbox.engine.active())
    return next((scenario for scenario in on if scenario.name == call.values["name"]), None)


async def use(call: Call) -> Json:
    """The activation, as `describe` tells it, with `warnings` about what of it can strike nothing here and about how it
    arrives through a proxy that calls come by, and with an `error` where a broken file's last good version is on.
    """
    await call.library.current()
    scenario = call.library.get(call.values["name"])
    activation = await switched_on(call, scenario)
    broken = [entry.error for entry in call.library.entries() if entry.name == scenario.name and entry.error]
    return activation | ({"error": broken[0].message} if broken else {})


async def switched_on(call: Call, scenario: Scenario) -> dict[str, Json]:
    """The activation of a scenario that is switched on as the call wishes. Raises ControlError 409."""
    force, ttl = call.values["force"], call.values["ttl"]
    warnings = idle_rules(scenario, call.sandbox.contract)
    warnings += unable(scenario, call.sandbox, force=force)
    warnings += warned(scenario, call.sandbox.proxies, force=force)
    return describe(await call.sandbox.engine.use(scenario, ttl, forced=force)) | {"warnings": warnings}


async def off(call: Call) -> Json:
    name, engine = call.values["name"], call.sandbox.engine
    on = [activation.scenario.name for activation in engine.active()]
    if not await engine.off(name):
        await call.library.current()
        known = {entry.name for entry in call.library.entries()}
        if name in known:
            raise ControlError(404, "not_found", f"The scenario {name!r} is not on.")
        hint = did_you_mean(name, on or known)
        raise ControlError(404, "not_found", f"There is no scenario {name[:80]!r}.{hint}")
    return {"names": [name]}


async def off_all(call: Call) -> Json:
    return {"names": await call.sandbox.engine.off_all()}


async def active(call: Call) -> Json:
    """What is on, in the order it was switched on, with the same `warnings` as where that is done."""
    proxies = list(call.sandbox.proxies)
    return [
        describe(activation)
        | {
            "warnings": [
                *idle_rules(activation.scenario, call.sandbox.contract),
                *unable(activation.scenario, call.sandbox, force=True),
                *sentences(activation.scenario, proxies),
            ]
        }
        for activation in call.sandbox.engine.active()
    ]


def written(scenario: Scenario, context: dict[str, Json] | None = None) -> Json:
    """A scenario as its file has it, with the rules of those that it extends; times in milliseconds, unless `context`
    is the one in which they are read again.
    """
    value = scenario.model_dump(mode="json", by_alias=True, exclude_defaults=True, context=context)
    for rule, dumped in zip(scenario.rules, value.get("rules", []), strict=True):
        dumped["fault"] = {"type": type(rule.fault).kind, **dumped["fault"]}
    return {"description": "", "tags": [], "rules": [], "expect": []} | value


def _row(call: Call, entry: Shelved) -> Json:
    scenario = entry.scenario
    row = {
        "name": entry.name,
        "title": scenario.title if scenario else "",
        "description": scenario.description if scenario else "",
        "tags": list(scenario.tags) if scenario else [],
        "expects": len(scenario.expect) if scenario else 0,
        "source": "shipped" if entry.shipped else str(entry.path),
        "active": entry.name in {activation.scenario.name for activation in call.sandbox.engine.active()},
        "warnings": list(entry.warnings),
    }
    return row | ({"error": entry.error.message, "problem": located(entry.error)} if entry.error else {})


def located(error: FileError) -> Json:
    """What is wrong with a file, and where: lines and columns from 1, the line as it stands there. `others` are further
    mistakes, told alike.
    """
    first, *others = error.mistakes
    return _located(first) | {"others": [_located(other) for other in others]}


def _located(error: FileError) -> dict[str, Json]:
    return {
        "file": error.path.name,
        "line": error.line,
        "column": error.column,
        "source": error.source,
        "message": error.problem,
        "remedy": error.remedy,
    }


def _orphan(call: Call, scenario: Scenario) -> dict[str, Json]:
    """The row of one that is on although its file is gone, or that never had one."""
    lost = call.library.lost(scenario.name)
    row = {
        "name": scenario.name,
        "title": scenario.title,
        "description": scenario.description,
        "tags": list(scenario.tags),
        "expects": len(scenario.expect),
        "source": "removed" if lost else "unsaved",
        "active": True,
        "warnings": [],
    }
    return row | ({"error": "its file was removed; it stays on until it is switched off"} if lost else {})


_NAME = Parameter(name="name", summary="The scenario's name", required=True)

TTL = Parameter(
    name="ttl",
    summary="Off again after this time of the sandbox's, such as 5m",
    type="duration",
    minimum=1,
    maximum=366 * DAY,
)

ROWS = (
    ControlOperation(
        id="scenario.list",
        method="GET",
        path="/_devkit/api/scenarios",
        summary="All scenarios, and which of them are on in the sandbox",
        handler=list_scenarios,
    ),
    ControlOperation(
        id="scenario.off_all",
        method="POST",
        path="/_devkit/api/scenarios/off",
        summary="Switch all scenarios off in the sandbox",
        handler=off_all,
    ),
    ControlOperation(
        id="scenario.show",
        method="GET",
        path="/_devkit/api/scenarios/{name}",
        summary="One scenario: its story, its rules, and what a good frontend does",
        handler=show,
        parameters=(_NAME,),
    ),
    ControlOperation(
        id="scenario.use",
        method="POST",
        path="/_devkit/api/scenarios/{name}/use",
        summary="Switch a scenario on in the sandbox; one that is on begins anew",
        handler=use,
        parameters=(_NAME, TTL, FORCE),
    ),
    ControlOperation(
        id="scenario.off",
        method="POST",
        path="/_devkit/api/scenarios/{name}/off",
        summary="Switch a scenario off in the sandbox",
        handler=off,
        parameters=(_NAME,),
    ),
    ControlOperation(
        id="scenario.active",
        method="GET",
        path="/_devkit/api/active",
        summary="The scenarios that are on in the sandbox, and how often each rule matched and struck",
        handler=active,
    ),
)
