"""A client that knows of a dialect what its table says, and nothing else: one test body for all of them."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

import aiohttp
from yarl import URL

from devkit.contract.operations import Access
from devkit.dialects.base import Dialect, Route
from devkit.dialects.calling import example_of, spelled
from devkit.verify.visitor import Leaf, leaves
from tests.conftest import Answer, Client
from tests.contract.wire import ORIGIN, PASSWORD, UUID

EMAIL = "ada@example.com"


def told(answer: Answer) -> list[Leaf]:
    """Every text that an answer hands out, cookies first."""
    found = [Leaf(f"cookie {name}", value) for name, value in answer.cookies.items() if value]
    if answer.headers.get("Content-Type", "").startswith("application/json") and answer.body:
        found += leaves(answer.json)
    return found


class Speaker:
    """A frontend of one dialect, with a browser's cookies. `async with Speaker(client, dialect) as ada`."""

    def __init__(self, client: Client, dialect: Dialect) -> None:
        self.dialect = dialect
        self.client = client
        self.http = aiohttp.ClientSession(
            client.url, cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Origin": ORIGIN}
        )
        self.token: str | None = None
        self.refresh: str | None = None
        self.user_id = ""

    async def __aenter__(self) -> Speaker:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    # What the table says

    @cached_property
    def routes(self) -> dict[str, Route]:
        """By operation; where there are several, the first one's."""
        found: dict[str, Route] = {}
        for route in self.dialect.routes():
            found.setdefault(route.operation.id, route)
        return found

    def can(self, operation: str) -> bool:
        return operation in self.routes

    @cached_property
    def harmless(self) -> list[Route]:
        """Calls that need a session and nothing else, and change nothing."""
        return [
            route
            for route in self.routes.values()
            if route.method == "GET"
            and route.operation.access is Access.SIGNED_IN
            and set(route.path_fields) <= {route.row.owner}
            and not any(field.is_required() for field in route.operation.input.model_fields.values())
        ]

    # Calls

    async def call(self, operation: str, **fields: Any) -> Answer:
        """Do it, with the operation's example for what is not given."""
        return await self.send(self.routes[operation], fields)

    async def send(self, route: Route, fields: dict[str, Any], **headers: str) -> Answer:
        given = {**example_of(route), **fields}
        if self.refresh and "refresh_token" in route.fields and not route.row.cookies:
            given.setdefault("refresh_token", self.refresh)
        call = spelled(route, given, owner=self.user_id)
        sent = self._credentials() | call.headers | headers
        # As it is: what is spelled needs no encoding any more.
        url = URL(self.client.url + call.target, encoded=True)
        async with self.http.request(
            call.method, url, headers=sent, data=call.body or None, allow_redirects=False
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    def _credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def is_signed_in(self, **headers: str) -> bool:
        """Whether a call with what the client has, or with these headers, is one of a signed-in user."""
        answer = await self.send(self.harmless[0], {}, **headers)
        assert answer.status in {200, 401}, answer.body
        return answer.status == 200

    async def adopt(self, answer: Answer) -> None:
        """Keep what an answer handed out, as a frontend of the dialect would: cookies where it lives by them, else the
        text that works as a bearer token, and the one whose name says that it refreshes.
        """
        texts = told(answer)
        for leaf in texts:
            if re.search(r"(^|\.)(id|userId)$", leaf.place) and UUID.fullmatch(leaf.value):
                self.user_id = leaf.value
                break
        self.refresh = next((leaf.value for leaf in texts if "refresh" in leaf.place.lower()), self.refresh)
        if {leaf.place for leaf in texts} & {f"cookie {name}" for name in self.dialect.access_cookies}:
            self.token = None
            return
        for leaf in texts:
            if await self.is_signed_in(Authorization=f"Bearer {leaf.value}"):
                self.token = leaf.value
                return
        raise AssertionError(f"nothing in it signs anybody in: {answer.body!r}")

    # What a user does

    async def register(self, email: str = EMAIL) -> Answer:
        answer = await self.call(
            "auth.register", email=email, password=PASSWORD, confirm_password=PASSWORD, name="Ada Lovelace"
        )
        assert answer.status in {200, 201}, answer.body
        return answer

    async def sign_in(self, email: str = EMAIL) -> Answer:
        answer = await self.call("auth.login", email=email, password=PASSWORD)
        assert answer.status == 200, answer.body
        await self.adopt(answer)
        return answer

    def socket(self) -> Any:
        """A connection to the dialect's socket, signed in as the client is."""
        assert self.dialect.socket_path
        params = {"token": self.token} if self.token else {}
        return self.http.ws_connect(self.dialect.socket_path, params=params)
