"""What the server puts into new rows of itself, with what it knows of the caller."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from devkit.contract.auth import own_of
from devkit.contract.entities import User
from devkit.contract.errors import DomainError
from devkit.contract.resources import CALLER_WORDS, Resource
from devkit.domain.base import Caller
from devkit.domain.rows.patches import same
from devkit.schemas.base import Json

_WORD = re.compile(r"\{user\.([^{}]+)\}")
_TELLING = ("id", "number", "email", "username")
"""What tells one person from another."""


def filled(resource: Resource, caller: Caller) -> dict[str, Json]:
    """The columns that the server fills, for a row of this caller's."""
    if not resource.fills:
        return {}
    return filled_for(resource, caller.user.user if caller.user is not None else None)


def filled_for(resource: Resource, user: User | None) -> dict[str, Json]:
    """The same for a row of that user's."""
    return {name: _put(value, resource, user) for name, value in resource.fills.items()}


def refuse_others(resource: Resource, caller: Caller, values: Mapping[str, Json]) -> None:
    """Raise DomainError `forbidden` where a row is somebody else's to change."""
    column = resource.only_by
    if column and not _is_whose(values.get(column), filled(resource, caller).get(column), resource.fills.get(column)):
        raise DomainError("forbidden")


def telling(resource: Resource) -> Mapping[str, str]:
    """The columns, or members of objects in them (`author.username`), that say who made a row, by the column that is
    filled; none where nothing there tells people apart.
    """
    found: dict[str, str] = {}
    for column, template in resource.fills.items():
        paths = {words: path for path, words in _words(template, column)}
        path = next((paths[(word,)] for word in _TELLING if (word,) in paths), "")
        if path:
            found[column] = path
    return found


def at(values: Mapping[str, Json], path: str) -> Json:
    """The value at a path of `telling`."""
    found: Json = values
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def followed(resource: Resource, values: Mapping[str, Json], user: User) -> dict[str, Json]:
    """What a row of that user's holds now that the user has changed, where it says so."""
    now = filled_for(resource, user)
    return {**values, **{name: _renewed(values.get(name), now[name], resource.fills[name]) for name in now}}


def _renewed(value: Json, now: Json, template: Json) -> Json:
    """The value, with what words stand for as it is now."""
    if isinstance(template, Mapping):
        if not isinstance(value, Mapping):
            return value
        return {**value, **{name: _renewed(value.get(name), now[name], inner) for name, inner in template.items()}}
    return now if isinstance(template, str) and _WORD.search(template) else value


def _words(template: Json, path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The paths of texts in a template that are one word alone, with it."""
    if isinstance(template, Mapping):
        for name, inner in template.items():
            yield from _words(inner, f"{path}.{name}")
    elif isinstance(template, str) and (whole := _WORD.fullmatch(template)):
        yield path, (whole[1],)


def _is_whose(value: Json, mine: Json, template: Json) -> bool:
    """Whether what says of whom a row is, and is the caller's in a row of theirs, is the same."""
    if isinstance(template, Mapping):
        words = {name: found[1] for name, inner in template.items() if (found := _WORD.search(str(inner)))}
        # What people change tells nobody from another, where something else does.
        told = [name for name, word in words.items() if word in _TELLING] or [*words]
        known = isinstance(value, Mapping) and isinstance(mine, Mapping)
        return known and all(same(value.get(name), mine.get(name)) for name in told)
    return same(value, mine)


def _put(value: Json, resource: Resource, user: User | None) -> Json:
    if isinstance(value, Mapping):
        return {name: _put(inner, resource, user) for name, inner in value.items()}
    if isinstance(value, list):
        return [_put(inner, resource, user) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _WORD.fullmatch(value)
    if whole and _is_known(whole[1], resource):
        return _said(whole[1], resource, user)
    return _WORD.sub(lambda found: _text(found, resource, user), value)


def _text(found: re.Match[str], resource: Resource, user: User | None) -> str:
    if not _is_known(found[1], resource):
        return found[0]
    value = _said(found[1], resource, user)
    return "" if value is None else str(value)


def _is_known(word: str, resource: Resource) -> bool:
    return word in CALLER_WORDS or word in resource.own


def _said(word: str, resource: Resource, user: User | None) -> Json:
    """What a word says of a user. A field of one's own goes before what every account has."""
    if user is None:
        return None
    if word in resource.own:
        return own_of(user).get(word, resource.own[word])
    return getattr(user, word)
