"""An OpenAPI document is read: OAS 3.0.4, 3.1.1 and 3.2.0 (spec.openapis.org) are what "OAS" means here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from devkit.blueprint.base import Blueprint, Planned
from devkit.blueprint.documents.loading import load
from devkit.contract.operations import Access
from devkit.contract.shapes import Encoding
from devkit.dialects.openapi.document import document as openapi
from devkit.dialects.shipped import BACKEND
from devkit.dialects.yours.backend import backend_of
from tests.blueprint.documents.writing import answer, document, takes, written


def _operation(blueprint: Blueprint, name: str) -> Planned:
    return next(operation for operation in blueprint.operations if operation.id == name)


def _schema_of(folder: Path, schema: Any, *, version: str = "3.0.3", **more: Any) -> Any:
    blueprint = load(written(folder, document({"/x": {"get": {"responses": answer(schema)}}}, version=version, **more)))
    body = blueprint.operations[0].outcomes[0].body
    assert body
    return body.media["application/json"], blueprint.components


@pytest.mark.parametrize(
    ("old", "good", "bad"),
    [
        ({"type": "string", "nullable": True}, [None, "a"], [1]),
        ({"type": "string", "nullable": True, "enum": ["a"]}, [None, "a"], ["b"]),
        ({"nullable": True, "allOf": [{"type": "object"}]}, [None, {}], [1]),
        ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, [1.5], [1]),
        ({"type": "number", "maximum": 1, "exclusiveMaximum": False}, [1], [1.5]),
        ({"type": "object", "properties": {"x-a": {"type": "integer"}}}, [{"x-a": 1}], [{"x-a": "1"}]),
    ],
    ids=["nullable", "nullable-enum", "nullable-allOf", "exclusive", "not-exclusive", "a-property-called-x"],
)
def test_a_schema_of_3_0_says_the_same_in_2020_12(tmp_path: Path, old: Any, good: list[Any], bad: list[Any]) -> None:
    """OAS 3.0.4, "Schema Object"; null beside an `enum` is what its writers mean by it, and what Schemathesis takes."""
    schema, _ = _schema_of(tmp_path, old)
    judge = jsonschema_rs.Draft202012Validator(schema)

    assert all(judge.is_valid(value) for value in good)
    assert not any(judge.is_valid(value) for value in bad)


def test_what_is_shared_becomes_a_component_and_circles_stay_circles(tmp_path: Path) -> None:
    tree = {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    }
    schema, components = _schema_of(
        tmp_path, {"$ref": "#/components/schemas/Tree"}, components={"schemas": {"Tree": tree, "Unused": {}}}
    )

    assert schema == {"$ref": "#/components/schemas/Tree"}
    assert components == {"Tree": tree}


def test_several_files_become_one_blueprint_and_equal_names_are_told_apart(tmp_path: Path) -> None:
    """A relative reference is relative to the file that it stands in (RFC 3986, section 5)."""
    written(tmp_path, "type: object\nproperties:\n  of: {$ref: ../Order.yaml}\n", "parts/Order.yaml")
    written(
        tmp_path, "get:\n  operationId: one\n  responses:\n    200: {$ref: 'responses.json#/Good'}\n", "parts/x.yaml"
    )
    written(tmp_path, {"Good": answer({"$ref": "Order.yaml"})["200"]}, "parts/responses.json")
    written(tmp_path, "type: string\n", "Order.yaml")
    root = written(tmp_path, document({"/x": {"$ref": "./parts/x.yaml"}}))

    blueprint = load(root)

    assert blueprint.components == {
        "Order": {"type": "object", "properties": {"of": {"$ref": "#/components/schemas/Order_2"}}},
        "Order_2": {"type": "string"},
    }
    assert [path.name for path in blueprint.files] == [
        "openapi.json",
        "x.yaml",
        "responses.json",
        "Order.yaml",
        "Order.yaml",
    ]


def test_parameters_of_a_path_hold_unless_the_operation_has_its_own(tmp_path: Path) -> None:
    shared = [
        {"name": "id", "in": "path", "required": True},
        {"name": "q", "in": "query", "schema": {"type": "string"}},
    ]
    own = [
        {"name": "q", "in": "query", "style": "deepObject", "explode": True, "schema": {"type": "object"}},
        {"name": "f", "in": "query", "content": {"application/json": {"schema": {"type": "array"}, "example": [1]}}},
        {"name": "Authorization", "in": "header", "schema": {"type": "string"}},
    ]
    path = written(
        tmp_path, document({"/x/{id}": {"parameters": shared, "get": {"parameters": own, "responses": answer({})}}})
    )

    told = {parameter.name: parameter for parameter in load(path).operations[0].shape.parameters}

    assert list(told) == ["id", "q", "f"]
    assert (told["q"].style, told["q"].explode, told["q"].schema) == ("deepObject", True, {"type": "object"})
    assert (told["f"].media_type, told["f"].schema, told["f"].example) == ("application/json", {"type": "array"}, [1])


def test_bodies_answers_headers_and_examples_are_all_there(tmp_path: Path) -> None:
    created = answer({"type": "object"}, "201")
    created["201"]["headers"] = {"Location": {"schema": {"type": "string"}, "required": True}}
    created["201"]["content"]["application/json"]["examples"] = {
        "a": {"value": {"id": 1}},
        "b": {"$ref": "#/components/examples/B"},
    }
    post = {"operationId": "make", "tags": ["Things"], "requestBody": takes({"type": "object"}), "responses": created}
    path = written(
        tmp_path,
        document({"/x": {"post": post}}, components={"examples": {"B": {"value": {"id": 2}}}}),
        "shop.api.json",
    )

    blueprint = load(path)
    make = _operation(blueprint, "make")

    assert (blueprint.name, blueprint.title, make.area, make.method) == ("shop-api", "Shop", "Things", "POST")
    assert make.shape.body
    assert (make.shape.body.required, dict(make.shape.body.media)) == (True, {"application/json": {"type": "object"}})
    (outcome,) = make.outcomes
    assert outcome.status == "201"
    assert outcome.headers["Location"].required
    assert outcome.body
    assert outcome.body.examples == {"application/json": {"a": {"id": 1}, "b": {"id": 2}}}


def test_how_members_of_a_form_are_written_is_read_kept_and_said_again(tmp_path: Path) -> None:
    """OpenAPI 3.1, "Encoding Object": where one of the three is said that a query has, no media type counts; with a
    style of `form` and with none, `explode` is true.
    """
    said = {
        "a": {"style": "deepObject", "contentType": "application/json"},
        "b": {"explode": False},
        "c": {"allowReserved": True},
        "d": {"contentType": "application/json"},
        "e": {"headers": {}},
    }
    form = {"schema": {"type": "object"}, "encoding": said}
    media = "application/x-www-form-urlencoded"
    post = {"requestBody": {"content": {media: form, "application/json": form}}, "responses": answer({})}
    path = written(tmp_path, document({"/x": {"post": post}}))

    for _ in range(2):
        blueprint = load(path, tmp_path / "kept")
        [operation] = blueprint.operations
        assert operation.shape.body
        assert operation.shape.body.encoding == {
            media: {
                "a": Encoding(style="deepObject"),
                "b": Encoding(style="form"),
                "c": Encoding(style="form", explode=True),
                "d": Encoding(content_type="application/json"),
            }
        }
    told = openapi(backend_of(blueprint, BACKEND).chosen(()))["paths"]["/x"]["post"]["requestBody"]["content"]
    assert told[media]["encoding"]["a"] == {"style": "deepObject", "explode": False}
    assert told[media]["encoding"]["d"] == {"contentType": "application/json"}
    assert "encoding" not in told["application/json"]


def test_security_says_who_may_call_and_where_the_session_travels(tmp_path: Path) -> None:
    """OAS 3.1.1, "Security Requirement Object": an empty one makes it optional, an empty list takes it away."""
    schemes = {
        "web": {"type": "apiKey", "in": "cookie", "name": "sid"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    paths = {
        "/a": {"get": {"operationId": "signed", "responses": {}}},
        "/b": {"get": {"operationId": "open", "security": [], "responses": {}}},
        "/c": {"get": {"operationId": "either", "security": [{}, {"key": []}], "responses": {}}},
    }
    path = written(tmp_path, document(paths, security=[{"web": []}], components={"securitySchemes": schemes}))

    blueprint = load(path)

    assert [operation.access for operation in blueprint.operations] == [
        Access.SIGNED_IN,
        Access.PUBLIC,
        Access.OPTIONAL,
    ]
    assert blueprint.accounts
    assert (blueprint.accounts.cookie, blueprint.accounts.header, blueprint.accounts.bearer) == ("sid", "X-Key", False)


@pytest.mark.parametrize(
    ("servers", "base"),
    [
        ([{"url": "https://api.example.com/v1/"}], "/v1"),
        ([{"url": "/api/v3"}], "/api/v3"),
        (
            [
                {
                    "url": "https://{host}/{version}",
                    "variables": {"version": {"default": "v2"}, "host": {"default": "h"}},
                }
            ],
            "/v2",
        ),
        ([{"url": "/"}], ""),
        ([], ""),
    ],
)
def test_the_first_server_says_what_paths_begin_with(tmp_path: Path, servers: Any, base: str) -> None:
    assert load(written(tmp_path, document({"/x": {"get": {"responses": {}}}}, servers=servers))).base == base


def test_query_and_sequences_of_3_2_are_read(tmp_path: Path) -> None:
    """OAS 3.2.0, "Path Item Object" (`query`, `additionalOperations`) and "Media Type Object" (`itemSchema`)."""
    stream = {"200": {"description": "", "content": {"text/event-stream": {"itemSchema": {"type": "object"}}}}}
    paths = {"/x": {"query": {"responses": stream}, "additionalOperations": {"COPY": {"responses": stream}}}}

    blueprint = load(written(tmp_path, document(paths, version="3.2.0")))

    assert [(operation.id, operation.method) for operation in blueprint.operations] == [
        ("query_x", "QUERY"),
        ("copy_x", "COPY"),
    ]
    body = blueprint.operations[0].outcomes[0].body
    assert body
    assert body.media == {"text/event-stream": {"type": "array", "items": {"type": "object"}}}


def test_yaml_is_read_as_yaml_1_2(tmp_path: Path) -> None:
    """OAS, "Format": the JSON schema ruleset; `on`, `no` and dates are texts, and aliases stand for what they name."""
    text = """\
