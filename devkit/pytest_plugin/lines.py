"""What happened, as text; and what a test is told that asks for what cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_WIDEST = 240


class DevkitError(Exception):
    """Something that a sandbox was asked to do cannot be done: a sentence."""


def listed(entries: Iterable[Mapping[str, Any]]) -> str:
    """The entries as text, a line each; in the journal they have no secrets."""
    return "\n".join(map(line, entries)) or "(nothing)"


def line(entry: Mapping[str, Any]) -> str:
    struck = ", ".join(f"{one['kind']} ({one['rule']})" for one in entry["faults"])
    parts = [f"#{entry['number']}", entry["at"][11:23], *_told(entry), f"↯ {struck}" if struck else ""]
    text = "  ".join(str(part) for part in parts if part not in {"", None})
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _told(entry: Mapping[str, Any]) -> list[Any]:
    if entry["type"] == "mail":
        return [f'mail "{entry["subject"]}" to {entry["to"]}']
    if entry["type"] == "socket":
        return [f"WebSocket {entry['direction']}", entry["code"], entry["frame"], entry["user"]]
    near = f" (near: {', '.join(entry['nearest'])})" if entry["nearest"] else ""
    again = "" if entry["repeats"] is None else f"again #{entry['repeats']}"
    what = entry["operation"] or f"no operation{near}"
    return [
        f"{entry['method']} {entry['path']}",
        entry["status"],
        what,
        entry["user"],
        again,
        entry["error"],
        entry["note"],
    ]
