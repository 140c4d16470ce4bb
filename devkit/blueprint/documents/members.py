"""Rows whose members are members of a member: JSON:API's `attributes`, Kubernetes' `metadata`."""

from __future__ import annotations

from devkit.blueprint.documents.looking import Look, Object
from devkit.blueprint.documents.vocabulary import A_THING, plain
from devkit.contract.keeping import Members


def spread(look: Look, row: Object) -> tuple[Object, Members | None]:
    """The columns of a row, and where they are in it; None where they are its own members.

    JSON:API 1.1, section 7.2, has `type` and `id` beside `attributes`; Kubernetes' conventions for its API have `name`,
    which a row is called by, in `metadata`, beside `spec` and `status`.
    """
    names = set(row.properties)
    below = ""
    if {"type", "id", "attributes"} <= names:
        below = "attributes"
    elif "metadata" in names and not any(plain(name) in A_THING for name in names):
        inside = look.object(row.properties["metadata"])
        below = "metadata" if inside is not None and "name" in inside.properties else ""
    inside = look.object(row.properties[below]) if below else None
    if inside is None or set(inside.properties) & (names - {below}):
        return row, None
    beside = {name: schema for name, schema in row.properties.items() if name != below}
    required = (row.required - {below}) | inside.required
    return Object({**beside, **inside.properties}, required), Members(below=below, beside=tuple(beside))


def gathered(look: Look, body: Object | None, members: Members) -> Object | None:
    """The columns that a body has."""
    inside = look.object(body.properties[members.below]) if body and members.below in body.properties else None
    if body is None or inside is None:
        return body
    beside = {name: schema for name, schema in body.properties.items() if name != members.below}
    required = body.required - {members.below}
    if members.below in body.required:
        required |= inside.required
    return Object({**beside, **inside.properties}, required)
