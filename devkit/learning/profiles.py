"""What accounts have besides what every account has: told by what people are answered of themselves."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from devkit.blueprint.documents.vocabulary import plain
from devkit.learning.learning import Exchange
from devkit.learning.needs import PASSWORDS, REFRESH_TOKENS, TOKENS
from devkit.learning.people import Person
from devkit.learning.values import Values
from devkit.records import dataclass
from devkit.schemas.base import Json, Schema

_OF_ALL = TOKENS | REFRESH_TOKENS | PASSWORDS | frozenset({
    "id", "uuid", "userid", "useruuid", "email", "useremail", "emailaddress", "username", "login", "handle",
    "emailverified", "isemailverified", "isverified", "verified", "createdat", "created", "datejoined", "joinedat",
    "registeredat", "updatedat", "firstname", "givenname", "lastname", "familyname", "surname", "name", "fullname",
    "displayname", "role", "tokentype", "expiresin", "expiresat",
})  # fmt: skip
_NAMED = frozenset({"email", "useremail", "emailaddress", "username", "login", "handle"})
_DEEPEST = 2


@dataclass(slots=True, eq=False)
class Profiles:
    """`fields` are the schemas of what accounts have besides, with the default where that is not null."""

    fields: dict[str, Schema] = field(default_factory=dict)
    _known: dict[int, list[tuple[float, Mapping[str, Json]]]] = field(default_factory=dict)

    def at(self, who: Person, when: float) -> Mapping[str, Json]:
        """What an account had at that time, as far as it was told by then."""
        told = self._known.get(id(who), [])
        last = bisect_right(told, when, key=lambda pair: pair[0])
        return {name: value for name, value in told[last - 1][1].items() if name in self.fields} if last else {}

    def first(self, who: Person) -> Mapping[str, Json]:
        """What it had when it was first told."""
        told = self._known.get(id(who), [])
        return {name: value for name, value in told[0][1].items() if name in self.fields} if told else {}


def profiles_of(exchanges: Iterable[Exchange], changed: Iterable[Exchange]) -> Profiles:
    """What is told by answers about whoever asked or signed in. `changed` are those that changed an account: what they
    say can be changed, and so can what is null.
    """
    found = Profiles()
    values: dict[str, list[tuple[int, Json]]] = {}
    for exchange in exchanges:
        user = user_in(exchange.facts.answer)
        if user is None or exchange.caller is None:
            continue
        own = {name: value for name, value in user.items() if plain(name) not in _OF_ALL}
        found._known.setdefault(id(exchange.caller), []).append((exchange.at, own))
        for name, value in own.items():
            values.setdefault(name, []).append((id(exchange.caller), value))
    said = {name for one in changed for name in _members(one.facts.request)}
    for name, told in values.items():
        different = any(value != told[0][1] for _, value in told)
        if different or (said and (name in said or told[0][1] is None)):
            found.fields[name] = _schema(told)
    return found


def _schema(told: list[tuple[int, Json]]) -> Schema:
    """Of the values of a field, in their order, with whose each was; the default is what each account began with."""
    seen = Values()
    for _, value in told:
        if value is not None:
            seen.see(value)
    first: dict[int, Json] = {}
    for who, value in told:
        first.setdefault(who, value)
    usual = [*first.values()]
    schema = seen.schema()
    if usual[0] is None or any(value != usual[0] for value in usual):
        return schema
    if any(value is None for _, value in told) and isinstance(schema.get("type"), str):
        schema = {**schema, "type": [schema["type"], "null"]}
    return {**schema, "default": usual[0]}


def user_in(answer: Json, depth: int = 0) -> Mapping[str, Json] | None:
    """The object in an answer that is an account; None where there is none."""
    if not isinstance(answer, dict) or depth > _DEEPEST:
        return None
    if any(plain(name) in _NAMED and isinstance(value, str) for name, value in answer.items()):
        return answer
    inner = (user_in(value, depth + 1) for value in answer.values())
    return next((one for one in inner if one is not None), None)


def _members(request: Json) -> Iterator[str]:
    """The names in a body, or in the one member that all of it is in."""
    if isinstance(request, dict):
        inner = [value for value in request.values() if isinstance(value, dict)]
        yield from inner[0] if len(request) == len(inner) == 1 else request
