"""Arguments of tools: their JSON Schema in few words, since every conversation pays for it, and what is wrong with some
as a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from devkit.errors import UsageError, nearest

SANDBOX = {"type": "string", "description": "Your sandbox's id, as `sandbox` answered with it."}
"""The argument of every tool where nothing is remembered between calls."""


def input_schema(model: type[BaseModel], *, sandbox: str = "") -> dict[str, Any]:
    """The schema of a tool's arguments. `sandbox`: whether it has to be named, `needed` or `possible`."""
    schema: dict[str, Any] = _short(model.model_json_schema())
    schema.pop("description", None)
    if sandbox:
        schema["properties"] = {"sandbox": SANDBOX, **schema.get("properties", {})}
        if sandbox == "needed":
            schema["required"] = ["sandbox", *schema.get("required", [])]
    return schema


def answer_schema(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a result with these fields: a type's name for each, or a schema; `?` behind it: may be missing."""
    properties, required = {}, []
    for name, kind in fields.items():
        if not name.endswith("?"):
            required.append(name)
        plain = name.removesuffix("?")
        properties[plain] = {"type": kind} if isinstance(kind, str) else dict(kind)
    found: dict[str, Any] = {"type": "object", "properties": properties}
    return found | ({"required": required} if required else {})


def _short(value: Any, *, names: bool = False) -> Any:
    """Without titles, without the null that stands for "left out", without what is a default anyway."""
    if isinstance(value, list):
        return [_short(one) for one in value]
    if not isinstance(value, dict):
        return value
    if names:
        return {name: _short(one) for name, one in value.items()}
    options = value.get("anyOf")
    if options and {"type": "null"} in options:
        others = [one for one in options if one != {"type": "null"}]
        rest = {name: one for name, one in value.items() if name != "anyOf"}
        value = rest | (others[0] if len(others) == 1 else {"anyOf": others})
    found = {}
    for name, one in value.items():
        if name == "title" or (name == "default" and one in (None, "", [], {}, False)):
            continue
        if name == "additionalProperties" and one is True:
            continue
        found[name] = _short(one, names=name in {"properties", "$defs"})
    return found


def read(tool: str, model: type[BaseModel], given: Mapping[str, Any]) -> Any:
    """The arguments. Raises UsageError with every one that is wrong."""
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        told = "; ".join(_sentence(model, one) for one in error.errors())
        known = ", ".join(model.model_fields) or "none"
        raise UsageError(f"{tool}: {told.rstrip('.')}.", remedy=f"Its arguments: {known}.") from None


def _sentence(model: type[BaseModel], error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"] if isinstance(part, str)) or "the arguments"
    if error["type"] == "extra_forbidden":
        meant = nearest(place, model.model_fields)
        return f"{place} is no argument of it" + (f", {meant} is" if meant else "")
    if error["type"] == "missing":
        return f"{place} is needed"
    message = str(error["msg"]).removeprefix("Value error, ")
    shown = repr(error.get("input"))
    shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
    return f"{place} cannot be {shown}: {message[:1].lower()}{message[1:]}"