openapi: 3.1.0
info: {title: no, version: 2020-01-01}
paths:
  /x:
    get: &get
      responses:
        200: {description: on}
    query: *get
"""
    blueprint = load(written(tmp_path, text, "openapi.yaml"))

    assert blueprint.title == "no"
    assert blueprint.operations[0].outcomes[0].summary == "on"
    assert [operation.method for operation in blueprint.operations] == ["GET", "QUERY"]


def test_a_schema_with_an_identifier_of_its_own_is_found_by_it(tmp_path: Path) -> None:
    """JSON Schema 2020-12, sections 8.2.1 and 8.2.2; OAS 3.1 takes them over."""
    pet = {
        "$id": "https://example.com/pet",
        "$defs": {"Tag": {"$anchor": "tag", "type": "string"}},
        "items": {"$ref": "#/$defs/Tag"},
    }
    schema, components = _schema_of(
        tmp_path,
        {"anyOf": [{"$ref": "https://example.com/pet"}, {"$ref": "#tag"}]},
        version="3.1.0",
        components={"schemas": {"Pet": pet}},
    )

    assert schema == {"anyOf": [{"$ref": "#/components/schemas/Pet"}, {"$ref": "#/components/schemas/Pet_Tag"}]}
    assert components == {"Pet": {"items": {"$ref": "#/components/schemas/Pet_Tag"}}, "Pet_Tag": {"type": "string"}}
