"""The rows that a recording shows, as they were when it began; and what of them is the server's doing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import pairwise
from urllib.parse import unquote

from devkit.blueprint.base import Blueprint, Planned
from devkit.blueprint.documents.vocabulary import plain
from devkit.contract.keeping import ByResource
from devkit.contract.resources import Pages, Resource
from devkit.learning.collecting import at, row_in
from devkit.learning.learning import Exchange, Learned
from devkit.records import dataclass
from devkit.schemas.base import Json

Row = dict[str, Json]


@dataclass(slots=True, eq=False)
class Kept:
    """What is told of one resource. `rows` are those of the beginning, the oldest first, by their ids; `made` those
    that were made later; `lists` what each list showed that was asked for without a filter. `asked` are
    the values of each parameter that chooses rows, with what was shown then; `filters` are columns, or members of them,
    by those that explain it, and `unknown` the other ones.
    """

    resource: Resource
    rows: dict[str, Row] = field(default_factory=dict)
    made: dict[str, Row] = field(default_factory=dict)
    owners: dict[str, object] = field(default_factory=dict)
    lists: list[list[Row]] = field(default_factory=list)
    incomplete: int = 0
    filters: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    asked: dict[str, list[tuple[str, list[Row]]]] = field(default_factory=dict)


class Tables:
    """The rows of all resources of a blueprint, told exchange by exchange."""

    def __init__(self, learned: Learned, blueprint: Blueprint) -> None:
        self._base = blueprint.base
        self._planned = {one.id: one for one in blueprint.operations}
        self.kept = {name: Kept(resource) for name, resource in blueprint.resources.items()}
        for exchange in learned.exchanges:
            planned = self._planned.get(exchange.operation.id)
            if planned is not None and exchange.facts.succeeded:
                self._see(exchange, planned)
        for kept in self.kept.values():
            self._filters(kept)
            self._complete(kept)

    def planned(self, exchange: Exchange) -> Planned | None:
        """What keeps an exchange's operation."""
        return self._planned.get(exchange.operation.id)

    def _see(self, exchange: Exchange, planned: Planned) -> None:
        keeping = planned.keeping
        if not isinstance(keeping, ByResource) or exchange.facts.answer is None or not keeping.shows:
            return
        kept = self.kept[keeping.resource]
        rows = [*rows_in(exchange, keeping, kept.resource)]
        above = _above(exchange, keeping, kept.resource)
        for row in rows:
            called = row.get(kept.resource.ids.name)
            if called is None:
                continue
            if keeping.verb == "create":
                kept.made[str(called)] = {**row, **above}
                continue
            if str(called) in kept.made:
                continue
            before = kept.rows.setdefault(str(called), {})
            for name, value in {**row, **above}.items():
                before.setdefault(name, value)
        pages = keeping.pages or kept.resource.pages
        if keeping.verb == "list" and not filtered(exchange, pages):
            kept.lists.append(rows)
        for name, value in exchange.facts.query if keeping.verb == "list" else ():
            if name not in {pages.page, pages.size}:
                kept.asked.setdefault(name, []).append((value, rows))

    def _filters(self, kept: Kept) -> None:
        """What parameters of lists choose by: each row that came has that value, and others have not."""
        listing = kept.resource.listing
        everything = [*kept.rows.values(), *kept.made.values()]
        for name, asked in kept.asked.items():
            words = {listing.sort if listing.sorts else "", listing.q if listing.search else ""}
            if name in {*listing.filters, *words}:
                continue
            found = next((path for path in _places(everything) if _explains(path, asked, everything)), "")
            if found:
                kept.filters[name] = found
            else:
                kept.unknown.append(name)

    def _complete(self, kept: Kept) -> None:
        """Leave out rows of which too little was seen, and put them into the order in which they were made."""
        required = [name for name, column in kept.resource.columns.items() if column.required]
        whole = {key: row for key, row in kept.rows.items() if all(name in row for name in required)}
        kept.incomplete = len(kept.rows) - len(whole)
        by = order_of(kept)
        listed = [*whole.items()]
        if by:
            name = by.lstrip("-")
            listed.sort(key=lambda pair: _sortable(pair[1].get(name)))
        elif by == "":
            listed.reverse()
        columns = kept.resource.columns
        kept.rows = {key: {name: row[name] for name in columns if name in row} for key, row in listed}


def _places(rows: Sequence[Row]) -> dict[str, None]:
    """The members of rows, and those of objects in them."""
    found: dict[str, None] = {}
    for row in rows:
        for name, value in row.items():
            inner = value.items() if isinstance(value, dict) else ()
            found |= dict.fromkeys([name, *(f"{name}.{deeper}" for deeper, _ in inner)])
    return found


def _explains(place: str, asked: Sequence[tuple[str, list[Row]]], everything: Sequence[Row]) -> bool:
    shown = [row for _, rows in asked for row in rows]
    values = {value for value, rows in asked if rows}
    others = any(not _has(row, place, value) for row in everything for value in values)
    return bool(shown) and others and all(_has(row, place, value) for value, rows in asked for row in rows)


