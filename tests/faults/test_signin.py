from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.conftest import EMAIL, PASSWORD, Client
from tests.faults.conftest import Break
from tests.faults.test_auth import ME, TASKS, heal, refresh, signed_in_again, told

LOGIN = {"email": EMAIL, "password": PASSWORD}


@pytest.mark.parametrize(
    ("status", "code"), [(401, "token_invalid"), (500, "internal_error"), (503, "service_unavailable")]
)
async def test_a_failed_refresh_does_not_use_up_the_token(
    signed_in: Client, breaks: Break, status: int, code: str
) -> None:
    token = await signed_in_again(signed_in)
    await breaks("refresh.fail", status=status, when={"times": 2})
    for _ in range(2):
        assert told(await refresh(signed_in, token)) == (status, code)
    assert (await signed_in.send("GET", ME)).status == 200
    assert (await refresh(signed_in, token)).status == 200


async def test_a_slow_refresh_holds_up_nothing_else(signed_in: Client, breaks: Break) -> None:
    token = await signed_in_again(signed_in)
    await breaks("refresh.slow", delay="150ms")
    loop = asyncio.get_running_loop()
    began = loop.time()
    refreshing = asyncio.create_task(refresh(signed_in, token))
    assert (await signed_in.send("GET", ME)).status == 200
    assert not refreshing.done()
    assert (await refreshing).status == 200
    assert loop.time() - began >= 0.15


async def test_a_slow_refresh_goes_on_when_the_scenario_is_switched_off(signed_in: Client, breaks: Break) -> None:
    token = await signed_in_again(signed_in)
    await breaks("refresh.slow", delay="1m")
    refreshing = asyncio.create_task(refresh(signed_in, token))
    await asyncio.sleep(0.05)
    await heal(signed_in)
    assert (await asyncio.wait_for(refreshing, 2)).status == 200


async def test_two_refreshes_at_once_sign_the_user_out(signed_in: Client, breaks: Break) -> None:
    token = await signed_in_again(signed_in)
    await breaks("refresh.reuse_detected")
    answers = await asyncio.gather(refresh(signed_in, token), refresh(signed_in, token))
    assert sorted(answer.status for answer in answers) == [200, 401]
    assert {told(answer) for answer in answers if answer.status == 401} == {(401, "token_revoked")}
    # The tokens of the one that succeeded died with the family.
    assert told(await signed_in.send("GET", ME)) == (401, "token_revoked")
    await heal(signed_in)
    token = await signed_in_again(signed_in)
    assert [(await refresh(signed_in, token)).status for _ in range(2)] == [200, 200]


async def test_a_rotated_refresh_token_signs_out_whoever_keeps_the_first_one(signed_in: Client, breaks: Break) -> None:
    """Issue 14, e: `promptcraft` leaves the token of its document's example good; this shows what else could happen."""
    path, body = "/api/v2/auth/token/refresh/", {"refresh": await signed_in_again(signed_in)}
    await breaks("refresh.rotated", grace="5s")
    assert (await signed_in.send("POST", path, json=body)).status == 200
    signed_in.sandbox.clock.advance(4_000)
    assert (await signed_in.send("POST", path, json=body)).status == 200
    signed_in.sandbox.clock.advance(6_000)
    assert told(await signed_in.send("POST", path, json=body)) == (401, "token_revoked")
    await heal(signed_in)
    body = {"refresh": await signed_in_again(signed_in)}
    for _ in range(3):
        assert (await signed_in.send("POST", path, json=body)).status == 200
        signed_in.sandbox.clock.advance(60_000)


async def test_without_a_grace_a_kept_refresh_token_is_used_up_in_every_dialect(
    signed_in: Client, breaks: Break
) -> None:
    path, body = "/api/v2/auth/token/refresh/", {"refresh": await signed_in_again(signed_in)}
    await breaks("refresh.reuse_detected")
    assert [(await signed_in.send("POST", path, json=body)).status for _ in range(2)] == [200, 401]


