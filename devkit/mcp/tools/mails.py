"""Mails that the backend sent: nothing leaves the machine."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from devkit.control.client import segment
from devkit.effects import stopwatch
from devkit.errors import OperatorError, UsageError
from devkit.mcp.base import Call, Input, Json, Tool

PACE = 0.2
"""Seconds between two looks."""

LONGEST = 120.0
"""Seconds that are waited for something at the most: hosts have a patience of their own."""


class Mail(Input):
    action: Literal["list", "read", "wait"] = "list"
    id: str = ""
    """read"""
    to: str = ""
    """list, wait: only to this address."""
    timeout: float = 10.0
    """wait: seconds."""


async def run(call: Call, given: Mail) -> Json:
    if given.action == "read":
        if not given.id:
            raise UsageError("mail: to read one, `id` is needed.", remedy="`list` tells the ids.")
        return await _read(call, given.id)
    if given.action == "wait":
        return await _wait(call, given)
    found = await _list(call, given)
    brief = [{key: mail[key] for key in ("id", "to", "kind", "subject", "sent_at", "link")} for mail in found["data"]]
    return {"total": found["total"], "mails": brief}


async def _list(call: Call, given: Mail) -> Json:
    found: Json = await call.seat.get("/mail", {"to": given.to or None, "limit": 50})
    return found


async def _read(call: Call, id_: str) -> Json:
    mail: dict[str, Any] = await call.seat.get(f"/mail/{segment(id_)}")
    call.seat.seen_mails.add(mail["id"])
    return {"mail": mail}


async def _wait(call: Call, given: Mail) -> Json:
    """The oldest mail that the client has not seen, as soon as there is one."""
    deadline = stopwatch() + min(given.timeout, LONGEST)
    while True:
        for mail in reversed((await _list(call, given))["data"]):
            if mail["id"] not in call.seat.seen_mails:
                return await _read(call, mail["id"])
        if stopwatch() > deadline:
            to = f" to {given.to}" if given.to else ""
            raise OperatorError(f"No mail{to} that you have not seen came within {given.timeout:g} s.")
        await asyncio.sleep(PACE)


TOOL = Tool(
    name="mail",
    title="Mails of your sandbox",
    about="Lists, reads, or waits for mails that the backend sent in your sandbox (verification, password reset), with "
    "their link. `wait` answers with the next mail that you have not seen.",
    input=Mail,
    answer={"total?": "integer", "mails?": "array", "mail?": "object"},
    run=run,
    acts="reads",
)
