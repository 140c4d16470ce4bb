"""The WebSockets that are open: who is connected, what they hear, and their end."""

from __future__ import annotations

from sqlite3 import Connection

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.effects import isoformat
from devkit.storage import users

_FORBIDDEN = {1004, 1005, 1006, 1015}
"""Close codes that no frame may carry (RFC 6455, section 7.4.1)."""
_REASON_MAX = 123
"""Bytes of a reason: a control frame has 125, of which the code takes two."""


async def list_connections(call: Call) -> Json:
    """`{data, total}`, oldest first; `queued` frames wait to be read. The `user` is null where nobody signs in."""
    subscribers = call.sandbox.hub.subscribers()

    def names(connection: Connection) -> dict[str, str]:
        user_ids = {subscriber.user_id for subscriber in subscribers if subscriber.user_id is not None}
        found = (users.find(connection, user_id) for user_id in user_ids)
        return {user.id: user.email for user in found if user is not None}

    emails = await call.sandbox.database.scan(names)
    data = [
        {
            "id": subscriber.id,
            "user": emails.get(subscriber.user_id or ""),
            "session_id": subscriber.session_id,
            "topics": list(subscriber.topics),
            "queued": len(subscriber),
            "opened_at": isoformat(subscriber.opened_at),
        }
        for subscriber in subscribers
    ]
    return {"data": data, "total": len(data)}


async def close(call: Call) -> Json:
    name, code, reason = (call.values[key] for key in ("id", "code", "reason"))
    problems = {}
    if code in _FORBIDDEN:
        problems["code"] = f"No close frame may carry {code}; 1000, 1001, 1011 and 4000 to 4999 are usual"
    if len(reason.encode()) > _REASON_MAX:
        problems["reason"] = f"Must have {_REASON_MAX} bytes at most"
    if problems:
        raise ControlError(400, "validation_error", "Some parameters are not usable", details=problems)
    if not call.sandbox.hub.close(name, code, reason):
        raise ControlError(404, "not_found", f"No connection {name[:80]!r} is open in this sandbox")
    return {"message": f"The connection is closed with {code}"}


ROWS = (
    ControlOperation(
        id="connection.list",
        method="GET",
        path="/_devkit/api/connections",
        summary="Open WebSockets, and the topics that each subscribed to",
        handler=list_connections,
    ),
    ControlOperation(
        id="connection.close",
        method="POST",
        path="/_devkit/api/connections/{id}/close",
        summary="Close a WebSocket",
        handler=close,
        parameters=(
            Parameter(name="id", summary="The connection's id", required=True),
            Parameter(
                name="code",
                summary="With which close code",
                type="integer",
                minimum=1000,
                maximum=4999,
                default=1000,
            ),
            Parameter(name="reason", summary="With which reason, 123 bytes at most", default=""),
        ),
    ),
)
