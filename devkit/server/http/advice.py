"""What the log says beside an error that a setting, or a look at the guide, would have spared a frontend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import hdrs

from devkit.contract.errors import DomainError
from devkit.dialects.base import Dialect, Route
from devkit.dialects.raw import RawRequest
from devkit.dialects.reading import unheard
from devkit.dialects.replies import Reply
from devkit.errors import did_you_mean
from devkit.journal import Journal, RequestEntry
from devkit.masking import mask_text
from devkit.storage import failures

NO_TOKENS = frozenset({"undefined", "null", "none", "nan", "true", "false", "[object object]", "[object promise]"})
"""What JavaScript (and Python) make of a token that is not there, in lower case."""


_CLIENT = (hdrs.USER_AGENT, hdrs.ORIGIN)
"""What tells one client from another."""
_LOOKED_BACK = 20
"""Entries, for a sign-in before."""
_TIMES = ("created_at", "updated_at")
_NAME_SHOWN = 60
_NAMES_SHOWN = 5


def advice(error: DomainError, route: Route | None, speaks: Dialect, headers: Mapping[str, str]) -> str | None:
    """A sentence for the person at the terminal; None where there is nothing to say."""
    scheme, _, token = headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if error.kind.status == 401 and scheme.lower() == "bearer" and (note := no_token(speaks, token, "Bearer ")):
        return note
    if route and error.reasons.get("confirm_password") == "missing":
        return (
            f"{route.name_of('confirm_password')} is required here, as the document of `{speaks.name}` has it: serve "
            "with auth.confirm_password: optional (or DEVKIT_AUTH_CONFIRM_PASSWORD=optional) where your form has none"
        )
    return None


def of_files(error: DomainError, journal: Journal) -> str | None:
    """Why a file could not be stored, told once for each cause."""
    cause = error.__cause__
    if not isinstance(cause, OSError) or error.kind.name != "service_unavailable":
        return None
    return failures.of_files(cause) if journal.once(("files", cause.errno)) else None


def unseen_token(route: Route, reply: Reply, headers: Mapping[str, str], journal: Journal) -> str | None:
    """For a sign-in that answers with a cookie alone, the second one of a client that has called nothing in between:
    a page that looks for a token in the answer takes a right password for a wrong one.
    """
    operation = route.operation
    if operation.keeper != "sessions.login" or not any(c.name in route.dialect.access_cookies for c in reply.cookies):
        return None
    if not isinstance(reply.body, dict) or "token" in reply.body:
        return None
    for entry in journal.latest(_LOOKED_BACK):
        if not isinstance(entry, RequestEntry) or entry.user:
            # Somebody's session does travel.
            return None
        detail = journal.detail(entry.number) if entry.operation == operation.id and entry.status == 200 else None
        if detail and all(detail.request.headers.get(name) == headers.get(name) for name in _CLIENT):
            return (
                f"signed in as at #{entry.number}, and nothing was called since: a page that looks for `token` in the "
                f"answer finds none; it is {route.dialect.bearer_from}"
            )
    return None


def ignored(route: Route, raw: RawRequest, reply: Reply | None, journal: Journal) -> str | None:
    """What was sent and had no effect, since nobody here knows it: told once for each name, or a form would go on to
    believe that it was stored. `reply` is the answer, where it is none of an error.
    """
    names = [name for name in unheard(route, raw) if not _sent_back(route, name, raw.body, reply)]
    new = [name for name in names if journal.once((route.dialect.name, route.row.operation, name[:_NAME_SHOWN]))]
    if not new:
        return None
    # JSON that is sent as a form is a single name.
    shown = ", ".join(f"`{mask_text(name[:_NAME_SHOWN])}`" for name in new[:_NAMES_SHOWN])
    more = f" and {len(new) - _NAMES_SHOWN} more" if len(new) > _NAMES_SHOWN else ""
    known = sorted(route.query_names | route.body_names)
    guess = did_you_mean(new[0][:_NAME_SHOWN], known)
    return (
        f"{shown}{more}: unknown to {route.row.operation}, and ignored; known are {', '.join(known) or 'none'}.{guess}"
    )


def _sent_back(route: Route, name: str, body: Mapping[str, Any], reply: Reply | None) -> bool:
    """Whether that is a field that only the backend sets, as it was read before: forms send whole things back."""
    if name not in body:
        return False
    if name in {route.dialect.name_of(field) for field in _TIMES}:
        return True
    answered = reply.body if reply else None
    if isinstance(answered, dict) and len(answered) == 1 and isinstance(inner := next(iter(answered.values())), dict):
        answered = inner
    return isinstance(answered, dict) and name in answered and answered[name] == body[name]


def joined(notes: Sequence[str | None]) -> str | None:
    """Several sentences as one note."""
    return "; ".join(filter(None, notes)) or None


def no_token(speaks: Dialect, token: str, sent_as: str) -> str | None:
    """What to tell where that was sent as a token."""
    token = token.strip()
    if token.lower() not in NO_TOKENS:
        return None
    return f"`{sent_as}{token}` is no token: the page had none. In `{speaks.name}` it is {speaks.bearer_from}"
