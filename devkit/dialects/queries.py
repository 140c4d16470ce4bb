"""Queries that say things in a way of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from devkit.dialects.spelling import Json

if TYPE_CHECKING:
    from devkit.dialects.base import Route

Query = tuple[tuple[str, str], ...]
"""The pairs of a query string, decoded."""


class QueryReader(Protocol):
    """Reads a query that says things in another way than as one parameter for each field."""

    @property
    def parameters(self) -> Mapping[str, Json]:
        """The parameters that it knows beside those that are fields, each with its JSON schema."""

    def read(self, pairs: Query, route: Route) -> tuple[Query, dict[str, Any]]:
        """What is left of the query, and the fields that the rest of it gives, under the contract's names.

        Raises DomainError `validation_error`.
        """
