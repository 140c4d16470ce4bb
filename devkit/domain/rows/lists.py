"""What a list is asked for: which rows, in which order, which page of them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByResource
from devkit.contract.resources import Pages, Resource
from devkit.contract.shapes import Told
from devkit.effects import isoformat, parse_instant
from devkit.records import dataclass
from devkit.schemas.base import Json
from devkit.storage.rowcolumns import By, Columns, Condition, Selection

_MOST = 2**53
"""An absurd page is merely beyond the end."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of a list. `page` counts from 1, `offset` rows come before it; `cursor` is where the page before ended,
    where pages are told so.
    """

    selection: Selection
    page: int
    limit: int
    offset: int
    cursor: str = ""


class Lists:
    """Reads what calls of one resource's lists say. Raises DomainError `validation_error` with all that is wrong."""

    def __init__(self, resource: Resource, columns: Columns) -> None:
        self._listing, self._columns, self._pages = resource.listing, columns, resource.pages
        self._sorts = {name.lstrip("-") for name in resource.listing.sorts}

    def read(self, by: ByResource, told: Told, above: Mapping[str, Json]) -> Asked:
        """`above` is what the path says of the rows."""
        pages, problems = by.pages or self._pages, dict[str, str]()
        # What a QUERY asks for is in its body (RFC 10008); the address goes before, as that of the next page has it.
        query = {**told.body, **told.query} if isinstance(told.body, Mapping) else told.query
        where = [Condition(name, "in", (value,)) for name, value in above.items()]
        where += self._conditions(query, problems)
        order = self._order(query, problems)
        q = query.get(self._listing.q) if self._listing.search else None
        selection = Selection(tuple(where), order, str(q) if q else None, self._columns.is_indexed(order))
        asked = _window(pages, query, selection, problems)
        if problems:
            raise DomainError("validation_error", fields=problems)
        if told.instead:
            limit, page = told.instead.get("limit", asked.limit), told.instead.get("page", asked.page)
            offset = (page - 1) * limit if "page" in told.instead else asked.offset
            cursor = told.instead.get("cursor", asked.cursor)
            return replace(asked, page=page, limit=limit, offset=offset, cursor=cursor)
        return asked

    def _conditions(self, query: Mapping[str, Json], problems: dict[str, str]) -> Iterable[Condition]:
        for parameter, column in self._listing.filters.items():
            for by, name, value in _asked_of(parameter, query):
                try:
                    values = tuple(self._values(column, by, value))
                except ValueError as error:
                    problems[name] = str(error)
                    continue
                if values:
                    yield Condition(column, by, values)

    def _values(self, column: str, by: By, value: Json) -> Iterable[Any]:
        """Raises ValueError with what would be right."""
        given = value if isinstance(value, list | tuple) else [value]
        several = [part for one in given for part in _parted(one)]
        if by not in ("in", "ne") and len(several) != 1:
            raise ValueError("Must be one value")
        for one in several:
            yield self._value(column, one)
        kind = self._columns.kinds.get(column)
        if len(several) > len(given) and kind in ("text", "array", "any"):
            # A text may have a comma of its own.
            yield from (one for one in given if isinstance(one, str))

    def _value(self, column: str, value: Json) -> Any:
        kind = self._columns.kinds.get(column, "any")
        if kind == "boolean":
            known = {"true": 1, "false": 0, "1": 1, "0": 0}.get(str(value).lower())
            if known is None:
                raise ValueError("Must be true or false")
            return known
        if kind in ("integer", "number"):
            return _number(value)
        if kind == "instant":
            return _instant(str(value))
        if isinstance(value, bool):
            return int(value)
        return str(value) if kind == "text" else value

    def _order(self, query: Mapping[str, Json], problems: dict[str, str]) -> tuple[str, ...]:
        told = query.get(self._listing.sort) if self._sorts else None
        names = [part.strip() for one in _listed(told) for part in str(one).split(",")] if told else []
        if not names:
            names = [self._listing.order] if self._listing.order else []
        elif any(name.lstrip("-") not in self._sorts for name in names):
            choices = ", ".join(sorted(self._sorts))
            problems[self._listing.sort] = f"Must be of these, with a - before them for falling: {choices}"
            return ()
        first: dict[str, str] = {}
        for name in names:
            bare = name.lstrip("-")
            first.setdefault(bare, f"-{bare}" if name.startswith("-") else bare)
        return tuple(first.values())


def _asked_of(parameter: str, query: Mapping[str, Json]) -> Iterable[tuple[By, str, Json]]:
    """How a filter is used, by which name, and with which value: `total`, `total[gte]`, or one that is an object."""
    value = query.get(parameter)
    if isinstance(value, Mapping):
        for by in get_args(By):
            if by in value:
                yield by, f"{parameter}[{by}]", value[by]
    elif value is not None:
        yield "in", parameter, value
    for by in get_args(By):
        name = f"{parameter}[{by}]"
        if query.get(name) is not None:
            yield by, name, query[name]


def _parted(value: Json) -> Sequence[Json]:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) and "," in value else [value]


def _listed(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list | tuple) else [value]


def _number(value: Json) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = str(value)
    try:
        found = float(text)
        whole = int(text) if text.lstrip("+-").isdigit() else None
    except ValueError:
        raise ValueError("Must be a number") from None
    if found != found or abs(found) == float("inf"):  # noqa: PLR0124 - NaN is the number that is not itself
        raise ValueError("Must be a number")
    return found if whole is None or abs(whole) >= 2**63 else whole


def _instant(text: str) -> str:
    try:
        # A day begins at midnight, UTC.
        return isoformat(parse_instant(f"{text}T00:00:00Z" if len(text) == 10 else text.replace(" ", "+")))
    except ValueError:
        raise ValueError("Must be a date and time with an offset, or a day (ISO 8601)") from None


def _window(pages: Pages, query: Mapping[str, Json], selection: Selection, problems: dict[str, str]) -> Asked:
    if pages.style == "none":
        return Asked(selection, 1, -1, 0)
    limit = min(_whole(pages.size, query, pages.usual, 1, problems), pages.most)
    if pages.style == "cursor":
        cursor = query.get(pages.page)
        return Asked(selection, 1, limit, 0, str(cursor) if cursor else "")
    if pages.style == "offset":
        offset = _whole(pages.page, query, 0, 0, problems)
        return Asked(selection, offset // limit + 1, limit, offset)
    page = _whole(pages.page, query, pages.first, pages.first, problems) - pages.first
    return Asked(selection, page + 1, limit, page * limit)


def _whole(name: str, query: Mapping[str, Json], usual: int, least: int, problems: dict[str, str]) -> int:
    value = query.get(name)
    if value is None or value == "":
        return usual
    try:
        found = int(value)
    except (TypeError, ValueError):
        problems[name] = "Must be a whole number"
        return max(usual, 1)
    # Where less is wrong, the shape says so, and has been asked. Else it is taken as most backends do: for none at all.
    return usual if found < least else min(found, _MOST)


def cursor_of(place: Sequence[Any]) -> str:
    """A place in an order, as a client carries it to the next page."""
    return base64.urlsafe_b64encode(json.dumps(list(place), separators=(",", ":")).encode()).decode().rstrip("=")


def place_in(cursor: str, order: Sequence[str]) -> list[Any] | None:
    """The place that a cursor means; None where it is none of that order."""
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(found, list) or len(found) != len(order) + 1 or type(found[-1]) is not int:
        return None
    sound = all(value is None or type(value) in (str, int, float) for value in found)
    return found if sound and abs(found[-1]) < 2**63 else None
