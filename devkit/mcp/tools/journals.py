"""What happened in the sandbox: requests, mails, sockets."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from devkit.effects import stopwatch
from devkit.errors import OperatorError, UsageError
from devkit.mcp.base import Call, Input, Json, Tool
from devkit.mcp.tools.mails import LONGEST, PACE


class Journal(Input):
    action: Literal["list", "show", "wait"] = "list"
    number: int = 0
    """show: with headers and bodies."""
    type: Literal["", "request", "mail", "socket"] = ""
    operation: str = ""
    """Such as tasks.*"""
    status: str = ""
    """404, or 4xx."""
    fault: str = ""
    """Struck by this kind or rule, such as http.*"""
    user: str = ""
    """An email."""
    path: str = ""
    """Such as /api/tasks*"""
    after: int = 0
    """Only higher numbers."""
    limit: int = 20
    timeout: float = 10.0
    """wait: seconds."""


async def run(call: Call, given: Journal) -> Json:
    if given.action == "show":
        if not given.number:
            raise UsageError("journal: to show an entry, `number` is needed.", remedy="`list` tells the numbers.")
        return {"entry": await call.seat.get(f"/journal/{given.number}")}
    if given.action == "wait":
        return {"entry": await _wait(call, given)}
    found = await call.seat.get("/journal", {"limit": max(1, given.limit), **_filters(given)})
    return {"newest": found["newest"], "entries": [_brief(entry) for entry in found["data"]]}


def _filters(given: Journal) -> dict[str, Any]:
    names = ("type", "operation", "status", "fault", "user", "path", "after")
    return {name: value for name in names if (value := getattr(given, name))}


def _brief(entry: dict[str, Any]) -> Json:
    """What says something: of most entries half of the fields are empty."""
    left_out = {"sandbox", "request_id", "duration"}
    return {name: value for name, value in entry.items() if name not in left_out and value not in (None, "", [], ())}


async def _wait(call: Call, given: Journal) -> Json:
    """The first entry that fits, as soon as it is there."""
    deadline = stopwatch() + min(given.timeout, LONGEST)
    while True:
        found = (await call.seat.get("/journal", {"limit": 10_000, **_filters(given)}))["data"]
        if found:
            return _brief(found[-1])
        if stopwatch() > deadline:
            raise OperatorError(f"Nothing that fits happened within {given.timeout:g} s.")
        await asyncio.sleep(PACE)


TOOL = Tool(
    name="journal",
    title="What happened",
    about="What reached your sandbox: requests with status and faults, sockets, mails; newest first. Use it to see "
    "what a frontend really sent. `show` has headers and bodies; `wait` answers with the first entry that fits.",
    input=Journal,
    answer={"newest?": "integer", "entries?": "array", "entry?": "object"},
    run=run,
    acts="reads",
)
