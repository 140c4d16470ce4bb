"""The columns of a resource, as SQL sees them: what they are compared and sorted by, and what finds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from devkit.contract.resources import Resource
from devkit.effects import SECOND, Instant, isoformat
from devkit.schemas.base import Components, Json
from devkit.schemas.walking import default_of, parts, types_of

Kind = Literal["text", "integer", "number", "boolean", "instant", "array", "any"]
"""How values of a column compare: as texts, as numbers, as points in time; what is in an array, each by itself."""

By = Literal["in", "ne", "gt", "gte", "lt", "lte"]
_SIGNS: Mapping[By, str] = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}

OURS = "rows/"
"""What the names of indices begin with that are made for a contract."""


class Condition(NamedTuple):
    """That a column is one of the values, or none, or lies beyond the only one. Instants are texts in ISO 8601."""

    column: str
    by: By
    values: tuple[Any, ...]


class Selection(NamedTuple):
    """Which rows, in which order: by columns, with `-` before them for falling; without any the newest rows first.
    `in_index_order` says whether an index has that.
    """

    where: tuple[Condition, ...] = ()
    order: tuple[str, ...] = ()
    q: str | None = None
    in_index_order: bool = True

    @property
    def is_whole(self) -> bool:
        return not self.where and not self.q

    def bounded(self, rows: int) -> bool:
        from devkit.storage.listed import FEW

        return rows <= FEW or (self.is_whole and self.in_index_order)


class Columns:
    """Of one resource."""

    def __init__(self, resource: Resource, components: Components) -> None:
        self._resource = resource
        self.mine = f"resource = {quoted(resource.name)} AND gone IS NULL"
        """What says of a row that it is there, and one of these. The name is in it, as in what indices are made for."""
        self.kinds: Mapping[str, Kind] = {
            name: _kind(column.schema, components) for name, column in resource.columns.items()
        }
        self.nullable = frozenset(
            name for name, column in resource.columns.items() if "null" in types_of(column.schema, components)
        )
        """The columns of which it is said that they may be null."""
        told = ((name, *default_of(column.schema, components)) for name, column in resource.columns.items())
        self.defaults: Mapping[str, Json] = {name: default for name, has_default, default in told if has_default}
        self._days = frozenset(
            name
            for name, column in resource.columns.items()
            if any(part.get("format") == "date" for part in parts(column.schema, components))
        )

    def _place(self, column: str) -> str:
        known = self._resource.columns.get(column)
        place = "hidden" if known is not None and known.hidden else "json"
        head, dot, rest = column.partition(".")
        if known is None and dot and head in self._resource.columns:
            return f"{place}, {quoted(_path(head) + _path(rest)[1:])}"  # a member of what the column holds
        return f"{place}, {quoted(_path(column))}"

    def raw(self, column: str) -> str:
        return f"json_extract({self._place(column)})"

    def value(self, column: str) -> str:
        """What a column is compared by."""
        raw = self.raw(column)
        # julianday() knows offsets. Of what begins with no digit it knows `now`, which no index may hold.
        return f"iif({raw} GLOB '[0-9]*', julianday({raw}), NULL)" if self.kinds.get(column) == "instant" else raw

    def sortable(self, column: str) -> str:
        """What a column is sorted by: texts without regard to (ASCII's) cases."""
        value = self.value(column)
        return f"{value} COLLATE NOCASE" if self.kinds.get(column) == "text" else value

    def given(self, column: str) -> str:
        """What stands for a value that a column is compared with."""
        return "julianday(?)" if self.kinds.get(column) == "instant" else "?"

    def typed(self, column: str, value: Json) -> Json:
        """A value of a path as the column has it."""
        kind = self.kinds.get(column)
        if kind == "integer" and isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
        return str(value) if kind in ("text", "instant") else value

    def moment(self, column: str, at: Instant) -> Json:
        """An instant as the column has it: in ISO 8601, or in seconds since the epoch where it is a number."""
        if self.kinds.get(column) in ("integer", "number"):
            return at // SECOND
        return isoformat(at)[:10] if column in self._days else isoformat(at)

    def condition(self, condition: Condition) -> tuple[str, Sequence[Any]]:
        column, by, values = condition
        if column in self._resource.marks:
            return self._marked(column, by, values)
        given = self.given(column)
        among = ", ".join([given] * len(values))
        if self.kinds.get(column) == "array":
            return self._within(column, by, among), values
        value = self.value(column)
        if by == "in":
            return (f"{value} = {given}" if len(values) == 1 else f"{value} IN ({among})"), values
        if by == "ne":
            return f"({value} IS NULL OR {value} NOT IN ({among}))", values
        return f"{value} {_SIGNS[by]} {given}", values

    def _marked(self, mark: str, by: By, values: Sequence[Any]) -> tuple[str, Sequence[Any]]:
        """That one of these users has marked a row, by their usernames or their ids."""
        among = ", ".join("?" * len(values))
        users = f"SELECT number FROM users WHERE username_key IN ({among}) OR id IN ({among})"
        name = quoted(f"{self._resource.name}/{mark}")
        rows = f"SELECT row FROM marks WHERE name = {name} AND owner IN ({users})"
        there = f"number {'NOT IN' if by == 'ne' else 'IN'} ({rows})"
        texts = [str(value) for value in values]
        return there, [*(text.casefold() for text in texts), *texts]

    def called(self, values: Mapping[str, str]) -> tuple[str, Sequence[str]]:
        """What says of a row that these columns are what a path calls so."""
        clauses = [f"CAST({self.raw(column)} AS TEXT) = ?" for column in values]
        return " AND ".join(clauses) or "1", [*values.values()]

    def _within(self, column: str, by: By, among: str) -> str:
        # Not plain `json`, which json_each() has too.
        place = f"json_each(rows.{self._place(column)})"
        test = f"value {_SIGNS[by]} ?" if by in _SIGNS else f"value IN ({among})"
        return f"{'NOT ' if by == 'ne' else ''}EXISTS (SELECT 1 FROM {place} WHERE {test})"

    def order(self, order: Sequence[str], *, backwards: bool = False) -> str:
        """No two rows are equal, so that pages never overlap. What is not there counts as the smallest."""
        falling = _last_falls(order) is not backwards
        told = [f"{self.sortable(name.lstrip('-'))} {_way(name.startswith('-') is not backwards)}" for name in order]
        return ", ".join([*told, f"number {_way(falling)}"])

    def behind(self, order: Sequence[str], values: Sequence[Any]) -> tuple[str, list[Any]]:
        """What says of a row that it comes behind the one that has these values, and at last this number."""
        clauses: list[str] = []
        given: list[Any] = []
        equal, known = "", list[Any]()
        for name, value in zip(order, values, strict=False):
            column = self.sortable(name.lstrip("-"))
            falling = name.startswith("-")
            if value is not None:
                clauses.append(f"{equal}({column} < ?{f' OR {column} IS NULL' if falling else ''})")
                if not falling:
                    clauses[-1] = f"{equal}{column} > ?"
                given += [*known, value]
            elif not falling:
                clauses.append(f"{equal}{column} IS NOT NULL")
                given += known
            equal += f"{column} IS ? AND "
            known.append(value)
        clauses.append(f"{equal}number {'<' if _last_falls(order) else '>'} ?")
        given += [*known, values[-1]]
        return f"({' OR '.join(f'({clause})' for clause in clauses)})", given

    def search(self, q: str) -> tuple[str, list[Any]]:
        """That one of the columns that are searched holds a text, whatever the cases."""
        columns = self._resource.listing.search
        held = (f"instr(fold(CAST({self.raw(column)} AS TEXT)), ?)" for column in columns)
        return f"({' OR '.join(held) or '0'})", [q.casefold()] * len(columns)

    def is_indexed(self, order: Sequence[str]) -> bool:
        """Whether an index has that order: the usual one, and that in which rows were made."""
        return not order or (len(order) == 1 and order[0].lstrip("-") == self._resource.listing.order.lstrip("-"))

    def indices(self) -> Iterator[tuple[str, str]]:
        """Names of indices, and the statements that make them: for what every write looks for, and for the usual order.
        One for each column that a list may be asked for would make a new row take three times as long, and a few
        thousand rows are looked through in no time.
        """
        resource = self._resource
        for name, column in resource.columns.items():
            # Ids are found otherwise.
            looked_for = (column.unique or column.reference) and name != resource.ids.name
            if looked_for and self.kinds[name] != "array":
                # Rows that refer to one are looked for among all users': the owner comes last there.
                yield self._index(name, "found", f"{self.value(name)}, owner")
        usual = resource.listing.order.lstrip("-")
        if usual in resource.columns and self.kinds[usual] != "array":
            yield self._index(usual, "sorted", f"owner, {self.sortable(usual)}")

    def _index(self, column: str, what: str, columns: str) -> tuple[str, str]:
        name = f"{OURS}{self._resource.name}/{column}/{what}"
        escaped = name.replace('"', '""')
        return name, f'CREATE INDEX "{escaped}" ON rows ({columns}) WHERE {self.mine}'


def quoted(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def _path(column: str) -> str:
    return f'$."{column}"'


def _way(falling: bool) -> str:
    return "DESC" if falling else "ASC"


def _last_falls(order: Sequence[str]) -> bool:
    return order[-1].startswith("-") if order else True


def _kind(schema: Json, components: Components) -> Kind:
    types = types_of(schema, components) - {"null"}
    if types == {"string"}:
        formats = {part.get("format") for part in parts(schema, components)}
        return "instant" if "date-time" in formats else "text"
    for kind in ("boolean", "array", "integer"):
        if types == {kind}:
            return kind
    return "number" if types and types <= {"number", "integer"} else "any"
