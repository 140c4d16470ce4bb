"""What the contract promises of an answer. One of somebody's own promises no header field that it does not name itself:
what we would send beside it is no other backend's duty.
"""

from __future__ import annotations

from collections.abc import Mapping

from devkit.dialects.base import Dialect, Route
from devkit.dialects.conformance import Departure, Promise
from devkit.verify.exchange import Answer

_ABOUT = "the header "


def promises_header(speaks: Route | Dialect, name: str) -> bool:
    """Whether each good answer must have the field."""
    if not _is_own(speaks):
        return isinstance(speaks, Route) and name in speaks.answer.headers()
    if isinstance(speaks, Dialect):
        return False
    named = (outcome.headers for outcome in speaks.operation.outcomes)
    return any(_required(headers, name) for headers in named)


def _required(headers: Mapping[str, object], name: str) -> bool:
    return any(key.lower() == name.lower() and getattr(one, "required", False) for key, one in headers.items())


def departure(promise: Promise, speaks: Route | Dialect, answer: Answer) -> Departure | None:
    """What is not as promised; the first of it."""
    fields = {name.lower(): value for name, value in answer.fields}
    for one in promise.departures(answer.status, fields, answer.content):
        about = one.what.removeprefix(_ABOUT).partition(" ")[0] if one.what.startswith(_ABOUT) else ""
        if not about or not _is_own(speaks) or about.lower() in fields or promises_header(speaks, about):
            return one
    return None


def _is_own(speaks: Route | Dialect) -> bool:
    return (speaks.dialect if isinstance(speaks, Route) else speaks).usual
