"""`devkit contract` for a backend of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, OpenAPIV32SpecValidator

from devkit import yamlfile
from devkit.blueprint.file.loading import understand
from devkit.blueprint.file.schema import file_schema
from devkit.blueprint.file.starter import starter
from devkit.blueprint.reading import read
from devkit.contract.shipped import CONTRACT
from tests.blueprint.file.test_loading import SHOP
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_starter_is_sound_and_nothing_is_overwritten(run: Run) -> None:
    assert run("contract init")[0] == 0
    text = Path("backend.yaml").read_text()
    status, told, _ = run("contract check backend.yaml")
    assert (status, told.splitlines()[-1]) == (0, "1 file checked, 0 broken.")
    status, _, complaint = run("contract init")
    assert (status, "backend.yaml is there already" in complaint) == (2, True)
    assert Path("backend.yaml").read_text() == text


def test_all_mistakes_of_a_file_are_told_with_their_places(run: Run) -> None:
    Path("a.yaml").write_text("contract: a\nresource: {}\noperations: {b: {GET: /b}}\n")
    status, _, complaint = run("contract check a.yaml")
    assert status == 2
    assert "a.yaml:2:1: unknown key 'resource'. Did you mean 'resources'?" in complaint
    assert "a.yaml:3:14: nothing keeps b" in complaint
    status, told, _ = run("contract check a.yaml --json")
    [found] = json.loads(told)
    assert (status, found["file"], len(found["mistakes"])) == (2, "a.yaml", 2)


def test_each_operation_is_shown_with_what_keeps_it_and_why(run: Run) -> None:
    Path("shop.yaml").write_text(SHOP)
    status, told, _ = run("contract show shop.yaml")
    assert status == 0
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert "OPERATION METHOD PATH FOR KEPT BY WHY" in lines
    assert "orders.list GET /orders signed in rows of orders `orders` is a resource of the file" in lines
    assert "exchangeRate GET /rates signed in an example the file says what it answers" in lines
    assert lines[-1] == "Kept: 13 by rows, 1 by devkit's services, 1 by an example."
    rows = json.loads(run("contract show shop.yaml --json")[1])
    [login] = [row for row in rows if row["operation"] == "loginUser"]
    assert (login["kept_by"], login["keeper"], login["access"]) == ("service", "auth.login", "public")


def test_a_scenario_is_checked_by_the_contract_that_is_named(run: Run) -> None:
    Path("shop.yaml").write_text(SHOP)
    rule = "{id: a, match: {operation: orders.list}, fault: {type: page.duplicate, count: 1}}"
    Path("twice.yaml").write_text(f"name: twice\ntitle: Twice\nrules: [{rule}]\n")
    assert run("scenario check twice.yaml --contract shop.yaml")[0] == 0
    status, _, complaint = run("scenario check twice.yaml")
    assert (status, "there is no operation 'orders.list'" in complaint) == (2, True)


def test_the_schema_for_editors_takes_what_is_read_and_refuses_what_is_not(run: Run) -> None:
    schema = json.loads(run("contract schema")[1])
    assert schema == file_schema()
    valid = jsonschema_rs.validator_for(schema)
    for text in (SHOP, starter("mine")):
        document = yamlfile.parse(Path("backend.yaml"), text)
        assert understand(document, CONTRACT).warnings == ()
        assert [error.message for error in valid.iter_errors(document.value)] == []
    for wrong in ({}, {"contract": "a", "resource": {}}, {"contract": "a", "operations": {"b": {"answer": 1}}}):
        assert not valid.is_valid(wrong)


def test_what_is_exported_is_valid_openapi_and_leads_back_to_the_same_operations(run: Run) -> None:
    Path("shop.yaml").write_text(SHOP)
    assert run("contract export shop.yaml --output openapi.json")[0] == 0
    document = json.loads(Path("openapi.json").read_text())
    OpenAPIV31SpecValidator(document).validate()
    shop, again = read(Path("shop.yaml"), CONTRACT), read(Path("openapi.json"), CONTRACT)
    mine = {(one.method, shop.base + one.path) for one in shop.operations}
    assert mine <= {(one.method, again.base + one.path) for one in again.operations}
    order = document["components"]["schemas"]["Order"]
    assert order["properties"]["status"]["enum"] == ["draft", "paid", "shipped"]
    events = json.loads(run("contract export shop.yaml --asyncapi")[1])
    assert events["asyncapi"].startswith("3.")
    assert "events.order_created" in json.dumps(events)


def test_a_method_that_openapi_3_1_does_not_know_is_exported_as_3_2(run: Run) -> None:
    """OpenAPI 3.2 has `query` in its paths ("Path Item Object"); 3.1 has no place for it."""
    Path("shop.yaml").write_text("contract: shop\nresources: {orders: {list: {query: true}}}\n")
    assert run("contract export shop.yaml --output openapi.json")[0] == 0
    document = json.loads(Path("openapi.json").read_text())
    OpenAPIV32SpecValidator(document).validate()
    assert (document["openapi"], [*document["paths"]["/orders"]]) == ("3.2.0", ["get", "query", "post"])
    again = read(Path("openapi.json"), CONTRACT)
    assert {one.method for one in again.operations if one.path == "/orders"} == {"GET", "QUERY", "POST"}


def test_validate_looks_at_the_contracts_that_the_settings_name(run: Run) -> None:
    Path("devkit.yaml").write_text("contract: [agreed, shop.yaml]\n")
    Path("shop.yaml").write_text("contract: shop\nresource: {}\n")
    status, _, complaint = run("validate")
    assert status == 2
    assert "shop.yaml:2:1: unknown key 'resource'. Did you mean 'resources'?" in complaint
    Path("shop.yaml").write_text(SHOP)
    assert run("validate")[1].splitlines()[-1] == "2 files checked, 0 broken."


DOCUMENT = """\
openapi: 3.1.0
info: {title: The shop}
paths:
  /orders:
    get:
      responses: {"200": {content: {application/json: {schema: {$ref: "#/components/schemas/Orders"}}}}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
      responses: {"201": {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}}
  /orders/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}}
  /rates/today:
    get: {operationId: rates/today, responses: {"200": {content: {application/json: {schema: {type: object}}}}}}
