from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import jwt
import pytest

from devkit.effects import HOUR, SECOND
from tests.conftest import Answer, Client
from tests.faults.conftest import Break

ME, TASKS = "/api/auth/me", "/api/tasks"


async def signed_in_again(client: Client) -> str:
    """Sign in anew; returns the refresh token."""
    return (await client.sign_in()).cookies["refresh-token"]


async def refresh(client: Client, token: str) -> Answer:
    """Refresh, and go on with the new access token."""
    answer = await client.send("POST", "/api/auth/refresh", json={"refreshToken": token})
    if answer.status == 200 and "auth-token" in answer.cookies:
        client.token = answer.cookies["auth-token"]
        client.http.headers.update(client.bearer)
    return answer


def told(answer: Answer) -> tuple[int, Any]:
    return answer.status, answer.json.get("error")


async def heal(client: Client) -> None:
    await client.sandbox.engine.off("broken")


async def test_an_expired_access_token_stays_expired_and_a_refresh_gets_a_new_one(
    signed_in: Client, breaks: Break
) -> None:
    token = await signed_in_again(signed_in)
    await breaks("token.expired", match={"operation": ["tasks.*"]}, when={"skip": 1, "times": 1})
    assert (await signed_in.send("GET", TASKS)).status == 200
    answer = await signed_in.send("GET", TASKS)
    assert told(answer) == (401, "token_expired")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    # Not a flag of one request: the same token is over everywhere, also when the scenario is off.
    assert told(await signed_in.send("GET", ME)) == (401, "token_expired")
    await heal(signed_in)
    assert told(await signed_in.send("GET", TASKS)) == (401, "token_expired")
    assert (await refresh(signed_in, token)).status == 200
    assert (await signed_in.send("GET", TASKS)).status == 200


async def test_all_calls_under_way_with_an_expired_token_fail_together(signed_in: Client, breaks: Break) -> None:
    await breaks("token.expired", when={"times": 1}, match={"operation": "tasks.list"})
    answers = await asyncio.gather(*(signed_in.send("GET", TASKS) for _ in range(5)))
    assert {answer.status for answer in answers} == {401}


async def test_an_expired_token_opens_no_websocket(signed_in: Client, breaks: Break) -> None:
    await breaks("token.expired", when={"times": 1})
    await signed_in.send("GET", TASKS)
    async with signed_in.http.ws_connect("/ws") as socket:
        assert (await socket.receive_json())["error"] == "token_expired"
        assert (await socket.receive()).data == 4401


async def test_an_expired_refresh_token_lets_the_access_token_live(signed_in: Client, breaks: Break) -> None:
    token = await signed_in_again(signed_in)
    await breaks("token.expired", token="refresh", match={"operation": "tasks.list"}, when={"times": 1})
    assert (await signed_in.send("GET", TASKS)).status == 200
    assert told(await refresh(signed_in, token)) == (401, "token_expired")
    assert (await signed_in.send("GET", ME)).status == 200


async def test_a_refresh_token_can_expire_at_the_refresh_itself(signed_in: Client, breaks: Break) -> None:
    token = await signed_in_again(signed_in)
    await signed_in.sign_out_locally()
    await breaks("token.expired", token="refresh", match={"operation": "auth.refresh"})
    assert told(await refresh(signed_in, token)) == (401, "token_expired")
    await heal(signed_in)
    assert (await refresh(signed_in, await signed_in_again(signed_in))).status == 200


async def test_both_tokens_can_expire_at_once(signed_in: Client, breaks: Break) -> None:
    token = await signed_in_again(signed_in)
    await breaks("token.expired", token="both", when={"times": 1})
    assert told(await signed_in.send("GET", TASKS)) == (401, "token_expired")
    assert told(await refresh(signed_in, token)) == (401, "token_expired")
    await signed_in_again(signed_in)
    assert (await signed_in.send("GET", TASKS)).status == 200


async def test_a_call_without_a_token_is_told_only_that_it_has_none(client: Client, breaks: Break) -> None:
    await client.sign_out_locally()
    await breaks("token.expired")
    assert told(await client.send("GET", TASKS)) == (401, "unauthorized")


async def test_revoked_tokens_end_session_and_sockets(signed_in: Client, breaks: Break) -> None:
    token = await signed_in_again(signed_in)
    async with signed_in.http.ws_connect("/ws") as socket:
        assert (await socket.receive_json())["status"] == "connected"
        await breaks("token.revoked", when={"times": 1})
        assert told(await signed_in.send("GET", TASKS)) == (401, "token_revoked")
        assert (await socket.receive_json())["error"] == "token_revoked"
        closing = await socket.receive()
        assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, 4401)
    assert told(await refresh(signed_in, token)) == (401, "token_revoked")
    await heal(signed_in)
    assert told(await signed_in.send("GET", ME)) == (401, "token_revoked")
    await signed_in.sign_in()
    assert (await signed_in.send("GET", ME)).status == 200


async def test_a_refresh_token_can_be_revoked_at_the_refresh_itself(signed_in: Client, breaks: Break) -> None:
    token = await signed_in_again(signed_in)
    await breaks("token.revoked", match={"operation": "auth.refresh"})
    assert told(await refresh(signed_in, token)) == (401, "token_revoked")
    assert told(await signed_in.send("GET", ME)) == (401, "token_revoked")


