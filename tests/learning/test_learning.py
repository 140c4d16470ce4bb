"""What all of a recording tells: shapes, people, and what the server does by itself."""

from __future__ import annotations

from typing import Any

import pytest

from devkit.learning.document import Document
from devkit.learning.errors import shape_of_errors
from devkit.learning.learning import Learned, learn
from devkit.learning.values import Values
from tests.learning.passing import Tape, shop


def document(learned: Learned) -> Any:
    return Document(learned).value()


def test_fields_are_united_types_and_formats_told_and_required_is_what_was_always_there() -> None:
    values = Values()
    for one in (
        {"id": 1, "at": "2026-11-29T10:00:00Z", "mail": "a@b.test", "size": 1, "tags": ["x"], "note": None},
        {"id": 2, "at": "2026-11-29T10:00:00+01:00", "mail": "c@d.io", "size": 0.5, "tags": [], "note": "", "b": True},
    ):  # fmt: skip
        values.see(one)

    schema = values.schema()

    assert schema["required"] == ["id", "at", "mail", "size", "tags", "note"]
    assert "additionalProperties" not in schema
    assert schema["properties"] == {
        "id": {"type": "integer"},
        "at": {"type": "string", "format": "date-time"},
        "mail": {"type": "string", "format": "email"},
        "size": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "note": {"type": ["null", "string"]},
        "b": {"type": "boolean"},
    }


def test_a_recording_comes_to_one_document_in_which_rows_have_names() -> None:
    learned = learn(shop().exchanges, "shop")
    told = document(learned)

    assert (learned.base, told["servers"]) == ("/api", [{"url": "/api"}])
    assert list(told["paths"]) == [
        "/products", "/products/{id}", "/orders", "/login", "/orders/{id}/pay", "/orders/{id}", "/rates/{id}", "/about",
    ] or set(told["paths"]) == {
        "/products", "/products/{id}", "/orders", "/login", "/orders/{id}/pay", "/orders/{id}", "/rates/{id}", "/about",
    }  # fmt: skip
    listed = told["paths"]["/products"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert listed["properties"]["items"] == {"type": "array", "items": {"$ref": "#/components/schemas/Product"}}
    order = told["components"]["schemas"]["Order"]["properties"]
    assert order["status"] == {"type": "string", "default": "open"}
    assert told["paths"]["/orders"]["post"]["security"] == [{"token": []}]
    assert "security" not in told["paths"]["/products"]["get"]


def test_errors_are_shown_as_they_were_with_what_the_path_says_and_those_of_neighbours_too() -> None:
    told = document(learn(shop().exchanges, "shop"))

    missing = told["paths"]["/products/{id}"]["get"]["responses"]["404"]["content"]["application/json"]["examples"]
    assert missing == {"recorded": {"value": {"error": "No product {path.id}"}}}
    unsigned = told["paths"]["/orders"]["post"]["responses"]["401"]["content"]["application/json"]["examples"]
    assert unsigned == {"recorded": {"value": {"error": "Sign in"}}}


def test_words_that_repeat_or_beside_which_others_were_refused_are_a_choice() -> None:
    tape = Tape()
    tape.add("GET", "/items/1", {"id": 1, "size": "small", "name": "one"})
    for number in range(2, 8):
        sent = {"size": ("small", "large")[number % 2], "name": f"number-{number}"}
        tape.add("POST", "/items", {"id": number, **sent}, status=201, sent=sent)
    tape.add("POST", "/items", {"error": "size"}, status=400, sent={"size": "huge", "name": "n"})
    tape.add("POST", "/items", {"error": "name"}, status=400, sent={"size": "small", "name": ""})

    told = document(learn(tape.exchanges))

    row = told["components"]["schemas"]["Item"]["properties"]
    assert row["size"]["enum"] == ["large", "small"]
    assert "enum" not in row["name"]
    sent = told["paths"]["/items"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert (sent["size"]["enum"], sent["name"]["minLength"]) == (["large", "small"], 1)


def test_people_are_known_by_token_and_by_cookie() -> None:
    tape = Tape()
    cookie = (("Set-Cookie", "sid=abcdefgh01; Path=/; HttpOnly"),)
    tape.add(
        "POST", "/sign-up", {"id": 5, "email": "a@b.test"}, status=201, sent={"email": "a@b.test", "password": "p" * 8}
    )
    tape.add("POST", "/sign-in", {"ok": True}, sent={"email": "a@b.test", "password": "p" * 8}, back=cookie)
    tape.add("GET", "/me", {"id": 5, "email": "a@b.test", "name": "Ada B"}, fields=(("Cookie", "x=1; sid=abcdefgh01"),))

    learned = learn(tape.exchanges)

    [person] = learned.people.all
    assert (person.made, person.signed_in) == (True, True)
    assert person.known == {"id": 5, "email": "a@b.test", "name": "Ada B"}
    assert learned.exchanges[-1].caller is person
    assert learned.people.cookies == {"sid": 2}


@pytest.mark.parametrize(
    ("answers", "shape"),
    [
        ([(404, {"detail": "Not found."}), (403, {"detail": "No."})], {"detail": "{message}"}),
        (
            [(401, {"error": {"status": 401, "message": "Who?"}}), (404, {"error": {"status": 404, "message": "No"}})],
            {"error": {"status": "{status}", "message": "{message}"}},
        ),
        ([(422, {"errors": {"title": ["no"]}}), (404, {"errors": {"article": ["none"]}})], {"errors": "{fields}"}),
        ([(400, {"code": "BAD", "errors": [{"field": "a"}]})], {"code": "{code}", "errors": "{errors}"}),
        ([(404, {"error": "gone", "at": "2026-11-29T10:00:00Z"})], {"error": "{message}", "at": "{timestamp}"}),
        ([(404, {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "x"})], None),
    ],
)  # fmt: skip
def test_the_shape_of_errors_is_that_of_most_of_them(answers: list[tuple[int, Any]], shape: Any) -> None:
    tape = Tape()
    tape.add("GET", "/things", [{"id": 1}])
    for number, (status, answer) in enumerate(answers):
        tape.add("GET", f"/things/{number + 5}", {"id": number + 5})
        tape.add("GET", f"/things/{number + 50}", answer, status=status)

    assert shape_of_errors(learn(tape.exchanges)).template == shape


def test_of_several_origins_that_is_learned_of_to_which_most_was_sent() -> None:
    tape, other = Tape(), Tape("https://ads.test")
    tape.add("GET", "/api/orders/1", {"id": 1})
    tape.add("GET", "/api/orders/2", {"id": 2})
    other.add("POST", "/collect", {"ok": True})

    learned = learn([*other.exchanges, *tape.exchanges])

    assert [one.path for one in learned.operations] == ["/api/orders/{id}"]
    assert learned.left == {"sent to https://ads.test": 1}
