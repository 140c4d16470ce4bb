"""What a server puts into new rows by itself, and whose rows are whose: told by who made them and who was refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from devkit.contract.keeping import ByResource
from devkit.learning.learning import Exchange, Learned
from devkit.learning.people import Person
from devkit.learning.profiles import Profiles
from devkit.learning.rows import Kept, Row, Tables, rows_in
from devkit.records import dataclass
from devkit.schemas.base import Json

_TOLD = ("id", "email", "username", "name")
"""What of the caller a row may have, by the words for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """`fills` are templates by column, `untold` columns whose values nothing explains. `only_by` is the column that
    says who may change a row, where others see it; `owned` rows are seen by those alone who made them.
    """

    fills: Mapping[str, Json] = field(default_factory=dict)
    untold: tuple[str, ...] = ()
    only_by: str = ""
    owned: bool = False


_Known = Mapping[str, Json]
"""What was known of whoever made a row when they made it."""


def fills_of(learned: Learned, tables: Tables, kept: Kept, profiles: Profiles) -> Filled:
    """What explains a resource's new rows. `profiles` are what is known of people besides."""
    made = [*_made(learned, tables, kept, profiles)]
    fills: dict[str, Json] = {}
    untold: list[str] = []
    for name, column in kept.resource.columns.items():
        special = {kept.resource.ids.name, kept.resource.created_at, kept.resource.updated_at}
        if not column.server or name in special or "default" in column.schema:
            continue
        pairs = [(who, row[name]) for who, row in made if name in row]
        found = _template(pairs)
        if found is not None:
            fills[name] = found
        elif pairs:
            untold.append(name)
    owned = _is_owned(learned, tables, kept)
    only_by = next((name for name, value in fills.items() if isinstance(value, str) and value.startswith("{user.")), "")
    only_by = only_by or next(
        (name for name, value in fills.items() if isinstance(value, dict) and "{user." in str(value)), ""
    )
    return Filled(
        fills=fills,
        untold=tuple(untold),
        only_by=only_by if only_by and not owned and _refused(learned, tables, kept) else "",
        owned=owned,
    )


def _made(learned: Learned, tables: Tables, kept: Kept, profiles: Profiles) -> Iterator[tuple[_Known | None, Row]]:
    for exchange in learned.exchanges:
        keeping = _keeping(exchange, tables, kept)
        if keeping is not None and keeping.verb == "create" and exchange.facts.succeeded and exchange.facts.answer:
            who = exchange.caller
            known = {**{word: who.known.get(word) for word in _TOLD}, **profiles.at(who, exchange.at)} if who else None
            yield from ((known, row) for row in rows_in(exchange, keeping, kept.resource))


def _keeping(exchange: Exchange, tables: Tables, kept: Kept) -> ByResource | None:
    planned = tables.planned(exchange)
    keeping = planned.keeping if planned else None
    return keeping if isinstance(keeping, ByResource) and keeping.resource == kept.resource.name else None


def _template(pairs: Sequence[tuple[_Known | None, Json]], called: str = "") -> Json:
    """What gives these values for who made them; None where nothing does. Constants are told by defaults. `called` is
    the member that has them.
    """
    known = [(who, value) for who, value in pairs if who is not None]
    if not pairs or len(known) < len(pairs):
        return None
    values = [value for _, value in pairs]
    for word in dict.fromkeys(word for who, _ in known for word in who):
        told = [(who.get(word), value) for who, value in known]
        if word in _TOLD and all(isinstance(value, str) and str(one) == value for one, value in told):
            return f"{{user.{word}}}"
        # What is null for all is somebody's where it has the same name.
        says = word == called or any(one is not None for one, _ in told)
        if word not in _TOLD and says and all(one == value for one, value in told):
            return f"{{user.{word}}}"
    if all(isinstance(value, str) for value in values):
        return None
    if all(isinstance(value, dict) for value in values):
        return _object(pairs)
    return None


def _object(pairs: Sequence[tuple[_Known | None, Json]]) -> Json:
    names = dict.fromkeys(name for _, value in pairs for name in value)
    found: dict[str, Json] = {}
    for name in names:
        inner = [(who, value.get(name)) for who, value in pairs]
        template = _template(inner, name)
        if template is None:
            first = inner[0][1]
            usual = [value for _, value in inner]
            # What is otherwise for some was changed by them: a new row has what most have.
            template = first if all(value == first for value in usual) else max(usual, key=usual.count)
        found[name] = template
    return found if re.search(r"\{user\.", str(found)) else None


def _is_owned(learned: Learned, tables: Tables, kept: Kept) -> bool:
    """Whether several people were seen to have rows, and nobody to see those of others."""
    makers: dict[str, Person] = {}
    ids = kept.resource.ids.name
    apart = False
    for exchange in learned.exchanges:
        keeping = _keeping(exchange, tables, kept)
        if keeping is None or keeping.parent:
            continue
        who = exchange.caller
        if keeping.verb == "create" and exchange.facts.succeeded and who is not None:
            for row in rows_in(exchange, keeping, kept.resource):
                makers[str(row.get(ids))] = who
        elif exchange.facts.succeeded and exchange.facts.answer is not None:
            for row in rows_in(exchange, keeping, kept.resource):
                maker = makers.get(str(row.get(ids)))
                if maker is not None and maker is not who:
                    return False
                apart = apart or (maker is not None and len({id(one) for one in makers.values()}) > 1)
        elif exchange.facts.status == 404 and who is not None:
            called = exchange.values.get(keeping.item, "")
            apart = apart or (called in makers and makers[called] is not who)
    return apart and bool(kept.made) and not kept.rows


def _refused(learned: Learned, tables: Tables, kept: Kept) -> bool:
    """Whether somebody was refused who wanted to change a row."""
    for exchange in learned.exchanges:
        keeping = _keeping(exchange, tables, kept)
        if keeping is not None and keeping.item and keeping.verb != "get" and exchange.facts.status == 403:
            return True
    return False