async def test_lifetimes_are_those_of_token_cookie_and_server(signed_in: Client, breaks: Break) -> None:
    signed_in.sandbox.clock.freeze()
    await breaks("token.lifetime", access="30s", refresh="10m")
    answer = await signed_in.sign_in()
    cookies = {cookie.split("=")[0]: cookie for cookie in answer.set_cookies}
    assert "Max-Age=30;" in cookies["auth-token"]
    assert "Max-Age=600;" in cookies["refresh-token"]
    claims = jwt.decode(signed_in.token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 30
    signed_in.sandbox.clock.advance(31 * SECOND)
    assert told(await signed_in.send("GET", ME)) == (401, "token_expired")
    signed_in.sandbox.clock.advance(600 * SECOND)
    assert told(await refresh(signed_in, answer.cookies["refresh-token"])) == (401, "token_expired")
    await heal(signed_in)
    assert "Max-Age=86400;" in (await signed_in.sign_in()).set_cookies[0]


async def test_a_lifetime_left_out_stays_as_it_is(signed_in: Client, breaks: Break) -> None:
    await breaks("token.lifetime", access="2s", match={"operation": "auth.refresh"})
    answer = await refresh(signed_in, await signed_in_again(signed_in))
    assert "Max-Age=2;" in answer.set_cookies[0]
    assert "Max-Age=2592000;" in answer.set_cookies[1]


@pytest.mark.parametrize("parameters", [{}, {"access": "500ms"}, {"refresh": "0"}, {"access": "1500ms"}])
async def test_lifetimes_are_whole_seconds(signed_in: Client, breaks: Break, parameters: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"whole seconds|needs `access`"):
        await breaks("token.lifetime", **parameters)


@pytest.mark.parametrize("defect", ["signature", "issuer", "audience", "algorithm", "not_before", "malformed"])
async def test_a_defective_token_is_handed_out_and_refused(signed_in: Client, breaks: Break, defect: str) -> None:
    await breaks("token.invalid", defect=defect)
    assert (await signed_in.sign_in()).status == 200
    assert told(await signed_in.send("GET", ME)) == (401, "token_invalid")
    if defect == "malformed":
        assert signed_in.token.count(".") == 1
    else:
        header = jwt.get_unverified_header(signed_in.token)
        claims = jwt.decode(signed_in.token, options={"verify_signature": False})
        assert (header["alg"] == "none") == (defect == "algorithm")
        assert (claims["iss"] != "devkit") == (defect == "issuer")
        assert (claims["aud"] != "devkit") == (defect == "audience")
        assert (claims["nbf"] > claims["iat"]) == (defect == "not_before")
    await heal(signed_in)
    await signed_in.sign_in()
    assert (await signed_in.send("GET", ME)).status == 200


async def test_a_token_that_is_not_valid_yet_becomes_so(signed_in: Client, breaks: Break) -> None:
    await breaks("token.invalid", defect="not_before")
    await signed_in.sign_in()
    signed_in.sandbox.clock.advance(HOUR)
    assert (await signed_in.send("GET", ME)).status == 200


async def test_tokens_come_in_the_body_and_in_no_cookie(signed_in: Client, breaks: Break) -> None:
    await breaks("token.in_body")
    credentials = {"email": "test@example.com", "password": "TestPass123!"}
    answer = await signed_in.send("POST", "/api/auth/login", json=credentials)
    assert answer.set_cookies == []
    assert {"token", "refreshToken", "user"} == set(answer.json)
    answer = await refresh(signed_in, answer.json["refreshToken"])
    assert answer.set_cookies == []
    bearer = {"Authorization": f"Bearer {answer.json['token']}"}
    assert (await signed_in.send("GET", ME, headers=bearer)).status == 200
    await heal(signed_in)
    answer = await signed_in.send("POST", "/api/auth/login", json=credentials)
    assert (set(answer.cookies), set(answer.json)) == ({"auth-token", "refresh-token"}, {"user"})


async def published(client: Client) -> list[str]:
    """The ids of the keys in the set."""
    return [key["kid"] for key in (await client.send("GET", "/api/auth/jwks")).json["keys"]]


async def signed_by(client: Client) -> str:
    """The id of the key that signs new tokens which others verify."""
    token = (await client.send("GET", "/api/auth/token")).json["token"]
    return str(jwt.get_unverified_header(token)["kid"])


@pytest.mark.parametrize(("mode", "shown"), [("both", ["new", "old"]), ("old", ["old"]), ("new", ["new"])])
async def test_keys_are_changed_and_the_set_shows_them_or_not(
    signed_in: Client, breaks: Break, mode: str, shown: list[str]
) -> None:
    before = await signed_by(signed_in)
    assert await published(signed_in) == [before]
    await breaks("jwks.rotate", published=mode)
    after = await signed_by(signed_in)
    assert after != before
    assert await published(signed_in) == [{"new": after, "old": before}[name] for name in shown]
    await heal(signed_in)
    assert await published(signed_in) == [after, before]
