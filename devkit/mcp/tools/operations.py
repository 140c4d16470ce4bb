"""What the backend can do: its operations, and one of them as its OpenAPI document has it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import Any

from devkit.contract.shapes import is_json
from devkit.effects import machine_now
from devkit.errors import UsageError, did_you_mean
from devkit.mcp.base import Call, Input, Json, Tool

DEEPEST = 6
"""Levels of schemas that are shown in the place of their names."""

_OF_SCHEMA = {"title", "$schema", "x-devkit-view"}


class Operations(Input):
    operation: str = ""
    """One in detail, such as tasks.create."""
    search: str = ""
    """Only those with this word in id, path or summary."""
    dialect: str = ""
    """The spelling that is meant; the first one served if left out."""
    limit: int = 40


async def run(call: Call, given: Operations) -> Json:
    routes = (await call.read("/routes"))["data"]
    dialects = list(dict.fromkeys(row["dialect"] for row in routes))
    dialect = given.dialect or dialects[0]
    if dialect not in dialects:
        raise UsageError(
            f"No dialect {given.dialect[:80]!r} is served.{did_you_mean(given.dialect, dialects)}",
            remedy=f"There are: {', '.join(dialects)}.",
        )
    rows: list[dict[str, Any]] = []
    for row in routes:
        # At one of its addresses, where it has several.
        if row["dialect"] == dialect and row["operation"] not in {known["operation"] for known in rows}:
            rows.append(row)
    if given.operation:
        known = [row["operation"] for row in rows]
        if given.operation not in known:
            raise UsageError(
                f"There is no operation {given.operation[:80]!r} in the dialect {dialect}."
                f"{did_you_mean(given.operation, known)}",
                remedy="Without `operation` this tool lists them all.",
            )
        document = await call.read("/_devkit/openapi.json", {"dialect": dialect})
        told = await asyncio.to_thread(described, document, given.operation)
        return {"dialect": dialect, "dialects": dialects, "operation": told}
    word = given.search.casefold()
    found = [row for row in rows if any(word in row[name].casefold() for name in ("operation", "path", "summary"))]
    return {
        "dialect": dialect,
        "dialects": dialects,
        "total": len(found),
        "areas": Counter(row["operation"].partition(".")[0] for row in found),
        "operations": [
            {name: row[name] for name in ("operation", "method", "path", "access", "summary")}
            for row in found[: max(1, given.limit)]
        ],
    }


def described(document: dict[str, Any], operation: str) -> Json:
    """An operation of an OpenAPI document: what it takes, with an example, and what it answers. Schemas stand in the
    place of their names; of errors the codes are told.
    """
    path, method, found = next(
        (path, method, one)
        for path, item in document["paths"].items()
        for method, one in item.items()
        if isinstance(one, dict) and one.get("x-devkit-operation") == operation
    )
    told: dict[str, Any] = {
        "id": operation,
        "method": method.upper(),
        "path": path,
        "summary": found.get("summary", ""),
        "description": found.get("description", ""),
        "signed_in": bool(found.get("security", document.get("security"))),
        "parameters": [_parameter(one, document) for one in found.get("parameters", [])],
        "events": found.get("x-devkit-emits", []),
        "answers": {status: _answer(one, document) for status, one in found.get("responses", {}).items()},
    }
    if "requestBody" in found:
        bodies: dict[str, Any] = _resolved(found["requestBody"], document).get("content", {})
        told["request"] = {kind: _made(kind, _content(one, document), operation) for kind, one in bodies.items()}
    return {name: value for name, value in told.items() if value not in ("", [], {})}


def _parameter(one: Any, document: dict[str, Any]) -> Json:
    one = inlined(one, document)
    return {name: one[name] for name in ("name", "in", "required", "description", "schema", "example") if name in one}


def _content(one: Any, document: dict[str, Any]) -> Json:
    examples = [found.get("value") for found in one.get("examples", {}).values()]
    told = {"schema": inlined(one.get("schema", {}), document)}
    if "example" in one or examples:
        told["example"] = one.get("example", examples[0] if examples else None)
    return told


def _made(kind: str, content: Json, operation: str) -> Json:
    """With an example, where the document has none."""
    if "example" in content or not is_json(kind):
        return content
    from devkit.schemas.checking import Checker
    from devkit.schemas.making import Maker
    from devkit.schemas.merging import Unsatisfiable

    area, _, _ = operation.partition(".")
    with contextlib.suppress(Unsatisfiable):
        maker = Maker(Checker({}, "readOnly"), 1, machine_now())
        return content | {"example": maker.value(content["schema"], operation, of=area)}
    return content


def _answer(one: Any, document: dict[str, Any]) -> Json:
    found = _resolved(one, document)
    if codes := found.get("x-devkit-codes"):
        return {"codes": codes}
    told: dict[str, Any] = {"description": found.get("description", "")}
    if headers := [name for name in found.get("headers", {}) if name != "X-Request-ID"]:
        told["headers"] = headers
    if content := found.get("content"):
        told["content"] = {kind: _content(body, document) for kind, body in content.items()}
    return told


def _resolved(value: Any, document: dict[str, Any]) -> Any:
    """What a `$ref` leads to, however many follow each other."""
    for _ in range(DEEPEST):
        reference = value.get("$ref") if isinstance(value, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        found: Any = document
        for part in reference[2:].split("/"):
            found = found.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
        value = found
    return value


def inlined(value: Any, document: dict[str, Any], depth: int = DEEPEST, *, names: bool = False) -> Any:
    """A schema with those that it names in their places, as deep as is of use to a reader. `names`: what stands in it
    are fields, with a schema each.
    """
    if names and isinstance(value, dict):
        return {name: inlined(one, document, depth) for name, one in value.items()}
    if isinstance(value, list):
        return [inlined(one, document, depth) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        if depth <= 0:
            return {"$ref": value["$ref"]}
        rest = {name: one for name, one in value.items() if name != "$ref"}
        return inlined({**_resolved(value, document), **rest}, document, depth - 1)
    return {
        name: inlined(one, document, depth, names=name == "properties")
        for name, one in value.items()
        if name not in _OF_SCHEMA
    }


TOOL = Tool(
    name="operations",
    title="What the backend can do",
    about="Lists the backend's operations (id, method, path), or shows one with its schemas, an example and its "
    "answers. Use it before you write code that calls the API, or `call`.",
    input=Operations,
    answer={"dialect": "string", "dialects": "array", "total?": "integer", "operations?": "array",
            "operation?": "object"},
    run=run,
    acts="reads",
    anywhere=True,
)  # fmt: skip
