"""Drills: a scenario is played to a frontend, and what it does is judged."""

from __future__ import annotations

from typing import Any, Literal

from devkit.control.client import segment
from devkit.errors import UsageError
from devkit.mcp.base import Call, Input, Json, Tool

_LINES = 40


class Drill(Input):
    action: Literal["start", "status", "finish"]
    scenario: str = ""
    """start: one that is drillable."""
    id: str = ""
    """status, finish; the last one started if left out."""
    timeout: str = ""
    """start: how long at the most, such as 2m."""
    force: bool = False
    """start: although the scenario can do little here."""


async def run(call: Call, given: Drill) -> Json:
    if given.action == "start":
        if not given.scenario:
            raise UsageError("drill: to start one, `scenario` is needed.", remedy="`scenarios` lists them.")
        wish: dict[str, Any] = {"scenario": given.scenario, "sandbox": (await _own(call)), "force": given.force}
        if given.timeout:
            wish["timeout"] = given.timeout
        return told(await call.seat.post("/drills", wish))
    known = (await call.seat.get("/drills"))["data"]
    mine = [drill["id"] for drill in known if drill["sandbox"]["id"] == call.seat.id]
    id_ = given.id or next(iter(mine), "")
    if not id_:
        raise UsageError("No drill has been started in your sandbox.", remedy="Start one with a `scenario`.")
    if id_ not in mine:
        raise UsageError(
            f"The drill {id_[:80]!r} is not in your sandbox.", remedy="Leave `id` out for the last one started."
        )
    path = f"/drills/{segment(id_)}"
    return told(await (call.seat.post(f"{path}/finish") if given.action == "finish" else call.seat.get(path)))


async def _own(call: Call) -> str:
    await call.seat.client()
    return call.seat.id


def told(report: dict[str, Any]) -> Json:
    """The verdict, with its reasons and the entries that show them."""
    lines = {line["number"]: line["text"] for line in report["entries"]}
    running = report["state"] == "running"
    return {
        "id": report["id"],
        "scenario": {key: report["scenario"][key] for key in ("name", "title", "description")},
        "state": report["state"],
        "verdict": report["verdict"],
        "reason": report["reason"],
        "expectations": [
            {
                **{key: one[key] for key in ("title", "verdict", "final", "reason")},
                "evidence": [f"#{number} {lines[number]}" for number in one["evidence"][:_LINES] if number in lines],
            }
            for one in report["expectations"]
        ],
        "struck": {rule["id"]: rule["struck"] for rule in report["rules"]},
        "seen": report["seen"],
        "seconds_left": max(0, report["timeout_ms"] - report["elapsed_ms"]) // 1000 if running else 0,
        "frontend_has_to_call": report["sandbox"]["path_url"],
        "or_by_host": report["sandbox"]["url"],
    }


TOOL = Tool(
    name="drill",
    title="Drill a frontend",
    about="Plays a scenario to a frontend and judges what it does: `start`, let the frontend (a browser test, or "
    "`call`) use the sandbox's address, then `finish` for the verdict with its reasons. Use it to find out whether a "
    "frontend copes with a failure.",
    input=Drill,
    answer={
        "id": "string",
        "state": "string",
        "verdict": {"type": "string", "enum": ["passed", "failed", "inconclusive"]},
        "expectations": "array",
        "frontend_has_to_call": "string",
    },
    run=run,
    acts="steers",
)
