"""Whose accounts there are, and who is signed in: sessions end here, or their tokens run out."""

from __future__ import annotations

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.effects import isoformat
from devkit.storage import browsing, users

LIMIT = Parameter(name="limit", summary="At most so many", type="integer", minimum=1, maximum=1000, default=50)
OFFSET = Parameter(name="offset", summary="Leave out so many", type="integer", minimum=0, maximum=2**53, default=0)


async def list_users(call: Call) -> Json:
    """`{data, total}`, in the order they were made, each with how many sessions, tasks and uploads it has."""
    values, now = call.values, call.sandbox.clock.now()
    found, total = await call.sandbox.database.scan(
        lambda connection: browsing.accounts(connection, now, values["q"], values["limit"], values["offset"])
    )
    data = [
        {
            "id": account.user.id,
            "email": account.user.email,
            "name": account.user.name,
            "role": account.user.role,
            "email_verified": account.user.email_verified,
            "created_at": isoformat(account.user.created_at),
            "sessions": account.sessions,
            "tasks": account.tasks,
            "uploads": account.uploads,
        }
        for account in found
    ]
    return {"data": data, "total": total}


async def list_sessions(call: Call) -> Json:
    """`{data, total}`: open sessions, newest first, and how many sockets each has."""
    values, now, user_id = call.values, call.sandbox.clock.now(), user_id_of(call)
    found, total = await call.sandbox.database.scan(
        lambda connection: browsing.open_sessions(connection, now, user_id, values["limit"])
    )
    data = [
        {
            "id": session.id,
            "user": {"id": session.user_id, "email": session.email},
            "created_at": isoformat(session.created_at),
            "expires_at": isoformat(session.expires_at),
            "user_agent": session.user_agent,
            "sockets": len(call.sandbox.hub.subscribers(session_id=session.id)),
        }
        for session in found
    ]
    return {"data": data, "total": total}


async def expire(call: Call) -> Json:
    name, side = call.values["id"], call.values["token"]
    if not await call.sandbox.expire_session(name, side):
        raise _no_session(call)
    what = {"access": "access tokens", "refresh": "refresh tokens", "both": "tokens"}[side]
    return {"message": f"The session's {what} have expired"}


async def revoke(call: Call) -> Json:
    if not await call.sandbox.revoke_session(call.values["id"]):
        raise _no_session(call)
    return {"message": "The session is revoked, its sockets are closed"}


def user_id_of(call: Call) -> str | None:
    """The id of the user that `user` names by email; None where nobody was named. Raises ControlError 404."""
    email = call.values["user"]
    if email is None:
        return None
    found = call.sandbox.database.read(lambda connection: users.find_by_email(connection, email))
    if found is None:
        raise ControlError(404, "not_found", f"There is no user {email[:80]!r} in the sandbox {call.sandbox.id}")
    return found.id


def _no_session(call: Call) -> ControlError:
    return ControlError(404, "not_found", f"No session {call.values['id'][:80]!r} is open in this sandbox")


USER = Parameter(name="user", summary="Only this user's, by email")
_SESSION = Parameter(name="id", summary="The session's id", required=True)

ROWS = (
    ControlOperation(
        id="user.list",
        method="GET",
        path="/_devkit/api/users",
        summary="Accounts, and how much each has",
        handler=list_users,
        parameters=(Parameter(name="q", summary="A part of name or address"), LIMIT, OFFSET),
    ),
    ControlOperation(
        id="session.list",
        method="GET",
        path="/_devkit/api/sessions",
        summary="Everybody's open sessions, newest first",
        handler=list_sessions,
        parameters=(USER, LIMIT),
    ),
    ControlOperation(
        id="session.expire",
        method="POST",
        path="/_devkit/api/sessions/{id}/expire",
        summary="Let the tokens run out that a session has now; a refresh brings good ones again",
        handler=expire,
        parameters=(
            _SESSION,
            Parameter(
                name="token", summary="Which of its tokens", choices=("access", "refresh", "both"), default="access"
            ),
        ),
    ),
    ControlOperation(
        id="session.revoke",
        method="DELETE",
        path="/_devkit/api/sessions/{id}",
        summary="Revoke a session: its tokens die, its sockets are closed",
        handler=revoke,
        parameters=(_SESSION,),
    ),
)
