"""All control operations in one table: the server's dispatch, the listing and the documents come from it."""

from __future__ import annotations

from devkit.control import contract, journal, mail, state
from devkit.control.base import Call, ControlOperation, Json, Parameter
from devkit.registry import Registry


async def _list(call: Call) -> Json:
    return {"data": listing()}


OPERATIONS: Registry[ControlOperation] = Registry(
    "control operation",
    [
        ControlOperation(
            id="control.list",
            method="GET",
            path="/_devkit/api",
            summary="These operations",
            handler=_list,
        ),
        ControlOperation(
            id="state.status",
            method="GET",
            path="/_devkit/api/status",
            summary="Version, address, settings, and how much is in the sandbox",
            handler=state.status,
        ),
        ControlOperation(
            id="state.reset",
            method="POST",
            path="/_devkit/api/reset",
            summary="Back to the seeded state, sockets closed, mailbox and journal empty",
            handler=state.reset,
        ),
        ControlOperation(
            id="mail.list",
            method="GET",
            path="/_devkit/api/mail",
            summary="Mails, newest first",
            handler=mail.list_mails,
            parameters=(
                Parameter(name="to", summary="Only mails to this address, in any case"),
                Parameter(
                    name="limit", summary="At most so many", type="integer", minimum=1, maximum=1000, default=100
                ),
            ),
        ),
        ControlOperation(
            id="mail.clear",
            method="DELETE",
            path="/_devkit/api/mail",
            summary="Empty the mailbox",
            handler=mail.clear,
        ),
        ControlOperation(
            id="mail.show",
            method="GET",
            path="/_devkit/api/mail/{id}",
            summary="One mail",
            handler=mail.show_mail,
            parameters=(Parameter(name="id", summary="The mail's id"),),
        ),
        ControlOperation(
            id="journal.list",
            method="GET",
            path="/_devkit/api/journal",
            summary="What happened: requests, mails, sockets, newest first",
            handler=journal.list_entries,
            parameters=(
                Parameter(
                    name="limit", summary="At most so many", type="integer", minimum=1, maximum=10_000, default=100
                ),
                Parameter(
                    name="after", summary="Only entries with a higher number", type="integer", minimum=0, default=0
                ),
                Parameter(name="operation", summary="Only requests for this operation, such as tasks.list"),
                Parameter(name="status", summary="Only requests answered with this status: 404, or 4xx"),
            ),
        ),
        ControlOperation(
            id="contract.routes",
            method="GET",
            path="/_devkit/api/routes",
            summary="Every route that is served",
            handler=contract.list_routes,
        ),
        ControlOperation(
            id="contract.openapi",
            method="GET",
            path="/_devkit/openapi.json",
            summary="The contract as an OpenAPI 3.1 document",
            handler=contract.openapi,
            parameters=(Parameter(name="dialect", summary="Only this dialect; all that are served when left out"),),
        ),
    ],
    key=lambda operation: operation.id,
)


def listing() -> list[Json]:
    """The table as JSON: id, method, path, summary, parameters."""
    return [
        {
            "id": operation.id,
            "method": operation.method,
            "path": operation.path,
            "summary": operation.summary,
            "parameters": [
                {
                    "name": parameter.name,
                    "in": "path" if parameter.name in operation.in_path else "query",
                    "type": parameter.type,
                    "required": parameter.name in operation.in_path,
                    "default": parameter.default,
                    "summary": parameter.summary,
                }
                for parameter in operation.parameters
            ],
        }
        for operation in OPERATIONS
    ]
