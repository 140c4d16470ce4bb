"""JSON Schema of a `backend.yaml`, for editors: made from its model."""

from __future__ import annotations

from typing import Any

from devkit.blueprint.file.model import METHODS, BackendFile


def file_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) that a backend.yaml follows."""
    schema = BackendFile.model_json_schema(by_alias=True)
    operation = schema["$defs"]["OperationWords"]
    # Where a service is bound in a document that has addresses already, none stands here.
    operation["anyOf"] = [{"required": [method]} for method in METHODS] + [{"required": ["service"]}]
    schema["$defs"]["Accounts"]["properties"]["operations"]["additionalProperties"] = {
        "anyOf": [{"type": "string"}, {"$ref": "#/$defs/OperationWords"}]
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A backend of your own, for devkit",
        "description": "docs/your-backend.md tells what the words mean.",
    }