components:
  schemas:
    Orders: {type: array, items: {$ref: "#/components/schemas/Order"}}
    Order: {type: object, required: [id], properties: {id: {type: integer}, total: {type: number}}}
"""


@pytest.mark.parametrize("command", ["contract init --from docs/openapi.yaml", "init --from docs/openapi.yaml"])
def test_what_a_document_says_becomes_a_file_to_be_changed(run: Run, command: str) -> None:
    Path("docs").mkdir()
    Path("docs/openapi.yaml").write_text(DOCUMENT)
    assert run(command)[0] == 0
    text = Path("backend.yaml").read_text()
    assert "openapi: docs/openapi.yaml" in text
    assert "# GET, POST /orders" in text
    assert "rates/today: {}" in text
    shop = read(Path("backend.yaml"), CONTRACT)
    assert [one.path for one in shop.operations] == ["/orders", "/orders", "/orders/{id}", "/rates/today"]
    assert shop.resources["orders"].seed
    changed = text.replace("# operations:", "operations:").replace(
        "#   rates/today: {}", "  rates/today: {answer: {EUR: 1}}"
    )
    Path("backend.yaml").write_text(changed.replace("orders:\n", "orders:\n    list: {sort: [total]}\n", 1))
    shop = read(Path("backend.yaml"), CONTRACT)
    assert shop.resources["orders"].listing.sorts == ("total",)
    assert run("contract check backend.yaml --strict")[0] == 0
    if command.startswith("init"):
        assert run("validate")[0] == 0
        assert "\ncontract: [backend.yaml]\n" in Path("devkit.yaml").read_text()


def test_a_resource_called_as_one_of_devkits_own_tells_events_of_its_own(run: Run) -> None:
    document = DOCUMENT.replace("orders", "tasks")
    Path("openapi.yaml").write_text(document + "security: [{bearer: []}]\n")
    assert run("contract init --from openapi.yaml")[0] == 0

    assert run("contract check backend.yaml")[0] == 0
    assert read(Path("backend.yaml"), CONTRACT).resources["tasks"].events.created == "tasks_created"


def test_what_nothing_keeps_is_a_mistake_where_that_is_asked_for(run: Run) -> None:
    Path("openapi.yaml").write_text(DOCUMENT)
    assert run("contract check openapi.yaml")[0] == 0
    status, _, complaint = run("contract check openapi.yaml --strict")
    assert (status, complaint.count("error:")) == (2, 1)
    assert "GET /rates/today (rates/today) is kept by nothing but its answers' examples and schemas" in complaint


def test_what_is_no_document_is_nothing_to_begin_with(run: Run) -> None:
    Path("mine.yaml").write_text(SHOP)
    status, _, complaint = run("contract init --from mine.yaml")
    assert (status, "is no OpenAPI document" in complaint, Path("backend.yaml").exists()) == (2, True, False)
