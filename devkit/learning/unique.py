"""Columns of which no two rows have the same value: told by who was refused because of one."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.contract.keeping import ByResource
from devkit.learning.collecting import row_in
from devkit.learning.learning import Exchange, Learned
from devkit.learning.rows import Kept, Row, Tables, rows_in
from devkit.schemas.base import Json

_REFUSED = frozenset({400, 409, 422})


def unique_of(learned: Learned, tables: Tables, kept: Kept) -> dict[str, int]:
    """Columns that a row was refused for, because another had that value already, and that no two rows share, with the
    status of that. Where what was said names a column, that is the one; a conflict (409) that names none is about the
    only one that fits.
    """
    there: dict[str, Row] = dict(kept.rows)
    found: dict[str, int] = {}
    for exchange in learned.exchanges:
        planned = tables.planned(exchange)
        keeping = planned.keeping if planned else None
        if not isinstance(keeping, ByResource) or keeping.resource != kept.resource.name:
            continue
        facts, ids = exchange.facts, kept.resource.ids.name
        if facts.succeeded:
            if facts.answer is not None and keeping.shows:
                there |= {str(row.get(ids)): row for row in rows_in(exchange, keeping, kept.resource)}
            if keeping.verb == "delete":
                there.pop(exchange.values.get(keeping.item, ""), None)
        elif facts.status in _REFUSED and keeping.verb in {"create", "replace", "update"}:
            taken = [*_taken(exchange, keeping, kept, there)]
            named = [name for name in taken if name.lower() in str(facts.answer).lower()]
            if named or (facts.status == 409 and len(taken) == 1):
                found |= dict.fromkeys(named or taken, facts.status)
    rows = [*kept.rows.values(), *kept.made.values()]
    return {name: status for name, status in found.items() if _are_apart([row.get(name) for row in rows])}


def _taken(exchange: Exchange, keeping: ByResource, kept: Kept, there: dict[str, Row]) -> Iterator[str]:
    """Columns whose values another row had when this was sent."""
    sent = row_in(exchange.facts.request, keeping.takes) or {}
    mine = exchange.values.get(keeping.item, "")
    for name, value in sent.items():
        column = kept.resource.columns.get(name)
        known = column is not None and not (column.server or column.reference or "enum" in column.schema)
        told = isinstance(value, str | int) and not isinstance(value, bool) and value != ""
        if known and told and any(row.get(name) == value for called, row in there.items() if called != mine):
            yield name


def _are_apart(values: list[Json]) -> bool:
    told = [repr(value) for value in values if value is not None]
    return len(told) == len({*told})
