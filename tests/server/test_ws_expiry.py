"""A socket lives as long as what it was signed in with, on the sandbox's clock (CONTRACT.md, "`/ws`": "A socket whose
token expires is closed with 4401").
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest

from devkit.effects import DAY, MINUTE, SECOND
from tests.conftest import EMAIL, PASSWORD, Client
from tests.contract.wire import API_KEY, Listener, cookie, listening, token_of

HALF_AN_HOUR = 30 * MINUTE


@asynccontextmanager
async def connected(client: Client, path: str = "/ws", **options: Any) -> AsyncIterator[Listener]:
    async with client.http.ws_connect(path, **options) as socket:
        listener = Listener(socket)
        listener.raw.append(await socket.receive_json(timeout=5))
        assert listener.raw[0]["type"] in {"connection", "health_check"}
        yield listener


async def expired(listener: Listener) -> bool:
    """Whether it is told that its token expired, and closed with 4401, now."""
    frame = await listener.socket.receive_json(timeout=5)
    assert (frame["type"], frame["error"]) == ("error", "token_expired")
    return await listener.closed() == 4401


async def webplus(client: Client) -> str:
    """A token of half an hour (CONTRACT.md, "`webplus`")."""
    answer = await client.send("POST", "/auth/login", json={"username": EMAIL, "password": PASSWORD})
    token: str = answer.json["access_token"]
    return token


WAYS: dict[str, Callable[[str], tuple[str, dict[str, Any]]]] = {
    "query": lambda token: (f"/ws?token={token}", {}),
    "header": lambda token: ("/ws", {"headers": {"Authorization": f"Bearer {token}"}}),
    "cookie": lambda token: ("/ws", {"headers": cookie(auth_token=token)}),
    "health": lambda token: ("/ws/health/", {"protocols": ("bearer", token)}),
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_socket_closes_with_4401_when_its_token_has_run_out(client: Client, way: str) -> None:
    path, options = WAYS[way](await webplus(client))
    client.sandbox.clock.freeze()
    async with connected(client, path, **options) as listener:
        client.sandbox.clock.advance(HALF_AN_HOUR - 2 * SECOND)
        await listener.socket.send_json({"type": "ping"})
        assert (await listener.socket.receive_json(timeout=5))["type"] in {"pong", "health_check"}
        client.sandbox.clock.advance(2 * SECOND)
        assert await expired(listener)


async def test_it_is_not_held_up_until_somebody_turns_the_clock(client: Client) -> None:
    token = await webplus(client)
    client.sandbox.clock.advance(HALF_AN_HOUR - 2 * SECOND)
    async with connected(client, f"/ws?token={token}") as listener:
        assert await expired(listener)


async def test_a_clock_that_runs_faster_brings_it_sooner(client: Client) -> None:
    token = await webplus(client)
    async with connected(client, f"/ws?token={token}") as listener:
        client.sandbox.clock.run(100_000)
        assert await expired(listener)


async def test_a_clock_that_is_turned_by_the_control_plane_counts(client: Client) -> None:
    token = await webplus(client)
    async with connected(client, f"/ws?token={token}") as listener:
        answer = await client.send("POST", "/_devkit/api/clock/advance", json={"by": "31m"})
        assert answer.status == 200
        assert await expired(listener)


async def test_a_clock_that_is_turned_back_ends_nothing(client: Client) -> None:
    token = await webplus(client)
    client.sandbox.clock.advance(20 * MINUTE)
    async with connected(client, f"/ws?token={token}") as listener:
        client.sandbox.clock.freeze(client.sandbox.clock.now() - 15 * MINUTE)
        assert (await listener.say(type="ping"))["type"] == "pong"
        client.sandbox.clock.advance(20 * MINUTE)
        assert (await listener.say(type="ping"))["type"] == "pong"
        client.sandbox.clock.advance(10 * MINUTE)
        assert await expired(listener)


async def test_a_clock_that_a_fault_bends_counts(client: Client) -> None:
    token = await webplus(client)
    async with connected(client, f"/ws?token={token}") as listener:
        straight = client.sandbox.clock.bend(lambda now: now + 31 * MINUTE)
        assert await expired(listener)
        straight()


async def test_each_socket_has_its_own_time_and_an_api_key_has_none(client: Client) -> None:
    client.sandbox.clock.freeze()
    short, long = await webplus(client), await token_of(client)
    async with AsyncExitStack() as stack:
        first, second, third = [
            await stack.enter_async_context(connected(client, path))
            for path in (f"/ws?token={long}", f"/ws?token={short}", f"/ws?api_key={API_KEY}")
        ]
        client.sandbox.clock.advance(HALF_AN_HOUR)
        assert await expired(second)
        assert (await first.say(type="ping"))["type"] == "pong"
        client.sandbox.clock.advance(DAY)
        assert await expired(first)
        assert (await third.say(type="ping"))["type"] == "pong"


async def test_a_token_got_by_a_refresh_does_not_prolong_the_socket_of_the_one_before(client: Client) -> None:
    client.sandbox.clock.freeze()
    answer = await client.send("POST", "/auth/login", json={"username": EMAIL, "password": PASSWORD})
    async with connected(client, f"/ws?token={answer.json['access_token']}") as old:
        client.sandbox.clock.advance(20 * MINUTE)
        again = await client.send("POST", "/auth/refresh", json={"refresh_token": answer.json["refresh_token"]})
        async with connected(client, f"/ws?token={again.json['access_token']}") as new:
            client.sandbox.clock.advance(10 * MINUTE)
            assert await expired(old)
            assert (await new.say(type="ping"))["type"] == "pong"


async def test_a_session_of_better_auths_that_is_prolonged_prolongs_its_socket(client: Client) -> None:
    # Seven days, prolonged by `get-session` once it is a day old (Better Auth's `expiresIn` and `updateAge`).
    clock = client.sandbox.clock
    clock.freeze()
    answer = await client.send("POST", "/api/auth/sign-in/email", json={"email": EMAIL, "password": PASSWORD})
    signed = answer.cookies["better-auth.session_token"]
    jar = {"Cookie": f"better-auth.session_token={signed}"}
    # As a bearer token it is none; in a cookie that `/ws` looks at, it is.
    async with connected(client, "/ws", headers={"Cookie": f"auth-token={signed}"}) as listener:
        clock.advance(3 * DAY)
        assert (await client.send("GET", "/api/auth/get-session", headers=jar)).json["user"]["email"] == EMAIL
        clock.advance(5 * DAY)
        await asyncio.sleep(0)
        assert (await listener.say(type="ping"))["type"] == "pong"
        clock.advance(2 * DAY)
        assert await expired(listener)


async def test_a_jwt_of_better_auths_ends_at_its_own_time_or_with_its_session(client: Client) -> None:
    client.sandbox.clock.freeze()
    answer = await client.send("POST", "/api/auth/sign-in/email", json={"email": EMAIL, "password": PASSWORD})
    jar = {"Cookie": f"better-auth.session_token={answer.cookies['better-auth.session_token']}"}
    jwt = (await client.send("GET", "/api/auth/token", headers=jar)).json["token"]
    async with connected(client, f"/ws?token={jwt}") as listener:
        client.sandbox.clock.advance(14 * MINUTE)
        assert (await listener.say(type="ping"))["type"] == "pong"
        client.sandbox.clock.advance(MINUTE)
        assert await expired(listener)


async def test_a_session_whose_tokens_are_let_run_out_loses_its_sockets(signed_in: Client) -> None:
    async with listening(signed_in) as listener:
        sessions = (await signed_in.send("GET", "/api/auth/sessions")).json["data"]
        [current] = [session["id"] for session in sessions if session["current"]]
        assert await signed_in.sandbox.expire_session(current, "access")
        assert await expired(listener)


async def test_a_hundred_sockets_end_together_and_nothing_is_left(client: Client) -> None:
    token = await webplus(client)
    client.sandbox.clock.freeze()
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(connected(client, f"/ws?token={token}")) for _ in range(100)]
        client.sandbox.clock.advance(HALF_AN_HOUR)
        assert all(await asyncio.gather(*map(expired, sockets)))
    async with asyncio.timeout(5):
        while client.sandbox.hub.subscribers():
            await asyncio.sleep(0.01)


async def test_an_empty_token_beside_a_good_cookie_is_none(client: Client) -> None:
    token = await token_of(client)
    for query in ("?token=", "?api_key=", "?token=&api_key="):
        async with connected(client, f"/ws{query}", headers=cookie(auth_token=token)):
            pass
    async with client.http.ws_connect("/ws?token=") as socket:
        assert (await socket.receive_json(timeout=5))["error"] == "unauthorized"
        assert (await socket.receive(timeout=5)).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
