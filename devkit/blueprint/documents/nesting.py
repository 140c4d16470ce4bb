"""Rows that are below others (`/customers/{id}/orders`), and members that refer to others by name (`customer_id`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from devkit.blueprint.documents.columns import same_value
from devkit.blueprint.documents.looking import Look
from devkit.blueprint.documents.paths import parameter_places, up_to
from devkit.blueprint.documents.vocabulary import plain
from devkit.contract.resources import Column, OnDelete, Reference, Resource
from devkit.records import dataclass

Known = Mapping[tuple[str, ...], Resource]

_PARAMETER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parents:
    """`by_place` are columns by the number of the path's parameter, which has other names at other paths. `columns` are
    these columns, those among them that no answer shows included. `apart` is as that of the resource. `told` is what to
    say about it.
    """

    by_place: Mapping[int, str]
    columns: Mapping[str, Column]
    apart: tuple[str, ...]
    told: str

    def named(self, path: str, *, item: bool) -> dict[str, str]:
        """The columns by the names of the parameters in one path; at an item the last one is the row's own."""
        names = _PARAMETER.findall(path)
        return {names[place]: column for place, column in self.by_place.items() if place < len(names) - item}


def parents_of(
    look: Look,
    template: tuple[str, ...],
    path: str,
    columns: Mapping[str, Column],
    known: Known,
    *,
    named: bool,
) -> Parents:
    """What the parameters before a collection's name decide.

    One that calls a row of another resource decides the member that refers to it, or a hidden column where there is
    none. So does one that has the name of a member. Others are a place of their own for these rows. Where rows are
    `named` by clients, each row above is such a place, too: somebody is a member of two teams.
    """
    names = _PARAMETER.findall(path)
    places = parameter_places(template)
    by_place: dict[int, str] = {}
    found: dict[str, Column] = {}
    apart: dict[str, None] = {}
    told: list[str] = []
    for number, (place, name) in enumerate(zip(places, names, strict=False)):
        parent = known.get(template[:place]) if template[place] == "{}" else None
        member = _member(look, name, parent, columns)
        if parent is None:
            if member:
                by_place[number] = member
                found[member] = _by_path(columns[member])
            else:
                apart[up_to(template, place)] = None
            continue
        if not member:
            member = name if name not in columns else f"{plain(parent.singular)}_{name}"
            schema = parent.columns[parent.ids.name].schema
            found[member] = Column(name=member, schema=schema, hidden=True)
        by_place[number] = member
        column = _by_path(found.get(member) or columns[member])
        found[member] = replace(column, reference=Reference(resource=parent.name, on_delete="cascade"))
        told.append(parent.name)
        # The place of what is above comes first: these rows are at it, or within it.
        apart = dict.fromkeys((*parent.apart, *apart, *([up_to(template, place)] if named else [])))
    return Parents(by_place=by_place, columns=found, apart=tuple(apart), told=" and ".join(told))


def _by_path(column: Column) -> Column:
    """A column that the path decides, and neither the server nor, at that path, the body."""
    return replace(column, server=False, made=False, required=False)


def _member(look: Look, parameter: str, parent: Resource | None, columns: Mapping[str, Column]) -> str:
    wanted = (
        {plain(parameter)} if len(plain(parameter)) > 2 and plain(parameter) not in {"uuid", "name", "slug"} else set()
    )
    if parent is not None:
        one = plain(parent.singular)
        wanted = {one, f"{one}{plain(parent.ids.name)}", f"{one}id", f"{one}uuid"} | (wanted - {plain(parent.ids.name)})
    ids = parent.columns[parent.ids.name].schema if parent else {}
    for name, column in columns.items():
        if plain(name) in wanted and look.is_scalar(column.schema) and same_value(look, column.schema, ids):
            return name
    return ""


def reference_of(look: Look, column: Column, known: Known, apart: Sequence[str] = ()) -> Column:
    """The column, with what it refers to where its name says so: `customer_id`, `customerId`, `tag_ids`. Of rows that
    are kept apart only those at the place of these, which are `apart`, can be meant.
    """
    if column.reference is not None or column.server or column.hidden:
        return column
    name = plain(column.name)
    for ending in ("id", "ids", "uuid", "uuids"):
        if not name.endswith(ending) or name == ending:
            continue
        found = [each for each in known.values() if plain(each.singular) == name.removesuffix(ending)]
        found = [each for each in found if each.apart == tuple(apart[: len(each.apart)])]
        if len(found) == 1 and _refers(look, column, found[0], several=ending.endswith("s")):
            may_be_empty = look.takes_null(column.schema) or look.items(column.schema) is not None
            on_delete: OnDelete = "clear" if may_be_empty else "cascade"
            return replace(column, reference=Reference(resource=found[0].name, on_delete=on_delete))
    return column


def _refers(look: Look, column: Column, other: Resource, *, several: bool) -> bool:
    schema = look.items(column.schema) if several else column.schema
    ids = other.columns[other.ids.name].schema
    return schema is not None and look.is_scalar(schema) and same_value(look, schema, ids)
