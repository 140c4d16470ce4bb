"""What the log says beside an error that a setting, or a look at the guide, would have spared a frontend."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import hdrs

from devkit.contract.errors import DomainError
from devkit.dialects.base import Dialect, Route

NO_TOKENS = frozenset({"undefined", "null", "none", "nan", "true", "false", "[object object]", "[object promise]"})
"""What JavaScript (and Python) make of a token that is not there, in lower case."""


def advice(error: DomainError, route: Route | None, speaks: Dialect, headers: Mapping[str, str]) -> str | None:
    """A sentence for the person at the terminal; None where there is nothing to say."""
    if error.kind.status == 401 and (note := _no_token(speaks, headers.get(hdrs.AUTHORIZATION, ""))):
        return note
    if route and error.reasons.get("confirm_password") == "missing":
        return (
            f"{route.name_of('confirm_password')} is required here, as the document of `{speaks.name}` has it: serve "
            "with auth.confirm_password: optional (or DEVKIT_AUTH_CONFIRM_PASSWORD=optional) where your form has none"
        )
    return None


def _no_token(speaks: Dialect, authorization: str) -> str | None:
    scheme, _, value = authorization.partition(" ")
    value = value.strip()
    if scheme.lower() != "bearer" or value.lower() not in NO_TOKENS:
        return None
    return f"`Bearer {value}` is no token: the page had none. In `{speaks.name}` it is {speaks.bearer_from}"
