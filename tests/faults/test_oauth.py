"""Social login that fails, from the client's side."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conftest import Client
from tests.faults.conftest import scenario
from tests.social import BROWSER, CALLBACK, NORA, TEST_USER, ask, begin, come_back, consent, decide, sign_in, told


async def use(client: Client, **rule: Any) -> None:
    await client.sandbox.engine.use(scenario(rule))


ERRORS = [
    ("access_denied", 403, "access_denied"),
    ("invalid_scope", 502, "provider_error"),
    ("temporarily_unavailable", 502, "provider_error"),
]


@pytest.mark.parametrize(("error", "status", "code"), ERRORS)
async def test_the_provider_sends_the_browser_back_without_asking(
    client: Client, error: str, status: int, code: str
) -> None:
    await use(client, fault={"type": "oauth.error", "error": error})
    state = await begin(client)
    page = await client.send(
        "GET", "/oauth/google/authorize", params={"state": state}, headers=BROWSER, allow_redirects=False
    )
    assert page.status == 302
    assert "oauth-browser" not in page.cookies
    assert told(page)["error"] == error
    assert told(page)["state"] == state

    answer = await come_back(client, state, error=told(page)["error"])
    assert (answer.status, answer.json["error"]) == (status, code)


async def test_a_browser_arrives_at_the_frontend_with_the_error(client: Client) -> None:
    await use(client, fault={"type": "oauth.error"})
    state = await begin(client)
    page = await client.send("GET", "/oauth/google/authorize", params={"state": state}, allow_redirects=False)
    path = page.headers["Location"].removeprefix(client.url)
    back = await client.send("GET", path, headers=BROWSER, allow_redirects=False)
    assert back.headers["Location"].startswith("http://localhost:3000/done?error=provider_error")
    assert told(back)["error_description"] == "Google answered: server_error"


async def test_the_provider_fails_after_the_choice(client: Client) -> None:
    await use(client, match={"operation": "social.decide"}, fault={"type": "oauth.error"}, when={"times": 1})
    asked = await ask(client, await begin(client))
    assert told(await decide(client, asked, identity=TEST_USER))["error"] == "server_error"
    assert "code" in told(await decide(client, asked, identity=TEST_USER))


async def test_another_state_comes_back_and_the_right_one_is_still_good(client: Client) -> None:
    await use(client, fault={"type": "oauth.callback", "defect": "state"}, when={"times": 1})
    state = await begin(client)
    code = await consent(client, state, identity=TEST_USER)
    first = await come_back(client, state, code=code)
    assert (first.status, first.json["error"]) == (400, "state_invalid")
    assert first.set_cookies == []
    assert (await come_back(client, state, code=code)).status == 200


async def test_a_code_that_came_before_signs_nobody_in(client: Client) -> None:
    await use(client, fault={"type": "oauth.callback", "defect": "code_replay"})
    answer = await sign_in(client, identity=TEST_USER)
    assert (answer.status, answer.json["error"]) == (400, "code_invalid")
    assert answer.json["message"] == "The code was used before"
    assert answer.set_cookies == []


async def test_without_an_address_only_those_come_in_who_are_known(client: Client) -> None:
    assert (await sign_in(client, identity=TEST_USER)).status == 200
    await use(client, fault={"type": "oauth.callback", "defect": "no_email"})
    unknown = await sign_in(client, identity=NORA)
    assert (unknown.status, unknown.json["error"]) == (400, "email_missing")
    assert (await sign_in(client, identity=TEST_USER)).status == 200


async def test_a_browser_is_told_at_the_frontend(client: Client) -> None:
    await use(client, fault={"type": "oauth.callback", "defect": "state"})
    state = await begin(client)
    query = {"state": state, "code": await consent(client, state, identity=TEST_USER)}
    answer = await client.send("GET", CALLBACK, params=query, headers=BROWSER, allow_redirects=False)
    assert answer.status == 302
    assert told(answer)["error"] == "state_invalid"


async def test_tokens_of_a_social_login_can_be_bad_as_well(client: Client) -> None:
    await use(client, fault={"type": "token.invalid", "defect": "signature"})
    answer = await sign_in(client, identity=TEST_USER)
    assert answer.status == 200
    bearer = {"Authorization": f"Bearer {answer.json['access']}"}
    profile = await client.send("GET", "/api/v2/auth/profile/", headers=bearer)
    assert (profile.status, profile.json["error"]) == (401, "token_invalid")


async def test_a_provider_that_is_down_leads_nowhere(client: Client) -> None:
    await use(client, fault={"type": "oauth.idp", "mode": "down"})
    state = await begin(client)
    page = await client.send("GET", "/oauth/google/authorize", params={"state": state}, headers=BROWSER)
    assert page.status == 503
    assert "text/html" in page.headers["Content-Type"]
    await client.sandbox.engine.off("broken")
    assert (await ask(client, state)).csrf


async def test_a_slow_provider_keeps_the_user_waiting_until_it_is_switched_off(client: Client) -> None:
    await use(client, fault={"type": "oauth.idp", "mode": "slow", "delay": "1h"})
    state = await begin(client)
    waiting = asyncio.create_task(ask(client, state))
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    await client.sandbox.engine.off("broken")
    async with asyncio.timeout(10):
        assert (await waiting).csrf
