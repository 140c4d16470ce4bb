"""Who calls: accounts that sign in, by what they sign in with, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from devkit.learning.facts import Facts
from devkit.learning.needs import PASSWORDS, TOKENS, hands_out, members_in, registers, tells_who
from devkit.records import dataclass
from devkit.schemas.base import Json

_KNOWN = {
    "id": ("id", "userid", "uuid"),
    "email": ("email", "useremail", "emailaddress"),
    "username": ("username", "login", "handle"),
    "name": ("name", "fullname", "displayname"),
    "first_name": ("firstname", "givenname"),
    "last_name": ("lastname", "familyname", "surname"),
}
"""What is known of an account, by what members that tell it are called."""


@dataclass(slots=True, eq=False)
class Person:
    """`known` is by the words of `_KNOWN`. `made` says that the account was made while it was recorded."""

    known: dict[str, Json] = field(default_factory=dict)
    password: str = ""
    made: bool = False
    signed_in: bool = False


class People:
    """Told every exchange in its order; says who called."""

    def __init__(self) -> None:
        self.all: list[Person] = []
        self.schemes: dict[str, int] = {}
        self.cookies: dict[str, int] = {}
        """How often a session came by each scheme of Authorization, and by each cookie."""
        self._by_token: dict[str, Person] = {}
        self._by_cookie: dict[tuple[str, str], Person] = {}

    def caller(self, facts: Facts) -> Person | None:
        """Who called; None for nobody that is known."""
        scheme, _, token = facts.value("authorization").partition(" ")
        found = self._by_token.get(token.strip()) if token else None
        if found is not None:
            self.schemes[scheme] = self.schemes.get(scheme, 0) + 1
            return found
        for name, value in cookies_of(facts):
            found = self._by_cookie.get((name, value))
            if found is not None:
                self.cookies[name] = self.cookies.get(name, 0) + 1
                return found
        return None

    def see(self, facts: Facts, path: str) -> None:
        """Learn from an exchange whom its tokens are of, and what is known of them."""
        if not facts.succeeded:
            return
        who = self.caller(facts)
        told, answered = members_in(facts.request), members_in(facts.answer)
        if hands_out(facts):
            password = next((told[name] for name in PASSWORDS if isinstance(told.get(name), str)), "")
            if password or who is None:
                who = self._person(told, answered)
                who.signed_in = True
                who.password = password if isinstance(password, str) else ""
                who.made |= registers(path) or facts.status == 201
            self._keeps(who, facts, answered)
        elif PASSWORDS & told.keys() and (registers(path) or facts.status == 201):
            self._person(told, answered).made = True
        elif who is not None and tells_who(path):
            self._keeps(who, facts, answered)
        if who is not None and (hands_out(facts) or tells_who(path)):
            _know(who, answered)

    def _person(self, told: Mapping[str, Json], answered: Mapping[str, Json]) -> Person:
        known = Person()
        _know(known, told)
        for one in self.all:
            if any(one.known.get(word) == known.known.get(word) is not None for word in ("email", "username")):
                _know(one, told)
                return one
        _know(known, answered)
        self.all.append(known)
        return known

    def _keeps(self, who: Person, facts: Facts, answered: Mapping[str, Json]) -> None:
        for name in TOKENS:
            token = answered.get(name)
            if isinstance(token, str) and token:
                self._by_token[token] = who
        for name, value in facts.answer_fields:
            if name.lower() == "set-cookie":
                pair = value.partition(";")[0]
                cookie, _, content = pair.partition("=")
                if content.strip():
                    self._by_cookie[cookie.strip(), content.strip()] = who


def cookies_of(facts: Facts) -> list[tuple[str, str]]:
    """The cookies that a request had, by name."""
    pairs = (part.partition("=") for part in facts.value("cookie").split(";"))
    return [(name.strip(), value.strip()) for name, _, value in pairs if name.strip()]


def _know(who: Person, members: Mapping[str, Json]) -> None:
    for word, names in _KNOWN.items():
        for name in names:
            value = members.get(name)
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                who.known.setdefault(word, value)
                break
