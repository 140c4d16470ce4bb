"""One store behind all dialects: who registers in one is known in each, with whatever it handed out; and what is made
through one shows in the others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import get_origin

import pytest

from devkit.contract.entities import Page
from devkit.contract.operations import Access
from devkit.dialects.base import Dialect
from devkit.dialects.shipped import DIALECTS
from devkit.storage import users
from tests.conftest import Client, StartServer
from tests.contract.speaker import EMAIL, Leaf, Speaker, told
from tests.contract.wire import Listener, mailbox

PAIRS = [
    pytest.param(issuing, accepting, id=f"{issuing.name}-in-{accepting.name}")
    for issuing in DIALECTS
    for accepting in DIALECTS
]


@pytest.fixture
async def client(start: StartServer) -> AsyncIterator[Client]:
    # This client is as strict as Safari about Secure cookies on http://localhost.
    async with start(cookies_secure=False) as client:
        yield client


async def newcomer(client: Client, speaker: Speaker) -> list[Leaf]:
    """Register in the speaker's dialect, verify, sign in; what was handed out on the way and could be a credential."""
    await speaker.register()
    [mail] = [mail for mail in mailbox(client, EMAIL) if mail.kind == "verify"]
    async with client.http.get(mail.link or "", allow_redirects=False) as answer:
        assert answer.status < 400
    found = told(await speaker.sign_in())
    for route in (*speaker.harmless, *speaker.routes.values()):
        # Tokens of other kinds: read, or made by a call that needs the session.
        makes = route.operation.id.endswith(".create") and route.operation.access is Access.SIGNED_IN
        if route in speaker.harmless or (makes and route.operation.media.value == "json"):
            answer_ = await speaker.send(route, {})
            found += [Leaf(f"{route.operation.id} {leaf.place}", leaf.value) for leaf in told(answer_)]
    return [leaf for leaf in dict.fromkeys(found) if len(leaf.value) >= 20 and leaf.value.isascii()]


def user_id(client: Client) -> str:
    found = client.sandbox.database.read(lambda connection: users.find_by_email(connection, EMAIL))
    assert found is not None
    return found.id


def listing(speaker: Speaker) -> list[str]:
    """The operations that list things."""
    return [name for name, route in speaker.routes.items() if get_origin(route.operation.result) in {Page, tuple}]


async def ways(speaker: Speaker, leaves: list[Leaf]) -> list[tuple[Leaf, str]]:
    """What of these signs somebody in, and by which header."""
    async with Speaker(speaker.client, speaker.dialect) as nobody:
        nobody.user_id = speaker.user_id
        return [
            (leaf, header)
            for leaf in leaves
            for header, value in (("Authorization", f"Bearer {leaf.value}"), ("X-API-Key", leaf.value))
            if await nobody.is_signed_in(**{header: value})
        ]


@pytest.mark.parametrize(("issuing", "accepting"), PAIRS)
async def test_every_token_of_one_dialect_is_good_in_the_other(
    client: Client, issuing: Dialect, accepting: Dialect
) -> None:
    async with AsyncExitStack() as stack:
        at_home = await stack.enter_async_context(Speaker(client, issuing))
        abroad = await stack.enter_async_context(Speaker(client, accepting))
        good = await ways(at_home, await newcomer(client, at_home))
        abroad.user_id = user_id(client)
        assert good
        for leaf, header in good:
            value = f"Bearer {leaf.value}" if header == "Authorization" else leaf.value
            assert await abroad.is_signed_in(**{header: value}), leaf.place
            if header == "Authorization":
                for name in accepting.access_cookies:
                    assert await abroad.is_signed_in(Cookie=f"{name}={leaf.value}"), (leaf.place, name)
            if accepting.socket_path:
                query = {"token": leaf.value} if header == "Authorization" else {"api_key": leaf.value}
                async with client.http.ws_connect(accepting.socket_path, params=query) as socket:
                    assert (await Listener(socket).next())["type"] != "error", leaf.place


@pytest.mark.parametrize(("issuing", "accepting"), PAIRS)
async def test_who_registered_in_one_dialect_signs_in_in_the_other(
    client: Client, issuing: Dialect, accepting: Dialect
) -> None:
    async with Speaker(client, issuing) as at_home, Speaker(client, accepting) as abroad:
        await newcomer(client, at_home)
        await abroad.sign_in()
        assert await abroad.is_signed_in()


@pytest.mark.parametrize(("issuing", "accepting"), PAIRS)
async def test_a_refresh_token_of_one_dialect_refreshes_in_the_other(
    client: Client, issuing: Dialect, accepting: Dialect
) -> None:
    async with Speaker(client, issuing) as at_home, Speaker(client, accepting) as abroad:
        await newcomer(client, at_home)
        if at_home.refresh is None or not abroad.can("auth.refresh"):
            pytest.skip("one of the two has no refresh tokens")
        abroad.user_id = at_home.user_id
        route = abroad.routes["auth.refresh"]
        cookies = "; ".join(f"{name}={at_home.refresh}" for name in route.row.cookies.values())
        abroad.refresh = at_home.refresh
        answer = await abroad.send(route, {}, **({"Cookie": cookies} if cookies else {}))
        assert answer.status == 200, answer.body
        await abroad.adopt(answer)
        assert abroad.refresh != at_home.refresh


@pytest.mark.parametrize(("issuing", "accepting"), PAIRS)
async def test_signing_out_in_one_dialect_ends_the_session_in_the_other(
    client: Client, issuing: Dialect, accepting: Dialect
) -> None:
    async with Speaker(client, issuing) as at_home, Speaker(client, accepting) as abroad:
        leaves = await newcomer(client, at_home)
        # A list tells of other sessions too, and they go on.
        own = [leaf for leaf in leaves if not leaf.place.startswith(tuple(listing(at_home)))]
        good = [leaf for leaf, header in await ways(at_home, own) if header == "Authorization"]
        abroad.user_id = user_id(client)
        assert (await at_home.call("auth.logout")).status < 300
        for leaf in good:
            assert not await abroad.is_signed_in(Authorization=f"Bearer {leaf.value}"), leaf.place


@pytest.mark.parametrize(("issuing", "accepting"), PAIRS)
async def test_what_is_made_through_one_dialect_shows_in_the_other(
    client: Client, issuing: Dialect, accepting: Dialect
) -> None:
    async with Speaker(client, issuing) as making, Speaker(client, accepting) as seeing:
        await newcomer(client, making)
        await seeing.sign_in()
        shared = [
            operation
            for operation, route in making.routes.items()
            if operation.endswith(".create") and route.operation.media.value == "json"
            if seeing.can(f"{operation.partition('.')[0]}.list")
        ]
        if not shared:
            pytest.skip("the two have nothing in common that can be made and listed")
        for operation in shared:
            made = told(await making.call(operation))
            identifier = next(leaf.value for leaf in made if leaf.place.split(".")[-1] == "id")
            listed = told(await seeing.call(f"{operation.partition('.')[0]}.list"))
            assert identifier in {leaf.value for leaf in listed}
