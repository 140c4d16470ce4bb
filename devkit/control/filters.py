"""Which entries of a journal are wanted: one set of words for the list, the live feed, the wait and `devkit log`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from devkit.control.base import ControlError, Parameter
from devkit.journal import Entry, MailEntry, RequestEntry, SocketEntry

TYPES: Mapping[type[Entry], str] = {RequestEntry: "request", MailEntry: "mail", SocketEntry: "socket"}

PARAMETERS = (
    Parameter(name="type", summary="Only requests, mails or sockets", choices=tuple(TYPES.values())),
    Parameter(name="operation", summary="Only requests for these operations, such as tasks.*"),
    Parameter(name="status", summary="Only requests answered with this status: 404, or 4xx"),
    Parameter(name="fault", summary="Only what a fault of this kind, or rule, struck, such as http.*"),
    Parameter(name="user", summary="Only what this user did, or was sent, by email"),
    Parameter(name="path", summary="Only requests to these paths, such as /api/tasks*"),
    Parameter(name="after", summary="Only entries with a higher number", type="integer", minimum=0, default=0),
    Parameter(name="before", summary="Only entries with a lower number", type="integer", minimum=1),
)

LAST = 2**63
"""Above the number of any entry."""

Fits = Callable[[Entry], bool]


def fitting(values: Mapping[str, Any]) -> Fits:
    """What all filters that were given let pass. Raises ControlError for a status that is none."""
    checks = [check(values[name]) for name, check in _CHECKS.items() if values.get(name)]
    after, before = values.get("after") or 0, values.get("before") or LAST
    return lambda entry: after < entry.number < before and all(check(entry) for check in checks)


def _type(wanted: str) -> Fits:
    return lambda entry: TYPES[type(entry)] == wanted


def _operation(pattern: str) -> Fits:
    return lambda entry: isinstance(entry, RequestEntry) and fnmatchcase(entry.operation or "", pattern)


def _status(wanted: str) -> Fits:
    if not re.fullmatch(r"[1-5]([0-9][0-9]|xx)", wanted):
        raise ControlError(
            400,
            "validation_error",
            "Some parameters are not usable",
            details={"status": "Must be a status such as 404, or a class of them such as 4xx"},
        )
    return lambda entry: isinstance(entry, RequestEntry) and wanted in {str(entry.status), f"{entry.status // 100}xx"}


def _fault(pattern: str) -> Fits:
    return lambda entry: any(
        fnmatchcase(name, pattern) for struck in entry.faults for name in (struck.kind, struck.rule)
    )


def _user(email: str) -> Fits:
    wanted = email.casefold()

    def check(entry: Entry) -> bool:
        who = entry.to if isinstance(entry, MailEntry) else entry.user
        return who is not None and who.casefold() == wanted

    return check


def _path(pattern: str) -> Fits:
    return lambda entry: isinstance(entry, RequestEntry) and fnmatchcase(entry.path, pattern)


_CHECKS: Mapping[str, Callable[[Any], Fits]] = {
    "type": _type,
    "operation": _operation,
    "status": _status,
    "fault": _fault,
    "user": _user,
    "path": _path,
}
