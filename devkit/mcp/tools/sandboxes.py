"""The client's own sandbox: where it is, back to its seed, another one."""

from __future__ import annotations

from typing import Literal

from devkit.mcp.base import Call, Input, Json, Tool


class Sandbox(Input):
    action: Literal["show", "reset", "new"] = "show"
    seed: int | None = None
    """new: the number that data is drawn from."""
    scenarios: list[str] = []
    """new: scenarios that are on from the start."""
    time: str = ""
    """new: what its clock says, ISO 8601."""


async def run(call: Call, given: Sandbox) -> Json:
    if given.action == "new":
        wish = {"seed": given.seed, "scenarios": given.scenarios, "time": given.time}
        await call.seat.renew({name: value for name, value in wish.items() if value not in (None, "", [])})
    elif given.action == "reset":
        await call.seat.post("/reset")
        call.seat.seen_mails.clear()
    client = await call.seat.client()
    shown = await call.seat.get(f"/sandboxes/{call.seat.id}")
    status = await call.seat.get("/status")
    return {
        "sandbox": shown["id"],
        "url": shown["url"],
        "path_url": shown["path_url"],
        "header": shown["header"],
        "token": shown["token"],
        "panel": f"{client.url}/_devkit/?devkit_sandbox={shown['id']}",
        "time": shown["time"],
        "scenarios": shown["scenarios"],
        "counts": status["counts"],
        "dialects": status["dialects"],
        "test_user": status["test_user"],
        "users": [one["email"] for one in status["test_users"]],
        "server": "ends with this connection" if call.home.is_own else "was running before",
    }


TOOL = Tool(
    name="sandbox",
    title="Your sandbox",
    about="Your own copy of the mock backend: its addresses, test user, clock, active scenarios. Call it first, to "
    "know where a frontend has to look for its backend. `reset` takes data, mails and journal back to the seed; `new` "
    "replaces the sandbox.",
    input=Sandbox,
    answer={
        "sandbox": "string",
        "url": {"type": "string", "description": "For browsers"},
        "path_url": {"type": "string", "description": "For programs that cannot resolve *.localhost"},
        "scenarios": "array",
        "test_user": "object",
    },
    run=run,
    acts="changes",
)
