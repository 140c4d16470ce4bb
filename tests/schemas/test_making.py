"""Values are made that fit their schema, that somebody could believe, and that are the same each time."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.effects import DAY, parse_instant
from devkit.schemas.checking import Checker
from devkit.schemas.making import Maker
from devkit.schemas.merging import Unsatisfiable

NOW = parse_instant("2026-01-20T10:00:00Z")
REF = "#/components/schemas/"


def maker(components: Any = None, *, seed: int = 7, omits: Any = "writeOnly") -> Maker:
    return Maker(Checker(components or {}, omits), seed, NOW)


PLAIN = maker()


def made(schema: Any, key: str = "k", **more: Any) -> Any:
    return PLAIN.value(schema, key, **more)


def thing(**properties: Any) -> Any:
    return {"type": "object", "properties": properties, "required": list(properties)}


TEXT = {"type": "string"}


def test_fields_are_believed_by_their_names_and_agree() -> None:
    names = ["firstName", "lastName", "email", "phone", "country_code", "avatarUrl", "slug"]
    person = made(thing(**dict.fromkeys(names, TEXT)), of="Customer")

    assert person["email"].startswith(f"{person['firstName']}.{person['lastName']}@".lower())
    assert re.fullmatch(r"\+1202555\d{4}", person["phone"])
    assert re.fullmatch(r"[A-Z]{2}", person["country_code"])
    assert person["avatarUrl"].startswith("https://")
    assert re.fullmatch(r"[a-z]+-[a-z]+", person["slug"])
    assert made(thing(name=TEXT), of="Company") != made(thing(name=TEXT), of="Person")


def test_moments_are_near_the_sandboxes_present_and_in_their_order() -> None:
    moment = {"type": "string", "format": "date-time"}
    schema = thing(createdAt=moment, updated_at=moment, expires=moment, birthday={"type": "string", "format": "date"})
    for number in range(20):
        one = made(schema, str(number))

        created, updated, expires = (parse_instant(one[name]) for name in ("createdAt", "updated_at", "expires"))
        assert NOW - 130 * DAY < created <= updated <= NOW < expires < NOW + 70 * DAY
        assert one["birthday"] < "2009"


def test_the_same_key_and_seed_give_the_same_and_others_another() -> None:
    schema = thing(name=TEXT, email=TEXT, price={"type": "number"}, tags={"type": "array", "items": TEXT})

    assert maker().value(schema, "a") == maker().value(schema, "a")
    assert len({str(maker(seed=seed).value(schema, key)) for seed in (1, 2) for key in ("a", "b")}) == 4


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]{3}-\d{4}$",
        r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$",
        r"^#(?:[0-9a-fA-F]{3}){1,2}$",
        r"^\+?[1-9]\d{1,14}$",
        r"^(?=.*\d)(?=.*[a-z]).{8,}$",
        r"^(['\"])[^'\"]+\1$",
        r"^[\w-.]+$",
        r"^\p{Lu}\p{Ll}+$",
        r"^(red|green)( light)?$",
        r"[0-9]",
        r"^[^@\s]+@[^@\s]+$",
        r"^\u00e9{2}$",
        r"^$",
    ],
)
def test_a_pattern_is_matched(pattern: str) -> None:
    """ECMA-262, section 22.2. Each value is judged by the engine that judges requests."""
    assert re.search("", made({"type": "string", "pattern": pattern})) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5, "exclusiveMaximum": 7, "multipleOf": 3},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
        {"type": "number", "multipleOf": 0.01, "minimum": 19.985, "maximum": 19.995},
        {"type": "integer", "minimum": -(2**63), "maximum": -(2**62)},
        {"type": "string", "minLength": 200, "maxLength": 201},
        {"type": "string", "format": "email", "maxLength": 6},
        {"type": "array", "uniqueItems": True, "minItems": 2, "items": {"type": "boolean"}},
        {"type": "array", "contains": {"const": 7}, "minContains": 2, "items": {"type": "integer"}},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        {"type": "object", "minProperties": 3, "additionalProperties": {"type": "integer"}},
        {"patternProperties": {"^x-": {"type": "integer"}}, "minProperties": 1, "additionalProperties": False},
        {"type": "object", "propertyNames": {"pattern": "^[a-z]{2}$"}, "minProperties": 2},
        {"type": "object", "maxProperties": 1, "properties": {"a": {}, "b": {}}, "required": ["b"]},
        {"properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"], "dependentRequired": {"a": ["c"]}},
        {"allOf": [{"type": ["integer", "null"], "minimum": 3}, {"type": "number", "maximum": 4}]},
        {"anyOf": [{"type": "integer", "minimum": 2, "maximum": 1}, {"const": "x"}]},
        {"oneOf": [{"type": "number"}, {"type": "integer"}]},
        {
            "properties": {"a": {"const": 1}, "b": {"const": 2}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
            "type": "object",
        },
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "required": ["a"], "properties": {"b": {"const": 2}}},
        {"not": {"type": "string"}, "type": ["string", "integer"]},
        {"enum": [None, 3], "type": "integer"},
        {"type": "string", "enum": ["ab", "cd"], "pattern": "^c"},
        {"type": "string", "format": "ipv6"},
        {"type": "string", "format": "duration"},
        {"type": "string", "format": "time"},
        True,
        {},
    ],
)  # fmt: skip
def test_whatever_a_schema_asks_for_is_given(schema: Any) -> None:
    for key in range(8):
        for varied in (False, True):
            value = made(schema, str(key), varied=varied)
            assert Checker({}).check(schema, value) == {}


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (False, "nothing may be there"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "no whole number is from 3 to 2"),
        ({"type": "integer", "minimum": 1, "maximum": 4, "multipleOf": 5}, "no multiple of 5 is from 1 to 4"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "it must be string and integer at once"),
        ({"type": "string", "pattern": "^a$", "minLength": 3, "maxLength": 4}, "no text could be made matching ^a$"),
        ({"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "boolean"}}, "must have 3 items"),
        ({"type": "string", "enum": [1]}, "none of what it may be is of the type"),
        ({"$ref": REF + "Endless"}, "Endless holds itself, without an end"),
        ({"properties": {"a": False}, "required": ["a"]}, "a: nothing may be there"),
    ],
)
def test_what_nothing_satisfies_is_said(schema: Any, why: str) -> None:
    endless = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": REF + "Endless"}}}

    with pytest.raises(Unsatisfiable, match=re.escape(why)):
        maker({"Endless": endless}).value(schema, "k")


def test_recursion_ends_where_it_may() -> None:
    node = {
        "type": "object",
        "required": ["children", "next"],
        "properties": {
            "children": {"type": "array", "items": {"$ref": REF + "Node"}},
            "next": {"anyOf": [{"$ref": REF + "Node"}, {"type": "null"}]},
            "parent": {"$ref": REF + "Node"},
        },
    }

    value = maker({"Node": node}).value({"$ref": REF + "Node"}, "k")

    assert value == {"children": [], "next": None}


@pytest.mark.parametrize("closed", [{}, {"additionalProperties": False}])
def test_a_discriminator_has_the_mark_of_what_was_chosen(closed: Any) -> None:
    """OpenAPI 3.1, "Discriminator Object". Alternatives that are open are told apart all the same."""
    components = {
        "Cat": {**thing(kind=TEXT), "properties": {"kind": TEXT, "lives": {"type": "integer"}}, **closed},
        "Dog": {**thing(kind=TEXT), "properties": {"kind": TEXT, "barks": {"type": "boolean"}}, **closed},
    }
    pet = {
        "oneOf": [{"$ref": REF + "Cat"}, {"$ref": REF + "Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"kitty": REF + "Cat"}},
    }

    values = [maker(components).value(pet, str(key), varied=True) for key in range(12)]

    assert {value["kind"] for value in values} == {"kitty", "Dog"}
    assert all("lives" in value if value["kind"] == "kitty" else "barks" in value for value in values)


def test_what_is_write_only_is_in_no_answer() -> None:
    """OpenAPI 3.1, "Schema Object"."""
    schema = thing(name=TEXT, password={"type": "string", "writeOnly": True})

    assert made(schema).keys() == {"name"}
    assert made({**schema, "example": {"name": "Ada", "password": "x"}}) == {"name": "Ada"}


def test_examples_and_defaults_are_preferred_unless_values_vary() -> None:
    schema = {"type": "string", "examples": ["Ada"], "minLength": 2}

    assert made(schema) == "Ada"
    assert made({**schema, "examples": ["A"]}) != "A", "an example that breaks its schema is not used"
    assert made({"type": "string", "default": "free"}) == "free"
    assert len({made(schema, str(key), varied=True, name="title") for key in range(20)}) > 5


def test_what_is_given_stands_in_a_member_of_that_name_where_it_fits() -> None:
    schema = thing(id={"type": "integer"}, name=TEXT)

    assert made(schema, given={"id": 42, "name": 5})["id"] == 42
    assert isinstance(made(schema, given={"name": 5})["name"], str)


SMALL = st.integers(0, 9)
SCALARS = st.one_of(
    st.builds(lambda low, span: {"type": "integer", "minimum": low - 5, "maximum": low - 5 + span}, SMALL, SMALL),
    st.builds(lambda low, span: {"type": "string", "minLength": low, "maxLength": low + span}, SMALL, SMALL),
    st.sampled_from([{"type": "boolean"}, {"type": ["null", "number"]}, {"enum": ["a", 1, None]}, {"format": "date"}]),
)
NAMES = st.sampled_from(["id", "name", "email", "price", "createdAt", "tags", "x"])
SCHEMAS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda items, low: {"type": "array", "items": items, "minItems": low}, inner, st.integers(0, 3)),
        st.dictionaries(NAMES, inner, max_size=3).map(lambda members: thing(**members)),
        st.lists(inner, min_size=1, max_size=3).map(lambda several: {"anyOf": several}),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(SCHEMAS, st.booleans())
def test_a_value_can_be_made_of_any_schema_that_does_not_contradict_itself(schema: Any, varied: bool) -> None:
    value = PLAIN.value(schema, "k", varied=varied)

    assert Checker({}).fits(schema, value)
