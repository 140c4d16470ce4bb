"""Queries that say things in a way of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from devkit.dialects.spelling import Json

Query = tuple[tuple[str, str], ...]
"""The pairs of a query string, decoded."""


class Fields(Protocol):
    """The input's fields that a row takes, and how it spells them."""

    @property
    def fields(self) -> tuple[str, ...]: ...
    def name_of(self, field_name: str) -> str: ...


class QueryReader(Protocol):
    """Reads a query that says things in another way than as one parameter for each field."""

    @property
    def parameters(self) -> Mapping[str, Json]:
        """The parameters that it knows beside those that are fields, each with its JSON schema."""

    def read(self, pairs: Query, row: Fields) -> tuple[Query, dict[str, Any]]:
        """What is left of the query, and the fields that the rest of it gives, under the contract's names.

        Raises DomainError `validation_error`.
        """
