"""Scenarios, the kinds of faults that they are made of, and a switch for them in the client's own sandbox."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Literal

from devkit.control.client import segment
from devkit.errors import UsageError, did_you_mean
from devkit.mcp.base import Call, Input, Json, Tool


class Scenarios(Input):
    name: str = ""
    """One in detail."""
    search: str = ""


async def scenarios(call: Call, given: Scenarios) -> Json:
    if given.name:
        return {"scenario": await call.read(f"/scenarios/{segment(given.name)}")}
    rows = (await call.read("/scenarios"))["data"]
    word = given.search.casefold()
    found = [
        row for row in rows if any(word in str(row[key]).casefold() for key in ("name", "title", "description", "tags"))
    ]
    return {
        "total": len(found),
        "scenarios": [
            {"name": row["name"], "title": row["title"], "tags": row["tags"], "drillable": bool(row["expects"])}
            | ({"error": row["error"]} if row.get("error") else {})
            for row in found
        ],
        "on": await call.seat.get("/active") if call.seat.id else [],
    }


SCENARIOS = Tool(
    name="scenarios",
    title="Scenarios there are",
    about="Lists scenarios (ways the backend fails, by name) and which are on with how often each rule struck, or "
    "shows one with its rules and what a good frontend does. Use it to choose one for `scenario` or `drill`.",
    input=Scenarios,
    answer={"total?": "integer", "scenarios?": "array", "on?": "array", "scenario?": "object"},
    run=scenarios,
    acts="reads",
    anywhere=True,
)


class Faults(Input):
    kind: str = ""
    """One with its parameters, such as http.abort; or a family: http.*"""
    search: str = ""


async def faults(call: Call, given: Faults) -> Json:
    rows = (await call.read("/faults"))["data"]
    if given.kind and not any(fnmatchcase(row["kind"], given.kind) for row in rows):
        raise UsageError(
            f"There is no kind of fault {given.kind[:80]!r}.{did_you_mean(given.kind, [row['kind'] for row in rows])}",
            remedy="Without `kind` this tool lists them all.",
        )
    if given.kind:
        shown = ("kind", "story", "needs", "example", "schema")
        return {"faults": [{key: row[key] for key in shown} for row in rows if fnmatchcase(row["kind"], given.kind)]}
    word = given.search.casefold()
    return {
        "faults": [
            {"kind": row["kind"], "story": row["story"].partition(". ")[0].partition(": ")[0]}
            for row in rows
            if word in row["kind"] or word in row["story"].casefold()
        ]
    }


FAULTS = Tool(
    name="faults",
    title="Kinds of faults",
    about="Lists the kinds of faults that a scenario's rules are made of, or shows one with the schema of its "
    "parameters and an example. Use it before you compose a scenario of your own.",
    input=Faults,
    answer={"faults": "array"},
    run=faults,
    acts="reads",
    anywhere=True,
)


class Switch(Input):
    action: Literal["use", "off", "check", "try", "save"]
    name: str = ""
    """use, off (all if left out), save."""
    text: str = ""
    """check, try, save: the scenario's YAML: name, title, rules: [{id, match: {operation}, when, fault: {type}}]."""
    ttl: str = ""
    """use, try: off again after this time, such as 5m."""
    force: bool = False
    """use, try: although it can do little here."""
    replace: bool = False
    """save: over a file of that name."""


async def switch(call: Call, given: Switch) -> Json:
    if given.action in {"check", "try", "save"} and not given.text:
        raise UsageError(f"scenario: to {given.action} one, `text` is needed.", remedy="Its YAML, as a file has it.")
    if given.action in {"use", "save"} and not given.name:
        raise UsageError(f"scenario: to {given.action} one, `name` is needed.", remedy="`scenarios` lists them.")
    path = f"/scenarios/{segment(given.name)}"
    wish: dict[str, Any] = {"force": given.force} | ({"ttl": given.ttl} if given.ttl else {})
    if given.action == "use":
        return {"on": await call.seat.post(f"{path}/use", wish)}
    if given.action == "off":
        return {"off": (await call.seat.post(f"{path}/off" if given.name else "/scenarios/off"))["names"]}
    if given.action == "try":
        return {"on": await call.seat.post("/scenarios/try", wish | {"text": given.text})}
    if given.action == "check":
        checked = await call.seat.post("/scenarios/check", {"text": given.text})
        return {"sound": checked["problem"] is None, "problem": checked["problem"], "warnings": checked["warnings"]}
    await _may_save(call, given)
    return {"saved": await call.seat.put(path, {"text": given.text, "replace": given.replace})}


async def _may_save(call: Call, given: Switch) -> None:
    """Raises UsageError where the file is not to be written, or would change what is on in another sandbox."""
    if not call.means.saves:
        raise UsageError(
            "Scenarios are not written into the project by this connection.",
            remedy="Use `try`, or start `devkit mcp` with --save.",
        )
    rows = (await call.seat.get("/sandboxes"))["data"]
    others = [row["id"] for row in rows if row["id"] != call.seat.id and given.name in row["scenarios"]]
    if others:
        raise UsageError(
            f"The scenario {given.name} is on in {', '.join(others[:5])}, which is not yours: its rules would change "
            "there too.",
            remedy="Save it by another name.",
        )


SCENARIO = Tool(
    name="scenario",
    title="Break your sandbox",
    about="Switches scenarios on (`use`) and `off` in your sandbox, or composes one: `check` tells what is wrong with "
    "it, `try` switches it on without a file, `save` writes it into the project's scenarios/. To have a frontend "
    "judged, use `drill` instead.",
    input=Switch,
    answer={"on?": "object", "off?": "array", "sound?": "boolean", "warnings?": "array", "saved?": "object"},
    run=switch,
    acts="steers",
)  # fmt: skip
