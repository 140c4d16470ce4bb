"""The sandbox's language models: which there are, and starting and stopping them from outside."""

from __future__ import annotations

from devkit.contract.errors import DomainError
from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.effects import isoformat
from devkit.storage import models


async def list_models(call: Call) -> Json:
    """`{data, total}`, by name; `error` says why one failed to start."""
    data = [
        {
            "id": model.id,
            "name": model.name,
            "status": model.status,
            "size": model.size,
            "error": model.error,
            "updated_at": isoformat(model.updated_at),
        }
        for model in call.sandbox.database.read(models.all_of)
    ]
    return {"data": data, "total": len(data)}


async def start(call: Call) -> Json:
    return await _change(call, running=True)


async def stop(call: Call) -> Json:
    return await _change(call, running=False)


async def _change(call: Call, *, running: bool) -> Json:
    """`{message, status}`. Raises ControlError 404 or 409."""
    try:
        change = await call.sandbox.turn_model(call.values["id"], running=running)
    except DomainError as error:
        raise ControlError(error.kind.status, error.code, error.message) from None
    return {"message": change.message, "status": change.status}


_MODEL = Parameter(name="id", summary="The model's id", required=True)

ROWS = (
    ControlOperation(
        id="model.list",
        method="GET",
        path="/_devkit/api/models",
        summary="Language models, and the state each is in",
        handler=list_models,
    ),
    ControlOperation(
        id="model.start",
        method="POST",
        path="/_devkit/api/models/{id}/start",
        summary="Start a model, as its users can: it is `starting` first",
        handler=start,
        parameters=(_MODEL,),
    ),
    ControlOperation(
        id="model.stop",
        method="POST",
        path="/_devkit/api/models/{id}/stop",
        summary="Stop a model, whether it runs, is starting or has failed",
        handler=stop,
        parameters=(_MODEL,),
    ),
)