async def test_a_refresh_without_cookies_leaves_the_old_tokens_in_place(signed_in: Client, breaks: Break) -> None:
    token = await signed_in_again(signed_in)
    await breaks("refresh.no_cookie")
    answer = await refresh(signed_in, token)
    assert (answer.status, answer.set_cookies) == (200, [])
    signed_in.sandbox.clock.advance(11_000)
    assert told(await refresh(signed_in, token)) == (401, "token_revoked")
    await heal(signed_in)
    assert len((await refresh(signed_in, await signed_in_again(signed_in))).set_cookies) == 2


async def test_every_refreshed_token_is_refused_until_the_scenario_is_off(signed_in: Client, breaks: Break) -> None:
    token = await signed_in_again(signed_in)
    await breaks("refresh.loop")
    for _ in range(3):
        answer = await refresh(signed_in, token)
        assert answer.status == 200
        token = answer.cookies["refresh-token"]
        assert told(await signed_in.send("GET", TASKS)) == (401, "token_expired")
    await heal(signed_in)
    assert (await refresh(signed_in, token)).status == 200
    assert (await signed_in.send("GET", TASKS)).status == 200


async def test_an_evicted_session_is_really_over(signed_in: Client, breaks: Break) -> None:
    first = signed_in.token
    token = await signed_in_again(signed_in)
    other = {"Authorization": f"Bearer {first}"}
    async with signed_in.http.ws_connect("/ws") as evicted, signed_in.http.ws_connect("/ws", headers=other) as left:
        for socket in (evicted, left):
            await socket.receive_json()
        await left.send_json({"type": "subscribe", "topics": ["notifications"]})
        await left.receive_json()
        await breaks("session.evicted", reason='Signed in on "Pixel 9" 📱', when={"times": 1})
        answer = await signed_in.send("GET", TASKS)
        assert told(answer) == (401, "token_revoked")
        assert answer.json["message"] == 'Signed in on "Pixel 9" 📱'
        assert 'error_description="Signed in on ?Pixel 9? ?"' in answer.headers["WWW-Authenticate"]
        assert (await evicted.receive_json())["error"] == "token_revoked"
        closing = await evicted.receive()
        assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, 4401)
        notice = await left.receive_json()
        assert notice["type"] == "notification"
        assert "Pixel 9" in str(notice)
    assert (await signed_in.send("GET", TASKS)).json["message"].startswith("Signed in on")
    assert told(await refresh(signed_in, token)) == (401, "token_revoked")
    # The user's other session goes on.
    assert (await signed_in.send("GET", ME, headers=other)).status == 200


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [
        ("credentials", 401, "invalid_credentials"),
        ("unverified", 403, "email_not_verified"),
        ("locked", 423, "account_locked"),
        ("captcha", 403, "captcha_required"),
    ],
)
async def test_signing_in_fails_with_the_right_password(
    client: Client, breaks: Break, reason: str, status: int, code: str
) -> None:
    await client.sign_out_locally()
    await breaks("login.fail", reason=reason)
    answer = await client.send("POST", "/api/auth/login", json=LOGIN)
    assert told(answer) == (status, code)
    assert answer.set_cookies == []
    assert answer.headers.get("Retry-After") == ("900" if reason == "locked" else None)
    # What the request itself lacks is still said first.
    assert told(await client.send("POST", "/api/auth/login", json={})) == (400, "validation_error")
    await heal(client)
    assert (await client.send("POST", "/api/auth/login", json=LOGIN)).status == 200


async def test_login_fail_is_the_same_as_a_wrong_password(client: Client, breaks: Break) -> None:
    wrong = await client.send("POST", "/api/auth/login", json=LOGIN | {"password": "wrong-password"})
    await breaks("login.fail", reason="credentials", match={"body": {"email": EMAIL}})
    broken = await client.send("POST", "/api/auth/login", json=LOGIN)
    assert (wrong.status, wrong.json["message"]) == (broken.status, broken.json["message"])
