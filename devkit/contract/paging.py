"""How lists are asked for a page at a time, or from row to row."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from devkit.contract.fields import PAGE_NUMBER_MAX, OfDialect, PageNumber, PageSize
from devkit.contract.operations import Input

ROWS_MAX = 1_000
"""Rows that may be asked for at once, where they are asked for from row to row."""

_Row = Annotated[int, Field(ge=0, le=PAGE_NUMBER_MAX)]


class Paged(Input):
    """`start` and `end` are rows counted from 0, the last one excluded; where there is one, it goes before the page."""

    page: PageNumber = 1
    limit: PageSize = 20
    start: Annotated[_Row | None, OfDialect] = None
    end: Annotated[_Row | None, OfDialect] = None
