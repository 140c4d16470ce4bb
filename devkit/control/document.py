"""The control API as an OpenAPI 3.1 document, made of its table. Loaded when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from devkit import __version__
from devkit.control.answers.common import Failure
from devkit.control.answers.table import ANSWERS, Raw
from devkit.control.base import ControlOperation, Json, Parameter

REFERENCE = "#/components/schemas/{model}"

_ABOUT = (
    "What steers a devkit server: sandboxes, scenarios, clock, mailbox, journal, drills. No fault ever reaches it. A "
    "call means the sandbox that it names by X-Devkit-Sandbox, by ?devkit_sandbox= or by its host ID.localhost; else "
    "main. Answers may gain fields in later versions."
)
_WRITTEN: dict[str, dict[str, Json]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "duration": {"type": "string", "pattern": r"^(0|([0-9.]+(ms|[dhms]))+)$", "examples": ["30s", "1m30s"]},
    "span": {"type": "string", "pattern": r"^[+-]?(0|([0-9.]+(ms|[dhms]))+)$", "examples": ["2h", "-5m"]},
    "instant": {"type": "string", "format": "date-time"},
    "strings": {"type": "array", "items": {"type": "string"}},
    "object": {"type": "object", "additionalProperties": True},
}
_CHOOSING = [
    {"$ref": "#/components/parameters/SandboxHeader"},
    {"$ref": "#/components/parameters/SandboxQuery"},
]


class _Schemas(GenerateJsonSchema):
    """Without the titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def document(operations: Iterable[ControlOperation], *, server_url: str | None = None) -> dict[str, Json]:
    """The document; `server_url` is the address that it names."""
    answers, schemas = _answers()
    paths: dict[str, dict[str, Json]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, answers)
    return {
        "openapi": "3.1.0",
        "info": {"title": "devkit's control API", "version": __version__, "description": _ABOUT},
        "servers": [{"url": server_url or "http://localhost:8000"}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": {
                "SandboxHeader": {
                    "name": "X-Devkit-Sandbox",
                    "in": "header",
                    "description": "The sandbox that is meant",
                    "schema": {"type": "string"},
                },
                "SandboxQuery": {
                    "name": "devkit_sandbox",
                    "in": "query",
                    "description": "The same",
                    "schema": {"type": "string"},
                },
            },
            "responses": {
                "Failure": {
                    "description": "It was not done, and why",
                    "content": {"application/json": {"schema": {"$ref": REFERENCE.format(model="Failure")}}},
                }
            },
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Devkit-Token",
                    "description": "From another machine, where the server listens beyond loopback: what the file "
                    "control-token of its state folder holds",
                }
            },
        },
    }


def _operation(operation: ControlOperation, answers: dict[str, Json]) -> dict[str, Json]:
    written: dict[str, Json] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.id.partition(".")[0]],
        "parameters": [
            *_CHOOSING,
            *(_parameter(operation, one) for one in operation.parameters if operation.place_of(one) != "body"),
        ],
    }
    body = [one for one in operation.parameters if operation.place_of(one) == "body"]
    if operation.brings:
        written["requestBody"] = {"required": True, "content": {operation.brings: {}}}
    if body:
        needed = [one.name for one in body if one.required]
        schema: dict[str, Json] = {
            "type": "object",
            "properties": {one.name: _schema(one) for one in body},
            "additionalProperties": False,
        }
        if needed:
            schema["required"] = needed
        written["requestBody"] = {"required": bool(needed), "content": {"application/json": {"schema": schema}}}
    written["responses"] = {**_response(operation, answers), "default": {"$ref": "#/components/responses/Failure"}}
    return written


def _response(operation: ControlOperation, answers: dict[str, Json]) -> dict[str, Json]:
    if operation.stream is not None:
        # OpenAPI has no words for a WebSocket: the handshake is told, and beside it what each message is.
        return {"101": {"description": "A WebSocket that tells each as JSON", "x-message": answers[operation.id]}}
    answer = ANSWERS[operation.id]
    content: dict[str, Json]
    if isinstance(answer, Raw):
        content = {media_type: {} for media_type in answer.media_types}
    else:
        content = {"application/json": {"schema": answers[operation.id]}}
    return {str(operation.status): {"description": "Done", "content": content}}


def _parameter(operation: ControlOperation, parameter: Parameter) -> dict[str, Json]:
    place = operation.place_of(parameter)
    return {
        "name": parameter.name,
        "in": place,
        "required": place == "path" or parameter.required,
        "schema": _schema(parameter),
        "description": parameter.summary,
    }


def _schema(parameter: Parameter) -> dict[str, Json]:
    schema = {**_WRITTEN[parameter.type], "description": parameter.summary}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.type in {"integer", "number"}:
        limits = {"minimum": parameter.minimum, "maximum": parameter.maximum}
        schema |= {name: limit for name, limit in limits.items() if limit is not None}
    if parameter.default not in (None, ()):
        schema["default"] = parameter.written_default
    return schema


@cache
def _answers() -> tuple[dict[str, Json], dict[str, Json]]:
    """The schema of each operation's answer, by its id; and what those refer to."""
    typed = {id_: answer for id_, answer in ANSWERS.items() if not isinstance(answer, Raw)} | {"": Failure}
    mode: JsonSchemaMode = "serialization"
    inputs = [(id_, mode, TypeAdapter(answer)) for id_, answer in typed.items()]
    made, around = TypeAdapter.json_schemas(inputs, ref_template=REFERENCE, schema_generator=_Schemas)
    shared = {name: _folded(schema) for name, schema in sorted(around["$defs"].items())}
    return {id_: made[(id_, mode)] for id_ in typed}, shared


def _folded(schema: dict[str, Json]) -> dict[str, Json]:
    """With its description in one line."""
    if "description" in schema:
        return schema | {"description": re.sub(r"\s+", " ", schema["description"])}
    return schema
