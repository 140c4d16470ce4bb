"""What users have stored: everybody's tasks and uploads, and the uploads that are under way."""

from __future__ import annotations

from sqlite3 import Connection

from devkit.control.base import Call, ControlOperation, Json, Parameter
from devkit.control.users import LIMIT, OFFSET, USER, user_id_of
from devkit.effects import isoformat
from devkit.storage import browsing, users


async def list_tasks(call: Call) -> Json:
    """`{data, total}`, newest first."""
    values, user_id = call.values, user_id_of(call)
    found, total = await call.sandbox.database.scan(
        lambda connection: browsing.tasks(connection, user_id, values["q"], values["limit"], values["offset"])
    )
    data = [
        {
            "id": task.id,
            "user": email,
            "title": task.title,
            "description": task.description,
            "completed": task.completed,
            "priority": task.priority,
            "due_date": None if task.due_date is None else isoformat(task.due_date),
            "created_at": isoformat(task.created_at),
            "updated_at": isoformat(task.updated_at),
        }
        for email, task in found
    ]
    return {"data": data, "total": total}


async def list_uploads(call: Call) -> Json:
    """`{data, total}`, newest first."""
    values, user_id = call.values, user_id_of(call)
    found, total = await call.sandbox.database.scan(
        lambda connection: browsing.uploads(connection, user_id, values["limit"], values["offset"])
    )
    data = [
        {
            "id": upload.id,
            "user": email,
            "filename": upload.filename,
            "content_type": upload.content_type,
            "size": upload.size,
            "sha256": upload.sha256,
            "created_at": isoformat(upload.created_at),
        }
        for email, upload in found
    ]
    return {"data": data, "total": total}


async def arriving(call: Call) -> Json:
    """`{data, total}`: each with the bytes of its body that are here; `size` is null where it was not announced."""
    under_way = call.sandbox.arriving_uploads()

    def names(connection: Connection) -> dict[str, str]:
        found = (users.find(connection, upload.user_id) for upload in under_way)
        return {user.id: user.email for user in found if user is not None}

    emails = call.sandbox.database.read(names)
    data = [
        {
            "id": upload.upload_id,
            "user": emails.get(upload.user_id),
            "received": upload.body.received,
            "size": upload.body.total,
        }
        for upload in under_way
    ]
    return {"data": data, "total": len(data)}


ROWS = (
    ControlOperation(
        id="task.list",
        method="GET",
        path="/_devkit/api/tasks",
        summary="Everybody's tasks, newest first",
        handler=list_tasks,
        parameters=(USER, Parameter(name="q", summary="A part of title or description"), LIMIT, OFFSET),
    ),
    ControlOperation(
        id="upload.list",
        method="GET",
        path="/_devkit/api/uploads",
        summary="Everybody's uploads, newest first",
        handler=list_uploads,
        parameters=(USER, LIMIT, OFFSET),
    ),
    ControlOperation(
        id="upload.arriving",
        method="GET",
        path="/_devkit/api/uploads/arriving",
        summary="Uploads that are under way, and how much of each is here",
        handler=arriving,
    ),
)
