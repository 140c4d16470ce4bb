"""The member of an answer or a body that a row is in; and rows that no operation asks for by themselves."""

from __future__ import annotations

from devkit.blueprint.documents.looking import Look, Object
from devkit.blueprint.documents.paging import list_of
from devkit.blueprint.documents.vocabulary import A_THING, WRAPS, plain
from devkit.blueprint.naming import singular
from devkit.schemas.base import Schema

_MADE = frozenset({"id", "uuid", "guid"})
"""What a row is called by that is made and listed, and nowhere asked for."""


def wrapping(look: Look, schema: Schema, one: str, element: Schema | None, *, like: str = "") -> str:
    """The member of an answer or a body that the row is in; empty where the row is what is written itself."""
    members = look.object(schema)
    if members is None:
        return ""
    inner = {name: value for name, value in members.properties.items() if look.object(value)}
    if like in inner:
        return like
    element_is = look.origin(element) if element is not None else ""
    if element_is and look.origin(schema) == element_is:
        return ""
    for name, value in inner.items():
        if element_is and look.origin(value) == element_is and len(members.properties) <= 4:
            return name
    for name in inner:
        if plain(name) in WRAPS | {plain(one)} and not _names_a_thing(look, members):
            return name
    return ""


def _names_a_thing(look: Look, members: Object) -> bool:
    """Whether an object has members that a thing has and a wrapping has not: an id."""
    return any(plain(name) in A_THING and look.is_scalar(value) for name, value in members.properties.items())


def made_and_listed(look: Look, listing: Schema | None, made: Schema | None, told: Object | None, called: str) -> str:
    """What rows are called by that one operation makes and another lists, by the answers of both and what the first is
    told; empty where the one does not make what the other lists. `called` is what the collection is.
    """
    shape = list_of(look, listing, called) if listing is not None else None
    if shape is None or made is None or told is None:
        return ""
    wraps = wrapping(look, made, singular(called), shape.element)
    whole, element = look.object(made), look.object(shape.element)
    new = look.object(whole.properties[wraps]) if wraps and whole else whole
    if new is None or element is None or told.properties.keys().isdisjoint(element.properties):
        return ""
    both = [name for name in element.properties if name in new.properties and look.is_scalar(new.properties[name])]
    return next((name for name in both if plain(name) in _MADE), "")
