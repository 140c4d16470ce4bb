"""The sandbox's clock, and what follows it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from devkit.effects import DAY, HOUR, SECOND, parse_instant
from tests.conftest import EMAIL, PASSWORD, Client
from tests.control.conftest import Control
from tests.faults.conftest import scenario

AT = "2026-01-20T10:00:00.000Z"


def instant(answer: Any) -> int:
    return parse_instant(answer.json["time"])


async def test_it_is_in_step_with_the_machine_at_first(control: Control) -> None:
    shown = (await control("GET", "/clock")).json
    assert (shown["rate"], shown["frozen"], shown["offset"]) == (1.0, False, 0)


async def test_it_stands_where_it_is_frozen_and_can_be_turned_both_ways(control: Control) -> None:
    assert (await control("POST", "/clock/freeze", at=AT)).json["time"] == AT
    assert (await control("POST", "/clock/advance", by="2h")).json["time"] == "2026-01-20T12:00:00.000Z"
    assert (await control("POST", "/clock/advance", by="-1h30m")).json["time"] == "2026-01-20T10:30:00.000Z"
    await asyncio.sleep(0.02)
    shown = (await control("GET", "/clock")).json
    assert (shown["time"], shown["frozen"], shown["rate"]) == ("2026-01-20T10:30:00.000Z", True, 0)
    assert (await control("POST", "/clock/set", at=AT)).json["frozen"]
    assert not (await control("POST", "/clock/run")).json["frozen"]
    assert (await control("POST", "/clock/reset")).json["offset"] == 0


async def test_it_goes_as_fast_as_it_is_told(control: Control) -> None:
    before = instant(await control("POST", "/clock/run", rate=1000))
    await asyncio.sleep(0.05)
    assert instant(await control("GET", "/clock")) - before >= 50 * SECOND


async def test_each_sandbox_has_its_own(control: Control) -> None:
    await control("POST", "/sandboxes", id="w1")
    await control("POST", "/clock/advance", sandbox="w1", by="25h")
    assert (await control("GET", "/clock")).json["offset"] == 0
    assert (await control("GET", "/clock", sandbox="w1")).json["offset"] == 25 * HOUR


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("advance", {}, "Required"),
        ("advance", {"by": ""}, "Required"),
        ("advance", {"by": "5 seconds"}, "not a duration"),
        ("advance", {"by": "--5m"}, "not a duration"),
        ("advance", {"by": "1e9"}, "not a duration"),
        ("advance", {"by": 5}, "number and a unit"),
        ("advance", {"by": "999999d"}, "thousand years"),
        ("advance", {"by": "-36500d"}, "1970"),
        ("freeze", {"at": "soon"}, "ISO 8601"),
        ("set", {"at": "2026-01-20 10:00"}, "offset"),
        ("set", {"at": "9999-01-01T00:00:00Z"}, "3000"),
        ("set", {}, "Required"),
        ("run", {"rate": 0}, "at least 0.001"),
        ("run", {"rate": -1}, "at least 0.001"),
        ("run", {"rate": 1e9}, "at most 100000"),
        ("run", {"rate": 200_000}, "at most 100000"),
        ("run", {"rate": "fast"}, "number"),
        ("run", {"speed": 2}, "no such parameter"),
    ],
)
async def test_nonsense_turns_nothing(control: Control, path: str, body: dict[str, Any], words: str) -> None:
    answer = await control("POST", f"/clock/{path}", **body)
    assert answer.status == 400
    assert words in str(answer.json["details"])
    assert (await control("GET", "/clock")).json["offset"] == 0


async def test_an_access_token_expires_and_is_good_again_when_the_clock_is_turned_back(
    signed_in: Client, control: Control
) -> None:
    await control("POST", "/clock/advance", by="25h")
    expired = await signed_in.send("GET", "/api/tasks")
    assert (expired.status, expired.json["error"]) == (401, "token_expired")
    await control("POST", "/clock/advance", by="-2h")
    assert (await signed_in.send("GET", "/api/tasks")).status == 200


async def test_a_session_ends_with_its_refresh_token(client: Client, control: Control) -> None:
    answer = await client.sign_in()
    cookies = {"Cookie": f"refresh-token={answer.cookies['refresh-token']}"}
    await control("POST", "/clock/advance", by="29d")
    renewed = await client.send("POST", "/api/auth/refresh", headers=cookies)
    assert renewed.status == 200
    await control("POST", "/clock/advance", by="31d")
    cookies = {"Cookie": f"refresh-token={renewed.cookies['refresh-token']}"}
    late = await client.send("POST", "/api/auth/refresh", headers=cookies)
    assert (late.status, late.json["error"]) == (401, "token_expired")


async def test_a_cookie_lives_as_long_on_the_server_as_its_max_age_says(client: Client, control: Control) -> None:
    await control("POST", "/clock/freeze", at=AT)
    answer = await client.send("POST", "/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
    cookie = next(line for line in answer.set_cookies if line.startswith("auth-token="))
    max_age = int(cookie.lower().partition("max-age=")[2].partition(";")[0])
    headers = {"Cookie": f"auth-token={answer.cookies['auth-token']}"}
    await control("POST", "/clock/advance", by=f"{max_age - 1}s")
    assert (await client.send("GET", "/api/auth/me", headers=headers)).status == 200
    await control("POST", "/clock/advance", by="1s")
    assert (await client.send("GET", "/api/auth/me", headers=headers)).json["error"] == "token_expired"


async def test_a_mail_link_expires(client: Client, control: Control) -> None:
    await client.send("POST", "/api/auth/forgot", json={"email": EMAIL})
    token = (await control("GET", "/mail")).json["data"][0]["link"].partition("token=")[2]
    await control("POST", "/clock/advance", by="3d")
    body = {"token": token, "password": "Another1!", "confirmPassword": "Another1!"}
    late = await client.send("POST", "/api/auth/reset", json=body)
    assert (late.status, late.json["error"]) == (410, "token_expired")


async def test_windows_of_rules_and_ttls_of_scenarios_follow_it(signed_in: Client, control: Control) -> None:
    rule = {"when": {"after": "1m", "for": "1m"}, "fault": {"type": "http.abort", "status": 503}}
    await signed_in.sandbox.engine.use(scenario(rule), ttl=DAY)
    statuses = []
    for _ in range(3):
        statuses.append((await signed_in.send("GET", "/api/tasks")).status)
        await control("POST", "/clock/advance", by="1m")
    assert statuses == [200, 503, 200]
    assert len((await control("GET", "/active")).json) == 1
    await control("POST", "/clock/advance", by="1d")
    assert (await control("GET", "/active")).json == []


async def test_what_a_socket_is_told_bears_its_time(signed_in: Client, control: Control) -> None:
    await control("POST", "/clock/advance", by="1h")
    now = (await control("POST", "/clock/freeze")).json["time"]
    async with signed_in.http.ws_connect("/ws") as socket:
        assert (await socket.receive_json())["timestamp"] == now
