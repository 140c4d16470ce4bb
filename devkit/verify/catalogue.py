"""All checks, in the order in which they are asked, and the choice among them."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from devkit.errors import UsageError, did_you_mean
from devkit.registry import Registry
from devkit.verify.base import Check
from devkit.verify.checks import (
    auth,
    caching,
    conditional,
    cookies,
    cors,
    downloads,
    errors,
    events,
    http,
    idempotency,
    inputs,
    json,
    paging,
    security,
    sessions,
    sockets,
    streams,
    uploads,
)

CHECKS: Registry[Check] = Registry(
    "check",
    (
        *auth.CHECKS,
        *sessions.CHECKS,
        *cookies.CHECKS,
        *cors.CHECKS,
        *paging.CHECKS,
        *conditional.CHECKS,
        *idempotency.CHECKS,
        *uploads.CHECKS,
        *downloads.CHECKS,
        *sockets.CHECKS,
        *events.CHECKS,
        *streams.CHECKS,
        *http.CHECKS,
        *caching.CHECKS,
        # What is no good may be taken and stored: that comes last.
        *security.CHECKS,
        *json.CHECKS,
        *errors.CHECKS,
        *inputs.CHECKS,
    ),
    key=lambda check: check.id,
)  # fmt: skip

SESSIONS, LAST = {"auth", "cookies"}, {"security", "json", "errors"}
"""Suites that need no rows, and may be asked beside those that do; and those that come when all others were asked."""

SUITES: tuple[str, ...] = tuple(dict.fromkeys(check.suite for check in CHECKS))


def chosen(suites: Sequence[str] = (), names: Sequence[str] = (), without: Sequence[str] = ()) -> list[Check]:
    """The checks of those suites and of those names (globs), without those; all, where none is named. Raises
    UsageError for what is not there.
    """
    for suite in suites:
        if suite not in SUITES:
            guess = did_you_mean(suite, SUITES)
            raise UsageError(f"There is no suite {suite!r}.{guess}", remedy=f"Suites: {', '.join(SUITES)}.")
    for name in (*names, *without):
        if not any(_means(name, check) for check in CHECKS):
            guess = did_you_mean(name, CHECKS.names())
            raise UsageError(f"There is no check {name!r}.{guess}", remedy="`devkit verify --list` lists them.")
    found = [
        check
        for check in CHECKS
        if (not suites and not names) or check.suite in suites or any(_means(name, check) for name in names)
    ]
    return [check for check in found if not any(_means(name, check) for name in without)]


def _means(name: str, check: Check) -> bool:
    """A check's id, a glob of ids, or a whole suite's name."""
    return fnmatchcase(check.id, name) or check.suite == name
