"""Values are judged as JSON Schema says (draft 2020-12; sections of its core and validation are named), and everything
that is wrong is told in a sentence.
"""

from __future__ import annotations

import logging
from typing import Any

import pytest

from devkit.schemas.checking import Checker
from devkit.schemas.patterns import usable
from devkit.schemas.sayable import sayable

NODE = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 2},
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
    },
    "additionalProperties": False,
}
CAT = {
    "type": "object",
    "required": ["kind", "lives"],
    "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}},
}
DOG = {
    "type": "object",
    "required": ["kind", "barks"],
    "properties": {"kind": {"const": "dog"}, "barks": {"type": "boolean"}},
}
CHECKER = Checker({"Node": NODE, "Cat": CAT, "Dog": DOG})


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        ({"type": "integer"}, 1.5, "Must be a whole number"),
        ({"type": ["string", "null"]}, 1, "Must be a text or null"),
        ({"minimum": 2.0}, 1, "Must be at least 2"),
        ({"exclusiveMaximum": 2}, 2, "Must be less than 2"),
        ({"multipleOf": 0.01}, 1.005, "Must be a multiple of 0.01"),
        ({"minLength": 1}, "", "Required"),
        ({"maxLength": 3}, "four", "Must be at most 3 characters"),
        ({"pattern": "^[a-z]+$"}, "A", "Must match the pattern ^[a-z]+$"),
        ({"enum": ["free", "pro", None]}, "gold", "Must be one of: free, pro, null"),
        ({"const": 3}, 4, "Must be 3"),
        ({"uniqueItems": True}, [1, 1], "Must not hold anything twice"),
        ({"format": "email"}, "nobody", "Must be a valid email address"),
        ({"format": "uuid"}, "1", "Must be a UUID"),
        ({"format": "int32", "type": "integer"}, 2**31, "Must be at most 2147483647"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, [], "Must be a whole number or a text"),
        ({"oneOf": [{"const": "a"}, {"enum": ["b"]}, {"type": "null"}]}, "x", "Must be one of: a, b"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1, "Fits more than one of the kinds that it may be"),
    ],
)
def test_what_is_wrong_is_a_sentence(schema: Any, value: Any, sentence: str) -> None:
    assert CHECKER.check(schema, value) == {"body": sentence}


def test_everything_that_is_wrong_is_told_at_once_with_its_place_through_circular_references() -> None:
    value = {"name": "a", "children": [{"name": "ok", "colour": "red"}, {"children": 3}]}

    assert CHECKER.check({"$ref": "#/components/schemas/Node"}, value) == {
        "name": "Must be at least 2 characters",
        "children[0].colour": "There is no such field",
        "children[1].name": "Required",
        "children[1].children": "Must be a list",
    }


def test_of_alternatives_the_one_is_meant_whose_mark_is_there() -> None:
    pet = {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]}

    assert CHECKER.check(pet, {"kind": "dog"}) == {"barks": "Required"}
    assert CHECKER.check(pet, {"kind": "cat", "lives": "nine"}) == {"lives": "Must be a whole number"}


@pytest.mark.parametrize("closes", [{"additionalProperties": False}, {"unevaluatedProperties": False}, {}])
def test_what_is_read_only_is_neither_demanded_nor_refused_in_a_request(closes: Any) -> None:
    """OpenAPI 3.1, "Schema Object"; JSON Schema validation, section 9.4."""
    properties = {"id": {"$ref": "#/components/schemas/Id"}, "name": {"type": "string"}}
    schema = {"type": "object", "properties": properties, "required": ["id", "name"], **closes}
    of_requests = Checker({"Id": {"type": "integer", "readOnly": True}}, "readOnly")

    assert of_requests.check(schema, {"name": "x"}) == {}
    assert of_requests.check(schema, {"name": "x", "id": "whatever came back"}) == {}
    assert of_requests.check(schema, {}) == {"name": "Required"}
    assert Checker(of_requests.components).check(schema, {"name": "x"}) == {"id": "Required"}


def test_members_are_left_out_whichever_part_of_all_of_says_so() -> None:
    base = {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["id", "name"]}]}

    assert Checker({"Base": base}, "readOnly").check(schema, {"name": "x"}) == {}


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        (r"^[\w-.]+$", "a-b.c", "a b"),
        (r"^(?<q>['\"])x\k<q>$", "'x'", "'x\""),
        (r"^[^]$", "\n", ""),
        (r"^a{,3}$", "a{,3}", "aa"),
        (r"^\_\-\/$", "_-/", "_"),
        (r"^\d+$", "12", "١٢"),
        (r"^(?=.*\d)(?!.*x).{3,}$", "ab1", "abx1"),
        (r"^[a-z&&[b]+$", "&[", "]"),
    ],
)
def test_patterns_mean_what_they_mean_in_javascript(pattern: str, fitting: str, other: str) -> None:
    """ECMA-262, section 22.2 and annex B.1.2; Python and Rust lack some of it, or read it otherwise."""
    checker = Checker({})

    assert (checker.fits({"pattern": pattern}, fitting), checker.fits({"pattern": pattern}, other)) == (True, False)


def test_a_pattern_that_is_none_is_warned_of_once_and_refuses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    checker = Checker({"Code": {"type": "string", "pattern": "(", "minLength": 2}})
    with caplog.at_level(logging.WARNING, "devkit"):
        assert checker.check({"$ref": "#/components/schemas/Code"}, "abc") == {}
        assert checker.check({"items": {"pattern": "("}}, ["abc"]) == {}

    assert usable("(") is None
    assert len(caplog.records) == 1
    assert "'('" in caplog.text


def test_identifiers_of_a_schema_do_not_lead_its_references_astray() -> None:
    """Core, section 8.2.1: an `$id` would be what `#/components/…` begins from."""
    named = {"$id": "https://example.com/a", "properties": {"b": {"$ref": "#/components/schemas/B"}}}
    checker = Checker({"A": named, "B": {"type": "integer"}})

    assert checker.check({"$ref": "#/components/schemas/A"}, {"b": "x"}) == {"b": "Must be a whole number"}


def test_members_may_be_called_like_words_of_json_schema() -> None:
    referring = {"$ref": "#/components/schemas/B"}
    schema = {"properties": {"default": referring, "enum": {"type": "string"}, "required": {"type": "boolean"}}}

    told = Checker({"B": {"type": "integer"}}).check(schema, {"default": "x", "enum": 1, "required": 2})

    assert told == {"default": "Must be a whole number", "enum": "Must be a text", "required": "Must be true or false"}


def test_what_no_answer_could_say_again_is_told() -> None:
    deep: Any = 0
    for _ in range(300):
        deep = [deep]

    def told(value: Any) -> list[tuple[Any, str]]:
        return [(problem.path, problem.message) for problem in sayable(value)[1]]

    assert told({"a": 10**309}) == [(("a",), "Must be a whole number of a sensible size")]
    assert told(float("inf")) == [((), "Must be a number")]
    assert [path for path, _ in told({"a": [{"\ud800": 1}, "\udfff"]})] == [("a", 1), ("a", 0, "?")]
    assert told({"a": deep}) == [(("a",), "Is nested too deeply")]
    assert sayable({"a": [2**63, -(2**63), 2**64]}) == ({"a": [2**63, -(2**63), float(2**64)]}, ())
    assert isinstance(sayable(-(2**63) - 1)[0], float), "as JavaScript reads it"
    assert CHECKER.check({"type": "string"}, "\ud800") == {"body": "Must not contain half of a surrogate pair"}
