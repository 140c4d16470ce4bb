"""What a `Shape` and its outcomes are in an OpenAPI document: nearly the same."""

from __future__ import annotations

from collections.abc import Mapping

from devkit.contract.shapes import Body, Encoding, Outcome, Parameter, Shape
from devkit.dialects.openapi.parts import Parts
from devkit.dialects.spelling import Json
from devkit.schemas.base import Components


def parameters(shape: Shape, known: Components, parts: Parts) -> list[Json]:
    """The parameters, as OpenAPI 3.1 has them ("Parameter Object")."""
    return [_parameter(one, known, parts) for one in shape.parameters]


def _parameter(one: Parameter, known: Components, parts: Parts) -> Json:
    found: dict[str, Json] = {"name": one.name, "in": one.place}
    if one.summary:
        found["description"] = one.summary
    if one.required or one.place == "path":
        found["required"] = True
    if one.deprecated:
        found["deprecated"] = True
    schema = parts.described(one.schema, known)
    if one.media_type:
        found["content"] = {one.media_type: {"schema": schema}}
    else:
        found["schema"] = schema
        if one.style:
            found |= {"style": one.style, "explode": one.explode}
    if one.example is not None:
        found["example"] = one.example
    return found


def request_body(shape: Shape, known: Components, parts: Parts) -> Json | None:
    """The body of a request ("Request Body Object"); None for none."""
    if shape.body is None:
        return None
    return {"required": shape.body.required, "content": _content(shape.body, known, parts)}


def _content(body: Body, known: Components, parts: Parts) -> Mapping[str, Json]:
    found: dict[str, Json] = {}
    for media_type, schema in body.media.items():
        described: dict[str, Json] = {"schema": parts.described(schema, known)} if schema else {}
        if examples := body.examples.get(media_type):
            described["examples"] = {name: {"value": value} for name, value in examples.items()}
        if encoding := body.encoding.get(media_type):
            described["encoding"] = {name: _encoding(way) for name, way in encoding.items()}
        found[media_type] = described
    return found


def _encoding(way: Encoding) -> Json:
    return {"style": way.style, "explode": way.explode} if way.style else {"contentType": way.content_type}


def response(outcome: Outcome, known: Components, parts: Parts) -> Json:
    """One answer that is promised ("Response Object")."""
    found: dict[str, Json] = {"description": outcome.summary or f"Status {outcome.status}"}
    if outcome.headers:
        found["headers"] = {
            name: {"schema": parts.described(header.schema, known), "required": header.required}
            for name, header in outcome.headers.items()
        }
    if outcome.body is not None:
        found["content"] = _content(outcome.body, known, parts)
    return found
