"""What a failing test's report says of its sandbox."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from devkit.errors import OperatorError
from devkit.pytest_plugin.lines import listed
from devkit.pytest_plugin.records import Count

if TYPE_CHECKING:
    from devkit.pytest_plugin.handle import Devkit

_MOST = 60
"""Entries of the journal that a report shows, the newest."""


def sections(devkit: Devkit, call: pytest.CallInfo[None]) -> list[tuple[str, str]]:
    """For a phase of a test that failed."""
    server = devkit.server
    if call.when not in {"setup", "call"}:
        return []
    if server.died:
        told = str(call.excinfo.value) if call.excinfo is not None else ""
        return [] if "has died" in told else [("devkit", server.obituary())]
    with contextlib.suppress(OperatorError):
        found = server.control(devkit.id).get("/journal", {"limit": _MOST})
        entries = found["data"][::-1]
        more = len(entries) == _MOST and entries[0]["number"] > 1
        told = ("… \n" if more else "") + (listed(entries) if entries else _silence(devkit))
        return [(f"devkit: the journal of {devkit.id}", told)]
    return []


def _silence(devkit: Devkit) -> str:
    """Of a sandbox that nobody called; and where calls went instead."""
    others = devkit.server.control("main").get("/journal", {"limit": 1})["data"]
    elsewhere = (
        " Meanwhile `main` was called: something on the way, a proxy or a dev server, drops what names the sandbox."
        if any(entry["at"] >= devkit.described["created_at"] for entry in others)
        else ""
    )
    return (
        f"Nothing was called.{elsewhere} It is at {devkit.path_url} (anything), at {devkit.url} (browsers), at "
        f"{devkit.server_url} with {devkit.headers}, or with the API key devkit.token."
    )


def compared(op: str, left: object, right: object) -> list[str] | None:
    """An assertion about a `Count` that failed."""
    found = next((side for side in (left, right) if isinstance(side, Count)), None)
    if found is None:
        return None
    return [f"{left!r} {op} {right!r}", *found.told()]
