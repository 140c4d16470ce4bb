"""Access tokens on demand, good or bad: for what a frontend does with one, without waiting for it to happen."""

from __future__ import annotations

from typing import get_args

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.effects import DAY, SECOND, isoformat
from devkit.faults.levers import TokenDefect

LIFETIME = DAY


async def mint(call: Call) -> Json:
    """`{token, user, expires_at, try}`: the token opens a session of its own; `try` is an address to send it to."""
    values, sandbox = call.values, call.sandbox
    minted = await sandbox.mint_token(
        values["user"] or sandbox.test_user[0],
        lifetime=values["lifetime"] // SECOND,
        expired=values["expired"],
        defect=values["defect"],
    )
    if minted is None:
        raise ControlError(404, "not_found", f"There is no user {values['user'][:80]!r} in the sandbox {sandbox.id}")
    return {
        "token": minted.token,
        "user": {"id": minted.user.id, "email": minted.user.email},
        "session_id": minted.session_id,
        "expires_at": isoformat(minted.expires_at),
        "expired": values["expired"],
        "defect": values["defect"],
        "try": sandbox.base_url + _own_path(call),
    }


def _own_path(call: Call) -> str:
    """The path that answers with whoever is signed in."""
    routes = (route for dialect in call.dialects for route in dialect.routes())
    found = next((route for route in routes if route.operation.keeper == "accounts.me"), None)
    return found.path if found else "/"


ROWS = (
    ControlOperation(
        id="token.mint",
        method="POST",
        path="/_devkit/api/tokens",
        summary="An access token for a user, good or bad",
        handler=mint,
        status=201,
        parameters=(
            Parameter(name="user", summary="Whose, by email; the seeded test user's if left out"),
            Parameter(
                name="lifetime",
                summary="How long it lives, such as 5m",
                type="duration",
                minimum=SECOND,
                maximum=3660 * DAY,
                default=LIFETIME,
            ),
            Parameter(name="expired", summary="Whether its time is over already", type="boolean", default=False),
            Parameter(name="defect", summary="What is wrong with it", choices=get_args(TokenDefect)),
        ),
    ),
)
