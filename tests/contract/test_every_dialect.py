"""A user's day, once for every dialect: register, verify, sign in, refresh, make something, hear of it, sign out.

What a dialect does not have is read from its table; nothing here knows a dialect by its name.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import jsonschema_rs
import pytest

from devkit.contract.operations import Media
from devkit.contract.shipped import CONTRACT
from devkit.dialects.asyncapi import document
from devkit.dialects.base import Dialect, Route
from devkit.dialects.shipped import DIALECTS
from tests.conftest import Client, StartServer
from tests.contract.speaker import EMAIL, Speaker, told
from tests.contract.wire import PASSWORD, Listener, mailbox
from tests.dialects.frames import Described

each_dialect = pytest.mark.parametrize("dialect", [*DIALECTS], ids=lambda dialect: dialect.name)


def creates(dialect: Dialect) -> str | None:
    """The first operation of the contract that makes something of the user's own and that the dialect has."""
    spoken = {route.operation.id for route in dialect.routes()}
    named = (one for one in CONTRACT.operations if one.id.endswith(".create") and one.media is Media.JSON)
    return next((one.id for one in named if one.id in spoken), None)


def tells(speaker: Speaker, area: str) -> tuple[Route, str] | None:
    """The last call that does something to a thing of that area, and the event that tells of it. (The last one: to
    replace a thing by what it is already is no event, to delete it is one.)
    """
    found = [
        route
        for route in speaker.routes.values()
        if route.operation.area == area and "id" in route.path_fields and route.operation.emits
    ]
    return (found[-1], found[-1].operation.emits[0]) if found else None


@each_dialect
@pytest.mark.parametrize("alone", [False, True], ids=["beside-the-others", "alone"])
async def test_from_registering_to_signing_out(start: StartServer, dialect: Dialect, *, alone: bool) -> None:
    chosen = (dialect.name,) if alone else ()
    # This client is as strict as Safari about Secure cookies on http://localhost.
    async with start(cookies_secure=False, dialects=chosen) as client, Speaker(client, dialect) as ada:
        await ada.register()
        await verify(client, ada)
        await ada.sign_in()
        assert await ada.is_signed_in()
        if ada.can("auth.refresh"):
            await refresh(ada)
        made = creates(dialect)
        thing = (await make(ada, made)) if made else None
        if dialect.socket_path:
            await listen(ada, made.partition(".")[0] if made else "", thing)
        await sign_out(ada)


async def verify(client: Client, ada: Speaker) -> None:
    """The link of the mail works, and only then signing in does, unless the dialect lets everybody in."""
    unverified = await ada.call("auth.login", email=EMAIL, password=PASSWORD)
    assert unverified.status == (200 if ada.routes["auth.login"].row.gives.get("unverified") else 403)
    ada.http.cookie_jar.clear()
    [mail] = [mail for mail in mailbox(client, EMAIL) if mail.kind == "verify"]
    async with ada.http.get(mail.link or "", allow_redirects=False) as answer:
        assert answer.status < 400, await answer.text()
    ada.http.cookie_jar.clear()


async def refresh(ada: Speaker) -> None:
    before = ada.refresh
    answer = await ada.call("auth.refresh")
    assert answer.status == 200, answer.body
    await ada.adopt(answer)
    assert ada.refresh != before
    assert await ada.is_signed_in()


async def make(ada: Speaker, operation: str) -> str:
    """Make the thing of the operation's example, find it again, and return its id."""
    answer = await ada.call(operation)
    assert answer.status == 201, answer.body
    ids = [leaf.value for leaf in told(answer) if leaf.place.split(".")[-1] == "id"]
    area = operation.partition(".")[0]
    if ada.can(f"{area}.list"):
        listed = await ada.call(f"{area}.list")
        assert ids[0] in {leaf.value for leaf in told(listed)}
    return ids[0]


async def listen(ada: Speaker, area: str, thing: str | None) -> None:
    """The socket answers all that may be said, as its document tells; an event that the client causes arrives."""
    path, protocol = ada.dialect.socket_path or "", ada.dialect.socket_protocol
    described = Described(document([ada.dialect], served=[*DIALECTS]), path)
    async with AsyncExitStack() as stack:
        listener = Listener(await stack.enter_async_context(ada.socket()))
        await listener.next()
        assert described.names_of(listener.raw[-1])
        for message in protocol.hears:
            await listener.say(**message.example)
            assert {*described.names_of(listener.raw[-1])} & {*message.replies}, listener.raw[-1]
        telling = tells(ada, area) if protocol.events and thing else None
        if telling is None:
            return
        route, event = telling
        topic = CONTRACT.events[event].topics[0]
        await listener.say(type="subscribe", topics=[topic.partition("<")[0] + str(thing) if "<" in topic else topic])
        assert (await ada.send(route, {"id": thing})).status < 300
        frame: dict[str, Any] = await listener.until(event)
        assert thing in str(frame)


async def sign_out(ada: Speaker) -> None:
    """What the client had is worth nothing any more, and the dialect says so in its own words."""
    kept = ada.token or next(cookie.value for cookie in ada.http.cookie_jar if cookie.key in ada.dialect.access_cookies)
    answer = await ada.call("auth.logout")
    assert answer.status in {200, 204}, answer.body
    ada.http.cookie_jar.clear()
    assert not await ada.is_signed_in(Authorization=f"Bearer {kept}")
    refused = await ada.send(ada.harmless[0], {}, Authorization=f"Bearer {kept}")
    jsonschema_rs.validate(ada.harmless[0].errors.schema, refused.json)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
