"""The sandbox's time."""

from __future__ import annotations

from typing import Any, Literal

from devkit.errors import UsageError
from devkit.mcp.base import Call, Input, Json, Tool


class Clock(Input):
    action: Literal["show", "advance", "freeze", "set", "run", "reset"] = "show"
    by: str = ""
    """advance: such as 2h or -5m."""
    at: str = ""
    """set, freeze: ISO 8601."""
    rate: float = 1.0
    """run: its seconds in one of the machine's."""


async def run(call: Call, given: Clock) -> Json:
    needed = {"advance": "by", "set": "at"}.get(given.action)
    if needed and not getattr(given, needed):
        raise UsageError(
            f"clock: to {given.action} it, `{needed}` is needed.", remedy="Such as 2h, or an ISO 8601 time."
        )
    if given.action == "show":
        shown: Json = await call.seat.get("/clock")
        return shown
    wishes: dict[str, dict[str, Any]] = {
        "advance": {"by": given.by},
        "freeze": {"at": given.at} if given.at else {},
        "set": {"at": given.at},
        "run": {"rate": given.rate},
    }
    turned: Json = await call.seat.post(f"/clock/{given.action}", wishes.get(given.action, {}))
    return turned


TOOL = Tool(
    name="clock",
    title="Your sandbox's clock",
    about="Shows or turns your sandbox's clock. Tokens, mail links and rate limits go by it: advance it to let a "
    "session expire, instead of waiting.",
    input=Clock,
    answer={"time": "string", "frozen": "boolean", "rate": "number"},
    run=run,
    acts="steers",
)
