"""A browser that visits the backend from a page: with its own cookies, a token where the page keeps one, an origin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

import orjson

from devkit.dialects.base import Route
from devkit.dialects.calling import Call, File, example_of, spelled
from devkit.records import dataclass
from devkit.verify.exchange import OWN, Answer, Exchange, Request
from devkit.verify.jar import Jar
from devkit.verify.target import Target
from devkit.verify.wire import Line, Pool, WireError

_USER = re.compile(r"(^|\.)(id|userId|user_id|pk|sub)$")
_SECRET = 8
"""Letters from which on a value is a secret rather than a word."""
_TOKEN = re.compile(r"\S{8,}")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text of an answer: its path, with dots, and what it is."""

    place: str
    value: str


def leaves(value: Any, place: str = "") -> Iterator[Leaf]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield Leaf(place, value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, place)


@dataclass(slots=True)
class Habits:
    """What the first sign-in showed of where things travel: `token` is the path of the access token in the answer,
    empty where a cookie carries the session; None as long as nobody has signed in. `secrets` are what reports do not
    show, with the variables that they write instead.
    """

    token: str | None = None
    secrets: dict[str, str] = field(default_factory=dict)

    def hide(self, value: str, name: str) -> None:
        """Let reports write the variable of that name for the value."""
        if len(value) >= _SECRET:
            self.secrets[value] = re.sub(r"\W+", "_", name).strip("_").upper()


