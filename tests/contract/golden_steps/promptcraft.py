"""Steps on the way of dialect `promptcraft`, and of social login."""

from __future__ import annotations

from typing import Any

import pytest

from devkit.effects import parse_instant
from tests import social
from tests.conftest import PASSWORD, Client
from tests.contract.golden_steps import Known, step
from tests.contract.wire import MINUTE, link_token

CHOICES: dict[str, dict[str, str]] = {
    "Test User consents": {"identity": social.TEST_USER},
    "Nora Newcomer consents": {"identity": social.NORA},
    "Not Really Ada consents": {"identity": social.NOT_ADA},
    "somebody without an address consents": {"name": "Priya Private"},
}


@step("a promptcraft registration")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
    assert (await client.send("POST", "/api/v2/auth/register/", json=body)).status == 201
    known["link"] = link_token(client, "ada@example.com")


@step("a social login has begun")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    known["state"] = await social.begin(client)


@step("a social login for the code has begun")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    known["state"] = await social.begin(client, response_type="code")


@step("the consent page is open")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    asked = await social.ask(client, known["state"])
    client.http.cookie_jar.clear()
    known.update(csrf=asked.csrf, browser=asked.browser)


def _consents(chosen: dict[str, str]) -> Any:
    async def consent(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
        known["code"] = await social.consent(client, known["state"], **chosen)

    return consent


for name, chosen in CHOICES.items():
    step(name)(_consents(chosen))


@step("the browser has come back to the page")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    query = {"code": known["code"], "state": known["state"]}
    answer = await client.send("GET", social.CALLBACK, params=query, allow_redirects=False)
    client.http.cookie_jar.clear()
    told = social.told(answer)
    assert told["state"] == known["state"]
    known["handed"] = told["code"]


@step("the code is used")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    answer = await social.come_back(client, known["state"], code=known["code"])
    assert answer.status == 200


@step("a minute passes")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    client.sandbox.clock.advance(MINUTE)


@step("it is refreshed by body")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    path, body = "/api/v2/auth/token/refresh/", {"refresh": known["refresh"]}
    assert (await client.send("POST", path, json=body)).status == 200
    client.http.cookie_jar.clear()


@step("it is refreshed by cookie")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    path, sent = "/api/v2/auth/token/refresh/", {"Cookie": f"refresh_token={known['refresh']}"}
    assert (await client.send("POST", path, headers=sent)).status == 200
    client.http.cookie_jar.clear()


@step("eleven minutes pass")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    client.sandbox.clock.advance(11 * MINUTE)


@step("it is 20 January 2026, noon")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    client.sandbox.clock.set(parse_instant("2026-01-20T12:00:00.000Z"))
