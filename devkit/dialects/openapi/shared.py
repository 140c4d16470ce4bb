"""One address that two dialects mean differently (`Row.told_by`), as the one operation that OpenAPI has room for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from devkit.dialects.spelling import Json

Resolve = Callable[[Json], Json]
"""What a reference leads to; what is none stays as it is."""


def shared(usual: Json, rival: Json, field: str, resolve: Resolve) -> Json:
    """Both operations as one: `rival` is meant where the body has that field. What either takes may be sent, and what
    either answers may come back.
    """
    operation, dialect = rival["x-devkit-operation"], rival["x-devkit-dialect"]
    meant = f"With `{field}` in its body a request means `{operation}` of `{dialect}`."
    found = dict(usual)
    found["description"] = "\n\n".join(filter(None, [usual.get("description"), meant]))
    if usual["summary"] != rival["summary"]:
        found["summary"] = f"{usual['summary']}, or {_lower(rival['summary'])}"
    found["x-devkit-shared"] = {"field": field, "operation": operation, "dialect": dialect}
    found["security"] = [*usual["security"], *(one for one in rival["security"] if one not in usual["security"])]
    if parameters := _unique([*usual.get("parameters", ()), *rival.get("parameters", ())]):
        found["parameters"] = parameters
    found["requestBody"] = _body(usual.get("requestBody"), rival.get("requestBody"), field)
    statuses = sorted({*usual["responses"], *rival["responses"]})
    found["responses"] = {
        status: _response(usual["responses"].get(status), rival["responses"].get(status), resolve)
        for status in statuses
    }
    return found


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def _unique(parameters: list[Json]) -> list[Json]:
    """Each once: they are of the path, or may be left out."""
    found: dict[tuple[str, str], Json] = {}
    for one in parameters:
        found.setdefault((one["in"], one["name"]), one)
    return list(found.values())


def _body(usual: Json | None, rival: Json | None, field: str) -> Json:
    """A JSON body of either kind, told apart by the field."""
    mine, theirs = (body["content"]["application/json"] if body else {"schema": {}} for body in (usual, rival))
    told = {"type": "object", "required": [field]}
    content: dict[str, Json] = {
        "schema": {"oneOf": [{"allOf": [mine["schema"], {"not": told}]}, {"allOf": [theirs["schema"], told]}]}
    }
    named = (("usual", mine), (field, theirs))
    examples = {name: {"value": media["example"]} for name, media in named if "example" in media}
    if examples:
        content["examples"] = examples
    return {"required": bool(usual and usual["required"]), "content": {"application/json": content}}


def _response(usual: Json | None, rival: Json | None, resolve: Resolve) -> Json:
    if usual is None or rival is None or usual == rival:
        return usual or rival
    mine, theirs = resolve(usual), resolve(rival)
    found: dict[str, Json] = {"description": _lines(mine["description"], theirs["description"])}
    found["headers"] = _headers(mine.get("headers", {}), theirs.get("headers", {}), resolve)
    if content := _content(mine.get("content", {}), theirs.get("content", {})):
        found["content"] = content
    if codes := [*mine.get("x-devkit-codes", ()), *theirs.get("x-devkit-codes", ())]:
        found["x-devkit-codes"] = list(dict.fromkeys(codes))
    return found


def _lines(*texts: str) -> str:
    return "\n".join(dict.fromkeys(line for text in texts for line in text.split("\n")))


def _headers(mine: Mapping[str, Json], theirs: Mapping[str, Json], resolve: Resolve) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name in {**mine, **theirs}:
        header: dict[str, Json] = dict(resolve(mine.get(name) or theirs[name]))
        if not (name in mine and name in theirs):
            header.pop("required", None)
        found[name] = mine[name] if mine.get(name) == theirs.get(name) else header
    return found


def _content(mine: Mapping[str, Json], theirs: Mapping[str, Json]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for media_type in {**mine, **theirs}:
        both = [part[media_type] for part in (mine, theirs) if media_type in part]
        schemas: list[Any] = []
        for media in both:
            if media.get("schema") not in schemas:
                schemas.append(media.get("schema", {}))
        found[media_type] = {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}
        if examples := {name: one for media in reversed(both) for name, one in media.get("examples", {}).items()}:
            found[media_type]["examples"] = examples
    return found
