"""Who is signed in at the real backend, as far as what passes tells: by which cookies, and by which tokens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import hdrs

from devkit.contract.operations import NOTHING, Need
from devkit.contract.shapes import is_json
from devkit.dialects.replies import Reply
from devkit.faults.foreign import members, plain
from devkit.learning.needs import PASSWORDS, tells_who
from devkit.records import dataclass
from devkit.server.http import cookies
from devkit.server.http.advice import joined
from devkit.server.http.exchange import credentials_of
from devkit.upstream.people import named_in
from devkit.upstream.withheld import Secrets, set_by, split, unlent

if TYPE_CHECKING:
    from devkit.dialects.base import Route
    from devkit.server.http.exchange import Exchange
    from devkit.upstream.withheld import Pairs, Withheld

_TOKENS = frozenset({"token", "accesstoken", "jwt", "idtoken", "authtoken", "sessiontoken", "bearer", "access"})
_IN_QUERY = _TOKENS | {"auth", "authorization", "apikey", "ticket"}
_REFRESH_TOKENS = frozenset({"refreshtoken", "refresh"})
_SIGNS_IN = Need.TOKENS | Need.LOGIN | Need.REFRESH
SPENDS = "spends"
"""Under this key of a subject's `shared`: refresh tokens that its call uses up, and after how many milliseconds."""

MOST_LOOKED_AT = 64 * 1024
"""Bytes of a request's body that is looked into for tokens."""


@dataclass(slots=True)
class Sessions:
    """What is known of who is signed in, by what passed: `names` of the cookies that signing in sets."""

    names: set[str] = field(default_factory=set)
    behind: dict[str, str] = field(default_factory=dict)
    """Addresses of pages that a page named as its next one, with the address of that page."""

    def passed(self, exchange: Exchange, fields: Iterable[tuple[str, str]], body: bytes) -> None:
        """An answer went by that nobody had a look at."""
        if not signing_in(exchange):
            if _tells_who(exchange):
                with contextlib.suppress(ValueError):
                    self.recognise(exchange, Reply(200, orjson.loads(body), fields=list(fields)))
            return
        self.names |= {unlent(name) for name, _ in set_by(fields)}
        value = None
        with contextlib.suppress(ValueError):
            value = orjson.loads(body)
        reply = Reply(200, value, fields=list(fields))
        exchange.sandbox.levers.withheld.met(self.handed_out(exchange, reply))
        self.recognise(exchange, reply)

    def recognise(self, exchange: Exchange, reply: Reply) -> None:
        """Know who calls with what an answer hands out, or with what this call brought: by what signed in, by what the
        answer says, else as whoever refreshed.
        """
        people, sent = exchange.sandbox.levers.people, self.sent(exchange)
        if signing_in(exchange):
            found = self.handed_out(exchange, reply)
            user = named_in(_sent(exchange)) or named_in(reply.body) or people.who((*sent.access, *sent.refresh))
            secrets = (*found.access, *found.refresh)
        elif _tells_who(exchange):
            user, secrets = named_in(reply.body), sent.access
        else:
            return
        if user is not None:
            people.met(secrets, user)

    def sent(self, exchange: Exchange) -> Secrets:
        """What a request brings along."""
        headers, speaks = exchange.request.headers, exchange.speaks
        given = credentials_of(headers, speaks)
        asked = [value for name, value in exchange.request.query.items() if plain(name) in _IN_QUERY]
        others = [secret for secret in (given.bearer, given.api_key, *asked) if secret]
        sent = cookies.parse(headers.get(hdrs.COOKIE)).items()
        found = split(sent, self.names.union(speaks.access_cookies), others)
        told = _told(_json_sent(exchange))
        return Secrets(found.access, tuple(dict.fromkeys((*found.refresh, *told.refresh))))

    def handed_out(self, exchange: Exchange, reply: Reply) -> Secrets:
        """What an answer brings along that signs somebody in."""
        if reply.status >= 400 or not signing_in(exchange):
            return Secrets()
        told = _told(reply.body)
        set_now = list(set_by(reply.fields or ()))
        found = split(set_now, {name for name, _ in set_now}, told.access)
        return Secrets(found.access, (*found.refresh, *told.refresh))


def held_back(exchange: Exchange, fields: Pairs, target: bytes, withheld: Withheld) -> tuple[Pairs, bytes]:
    """A request's fields and its target without what is withheld, which its body is left without too; the journal tells
    of it.
    """
    fields, told = withheld.without(fields)
    target, asked = withheld.without_in_query(target)
    told += asked
    if exchange.raw is not None and is_json(exchange.request.content_type):
        exchange.raw, members = withheld.without_in(exchange.raw)
        told += members
    if told:
        ended = f"withheld from the real backend, since it has ended: {', '.join(told)}"
        exchange.note = joined([exchange.note, ended])
    return fields, target


def signs_in(route: Route) -> bool:
    """Whether a call hands out what later ones are called by."""
    return bool(route.dialect.contract.needs.get(route.operation.id, NOTHING) & _SIGNS_IN)


def signing_in(exchange: Exchange) -> bool:
    """The same of one call: what brings a password does too, where nothing is known of it yet."""
    if exchange.route is not None:
        return signs_in(exchange.route)
    brought = _sent(exchange) if exchange.request.method == "POST" else None
    return next(members(brought, PASSWORDS), None) is not None


def _tells_who(exchange: Exchange) -> bool:
    """Whether the answer may say who called."""
    return exchange.request.method == "GET" and tells_who(exchange.request.path)


def refreshes(route: Route | None) -> bool:
    """Whether a call gets new tokens for one that counts for that alone."""
    return route is not None and bool(route.dialect.contract.needs.get(route.operation.id, NOTHING) & Need.REFRESH)


def _sent(exchange: Exchange) -> Any:
    """What a request brought, as JSON would have it."""
    if exchange.request.content_type == "application/x-www-form-urlencoded" and exchange.raw:
        return dict(parse_qsl(exchange.raw[:MOST_LOOKED_AT].decode("latin-1")))
    return _json_sent(exchange)


def _json_sent(exchange: Exchange) -> Any:
    """The JSON that a request brought, where it is a small one; None for none."""
    if not exchange.raw or len(exchange.raw) > MOST_LOOKED_AT or not is_json(exchange.request.content_type):
        return None
    try:
        return orjson.loads(exchange.raw)
    except ValueError:
        return None


def _told(value: Any) -> Secrets:
    """Tokens that a JSON value tells."""
    access = [inner for place, name in members(value, _TOKENS) if isinstance(inner := place[name], str) and inner]
    refresh = [inner for place, name in members(value, _REFRESH_TOKENS) if isinstance(inner := place[name], str)]
    return Secrets(tuple(dict.fromkeys(access)), tuple(dict.fromkeys(refresh)))
