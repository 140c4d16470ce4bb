"""Errors of operations whose document says how they look."""

from __future__ import annotations

from typing import Any

from devkit.contract.errors import DomainError
from devkit.contract.shapes import Body, Outcome
from devkit.dialects.base import ErrorContext
from devkit.dialects.yours.errors import promised
from devkit.dialects.yours.problem import problem

TEXT = {"type": "string"}
COMPONENTS: dict[str, Any] = {
    # As FastAPI writes them.
    "HTTPValidationError": {
        "type": "object",
        "properties": {"detail": {"type": "array", "items": {"$ref": "#/components/schemas/ValidationError"}}},
    },
    "ValidationError": {
        "type": "object",
        "properties": {
            "loc": {"type": "array", "items": {"anyOf": [TEXT, {"type": "integer"}]}},
            "msg": TEXT,
            "type": TEXT,
            "input": {"title": "Input"},
            "ctx": {"type": "object", "title": "Context"},
        },
        "required": ["loc", "msg", "type"],
    },
    # As GitHub's document has it.
    "basic-error": {
        "type": "object",
        "properties": {"message": TEXT, "documentation_url": TEXT, "url": TEXT, "status": TEXT},
        "required": ["message", "documentation_url", "status"],
    },
    "coded": {
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {"code": {"enum": ["E1", "E2"]}, "message": TEXT, "status": {"type": "integer"}},
                "required": ["code", "message", "status"],
            }
        },
        "required": ["error"],
    },
}


def told(error: DomainError, *outcomes: tuple[str, str], kind: str = "application/json") -> tuple[int, str, Any]:
    """Status, media type and body; each outcome is a status with a component."""
    known = [
        Outcome(status=status, body=Body(media={kind: {"$ref": f"#/components/schemas/{name}"}}))
        for status, name in outcomes
    ]
    style = promised(problem({}), known, COMPONENTS)
    status = style.status_of(error)
    media_type = style.media_type_of(status)
    return status, media_type, style.body(error, ErrorContext("r-1", 0), str)


def test_what_is_wrong_with_fields_is_listed_as_the_document_lists_it() -> None:
    """What nobody knows and need not be there is not made up: somebody looks for a mistake in it."""
    fields = {"price": "Required", "tags[0]": "Must be a text"}
    error = DomainError("validation_error", fields=fields, reasons={"price": "missing"})
    status, media_type, body = told(error, ("422", "HTTPValidationError"))
    assert (status, media_type) == (422, "application/json")
    assert body["detail"] == [
        {"loc": ["body", "price"], "msg": "Required", "type": "missing"},
        {"loc": ["body", "tags[0]"], "msg": "Must be a text", "type": "value_error"},
    ]


def test_members_that_are_called_so_tell_what_is_known_and_the_rest_is_made() -> None:
    status, _, body = told(DomainError("not_found", "No such thing"), ("404", "basic-error"))
    assert (status, body["message"], body["status"]) == (404, "No such thing", "404")
    assert isinstance(body["documentation_url"], str)


def test_what_does_not_fit_the_schema_is_not_told() -> None:
    """Codes of the user's own are theirs."""
    status, _, body = told(DomainError("conflict", "Taken"), ("4XX", "coded"))
    assert (status, body["error"]["message"], body["error"]["status"]) == (409, "Taken", 409)
    assert body["error"]["code"] in {"E1", "E2"}


def test_a_code_goes_before_a_range_and_that_before_the_default() -> None:
    """OpenAPI 3.1, "Responses Object"."""
    outcomes = (("default", "coded"), ("404", "basic-error"))
    assert "message" in told(DomainError("not_found"), *outcomes)[2]
    assert "error" in told(DomainError("conflict"), *outcomes)[2]


def test_what_a_document_says_nothing_of_looks_as_errors_do_everywhere() -> None:
    _, media_type, body = told(DomainError("conflict"), ("404", "basic-error"))
    assert (media_type, body["code"]) == ("application/problem+json", "conflict")


def test_a_pointer_leads_into_lists_too() -> None:
    """RFC 6901, sections 3 and 6."""
    error = DomainError("validation_error", fields={"items[0].title": "Required", "[2]": "Must be a text"})
    assert [one["pointer"] for one in told(error)[2]["errors"]] == ["#/items/0/title", "#/2"]