class Visitor:
    """One browser. What passes is told to `record`."""

    def __init__(self, target: Target, pool: Pool, habits: Habits, record: Callable[[Exchange], None]) -> None:
        self.target, self._pool, self._habits, self._record = target, pool, habits, record
        self.jar = Jar(secure=target.door.context is not None or target.door.is_loopback)
        self.token = ""
        self.refresh_token = ""
        self.user_id = ""

    def clone(self, record: Callable[[Exchange], None]) -> Visitor:
        """Another window with what this one has."""
        other = Visitor(self.target, self._pool, self._habits, record)
        other.jar, other.token = self.jar.copy(), self.token
        other.refresh_token, other.user_id = self.refresh_token, self.user_id
        return other

    def stranger(self) -> Visitor:
        """Another browser, which knows nothing of this one's session."""
        return Visitor(self.target, self._pool, self._habits, self._record)

    @property
    def by_cookie(self) -> bool:
        """Whether the session travels in a cookie."""
        return self._habits.token == ""

    # Calls

    def request(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str | None] | None = None,
        body: bytes = b"",
    ) -> Request:
        """The request as this browser makes it: `target` is a path behind the URL that is measured, or begins with
        `http`. A header of None is left out.
        """
        url = target if target.startswith("http") else f"{self.target.root}{self.target.base}{target}"
        path = "/" + url.partition("://")[2].partition("/")[2]
        fields: dict[str, str | None] = {
            **dict(OWN),
            "Origin": self.target.origin,
            "Authorization": f"Bearer {self.token}" if self.token else None,
            "Cookie": self.jar.header(path) or None,
        }
        known = {name.lower(): name for name in fields}
        for name, value in (headers or {}).items():
            fields[known.get(name.lower(), name)] = value
        sent = tuple((name, value) for name, value in fields.items() if value is not None)
        return Request(method=method, url=url, fields=sent, body=body)

    async def send(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str | None] | None = None,
        body: bytes = b"",
        json: Any = None,
    ) -> Answer:
        """Raises WireError where no answer comes."""
        if json is not None:
            body, headers = orjson.dumps(json), {"Content-Type": "application/json", **(headers or {})}
        request = self.request(method, target, headers, body)
        exchange = Exchange(request=request)
        self._record(exchange)
        try:
            answer = exchange.answer = await self._pool.send(request)
        except WireError as error:
            exchange.trouble = str(error)
            raise
        self.jar.take(answer.all("Set-Cookie"), request.url.partition("://")[2].partition("/")[2].join(("/", "")))
        return answer

    def spelled(self, route: Route, given: Mapping[str, Any] | None = None, files: Sequence[File] = ()) -> Call:
        """The call with the contract's example for what is not given."""
        told = {**example_of(route), **(given or {})}
        if self.refresh_token and "refresh_token" in route.fields and not self._carries(route, "refresh_token"):
            told.setdefault("refresh_token", self.refresh_token)
        told = {name: value for name, value in told.items() if value is not None}
        return spelled(route, told, owner=self.user_id, files=files)

    def _carries(self, route: Route, field: str) -> bool:
        """Whether a cookie of this browser brings what the route takes from one; or nothing else may."""
        cookies = route.cookies_of(field)
        return field in route.row.unsaid or any(self.jar.find(name) for name in cookies)

    async def call(
        self,
        route: Route,
        given: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        files: Sequence[File] = (),
    ) -> Answer:
        """Call an operation; fields are by the contract's names, one of None is left out. Raises WireError."""
        call = self.spelled(route, given, files)
        return await self.send(call.method, call.target, headers={**call.headers, **(headers or {})}, body=call.body)

    async def line(self) -> Line:
        """A connection of its own, to be closed by whoever asked. Raises Unreachable."""
        return await self._pool.fresh()

    def note(self, exchange: Exchange) -> Exchange:
        """Keep as evidence what passed elsewhere than by `send`."""
        self._record(exchange)
        return exchange

    # Sessions

    async def is_signed_in(self, headers: Mapping[str, str | None] | None = None) -> bool:
        """Whether a call with what this browser has is one of a signed-in user."""
        return (await self.call(self.target.private[0], headers=headers)).ok

    async def sign_in(self, email: str, password: str) -> Answer:
        """The answer; where it was good, what it handed out is kept."""
        assert self.target.login is not None  # noqa: S101 - whoever signs in has looked
        answer = await self.call(self.target.login, {"email": email, "password": password})
        if answer.ok:
            await self.adopt(answer)
        return answer

    async def adopt(self, answer: Answer) -> bool:
        """Keep what an answer handed out, as a frontend would: a cookie where the session travels in one, else the text
        that works as a bearer token; and the one whose name says that it refreshes. Whether somebody is signed in now.
        """
        texts = [leaf for leaf in leaves(answer.json) if leaf.value]
        self.user_id = next((one.value for one in texts if _USER.search(one.place)), self.user_id)
        refresh = (one.value for one in texts if "refresh" in one.place.lower())
        self.refresh_token = next(refresh, self.refresh_token)
        self._habits.hide(self.refresh_token, "refresh_token")
        for cookie in self.jar:
            self._habits.hide(cookie.value, cookie.name)
        if self._habits.token is not None:
            if self._habits.token:
                found = (one.value for one in texts if one.place == self._habits.token)
                self.token = next(found, self.token)
                self._habits.hide(self.token, "token")
            return True
        if not self.target.private:
            return False
        if len(self.jar) and await self.is_signed_in():
            self._habits.token = ""
            return True
        for leaf in sorted(texts, key=_likelihood):
            if _TOKEN.fullmatch(leaf.value) and await self.is_signed_in({"Authorization": f"Bearer {leaf.value}"}):
                self._habits.token, self.token = leaf.place, leaf.value
                self._habits.hide(self.token, "token")
                return True
        return False

    async def refresh(self, token: str | None = None) -> Answer:
        """Exchange the refresh token, that in the cookie or this one, for new tokens, and keep those."""
        assert self.target.refresh is not None  # noqa: S101 - as above
        answer = await self.call(self.target.refresh, {"refresh_token": token} if token else None)
        if answer.ok:
            await self.adopt(answer)
        return answer


def _likelihood(leaf: Leaf) -> int:
    name = leaf.place.lower()
    if "refresh" in name:
        return 3
    return 0 if "access" in name else 1 if "token" in name or "jwt" in name else 2
