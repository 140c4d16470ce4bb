"""Sign-in in a replay: the answer is the recorded one, and the session in it is one of ours, which can expire, be
revoked and be looked at. Passwords are in no recording: whoever signed in when it was made is let in with any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import orjson
from aiohttp import hdrs

from devkit.blueprint.documents.vocabulary import plain
from devkit.contract.entities import User
from devkit.contract.operations import Need
from devkit.contract.shapes import is_json
from devkit.domain.credentials import Credentials, credentials
from devkit.learning.facts import media_type, value_in
from devkit.learning.needs import TOKENS, members_in
from devkit.server.http import cookies
from devkit.storage import users

if TYPE_CHECKING:
    from devkit.contract.operations import Operation
    from devkit.recording.base import Fields
    from devkit.recording.replay.player import Played
    from devkit.sandbox import Sandbox
    from devkit.server.http.exchange import Exchange

_LIFETIME = 3600
"""Seconds that a token is good."""
_TOKEN = 12
"""Characters of what can be a token: a placeholder has more."""
_OTHERS = ("refresh", "csrf", "xsrf")
"""What the names of cookies have that carry no session."""
_CALLED = ("email", "username", "login", "identifier", "useremail", "emailaddress")


class ReplayedSessions:
    """Those of one recording; `names` are its cookies that have a session, `has_login` that somebody signed in, and
    that this is to be real.
    """

    def __init__(self, names: frozenset[str], *, has_login: bool) -> None:
        self._names = [name for name in sorted(names) if not any(word in name.lower() for word in _OTHERS)]
        self.has_login = has_login
        self._last: WeakKeyDictionary[Sandbox, str] = WeakKeyDictionary()

    def hands_out(self, operation: Operation) -> bool:
        """Whether it signs somebody in, or on."""
        return self.has_login and bool(operation.has & (Need.LOGIN | Need.REFRESH))

    def wants(self, operation: Operation) -> bool:
        """Whether only who was signed in could call it."""
        return self.has_login and Need.SESSION in operation.has and not self.hands_out(operation)

    def check(self, exchange: Exchange, operation: Operation) -> None:
        """Whether the caller may call it. Raises DomainError as our sessions do."""
        if self.wants(operation):
            principal = exchange.sandbox.sessions.authenticate(self.credentials(exchange.request.headers))
            exchange.user = principal.user.email

    def credentials(self, headers: Mapping[str, str]) -> Credentials:
        """What a request's headers bring along."""
        given = cookies.parse(headers.get(hdrs.COOKIE))
        bearer = headers.get(hdrs.AUTHORIZATION, "").rpartition(" ")[2].strip()
        cookie = next((given[name] for name in self._names if given.get(name)), None)
        return credentials(bearer=bearer, api_key=None, cookie=cookie)

    async def signed_in(self, exchange: Exchange, played: Played) -> Played:
        """The recorded answer with a session of the sandbox's in it; as it is where nobody can tell whose."""
        sandbox = exchange.sandbox
        kind = media_type(tuple(exchange.request.headers.items()))
        email = _email(value_in(exchange.raw, kind) if exchange.raw else None) or self._last.get(sandbox)
        if not email or not 200 <= played.status < 400:
            return played
        await _known(sandbox, email)
        minted = await sandbox.mint_token(email, lifetime=_LIFETIME)
        if minted is None:
            return played
        self._last[sandbox] = exchange.user = email
        body = played.body
        if is_json(media_type(played.fields)):
            body = _with_token(body, minted.token)
        fields = self._cookies(played.fields, minted.token)
        return replace(played, fields=fields, pieces=[(0.0, body)] if body else [], length=len(body))

    def _cookies(self, fields: Fields, token: str) -> Fields:
        found = []
        for name, value in fields:
            pair, semicolon, attributes = value.partition(";")
            cookie, _, content = pair.partition("=")
            if name.lower() == "set-cookie" and cookie.strip() in self._names and content.strip():
                value = f"{cookie}={token}{semicolon}{attributes}"  # noqa: PLW2901 - the same line, with our token
            found.append((name, value))
        return tuple(found)


def _email(told: Any) -> str:
    """The address of whoever signs in; empty where none is told."""
    members = members_in(told)
    given = next((members[name] for name in _CALLED if isinstance(members.get(name), str)), "")
    return given if "@" in str(given) or not given else f"{given}@example.com"


async def _known(sandbox: Sandbox, email: str) -> None:
    """See that there is such an account."""
    if sandbox.database.read(lambda connection: users.find_by_email(connection, email)) is not None:
        return
    made = User(
        id=sandbox.randomness.uuid(),
        email=email,
        first_name=email.partition("@")[0][:50],
        last_name="",
        email_verified=True,
        role="user",
        created_at=sandbox.clock.now(),
    )
    # A hash that is none: nobody signs in to it but by what was recorded.
    await sandbox.database.write(lambda connection: users.insert(connection, made, ""))


def _with_token(body: bytes, token: str) -> bytes:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    return orjson.dumps(_replaced(value, token, 0))


def _replaced(value: Any, token: str, depth: int) -> Any:
    if not isinstance(value, Mapping) or depth > 3:
        return value
    return {
        name: token
        if plain(name) in TOKENS and isinstance(one, str) and len(one) >= _TOKEN
        else _replaced(one, token, depth + 1)
        for name, one in value.items()
    }