def _has(row: Row, place: str, wanted: str) -> bool:
    value = at(row, place)
    several = value if isinstance(value, list) else [value]
    said = ("true" if one is True else "false" if one is False else str(one) for one in several if one is not None)
    return wanted in said


def rows_in(exchange: Exchange, keeping: ByResource, resource: Resource) -> Iterator[Row]:
    """The rows that an answer shows."""
    answer = exchange.facts.answer
    found = at(answer, (keeping.pages or resource.pages).items) if keeping.verb == "list" else [answer]
    for one in found if isinstance(found, list) else ():
        row = row_in(one, keeping.wraps)
        if row is not None:
            yield row


def filtered(exchange: Exchange, pages: Pages) -> bool:
    """Whether a list was asked for something that is not just the page."""
    return any(name not in {pages.page, pages.size} for name, _ in exchange.facts.query)


def order_of(kept: Kept) -> str | None:
    """By which column lists are sorted, with `-` before it for falling; empty for the newest first; None where nothing
    known explains how they came.
    """
    resource = kept.resource
    lists = [rows for rows in kept.lists if len(rows) > 1]
    if not lists:
        return ""
    ids = resource.ids.name
    ranks = {key: number for number, key in enumerate(kept.made, 1)}
    ages = [[ranks.get(str(row.get(ids)), 0) for row in rows] for rows in lists]
    if any(len({*each}) > 1 for each in ages) and all(map(_falls, ages)):
        return ""
    first = [ids] if resource.ids.kind == "integer" else []
    names = [*first, resource.created_at, resource.updated_at, *resource.columns]
    for name in dict.fromkeys(filter(None, names)):
        column = resource.columns.get(name)
        if column is None or column.hidden:
            continue
        values = [[_sortable(row.get(name)) for row in rows] for rows in lists]
        if all(len({repr(one) for one in each}) > 1 for each in values):
            if all(_falls(each[::-1]) for each in values):
                return name
            if all(_falls(each) for each in values):
                return f"-{name}"
    return None


def _falls(values: Sequence[object]) -> bool:
    try:
        return all(one >= other for one, other in pairwise(values))  # type: ignore[operator]
    except TypeError:
        return False


def _sortable(value: Json) -> tuple[int, float, str]:
    if value is None:
        return 0, 0, ""
    if isinstance(value, int | float):
        return 1, float(value), ""
    return 2, 0, str(value)


def _above(exchange: Exchange, keeping: ByResource, resource: Resource) -> Row:
    """What the path says of its rows."""
    found: Row = {}
    for parameter, column in keeping.parent.items():
        text = unquote(exchange.values.get(parameter, ""))
        known = resource.columns.get(column)
        if text and known is not None:
            found[column] = int(text) if known.schema.get("type") == "integer" and text.isdigit() else text
    return found


def references_of(kept: Kept, others: Mapping[str, Kept]) -> dict[str, str]:
    """Columns whose values are all ids of rows of another resource, where the document tells no reference.
    Small numbers are ids of anything: there the name must say it, too.
    """
    found: dict[str, str] = {}
    rows = [*kept.rows.values(), *kept.made.values()]
    for name, column in kept.resource.columns.items():
        if (
            column.reference
            or column.server
            or column.hidden
            or name == kept.resource.ids.name
            or "enum" in column.schema
        ):
            continue
        values = {str(row[name]) for row in rows if isinstance(row.get(name), str | int) and row[name] is not True}
        for target, other in others.items():
            is_named = plain(other.resource.singular) in plain(name)
            enough = is_named or (len(values) > 1 and other.resource.ids.kind != "integer")
            if target != kept.resource.name and enough and values and values <= {*other.rows, *other.made}:
                found[name] = target
    return found


def changes(
    exchanges: Sequence[Exchange], tables: Tables, planned: Planned, resource: Resource
) -> Mapping[str, Json] | None:
    """What an operation on one row sets in it, where that is always the same; None where it is not, or nothing."""
    known: dict[tuple[str, int], Row] = {}
    found: Mapping[str, Json] | None = None
    for exchange in exchanges:
        one, who = tables.planned(exchange), id(exchange.caller)
        if one is None or not exchange.facts.succeeded:
            continue
        if one is planned:
            answer = exchange.facts.answer
            row = answer if isinstance(answer, dict) else {}
            if resource.ids.name not in row:
                inner = [value for value in row.values() if isinstance(value, dict) and resource.ids.name in value]
                row = inner[0] if len(inner) == 1 else {}
            # Who asks may see a row otherwise than others do.
            called = str(row.get(resource.ids.name))
            before = known.get((called, who)) or next((one for (key, _), one in known.items() if key == called), None)
            if before is None:
                return None
            changed = {
                name: row[name]
                for name in row
                if name in resource.columns
                and name in before
                and row[name] != before[name]
                and name != resource.updated_at
            }
            if found is not None and found != changed:
                return None
            found = changed
            known[called, who] = row
        elif isinstance(one.keeping, ByResource) and one.keeping.resource == resource.name:
            for row in rows_in(exchange, one.keeping, resource) if exchange.facts.answer is not None else ():
                called = str(row.get(resource.ids.name))
                known[called, who] = {**known.get((called, who), {}), **row}
    return found or None
