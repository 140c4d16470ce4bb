"""What is known is changed as little as it takes to be what is promised."""

from __future__ import annotations

from typing import Any

import pytest

from devkit.schemas.checking import Checker
from devkit.schemas.fitting import always_fits, fitted
from devkit.schemas.making import Maker

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
COMPONENTS = {
    "User": {"type": "object", "required": ["login"], "properties": {"login": TEXT, "key": {**TEXT, "writeOnly": True}}}
}
MAKER = Maker(Checker(COMPONENTS, "writeOnly"), 0, 0)


def fit(value: Any, schema: Any) -> Any:
    found = fitted(value, schema, MAKER, "k")
    assert MAKER.checker.fits(schema, found)
    return found


@pytest.mark.parametrize(
    ("value", "schema", "found"),
    [
        ({"a": 1, "b": 2}, {"properties": {"a": WHOLE}, "additionalProperties": False}, {"a": 1}),
        ({"a": 1, "b": 2}, {"properties": {"a": WHOLE}, "required": ["b"]}, {"a": 1, "b": 2}),
        ({"a": 1}, {"properties": {"a": TEXT}}, {"a": "1"}),
        ({"a": "7", "b": "1.5"}, {"properties": {"a": WHOLE, "b": {"type": "number"}}}, {"a": 7, "b": 1.5}),
        ({"a": None, "b": 1}, {"properties": {"a": TEXT}}, {"b": 1}),
        ([{"a": 1}, {"a": "x"}], {"type": "array", "items": {"properties": {"a": {"const": 1}}}}, [{"a": 1}, {"a": 1}]),
        ({"a": 1}, {"anyOf": [TEXT, {"type": "object", "properties": {"a": TEXT}}]}, {"a": "1"}),
        ({"login": "ada", "key": "k"}, {"$ref": "#/components/schemas/User"}, {"login": "ada", "key": "k"}),
        ({"login": 3, "key": "k"}, {"$ref": "#/components/schemas/User"}, {"login": "3"}),
    ],
)
def test_as_little_as_possible_is_changed(value: Any, schema: Any, found: Any) -> None:
    assert fit(value, schema) == found


def test_what_is_missing_is_made_the_same_each_time_for_the_same_thing() -> None:
    one = {
        "type": "object",
        "required": ["id", "owner"],
        "properties": {"owner": {"$ref": "#/components/schemas/User"}},
    }

    alone = fit({"id": 5}, one)
    listed = fit([{"id": 4}, {"id": 5}], {"type": "array", "items": one})

    assert alone["owner"]["login"]
    assert fit({"id": 5}, one) == alone
    assert listed[0]["owner"] != listed[1]["owner"]


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        ({"properties": {"a": TEXT, "b": {"anyOf": [WHOLE, {"type": "null"}]}}, "required": ["a"]}, True),
        ({}, True),
        ({"properties": {"a": {**TEXT, "readOnly": True, "description": "A text"}}}, True),
        ({"properties": {"a": TEXT}, "additionalProperties": False}, False),
        ({"properties": {"a": {**TEXT, "maxLength": 3}}}, False),
        ({"properties": {"b": WHOLE}}, False),
        ({"required": ["c"]}, False),
        ({"anyOf": [{"required": ["a"]}]}, False),
    ],
)
def test_rows_of_these_columns_always_fit_or_may_not(schema: Any, fits: bool) -> None:
    """A text that is always there, and a whole number that may be null."""
    assert always_fits(schema, {"a": (TEXT, True), "b": (WHOLE, False)}, Checker({})) is fits
