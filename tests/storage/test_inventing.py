"""Rows that nobody wrote."""

from __future__ import annotations

import pytest

from devkit.contract.resources import Column, Resource
from devkit.effects import parse_instant
from devkit.schemas.checking import Checker
from devkit.schemas.merging import Unsatisfiable
from devkit.storage.inventing import Inventor

NOW = parse_instant("2026-01-20T10:00:00Z")
TEXT = {"type": "string"}
CUSTOMERS = Resource(
    name="customers",
    singular="customer",
    columns={
        "id": Column(name="id", schema=TEXT, server=True),
        "name": Column(name="name", schema={"type": "string", "maxLength": 30}, required=True),
        "email": Column(name="email", schema={"type": "string", "format": "email"}, required=True, unique=True),
        "code": Column(name="code", schema={"type": "string", "pattern": "^[A-Z]{3}[0-9]{6}$"}, unique=True),
        "number": Column(name="number", schema={"type": "integer", "minimum": 1}, unique=True),
        "tier": Column(name="tier", schema={"enum": ["free", "pro"], "default": "free"}),
        "secret": Column(name="secret", schema={"type": "string", "writeOnly": True}, required=True, hidden=True),
    },
)


def test_rows_have_all_columns_what_is_given_and_are_the_same_each_time() -> None:
    given = {"id": "c_1"}

    row = Inventor({}, 7, NOW).make(CUSTOMERS, 1, given)

    assert row == Inventor({}, 7, NOW).make(CUSTOMERS, 1, given)
    assert list(row) == list(CUSTOMERS.columns)
    assert row["id"] == "c_1"
    assert all(Checker({}).fits(column.schema, row[name]) for name, column in CUSTOMERS.columns.items())
    assert row["email"].startswith(row["name"].lower().replace(" ", "."))


def test_what_must_be_unique_is_and_the_rest_varies() -> None:
    inventor = Inventor({}, 7, NOW)

    rows = [inventor.make(CUSTOMERS, number, {"id": str(number)}) for number in range(1, 251)]

    for name in ("email", "code", "number"):
        assert len({row[name] for row in rows}) == 250, name
    assert {row["tier"] for row in rows} == {"free", "pro"}


def test_a_column_that_nothing_satisfies_is_named() -> None:
    stock = Column(name="stock", schema={"type": "integer", "minimum": 3, "maximum": 2}, required=True)

    with pytest.raises(Unsatisfiable, match="stock: no whole number is from 3 to 2"):
        Inventor({}, 7, NOW).make(Resource(name="items", singular="item", columns={"stock": stock}), 1, {})
