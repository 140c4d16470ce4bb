"""Language models and their life: stopped → starting → running (seed 001; CONTRACT.md, "`webplus`")."""

from __future__ import annotations

from devkit.contract.entities_chat import Model, ModelChange
from devkit.contract.fields import Text
from devkit.contract.operations import Conditional, Media, Need, Operation


class ModelId(Conditional):
    id: str


class ChangeModel(Conditional):
    model_id: Text


OPERATIONS = [
    Operation(id="models.list", summary="All models", keeper="models.list", result=tuple[Model, ...]),
    Operation(
        id="models.get",
        summary="One model",
        keeper="models.get",
        result=Model,
        input=ModelId,
        errors=("not_found", "precondition_failed"),
        example={"id": "llama2"},
    ),
    Operation(
        id="models.start",
        summary="Start a model",
        description=(
            "It is `starting` at once and `running` after `models.start_delay`, or as soon as the sandbox's clock was "
            "advanced past that; `error` where `models.memory` has no room for it beside those that run. One that is "
            "starting or running already is a conflict."
        ),
        keeper="models.start",
        result=ModelChange,
        media=Media.JSON,
        input=ChangeModel,
        errors=("validation_error", "not_found", "conflict", "precondition_failed"),
        emits=("model_update",),
        example={"model_id": "mistral"},
        has=Need.WRITE,
    ),
    Operation(
        id="models.stop",
        summary="Stop a model",
        description=(
            "It is `stopped` at once, also where it was still starting or had failed. One that is stopped already is a "
            "conflict."
        ),
        keeper="models.stop",
        result=ModelChange,
        media=Media.JSON,
        input=ChangeModel,
        errors=("validation_error", "not_found", "conflict", "precondition_failed"),
        emits=("model_update",),
        example={"model_id": "llama2"},
        has=Need.WRITE,
    ),
]
