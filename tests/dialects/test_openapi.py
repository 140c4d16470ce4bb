"""The OpenAPI document: complete, sound, and strict."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from devkit.contract.entities import Health, User
from devkit.contract.operations import Access
from devkit.dialects.agreed import AGREED
from devkit.dialects.answers import One, Say
from devkit.dialects.base import Dialect, ErrorStyle, Row
from devkit.dialects.openapi.document import document
from devkit.dialects.shipped import DIALECTS
from devkit.server.http.router import Router
from tests.dialects.documents import every_reference_resolves, resolve

DOCUMENT = document([AGREED], server_url="http://localhost:8000")


def operations(found: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in found["paths"].items():
        for method, operation in item.items():
            yield path, method.upper(), operation


def resolved(value: dict[str, Any]) -> Any:
    return resolve(DOCUMENT, value["$ref"])


def named(dialects: list[Dialect]) -> str:
    return "-".join(dialect.name for dialect in dialects)


def validator(schema: dict[str, Any], found: dict[str, Any] = DOCUMENT) -> Any:
    # The whole document goes in beside the schema, so that its references resolve.
    return jsonschema_rs.validator_for(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, **schema}, validate_formats=True
    )


@pytest.mark.parametrize("dialects", [[*DIALECTS], *([dialect] for dialect in DIALECTS)], ids=named)
def test_every_route_of_a_dialect_is_described(dialects: list[Dialect]) -> None:
    found = document(dialects)
    described = {(path, method) for path, method, _ in operations(found)}
    assert described == {(route.path, route.method) for dialect in dialects for route in dialect.routes()}


def test_both_prefixes_have_their_own_operation_ids() -> None:
    paths = DOCUMENT["paths"]
    assert paths["/api/tasks"]["get"]["operationId"] == "tasks_list"
    assert paths["/api/v1/tasks"]["get"]["operationId"] == "tasks_list_v1"
    assert "(v1)" in paths["/api/v1/tasks"]["get"]["summary"]
    ids = [operation["operationId"] for _, _, operation in operations(DOCUMENT)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("dialects", [[*DIALECTS], *([dialect] for dialect in DIALECTS)], ids=named)
def test_every_reference_resolves(dialects: list[Dialect]) -> None:
    every_reference_resolves(document(dialects))


def test_two_dialects_share_no_component_and_no_operation_id() -> None:
    other = dataclasses.replace(AGREED, name="twin", prefixes=("/twin",), rows=AGREED.rows[:-1])
    both = document([AGREED, other])
    assert {"agreed.Task", "twin.Task"} <= set(both["components"]["schemas"])
    ids = [operation["operationId"] for _, _, operation in operations(both)]
    assert len(ids) == len(set(ids))
    every_reference_resolves(both)


def test_every_schema_is_valid_json_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_examples_of_bodies_and_parameters_fit_their_schemas() -> None:
    checked = 0
    for path, method, operation in operations(DOCUMENT):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            if "example" in media:
                assert validator(media["schema"]).is_valid(media["example"]), (method, path)
                checked += 1
        for parameter in operation.get("parameters", ()):
            if "example" in parameter:
                assert validator(parameter["schema"]).is_valid(parameter["example"]), (method, path, parameter["name"])
                checked += 1
    assert checked > 20


def test_examples_of_errors_fit_the_error_schema() -> None:
    for response in DOCUMENT["components"]["responses"].values():
        media = response["content"]["application/json"]
        for example in media["examples"].values():
            assert validator(media["schema"]).is_valid(example["value"])
            assert example["value"]["error"] in response["x-devkit-codes"]


def test_names_and_named_values_are_spelled_by_the_dialect() -> None:
    text = json.dumps(DOCUMENT["paths"]) + json.dumps(DOCUMENT["components"]["schemas"])
    for spelling in ("due_date", "first_name", "created_at", "refresh_token", "x-devkit-names"):
        assert spelling not in text
    sort = next(p for p in DOCUMENT["paths"]["/api/tasks"]["get"]["parameters"] if p["name"] == "sort")
    assert sort["schema"]["default"] == "-createdAt"
    assert "-createdAt" in sort["schema"]["enum"]


def test_fields_of_path_and_header_are_not_in_the_body() -> None:
    schema = DOCUMENT["components"]["schemas"]["TasksReplaceRequest"]
    assert set(schema["properties"]) == {"title", "description", "priority", "dueDate", "completed"}
    assert schema["required"] == ["title"]
    parameters = {(p["in"], p["name"]) for p in DOCUMENT["paths"]["/api/tasks/{id}"]["put"]["parameters"]}
    assert parameters == {("path", "id"), ("header", "If-Match"), ("header", "If-None-Match")}


def test_a_change_promises_no_defaults() -> None:
    properties = DOCUMENT["components"]["schemas"]["TasksUpdateRequest"]["properties"]
    assert not any("default" in schema for schema in properties.values())


def test_signed_in_operations_name_their_credentials_and_their_refusals() -> None:
    for route in AGREED.routes():
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        if route.operation.access is Access.SIGNED_IN:
            assert {"auth-token": []} in operation["security"]
            assert {"unauthorized", "token_expired"} <= set(resolved(operation["responses"]["401"])["x-devkit-codes"])
        elif route.operation.access is Access.PUBLIC:
            assert operation["security"] == []


def test_uploads_take_one_or_several_files() -> None:
    body = DOCUMENT["paths"]["/api/uploads"]["post"]["requestBody"]
    schema = body["content"]["multipart/form-data"]["schema"]
    assert schema["properties"]["file"]["items"] == {"type": "string", "format": "binary"}
    assert {"413", "415", "507"} <= set(DOCUMENT["paths"]["/api/uploads"]["post"]["responses"])


def test_content_has_ranges_and_tagged_reads_are_conditional() -> None:
    content = DOCUMENT["paths"]["/api/uploads/{id}/content"]["get"]
    assert {"200", "206", "304", "416"} <= set(content["responses"])
    assert content["responses"]["206"]["headers"]["Content-Range"]["required"]
    assert "304" in DOCUMENT["paths"]["/api/tasks/{id}"]["get"]["responses"]
    assert "304" not in DOCUMENT["paths"]["/api/tasks"]["get"]["responses"]


def test_an_answer_with_an_unknown_field_breaks_the_document() -> None:
    entity = {"status": "healthy", "version": "1", "timestamp": "2026-01-20T10:00:00.000Z"}
    schema = DOCUMENT["paths"]["/api/health"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert validator(schema).is_valid(entity)
    assert not validator(schema).is_valid({**entity, "extra": 1})


@pytest.mark.parametrize("dialects", [[*DIALECTS], *([dialect] for dialect in DIALECTS)], ids=named)
def test_it_is_valid_by_the_specification(dialects: list[Dialect]) -> None:
    found = document(dialects)
    assert [
        f"{[*error.absolute_path]}: {error.message}" for error in OpenAPIV31SpecValidator(found).iter_errors()
    ] == []
    assert not OpenAPIV31SpecValidator({**found, "paths": []}).is_valid()


def _rivals() -> list[Dialect]:
    """Two dialects with two operations at one address, and one row that both have."""
    common = Row(operation="health.get", method="GET", path="/common", answer=One(entity=Health), rooted=True)
    usual = Row(operation="auth.change_password", method="POST", path="/password", answer=Say())
    told = Row(
        operation="auth.reset",
        method="POST",
        path="/password",
        answer=One(201, User),
        names={"password": "newPassword"},
        told_by="newPassword",
        errors=ErrorStyle(body=lambda error, context, name_of: {"code": error.code}, schema={"type": "object"}),
    )
    plain = dataclasses.replace(AGREED, name="plain", prefixes=("/api",), rows=(usual, common))
    return [plain, dataclasses.replace(AGREED, name="telling", prefixes=("/api",), rows=(told, common))]


@pytest.mark.parametrize("reverse", [False, True], ids=["usual-first", "rival-first"])
def test_an_address_that_two_dialects_share_takes_and_answers_what_either_does(*, reverse: bool) -> None:
    found = document(_rivals()[:: -1 if reverse else 1])
    assert [*OpenAPIV31SpecValidator(found).iter_errors()] == []
    operation = found["paths"]["/api/password"]["post"]
    assert operation["x-devkit-operation"] == "auth.change_password"
    assert operation["x-devkit-shared"] == {"field": "newPassword", "operation": "auth.reset", "dialect": "telling"}
    body = validator(operation["requestBody"]["content"]["application/json"]["schema"], found)
    changing = {"currentPassword": "TestPass123!", "password": "Another123!", "confirmPassword": "Another123!"}
    resetting = {"token": "x", "newPassword": "Another123!", "confirmPassword": "Another123!"}
    assert body.is_valid(changing)
    assert body.is_valid(resetting)
    assert not body.is_valid({"password": "Another123!"})
    assert {"200", "201", "400", "401", "410"} <= set(operation["responses"])
    bad = operation["responses"]["400"]
    assert {"link_invalid", "validation_error"} <= {*bad["content"]["application/json"]["examples"]}
    assert [*bad["content"]["application/json"]["schema"]] == ["anyOf"]
    assert {"auth-token": []} in operation["security"]


def test_a_row_that_dialects_share_is_described_once_as_the_first_ones() -> None:
    operation = document(_rivals())["paths"]["/common"]["get"]
    assert (operation["x-devkit-dialect"], operation["operationId"]) == ("plain", "plain_health_get_root")


@pytest.mark.filterwarnings("default")
def test_schemathesis_can_load_it() -> None:
    import schemathesis

    schema = schemathesis.openapi.from_dict(document([AGREED]))
    found = list(schema.get_all_operations())
    assert len(found) == len(list(AGREED.routes()))


@pytest.mark.parametrize("name", DIALECTS.names())
def test_a_document_of_one_dialect_beside_others_describes_what_is_answered_at_shared_addresses(name: str) -> None:
    # Issue 21, point 9: `openapi.json?dialect=…` on a server of all.
    served = tuple(DIALECTS)
    found, router = document([DIALECTS[name]], served=served), Router(served)
    assert {(route.method, route.path) for route in DIALECTS[name].routes()} == {
        (method.upper(), path) for path, item in found["paths"].items() for method in item
    }
    for path, item in found["paths"].items():
        for method, operation in item.items():
            match = router.match(method.upper(), re.sub(r"{\w+}", "x", path))
            if match.route.path != path:
                continue  # what stands in for the parameter is an address of its own
            described = operation["x-devkit-operation"], operation["x-devkit-dialect"]
            assert described == (match.route.operation.id, match.route.dialect.name)
            assert operation.get("x-devkit-shared", {}).get("field") == next(iter(match.rivals), None)
    every_reference_resolves(found)


def test_a_document_of_one_dialect_alone_names_no_other() -> None:
    text = json.dumps(document([DIALECTS["promptcraft"]]))
    assert '"x-devkit-dialect": "agreed"' not in text
    assert "#/components/schemas/promptcraft." not in text


def test_the_documents_refuse_what_validation_does() -> None:
    # Issue 21, point 9: NUL, ids that clients choose, Better Auth's own limit of a password (1.7.25: 128).
    found = document([DIALECTS["agreed"]])
    title = found["components"]["schemas"]["TasksCreateRequest"]["properties"]["title"]
    assert [jsonschema_rs.is_valid(title, text) for text in ("Milk", "Mi\0lk")] == [True, False]
    header = found["paths"]["/api/uploads"]["post"]["parameters"][0]
    wanted = jsonschema_rs.validator_for(header["schema"])
    assert [wanted.is_valid(text) for text in ("0" * 8 + "-0000-4000-8000-" + "0" * 12, "mine")] == [True, False]
    passwords = document([DIALECTS["taskapp"]])["components"]["schemas"]["AuthRegisterRequest"]["properties"]
    assert passwords["password"]["maxLength"] == 128
    refused = document([DIALECTS["taskapp"]])["paths"]["/api/auth/token"]["get"]["responses"]
    assert "403" in refused
