"""The record of what happened, as JSON."""

from __future__ import annotations

import dataclasses
import re
from itertools import islice

from devkit.control.base import Call, ControlError, Json
from devkit.effects import isoformat
from devkit.journal import Entry, MailEntry, RequestEntry, SocketEntry

TYPES: dict[type[Entry], str] = {RequestEntry: "request", MailEntry: "mail", SocketEntry: "socket"}


async def list_entries(call: Call) -> Json:
    """`{data, newest}`: entries, newest first, and the number to ask `after` next time."""
    operation, status, after = (call.values[name] for name in ("operation", "status", "after"))
    if status and not re.fullmatch(r"[1-5](\d\d|xx)", status):
        raise ControlError(
            400,
            "validation_error",
            "Some parameters are not usable",
            details={"status": "Must be a status such as 404, or a class of them such as 4xx"},
        )
    entries = list(call.sandbox.journal)
    fitting = (entry for entry in reversed(entries) if entry.number > after and _fits(entry, operation, status))
    data = [written(entry) for entry in islice(fitting, call.values["limit"])]
    return {"data": data, "newest": entries[-1].number if entries else 0}


def _fits(entry: Entry, operation: str | None, status: str | None) -> bool:
    if not operation and not status:
        return True
    if not isinstance(entry, RequestEntry) or (operation and entry.operation != operation):
        return False
    return not status or str(entry.status) == status or status == f"{entry.status // 100}xx"


def written(entry: Entry) -> Json:
    """An entry as a JSON object; `type` says which kind it is."""
    data = {"type": TYPES[type(entry)], **dataclasses.asdict(entry), "at": isoformat(entry.at)}
    if isinstance(entry, MailEntry):
        data["delivered"] = [isoformat(instant) for instant in entry.delivered]
    return data
