"""A file that stands on an OpenAPI document, and says what that does not (YOUR-BACKEND.md, `openapi:`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from devkit.contract.keeping import ByAnswer, ByResource, ByService, ByTransition
from devkit.contract.operations import Access
from tests.blueprint.file.reading import complaint, operation, read

DOCUMENT = """\
openapi: 3.1.0
info: {title: The shop}
servers: [{url: https://shop.example/v2}]
paths:
  /sign-in:
    post:
      operationId: loginUser
      summary: Come in
      responses: {"200": {description: OK}}
  /rates:
    get:
      operationId: rates
      responses:
        "200": {description: OK, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
components:
  schemas:
    Order: {type: object}
"""


@pytest.fixture(autouse=True)
def document(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)


def test_operations_of_the_document_are_bound_by_their_names(tmp_path: Path) -> None:
    shop = read(
        """
        openapi: openapi.yaml
        accounts: {operations: {loginUser: auth.login}}
        operations: {rates: {answer: {EUR: 1}}}
        resources: {notes: {fields: {title: string!}}}
        """,
        tmp_path,
    )
    assert (shop.title, shop.base) == ("The shop", "/v2")
    login = operation(shop, "loginUser")
    assert (login.method, login.path, login.summary) == ("POST", "/sign-in", "Come in")
    assert login.keeping == ByService(operation="auth.login")
    rates = operation(shop, "rates")
    assert (rates.keeping, rates.access) == (ByAnswer(status="200"), Access.PUBLIC)
    assert rates.outcomes[0].body is not None
    assert rates.outcomes[0].body.examples == {"application/json": {"answer": {"EUR": 1}}}
    assert isinstance(operation(shop, "notes.list").keeping, ByResource)
    assert {*shop.components} == {"Order", "Note"}
    assert shop.files == (tmp_path / "backend.yaml", tmp_path / "openapi.yaml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("accounts: {operations: {loginUsr: auth.login}}",
         "there is no operation of the document 'loginUsr'. Did you mean 'loginUser'?"),
        ("operations: {rates: {POST: /other, answer: 1}}", "rates is GET /rates in the document"),
        ("operations: {more: {GET: /rates, answer: 1}}", "GET /rates is the address of rates already"),
        ("resources: {orders: {}}", "one of them is called 'order', as a schema of the document is"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_the_document_is_a_mistake(tmp_path: Path, text: str, problem: str) -> None:
    assert complaint(f"openapi: openapi.yaml\n{text}", tmp_path).partition(": ")[2] == problem


def test_what_is_wrong_in_the_document_is_told_with_the_rest(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("swagger: '2.0'\n")
    assert "this is Swagger 2.0" in complaint("openapi: openapi.yaml", tmp_path)
    assert "there is no file" in complaint("openapi: other.yaml", tmp_path)


def test_a_step_of_rows_that_are_kept_apart_says_where_they_are(tmp_path: Path) -> None:
    answer = 'responses: {"200": {description: OK, content: {application/json: {schema: %s}}}}'
    issue = "{type: object, properties: {id: {type: integer}, state: {type: string}}}"
    (tmp_path / "openapi.yaml").write_text(
        f"""\
openapi: 3.1.0
info: {{title: Issues}}
paths:
  /repos/{{owner}}/{{repo}}/issues: {{get: {{{answer % f"{{type: array, items: {issue}}}"}}}}}
  /repos/{{owner}}/{{repo}}/issues/{{id}}: {{get: {{{answer % issue}}}}}
"""
    )
    step = "openapi: openapi.yaml\noperations: {close: {POST: '%s', on: issues, set: {state: closed}}}"

    found = operation(read(step % "/repos/{of}/{repo}/issues/{id}/close", tmp_path), "close").keeping
    assert isinstance(found, ByTransition)
    assert (found.item, found.places) == ("id", {"issues": ("of", "repo")})
    problem = "the path says not where: issues are kept apart at each /repos/{}/{}"
    assert problem in complaint(step % "/close/{id}", tmp_path)
