"""The mailbox."""

from __future__ import annotations

import dataclasses

from devkit.contract.entities import Mail
from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.effects import isoformat
from devkit.storage import mails


async def list_mails(call: Call) -> Json:
    """`{data, total}`, newest first; `total` counts all that fit `to`, also those beyond `limit`."""
    to, limit, now = call.values["to"], call.values["limit"], call.sandbox.clock.now()
    # The recipient has no index, and mails pile up in a long run.
    found = await call.sandbox.database.scan(lambda connection: mails.newest(connection, now, to, limit))
    total = await call.sandbox.database.scan(lambda connection: mails.count(connection, now, to))
    return {"data": [_written(mail) for mail in found], "total": total}


async def show_mail(call: Call) -> Json:
    now = call.sandbox.clock.now()
    mail = call.sandbox.database.read(lambda connection: mails.find(connection, now, call.values["id"]))
    if mail is None:
        raise ControlError(404, "not_found", "There is no such mail in this sandbox")
    return _written(mail)


async def clear(call: Call) -> Json:
    deleted = await call.sandbox.database.write(mails.delete_all)
    return {"message": f"Deleted {deleted} mail{'' if deleted == 1 else 's'}", "deleted": deleted}


def _written(mail: Mail) -> Json:
    written = dataclasses.asdict(mail) | {"sent_at": isoformat(mail.sent_at)}
    # Whoever sees a mail is past the moment it was due.
    del written["due_at"]
    return written


ROWS = (
    ControlOperation(
        id="mail.list",
        method="GET",
        path="/_devkit/api/mail",
        summary="Mails, newest first",
        handler=list_mails,
        parameters=(
            Parameter(name="to", summary="Only mails to this address, in any case"),
            Parameter(name="limit", summary="At most so many", type="integer", minimum=1, maximum=1000, default=100),
        ),
    ),
    ControlOperation(
        id="mail.clear",
        method="DELETE",
        path="/_devkit/api/mail",
        summary="Empty the mailbox",
        handler=clear,
    ),
    ControlOperation(
        id="mail.show",
        method="GET",
        path="/_devkit/api/mail/{id}",
        summary="One mail",
        handler=show_mail,
        parameters=(Parameter(name="id", summary="The mail's id", required=True),),
    ),
)
