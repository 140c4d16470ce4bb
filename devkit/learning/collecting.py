"""Collections with operations at their items (`/orders`, `/orders/{id}`), and what was seen of their rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from devkit.blueprint.documents.vocabulary import A_THING, WRAPS, plain
from devkit.blueprint.naming import pascal, singular
from devkit.learning.learning import Exchange, Learned
from devkit.learning.operations import Learned as Operation
from devkit.learning.values import Values
from devkit.records import dataclass
from devkit.schemas.base import Json

_PARAMETER = re.compile(r"\{[^{}]+\}")
_CHOICE = re.compile(r"[A-Za-z][\w-]{0,23}")
_FEW, _SEVERAL = 6, 10
"""So many words at the most are a choice, and so many rows it takes to tell."""


@dataclass(slots=True, eq=False)
class Collection:
    """The operations at a collection's path and at its items'. `name` is what one row's schema is called, `rows` are
    what was seen of all rows and `listed` of those in lists; `wrap` is the member that one row is in, in an answer.
    `defaults` are what new rows have where nobody says anything, `choices` the words that a text is one of,
    `shown` a value of each member that a row is called by.
    """

    path: str
    name: str
    listing: Operation | None = None
    operations: list[Operation] = field(default_factory=list)
    wrap: str = ""
    rows: Values = field(default_factory=Values)
    listed: Values = field(default_factory=Values)
    defaults: dict[str, Json] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)

    @property
    def items(self) -> str:
        """Where the rows are in a list's answer; empty for the answer itself."""
        return self.listing.pages.items if self.listing and self.listing.pages else ""


def collections_of(learned: Learned) -> Iterator[Collection]:
    """Collections with operations at their items, and those whose rows are listed and made."""
    by_path: dict[str, list[Operation]] = {}
    for operation in learned.operations:
        by_path.setdefault(_PARAMETER.sub("{}", operation.path), []).append(operation)
    names: set[str] = set()
    for path, those in by_path.items():
        bare = path.rstrip("/")
        is_item = bare.endswith("}")
        above = bare.rpartition("/")[0] + path[len(bare) :] if is_item else path
        at = [one for one in by_path.get(above, []) if one.method in {"GET", "POST"}]
        if not is_item:
            of_items = any(other.rstrip("/") == f"{bare}/{{}}" for other in by_path)
            if of_items or not {"list", "create"} <= {one.crud for one in those}:
                continue
        last = above.rstrip("/").rpartition("/")[2]
        if not at or last.startswith("{"):
            continue
        name = wanted = pascal(singular(last))
        number = 2
        while name in names:
            name, number = f"{wanted}{number}", number + 1
        names.add(name)
        listing = next((one for one in at if one.method == "GET" and one.pages is not None), None)
        found = Collection(path=at[0].path, name=name, listing=listing, operations=[*at, *(those if is_item else ())])
        _fill(learned, found, singular(last))
        yield found


def _fill(learned: Learned, collection: Collection, one: str) -> None:
    """What was seen of its rows."""
    listed: list[Json] = []
    single: list[tuple[Exchange, Json]] = []
    for exchange in learned.exchanges:
        facts, operation = exchange.facts, exchange.operation
        if operation not in collection.operations or not 200 <= facts.status < 300 or facts.answer is None:
            continue
        if operation is collection.listing:
            rows = at(facts.answer, collection.items)
            listed += rows if isinstance(rows, list) else []
        elif isinstance(facts.answer, dict):
            single.append((exchange, facts.answer))
    wraps = [name for _, answer in single if (name := wrap_in(answer, one))]
    collection.wrap = wraps[0] if wraps else ""
    for row in listed:
        if isinstance(row, dict):
            collection.rows.see(row)
            collection.listed.see(row)
    created: list[tuple[Mapping[str, Json], Mapping[str, Json]]] = []
    for exchange, answer in single:
        row = row_in(answer, collection.wrap)
        if row is not None:
            collection.rows.see(row)
            if exchange.operation.method == "POST":
                created.append((_sent(exchange.facts.request, row, one), row))
    collection.defaults = _defaults(created)
    refused = [
        inner
        for exchange in learned.exchanges
        if exchange.operation in collection.operations and exchange.facts.status in {400, 422}
        if (inner := row_in(exchange.facts.request, wrap_in(exchange.facts.request, one))) is not None
    ]
    shown = [row for row in listed if isinstance(row, dict)]
    shown += [row for _, answer in single if (row := row_in(answer, collection.wrap)) is not None]
    rows = {key: row for row in shown if (key := _called(row)) is not None}
    for row in rows.values():
        collection.shown |= {name: str(value) for name, value in row.items() if plain(name) in A_THING}
    settable = {name for sent, _ in created for name in sent}
    collection.choices = dict(_choices([*rows.values()], settable, refused))


def _sent(request: Json, row: Mapping[str, Json], one: str) -> Mapping[str, Json]:
    wrap = wrap_in(request, one)
    inner = row_in(request, wrap)
    return inner if inner is not None else {}


def _called(row: Mapping[str, Json]) -> str | None:
    """What tells a row from others."""
    return next((str(row[name]) for name in row if plain(name) in A_THING and _is_plain(row[name])), None)


def _choices(
    rows: Sequence[Mapping[str, Json]], settable: set[str], refused: Sequence[Mapping[str, Json]]
) -> Iterator[tuple[str, list[str]]]:
    """Of texts that clients set those that are some of few words, with these: each was there several times, or others
    were refused.
    """
    for name in settable:
        values = [row[name] for row in rows if isinstance(row.get(name), str)]
        counted = Counter(str(value) for value in values)
        if not 1 < len(counted) <= _FEW or not all(_CHOICE.fullmatch(word) for word in counted):
            continue
        others = {str(sent[name]) for sent in refused if isinstance(sent.get(name), str)} - counted.keys()
        if (len(values) >= _SEVERAL and min(counted.values()) > 1) or (others and len(values) > 2 * len(counted)):
            yield name, sorted(counted)


def _defaults(created: Sequence[tuple[Mapping[str, Json], Mapping[str, Json]]]) -> dict[str, Json]:
    """What was always there in new rows where nobody had said anything, and was the same."""
    found: dict[str, Json] = {}
    for name in {name for _, row in created for name in row}:
        made = [row[name] for sent, row in created if name not in sent and name in row]
        missing = any(name not in row for sent, row in created if name not in sent)
        if made and not missing and all(value == made[0] and type(value) is type(made[0]) for value in made):
            told = any(name in sent for sent, _ in created)
            if isinstance(made[0], bool) or made[0] in (0, "", None, [], {}) or (len(made) > 1 or told):
                found[name] = made[0]
    return found


def wrap_in(value: Json, one: str) -> str:
    """The member that a row is in, where there is one around it; `one` is what a row is called."""
    if not isinstance(value, dict) or any(plain(name) in A_THING for name, each in value.items() if _is_plain(each)):
        return ""
    inner = [name for name, each in value.items() if isinstance(each, dict)]
    return next((name for name in inner if plain(name) in WRAPS | {plain(one)}), "")


def row_in(value: Json, wrap: str) -> dict[str, Json] | None:
    """The row of an answer, or of a body; None where it has none."""
    found = value.get(wrap) if wrap and isinstance(value, dict) else value
    return found if isinstance(found, dict) else None


def at(value: Json, path: str) -> Json:
    """The member at a path; None where there is none."""
    for step in path.split(".") if path else ():
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _is_plain(value: Json) -> bool:
    return not isinstance(value, dict | list)
