"""What departs from the contract is told with its place, what was found and what would be right: never a secret."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from devkit.contract.errors import DomainError
from devkit.dialects.agreed import AGREED
from devkit.dialects.base import ErrorContext, Route
from devkit.dialects.conformance import Promise
from devkit.dialects.openapi.document import responses
from devkit.dialects.openapi.parts import Parts
from devkit.dialects.shipped import DIALECTS

ROUTES = {route.operation.id: route for route in reversed([*AGREED.routes()])}
FIELDS = {"x-request-id": "r-1", "content-type": "application/json; charset=utf-8"}
TASK = {
    "id": "6f5ba11d-af66-4ee4-9232-c722ae9a33c0",
    "title": "Buy milk",
    "description": None,
    "completed": False,
    "priority": "high",
    "dueDate": None,
    "createdAt": "2026-01-20T10:00:00.000Z",
    "updatedAt": "2026-01-20T10:00:00.000Z",
}
PAGE = {"data": [TASK], "total": 1, "page": 1, "limit": 20}
TAGGED = {**FIELDS, "etag": '"1"'}
COUNTED = {**FIELDS, "x-total-count": "1", "link": '</api/tasks?page=1>; rel="first"'}


def found(operation: str, body: Any, fields: dict[str, str], status: int = 200, **options: Any) -> list[str]:
    """What is told of an answer; `body` is JSON, or bytes as they are."""
    raw = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
    promise = Promise(ROUTES[operation], {})
    return [departure.what for departure in promise.departures(status, fields, raw, **options)]


def test_what_is_as_promised_departs_nowhere() -> None:
    assert found("tasks.get", TASK, TAGGED) == []
    assert found("tasks.list", PAGE, COUNTED) == []
    assert found("tasks.get", None, TAGGED, 304) == []
    assert found("tasks.get", None, TAGGED, bodiless=True) == []
    assert found("tasks.delete", None, {"x-request-id": "r-1"}, ROUTES["tasks.delete"].answer.status) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": 7}, "/data/0/title is the number 7 where the contract has a text"),
        ({"title": None}, "/data/0/title is null where the contract has a text"),
        ({"completed": "yes"}, "/data/0/completed is a text of 3 characters where the contract has true or false"),
        ({"description": [1]}, "/data/0/description is a list where the contract has a text or null"),
        ({"priority": "huge"}, "/data/0/priority is 'huge' where the contract has low, medium or high"),
        ({"id": "1"}, "/data/0/id is a text of 1 characters where the contract has format uuid"),
        ({"a/b": 1}, "/data/0/a~1b is there, and the contract knows of no such field"),
        ({"x": 1, "y": 1}, "/data/0/x and /data/0/y are there, and the contract knows of no such field"),
    ],
    ids=str,
)
def test_a_body_is_told_by_json_pointer(changes: dict[str, Any], told: str) -> None:
    """RFC 6901: a slash in a name is written `~1`."""
    assert found("tasks.list", {**PAGE, "data": [{**TASK, **changes}]}, COUNTED) == [told]


def test_what_is_missing_is_told_by_its_own_pointer() -> None:
    task = {name: value for name, value in TASK.items() if name not in {"title", "priority"}}
    assert sorted(found("tasks.get", task, TAGGED)) == ["/priority is missing", "/title is missing"]


def test_the_same_mistake_in_two_rows_has_one_place() -> None:
    rows = [{**TASK, "title": 7}, {**TASK, "title": 8}]
    departures = [*Promise(ROUTES["tasks.list"], {}).departures(200, COUNTED, orjson.dumps({**PAGE, "data": rows}))]
    assert len(departures) == 2
    assert len({departure.place for departure in departures}) == 1


def test_a_status_that_is_not_documented_is_told() -> None:
    [told] = found("tasks.get", TASK, TAGGED, 418)
    assert told.startswith("the status is 418 where the contract has 200, 304, 400, 401")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"etag": None}, "the header ETag is missing"),
        (
            {"x-request-id": "a b"},
            "the header X-Request-ID is a text of 3 characters where the contract has a text like",
        ),
        ({"content-type": "text/plain"}, "the Content-Type is text/plain where the contract has application/json"),
        ({"content-type": None}, "the Content-Type is missing where the contract has application/json"),
    ],
    ids=str,
)
def test_headers_that_the_contract_names_are_looked_at(fields: dict[str, str | None], told: str) -> None:
    given = {name: value for name, value in {**TAGGED, **fields}.items() if value is not None}
    [what] = found("tasks.get", TASK, given)
    assert what.startswith(told)


def test_a_header_that_counts_is_a_number() -> None:
    told = "the header X-Total-Count is a text of 4 characters where the contract has a whole number from 0 up"
    assert found("tasks.list", PAGE, {**COUNTED, "x-total-count": "many"}) == [told]


def test_bodies_that_should_not_be_or_are_broken_are_told() -> None:
    empty = ROUTES["tasks.delete"]
    assert found("tasks.delete", b"x", FIELDS, empty.answer.status) == ["there is a body where the contract has none"]
    assert found("tasks.get", b'{"id":', TAGGED) == ["the body is no application/json"]
    assert found("tasks.get", b"", TAGGED) == ["there is no body"]


def test_errors_have_their_shape_and_are_those_of_the_operation() -> None:
    error = {
        "error": "not_found", "message": "No such task", "request_id": "r-1", "timestamp": "2026-01-20T10:00:00.000Z"
    }  # fmt: skip
    assert found("tasks.get", error, FIELDS, 404, code="not_found") == []
    assert found("tasks.get", {**error, "message": 1}, FIELDS, 404) == [
        "/message is the number 1 where the contract has a text"
    ]
    [told] = found("tasks.get", error, FIELDS, 404, code="user_not_found")
    assert told == "the error is user_not_found where the contract has not_found"
    [told] = found("tasks.get", error | {"error": "unauthorized"}, FIELDS, 401, code="unauthorized")
    assert told == "the header WWW-Authenticate is missing"


def test_no_text_of_an_answer_is_told_that_may_be_a_secret() -> None:
    secret = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0LXRva2Vu.c2lnbmF0dXJl"
    for changes in ({"title": [secret]}, {"id": secret}, {"priority": secret}, {secret: 1}, {"createdAt": secret}):
        [told] = found("tasks.get", {**TASK, **changes}, TAGGED)
        assert "c2VjcmV0" not in told


def departures(route: Route, status: int, body: bytes, content_type: str, code: str) -> list[str]:
    fields = {"x-request-id": "r-1", "content-type": content_type}
    return [one.what for one in Promise(route, {}).departures(status, fields, body, code=code)]


def test_what_goldens_answered_and_the_document_did_not_name_is_named() -> None:
    """Each was found by the watch: another user's path, a second name that is taken, and a page instead of JSON."""
    for route in (route for dialect in DIALECTS for route in dialect.routes()):
        documented = responses(route, Parts())
        if route.row.owner:
            assert "403" in documented, route.path
        if route.row.pages:
            page = "text/html; charset=utf-8"
            assert departures(route, 400, b"<!doctype html>", page, "state_invalid") == []
        if route.operation.id == "auth.register" and route.dialect.name in {"webplus", "promptcraft"}:
            error = route.errors.body(DomainError("username_taken"), ErrorContext("r-1", 0), route.name_of)
            assert (
                departures(route, 409, orjson.dumps(error), "application/json", error.get("code", "username_taken"))
                == []
            )
