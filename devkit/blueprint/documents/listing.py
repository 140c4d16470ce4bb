"""What a list can be asked for: the parameters of its query that are columns, that sort, and that search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from devkit.blueprint.documents import vocabulary
from devkit.blueprint.documents.columns import same_value
from devkit.blueprint.documents.looking import Look
from devkit.blueprint.documents.paging import asked_for
from devkit.blueprint.documents.vocabulary import plain
from devkit.contract.resources import Column, Listing
from devkit.contract.shapes import Parameter
from devkit.schemas.base import Schema

_SEARCHED = 8


def listing_of(look: Look, parameters: Iterable[Parameter], columns: Mapping[str, Column]) -> Listing:
    """A parameter that is no column is read and decides nothing."""
    shown = {plain(name): column for name, column in columns.items() if not column.hidden}
    filters: dict[str, str] = {}
    found = Listing()
    sort, sorts, q, search = found.sort, tuple[str, ...](), found.q, tuple[str, ...]()
    for parameter in parameters:
        name = plain(parameter.name)
        if parameter.place != "query" or asked_for(parameter):
            continue
        if name in vocabulary.SORT and not sorts:
            sorts = _sorts(look, parameter.schema, columns)
            sort = parameter.name if sorts else sort
        elif name in vocabulary.SEARCH and "string" in look.kinds(parameter.schema):
            search = tuple(name for name, each in columns.items() if _is_text(look, each))[:_SEARCHED]
            q = parameter.name if search else q
        else:
            column = shown.get(name) or shown.get(name.removeprefix("filter"))
            if (
                column
                and not _chooses(look, parameter)
                and look.is_scalar(column.schema)
                and same_value(look, _one(look, parameter.schema), column.schema)
            ):
                filters[parameter.name] = column.name
    return Listing(filters=filters, sorts=sorts, sort=sort, q=q, search=search)


def _sorts(look: Look, schema: Schema, columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Where the values are told and one of them is no column, it is no sorting that rows know."""
    able = [name for name, column in columns.items() if not column.hidden and look.is_scalar(column.schema)]
    values = look.bare(_one(look, schema)).get("enum")
    if not isinstance(values, list):
        return tuple(able)
    named = {str(value).removeprefix("-") for value in values if value is not None}
    return tuple(name for name in able if name in named) if named <= set(able) else ()


def _one(look: Look, schema: Schema) -> Schema:
    items = look.items(schema)
    return schema if items is None else items


def _is_text(look: Look, column: Column) -> bool:
    bare = look.bare(column.schema)
    return not column.hidden and look.kinds(bare) == {"string"} and not {"format", "enum", "const"} & set(bare)


def _chooses(look: Look, parameter: Parameter) -> bool:
    """Whether a parameter decides where nobody gives it, or has a word for everything: at GitHub `state` is `open`,
    else `closed` or `all`. What is no value of a row hides all rows.
    """
    schema = look.bare(_one(look, parameter.schema))
    words = map(str, schema.get("enum") or ())
    return parameter.schema.get("default") is not None or not {"all", "any"}.isdisjoint(words)
