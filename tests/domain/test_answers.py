"""Operations that no resource keeps are answered as their contract promises."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from devkit.contract.base import Contract
from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByAnswer
from devkit.contract.operations import Operation
from devkit.contract.shapes import Body, Outcome, Parameter, Said, Told, usual
from devkit.dialects.replies import BytesBody, TextBody
from devkit.dialects.yours.promised import Promised
from devkit.domain.answers import Answers
from devkit.domain.negotiation import Preferences, acceptable, preferences
from devkit.effects import Clock, Randomness
from devkit.registry import Registry
from devkit.schemas.checking import Checker

JSON = "application/json"
USER = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "password": {"type": "string", "writeOnly": True},
        "createdAt": {"type": "string", "format": "date-time"},
    },
}
ADA = {"id": 1, "name": "Ada"}


def outcome(status: str, schema: Any = None, examples: Any = None, media: str = JSON, **more: Any) -> Outcome:
    body = None if schema is None else Body(media={media: schema}, examples={media: examples} if examples else {})
    return Outcome(status=status, body=body, **more)


async def said(
    *outcomes: Outcome,
    told: Told | None = None,
    status: str = "",
    why: str = "nothing better keeps it",
    seed: int = 7,
    **headers: str,
) -> Said:
    keeping = ByAnswer(status=status, why=why)
    operation = Operation(id="users.get", summary="", keeper=keeping, result=None, outcomes=tuple(outcomes))
    nothing: Any = Registry("event", [], key=str)
    operations = Registry("operation", [operation], key=lambda one: one.id)
    contract = Contract(name="mine", operations=operations, events=nothing)
    resources: Any = SimpleNamespace(clock=Clock(), randomness=Randomness(seed))
    told = told or Told(headers=headers)
    found: Said = await Answers(resources, contract).keeper(operation)(None, told)
    return found


async def test_the_example_is_sent_where_it_fits_else_what_is_made_from_the_schema() -> None:
    """An example that breaks its schema would make the answer break it: what we send must fit the document."""
    wrong = outcome("200", USER, {"wrong": {"id": "one"}, "right": ADA})

    assert (await said(wrong)).body == ADA
    made = await said(outcome("200", USER, {"wrong": {"id": "one"}}))
    assert (made.status, made.media_type) == (200, JSON)
    assert Checker({}).fits(USER, made.body)


async def test_the_same_request_is_answered_the_same_and_another_otherwise() -> None:
    first, again, other = [
        (await said(outcome("200", USER), told=Told(query={"q": query}))).body for query in ("a", "a", "b")
    ]

    assert first == again != other
    assert (await said(outcome("200", USER), told=Told(query={"q": "a"}), seed=8)).body != first


async def test_what_the_path_says_stands_in_the_answer() -> None:
    for examples in (None, {"ada": ADA}):
        for name in ("id", "userId"):
            found = await said(outcome("200", USER, examples), told=Told(path={name: 42}))
            assert found.body["id"] == 42

    people = await said(outcome("200", {"type": "array", "items": USER, "minItems": 2}), told=Told(path={"userId": 42}))
    assert len({one["id"] for one in people.body}) == 2, "those of a list are not all the same"
    named = await said(outcome("200", {"type": "array", "items": USER}), told=Told(query={"name": "Ada"}))
    assert {one["name"] for one in named.body} == {"Ada"}


async def test_an_answer_that_the_user_wrote_has_the_requests_values_where_it_names_them() -> None:
    answer = {"id": "{path.id}", "of": "{query.of}", "to": ["{body.lines.0.name}"], "text": "No. {path.id} {query.x}!"}
    told = Told(path={"id": 42}, query={"of": [1]}, body={"lines": [{"name": "Ada"}]}, headers={"x-a": "b"})
    several = {**answer, "head": "{header.X-A}", "at": "{now}", "own": "{own}", "new": "{uuid}"}

    found = (await said(outcome("200", {}, {"answer": several}), told=told, why="")).body

    assert Checker({}).fits({"format": "date-time"}, found.pop("at"))
    assert Checker({}).fits({"format": "uuid"}, found.pop("new"))
    assert found == {"id": 42, "of": [1], "to": ["Ada"], "text": "No. 42 !", "head": "b", "own": "{own}"}
    of_a_document = (await said(outcome("200", {}, {"answer": answer}), told=told)).body
    assert of_a_document["text"] == "No. {path.id} {query.x}!"
    fixed = (await said(outcome("200", USER, {"ada": ADA}), told=told, why="")).body
    assert fixed == ADA, "what the user wrote is what is sent"


async def test_the_example_is_sent_that_a_parameter_names() -> None:
    several = outcome("200", {}, {"usd": 1, "eur": 2, "7": 3})

    for told, found in [
        (Told(path={"currency": "EUR"}), 2),
        (Told(query={"days": 7}), 3),
        (Told(path={"currency": "chf"}), 1),
    ]:
        assert (await said(several, told=told, why="")).body == found


async def test_what_is_write_only_is_left_out_of_examples_too() -> None:
    assert (await said(outcome("200", USER, {"ada": {**ADA, "password": "x"}}))).body == ADA


async def test_prefer_chooses_a_status_an_example_or_what_is_made() -> None:
    """RFC 7240, sections 2 and 3, with the preferences of Prism."""
    several = outcome("200", USER, {"ada": ADA, "grace": {"id": 2, "name": "Grace"}})
    missing = outcome("4XX", {"type": "object"}, {"gone": {"error": "gone"}})

    grace = await said(several, missing, prefer="example=grace")
    assert (grace.body["name"], grace.headers["Preference-Applied"]) == ("Grace", "example=grace")
    gone = await said(several, missing, prefer='respond-async, code="404"')
    assert (gone.status, gone.body) == (404, {"error": "gone"})
    assert gone.headers == {"Preference-Applied": "code=404"}
    made = await said(several, missing, prefer="dynamic=true")
    assert made.body not in (ADA, grace.body)
    ignored = await said(several, prefer="code=418, example=nobody, wait=10")
    assert (ignored.status, ignored.body, ignored.headers) == (200, ADA, {})
    of_another = await said(several, missing, prefer="example=gone")
    assert (of_another.status, of_another.body) == (400, {"error": "gone"})


async def test_an_error_that_is_promised_by_its_status_alone_looks_as_errors_do() -> None:
    with pytest.raises(DomainError) as raised:
        await said(outcome("200", USER), outcome("404"), prefer="code=404")

    assert raised.value.status == 404


@pytest.mark.parametrize(
    ("statuses", "chosen"),
    [
        (["404", "201", "200"], "200"),
        (["default", "302"], "302"),
        (["default", "404"], "default"),
        (["2XX", "500"], "2XX"),
        (["422"], "422"),
    ],
)
def test_the_usual_answer_is_the_lowest_success(statuses: list[str], chosen: str) -> None:
    """OpenAPI 3.1, "Responses Object"."""
    assert usual([outcome(status) for status in statuses]).status == chosen


async def test_what_the_user_chose_is_the_usual_answer() -> None:
    found = await said(outcome("200", USER, {"ada": ADA}), outcome("410", {}, {"gone": "gone"}), status="410")

    assert (found.status, found.body) == (410, "gone")


async def test_the_media_type_is_the_clients_choice() -> None:
    """RFC 9110, section 12.5.1."""
    body = Body(
        media={JSON: USER, "text/csv": {"type": "string"}, "image/png": {}},
        examples={"text/csv": {"one": "id,name\n1,Ada\n"}, JSON: {"ada": ADA}},
    )
    promised = Outcome(status="200", body=body)

    assert (await said(promised)).media_type == JSON
    csv = await said(promised, accept="text/csv, application/json;q=0.5")
    assert (csv.media_type, csv.body) == ("text/csv", "id,name\n1,Ada\n")
    picture = await said(promised, accept="image/*")
    assert (picture.media_type, picture.body[:4]) == ("image/png", b"\x89PNG")
    assert (await said(promised, accept="application/pdf")).media_type == JSON, "a server may send what it has"
    with pytest.raises(DomainError) as raised:
        await said(promised, outcome("406"), accept="application/pdf")
    assert raised.value.status == 406


async def test_a_range_of_media_types_is_called_as_the_client_names_it() -> None:
    anything = outcome("200", USER, {"ada": ADA}, media="*/*")

    assert (await said(anything)).media_type == JSON
    assert (await said(anything, accept="application/vnd.api+json")).media_type == "application/vnd.api+json"


async def test_what_comes_one_after_the_other_is_written_so() -> None:
    """OpenAPI 3.2, "Sequential Media Types"; WHATWG HTML, section 9.2.5."""
    items = {"type": "array", "items": {"type": "object"}}
    events = [{"data": {"a": 1}, "event": "made"}, {"b": 2}]

    stream = await said(outcome("200", items, {"some": events}, media="text/event-stream"))
    assert stream.body == 'event: made\ndata: {"a":1}\n\ndata: {"b":2}\n\n'
    lines = await said(outcome("200", items, {"some": [{"a": 1}, {"b": 2}]}, media="application/jsonl"))
    assert lines.body == '{"a":1}\n{"b":2}\n'


async def test_xml_is_written_as_the_schema_says() -> None:
    """OpenAPI 3.1, "XML Object" and its examples: names, attributes, lists with and without something around them."""
    tags = {"type": "array", "items": {"type": "string", "xml": {"name": "tag"}}, "xml": {"wrapped": True}}
    photos = {"type": "array", "items": {"type": "string"}}
    person = {
        "type": "object",
        "properties": {
            "id": {"xml": {"attribute": True}},
            "fullName": {"xml": {"name": "name"}},
            "tags": tags,
            "photo": photos,
        },
        "xml": {"name": "person", "namespace": "https://example.com/p", "prefix": "p"},
    }
    value = {"id": 1, "fullName": "A & <B>", "tags": ["x", "y"], "photo": ["1", "2"], "none": None, "yes": True}

    found = await said(outcome("200", person, {"one": [value]}, media="application/xml"))
    assert found.body.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    one = await said(outcome("200", person, {"one": value}, media="application/problem+xml"))
    assert one.body.partition("?>")[2] == (
        '<p:person xmlns:p="https://example.com/p" id="1"><name>A &amp; &lt;B&gt;</name>'
        "<tags><tag>x</tag><tag>y</tag></tags><photo>1</photo><photo>2</photo><yes>true</yes></p:person>"
    )
    made = await said(outcome("200", {"type": "array", "items": USER}, media="text/xml"))
    assert made.body.partition("?>")[2].startswith("<items><items><id>")


async def test_promised_header_fields_are_sent_but_not_those_of_the_framing() -> None:
    headers = {
        "X-Rate-Limit": Parameter(name="X-Rate-Limit", place="header", schema={"type": "integer", "minimum": 5}),
        "X-Next": Parameter(name="X-Next", place="header", example="a\r\nb"),
        "Content-Length": Parameter(name="Content-Length", place="header", schema={"type": "integer"}),
    }

    found = (await said(outcome("200", USER, headers=headers))).headers

    assert found.keys() == {"X-Rate-Limit", "X-Next"}
    assert int(found["X-Rate-Limit"]) >= 5
    assert found["X-Next"] == "a b"


async def test_what_nothing_satisfies_is_an_error_that_says_so(caplog: pytest.LogCaptureFixture) -> None:
    schema = {"type": "object", "required": ["stock"], "properties": {"stock": False}}

    with pytest.raises(DomainError, match=r"of the schema of users\.get, 200: stock: nothing may be there"):
        await said(outcome("200", schema))

    assert "users.get" in caplog.text


async def test_statuses_without_a_body_have_none() -> None:
    assert (await said(outcome("204", USER))).media_type == ""


def test_it_is_spelled_as_it_is_called() -> None:
    answer: Any = Promised(components={})

    json = answer.reply(Said(status=201, body=ADA, media_type="application/hal+json; charset=UTF-8"), None, None)
    assert (json.status, json.body, json.media_type) == (201, ADA, "application/hal+json")
    assert answer.reply(Said(status=200, body="a,b", media_type="text/csv"), None, None).body == TextBody(
        "a,b", "text/csv"
    )
    assert answer.reply(Said(status=200, body=b"\x89", media_type="image/png"), None, None).body == BytesBody(
        b"\x89", "image/png"
    )
    assert not answer.reply(Said(status=204), None, None).has_body


@pytest.mark.parametrize(
    ("accept", "found"),
    [
        (None, ["a/x", "a/y", "b/z"]),
        ("*/*", ["a/x", "a/y", "b/z"]),
        ("a/*;q=0.5, b/z", ["b/z", "a/x", "a/y"]),
        ("a/*, a/x;q=0", ["a/y"]),
        ("text/html, */*;q=0.8", ["a/x", "a/y", "b/z"]),
        ("c/d", []),
        ("a/y;q=2", ["a/y"]),
    ],
)
def test_what_is_acceptable_is_ordered_by_weight(accept: str | None, found: list[str]) -> None:
    """RFC 9110, sections 12.4.2 and 12.5.1: the closest range counts."""
    assert acceptable(accept, ["a/x", "a/y", "b/z"]) == found


def test_whoever_has_no_preference_is_sent_json() -> None:
    assert acceptable("*/*", ["application/xml", "application/hal+json"])[0] == "application/hal+json"
    assert acceptable("application/xml, */*;q=0.9", ["application/json", "application/xml"])[0] == "application/xml"


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("code=404", Preferences(code="404")),
        ('example="a, \\"b\\""; x=1, code=200', Preferences(code="200", example='a, "b"')),
        ("dynamic, code=1, code=2", Preferences(code="1", dynamic=True)),
        ("Dynamic=false, return=minimal,, ;=", Preferences()),
        (None, Preferences()),
    ],
)
def test_preferences_are_read(field: str | None, found: Preferences) -> None:
    """RFC 7240, section 2."""
    assert preferences(field) == found
