"""What people mark rows with for themselves (favourites, bookmarks): told by pairs of operations of which the one sets
a flag that the other takes back, and by what others see meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from devkit.blueprint.base import Blueprint, Planned
from devkit.contract.keeping import ByAnswer, ByResource
from devkit.contract.resources import Resource
from devkit.learning.learning import Exchange, Learned
from devkit.learning.people import Person
from devkit.learning.rows import Kept, Row, Tables, rows_in
from devkit.records import dataclass
from devkit.schemas.base import Json

_PARAMETER = re.compile(r"\{[^{}]*\}")
_NAME = re.compile(r"[^A-Za-z0-9]+")
_Marks = set[tuple[str, int]]
"""Rows, by their ids, with who has marked them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """A mark of a resource. `puts` and `takes` are the ids of the operations that give it and take it back; `filters`
    are parameters of lists that choose by who did.
    """

    name: str
    flag: str
    count: str
    puts: str
    takes: str
    filters: tuple[str, ...] = field(default=())

    @property
    def words(self) -> dict[str, Json]:
        """As a backend.yaml has it."""
        return {"flag": self.flag} | ({"count": self.count} if self.count else {})


def item_of(planned: Planned, blueprint: Blueprint) -> ByResource | None:
    """The rows of which one is what an operation is about that is no plain one: `/orders/{id}/pay`."""
    if planned.method == "GET" or planned.path.rstrip("/").endswith("}"):
        return None
    bare = _PARAMETER.sub("{}", planned.path)
    for one in blueprint.operations:
        if isinstance(one.keeping, ByResource) and one.keeping.verb == "get":
            above = _PARAMETER.sub("{}", one.path.rstrip("/"))
            if bare.startswith(f"{above}/") and bare.count("{}") == above.count("{}"):
                return one.keeping
    return None


def row_of(answer: Json, resource: Resource) -> Row:
    """The row that an answer shows, itself or as one of its members; nothing where it shows none."""
    row = answer if isinstance(answer, dict) else {}
    if resource.ids.name not in row:
        inner = [value for value in row.values() if isinstance(value, dict) and resource.ids.name in value]
        row = inner[0] if len(inner) == 1 else {}
    return row


def marks_of(learned: Learned, tables: Tables, kept: Kept, blueprint: Blueprint) -> list[Marking]:
    """The marks of a resource."""
    pairs: dict[str, dict[str, Planned]] = {}
    for planned in blueprint.operations:
        on = item_of(planned, blueprint) if isinstance(planned.keeping, ByAnswer) else None
        if on is not None and on.resource == kept.resource.name:
            pairs.setdefault(planned.path, {})["take" if planned.method == "DELETE" else "put"] = planned
    found = (_marking(learned, tables, kept, pair) for pair in pairs.values() if len(pair) > 1)
    return [one for one in found if one is not None]


def _marking(learned: Learned, tables: Tables, kept: Kept, pair: Mapping[str, Planned]) -> Marking | None:
    told = [(one, "put") for one in _of(learned, pair["put"])] + [(one, "take") for one in _of(learned, pair["take"])]
    rows = [(row_of(one.facts.answer, kept.resource), what) for one, what in told]
    flags = [
        name
        for name, column in kept.resource.columns.items()
        if column.schema.get("type") == "boolean" and all(row.get(name) is (what == "put") for row, what in rows)
    ]
    if not flags or len({what for _, what in told}) < 2 or any(one.caller is None for one, _ in told):
        return None
    flag, ids = flags[0], {pair["put"].id: "put", pair["take"].id: "take"}
    asked = dict.fromkeys(kept.unknown, True)
    counts = {name: 0 for name, column in kept.resource.columns.items() if column.schema.get("type") == "integer"}
    counts.pop(kept.resource.ids.name, None)
    apart, marked, known = False, _Marks(), dict[str, Row]()
    for exchange in learned.exchanges:
        planned, who = tables.planned(exchange), exchange.caller
        if planned is None or not exchange.facts.succeeded or exchange.facts.answer is None:
            continue
        what = ids.get(planned.id)
        for row in [row_of(exchange.facts.answer, kept.resource)] if what else _shown(exchange, planned, kept):
            called = str(row.get(kept.resource.ids.name))
            before = len(marked)
            if what and who is not None:
                (marked.add if what == "put" else marked.discard)((called, id(who)))
            elif flag in row and row[flag] is not ((called, id(who)) in marked):
                return None  # it is so for others, too
            others = any(one == called and person != id(who) for one, person in marked)
            apart |= others and row.get(flag) is False
            counts = _rising(counts, known.get(called, {}), row, len(marked) - before)
            known[called] = {**known.get(called, {}), **row}
        for name in asked if not what else ():
            asked[name] &= _chooses(name, exchange, learned.people.all, marked, _shown(exchange, planned, kept), kept)
    count = next((name for name, seen in counts.items() if seen), "")
    if not (apart or count):
        return None
    name = _NAME.sub("-", pair["put"].path.rstrip("/").rpartition("/")[2]).strip("-")
    used = {name for one in learned.exchanges for name, _ in one.facts.query}
    filters = tuple(name for name, chooses in asked.items() if chooses and name in used)
    return Marking(name=name, flag=flag, count=count, puts=pair["put"].id, takes=pair["take"].id, filters=filters)


def _of(learned: Learned, planned: Planned) -> Sequence[Exchange]:
    return [one for one in learned.exchanges if one.operation.id == planned.id and one.facts.succeeded]


def _shown(exchange: Exchange, planned: Planned, kept: Kept) -> Iterator[Row]:
    keeping = planned.keeping
    if isinstance(keeping, ByResource) and keeping.resource == kept.resource.name and keeping.shows:
        yield from rows_in(exchange, keeping, kept.resource)


def _rising(counts: Mapping[str, int], before: Row, row: Row, by: int) -> dict[str, int]:
    """Of columns those that rose by that much, or fell, with how often each did so."""
    found = {}
    for name, seen in counts.items():
        one, other = before.get(name), row.get(name)
        if not isinstance(one, int) or not isinstance(other, int):
            found[name] = seen
        elif other - one == by:
            found[name] = seen + bool(by)
    return found


def _chooses(
    name: str, exchange: Exchange, people: Sequence[Person], marked: _Marks, rows: Iterator[Row], kept: Kept
) -> bool:
    """Whether a list that was asked for by that parameter has what the person has marked whom it names; or was not."""
    value = dict(exchange.facts.query).get(name)
    if value is None:
        return True
    who = next((one for one in people if value in {str(one.known.get(word)) for word in ("username", "id")}), None)
    return {str(row.get(kept.resource.ids.name)) for row in rows} == {
        called for called, person in marked if who is not None and person == id(who)
    }
