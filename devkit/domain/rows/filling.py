"""What the server puts into new rows of itself, with what it knows of the caller."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from devkit.contract.entities import User
from devkit.contract.errors import DomainError
from devkit.contract.resources import Resource
from devkit.domain.base import Caller
from devkit.domain.rows.patches import same
from devkit.schemas.base import Json

WORDS: Mapping[str, Callable[[User], Json]] = {
    "user.id": lambda user: user.id,
    "user.number": lambda user: user.number,
    "user.email": lambda user: user.email,
    "user.username": lambda user: user.username,
    "user.name": lambda user: user.name,
    "user.image": lambda user: user.image,
}
"""What may stand in braces in a value."""
_WORD = re.compile(r"\{(user\.[a-z_]+)\}")


def filled(resource: Resource, caller: Caller) -> dict[str, Json]:
    """The columns that the server fills, for a row of this caller's."""
    if not resource.fills:
        return {}
    user = caller.user.user if caller.user is not None else None
    return {name: _put(value, user) for name, value in resource.fills.items()}


def refuse_others(resource: Resource, caller: Caller, values: Mapping[str, Json]) -> None:
    """Raise DomainError `forbidden` where a row is somebody else's to change."""
    column = resource.only_by
    if column and not _is_whose(values.get(column), filled(resource, caller).get(column), resource.fills.get(column)):
        raise DomainError("forbidden")


def _is_whose(value: Json, mine: Json, template: Json) -> bool:
    """Whether what says of whom a row is, and is the caller's in a row of theirs, is the same."""
    if isinstance(template, Mapping):
        named = [name for name, inner in template.items() if isinstance(inner, str) and _WORD.search(inner)]
        known = isinstance(value, Mapping) and isinstance(mine, Mapping)
        return known and all(same(value.get(name), mine.get(name)) for name in named)
    return same(value, mine)


def _put(value: Json, user: User | None) -> Json:
    if isinstance(value, Mapping):
        return {name: _put(inner, user) for name, inner in value.items()}
    if isinstance(value, list):
        return [_put(inner, user) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _WORD.fullmatch(value)
    if whole and whole[1] in WORDS:
        return WORDS[whole[1]](user) if user is not None else None
    return _WORD.sub(lambda found: _text(found, user), value)


def _text(found: re.Match[str], user: User | None) -> str:
    made = WORDS.get(found[1])
    return found[0] if made is None else "" if user is None else str(made(user))
