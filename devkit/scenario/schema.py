"""JSON Schema of scenario files, for editors: made from the model and the registry of faults."""

from __future__ import annotations

from typing import Any

from devkit.contract.needs import NEEDS
from devkit.faults.base import Fault
from devkit.faults.registry import FAULTS
from devkit.scenario.model import Scenario

_LISTS = ("operation", "needs", "dialect", "method", "path", "user", "event")


def scenario_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) that a file in `scenarios/` follows."""
    schema = Scenario.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    definitions["Rule"]["properties"]["fault"] = {"oneOf": [_fault_schema(kind, definitions) for kind in FAULTS]}
    for name in _LISTS:
        field = definitions["Match"]["properties"][name]
        # One word may be written without a list around it.
        field["anyOf"] = [{"type": "string"}, *field.get("anyOf", [])]
    words = {"enum": [*NEEDS]}
    definitions["Match"]["properties"]["needs"]["anyOf"] = [words, {"type": "array", "items": words, "minItems": 1}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "devkit scenario"}


def parameters_schema(kind: type[Fault]) -> dict[str, Any]:
    """JSON Schema of a fault's parameters, without its type."""
    return kind.model_json_schema(by_alias=True)


def _fault_schema(kind: type[Fault], definitions: dict[str, Any]) -> dict[str, Any]:
    schema = parameters_schema(kind)
    definitions |= schema.pop("$defs", {})
    properties = {"type": {"const": kind.kind}, **schema.get("properties", {})}
    return {
        "title": kind.kind,
        "description": kind.story(),
        "type": "object",
        "properties": properties,
        "required": ["type", *schema.get("required", [])],
        "additionalProperties": False,
    }
