"""How a client comes to meet a kind of fault in a dialect, derived from what the kind says it acts on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import ClientWebSocketResponse
from yarl import URL

from devkit.contract.conversations import ListConversations
from devkit.contract.entities import Principal, Tokens
from devkit.contract.operations import Access, Media
from devkit.contract.shipped import CONTRACT
from devkit.contract.validation import validate
from devkit.dialects.base import HEADER_FIELDS, Dialect, Route
from devkit.dialects.calling import Call, File, spelled
from devkit.dialects.shipped import DIALECTS
from devkit.domain.base import Caller
from devkit.faults.base import Fault, Moment
from devkit.faults.registry import FAULTS
from devkit.sandbox import Sandbox
from devkit.scenario.reach import causes, reach
from devkit.server.hosting.app import App
from tests.conftest import EMAIL, PASSWORD, Answer

ORIGIN = "http://localhost:3000"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A kind met in a dialect at one of its moments, on the way of `route` (None: no call is needed)."""

    kind: type[Fault]
    dialect: Dialect
    moment: Moment
    route: Route | None

    def __str__(self) -> str:
        return f"{self.kind.kind}-{self.dialect.name}-{self.moment.value}"


def meetings() -> list[Meeting]:
    """Every kind in every dialect, at every moment it acts on."""
    return [
        Meeting(kind, dialect, found.moment, _easiest(found.routes))
        for dialect in DIALECTS
        for kind in FAULTS
        for found in reach(kind, dialect)
        if found
    ]


def _routes(dialect: Dialect) -> list[Route]:
    return [route for route in dialect.routes() if route.prefix == dialect.prefixes[0]]


def _easiest(routes: Any) -> Route | None:
    """One that needs no id of anything, is only read, and shows it when it fails to recognise the caller."""
    return min(
        routes,
        key=lambda route: (
            # What another call hands out would have to come first.
            bool({"state_invalid", "link_invalid"} & {*route.operation.errors}),
            # It tells of what the caller did elsewhere, and here perhaps nothing.
            "notification" in route.operation.emits,
            len(route.path_fields),
            route.method != "GET",
            route.operation.access is not Access.SIGNED_IN,
            route.operation.media is Media.MULTIPART,
        ),
        default=None,
    )


async def until(condition: Callable[[], Any]) -> None:
    """Wait for what no event tells of."""
    while not condition():
        await asyncio.sleep(0.005)


class Visitor:
    """A client of one sandbox that speaks one dialect."""

    def __init__(self, app: App, url: str, sandbox: Sandbox, dialect: Dialect) -> None:
        self.sandbox, self.dialect = sandbox, dialect
        self._origin = next((origin for origin in app.cors.origins if origin == ORIGIN), app.cors.origins[0])
        self._http = aiohttp.ClientSession(url, headers={"X-Devkit-Sandbox": sandbox.id, "Origin": self._origin})
        self._tokens: Tokens | None = None
        self._conversation_id = ""
        self._user_id = ""
        self._sockets: list[ClientWebSocketResponse] = []

    async def __aenter__(self) -> Visitor:
        await self.sign_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        for socket in self._sockets:
            await socket.close()
        await self._http.close()

    async def sign_in(self) -> None:
        """Tokens of a new session, straight from the service: each dialect hands them out in its own way."""
        login = validate(CONTRACT.operations["auth.login"].input, {"email": EMAIL, "password": PASSWORD}, strict=False)
        signed_in = await self.sandbox.keepers["auth.login"](Caller(user=None), login)
        self._tokens, self._user_id = signed_in.tokens, signed_in.user.id
        caller = Caller(user=Principal(signed_in.user, None))
        talks = await self.sandbox.keepers["conversations.list"](caller, ListConversations())
        self._conversation_id = talks.items[0].id

    @property
    def bearer(self) -> dict[str, str]:
        assert self._tokens is not None
        return {"Authorization": f"Bearer {self._tokens.access}"}

    async def meet(self, meeting: Meeting) -> Answer | None:
        """Do the smallest thing that leads there; the answer, where there is one."""
        match meeting.moment:
            case Moment.PREFLIGHT:
                assert meeting.route is not None
                return await self._preflight(meeting.route)
            case Moment.SOCKET:
                await self._listen()
                return None
            case Moment.FRAME:
                await self._hear(meeting)
                return None
        return await self.call(meeting.route) if meeting.route else None

    async def call(self, route: Route) -> Answer:
        call = self._request(route)
        headers, target = {**self.bearer, **call.headers}, URL(call.target, encoded=True)
        async with self._http.request(
            call.method, target, headers=headers, data=call.body or None, allow_redirects=False
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    async def read_something(self) -> Answer:
        """A call that needs a session and changes nothing."""
        route = _easiest(route for route in _routes(self.dialect) if route.operation.access is Access.SIGNED_IN)
        assert route is not None
        return await self.call(route)

    def _request(self, route: Route) -> Call:
        operation = route.operation
        # What no example names is something all the same, where a path has to say it.
        given: dict[str, Any] = {name: "something" for name in route.path_fields if name != route.row.owner}
        for name, value in operation.example.items():
            said = route.sends_body or name in route.path_fields or name in HEADER_FIELDS
            if said or operation.input.model_fields[name].is_required():
                given[name] = value
        if operation.area == "conversations" and "id" in given:
            given["id"] = self._conversation_id
        assert self._tokens is not None
        if "refresh_token" in operation.input.model_fields:
            given["refresh_token"] = self._tokens.refresh
        files = [File(b"x" * 1000)] if operation.media is Media.MULTIPART else []
        return spelled(route, given, owner=self._user_id, files=files)

    async def _preflight(self, route: Route) -> Answer:
        asked = {"Access-Control-Request-Method": route.method, "Access-Control-Request-Headers": "content-type"}
        target = URL(self._request(route).target, encoded=True)
        async with self._http.options(target, headers=asked, allow_redirects=False) as response:
            return Answer(response.status, response.headers, await response.read())

    async def _listen(self) -> ClientWebSocketResponse:
        assert self._tokens is not None
        socket = await self._http.ws_connect(self.dialect.socket_path or "", params={"token": self._tokens.access})
        self._sockets.append(socket)
        return socket

    async def _hear(self, meeting: Meeting) -> None:
        """Let something be told, or answered, to an open socket."""
        socket = await self._listen()
        await until(self.sandbox.hub.subscribers)
        if meeting.route is None:
            await socket.send_json({"type": "ping"})
            return
        hub = self.sandbox.hub
        topics = [topic for name in causes(meeting.kind, meeting.route) for topic in CONTRACT.events[name].topics]
        topics = [topic.replace("<conversation_id>", self._conversation_id) for topic in topics]
        # Whatever a dialect's subscriptions look like.
        hub.subscribe(hub.subscribers()[-1], [topic for topic in topics if "<" not in topic])
        await self.call(meeting.route)
