from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import jwt
import pytest
from pydantic import ValidationError

from devkit.effects import DAY, HOUR, MINUTE, SECOND, Clock, parse_instant
from devkit.faults.registry import fault_of
from tests.conftest import Answer, Client
from tests.faults.conftest import Break, scenario
from tests.faults.test_auth import ME, TASKS, heal, told


def seconds_off(answer: Answer) -> float:
    """How far the answer's Date is from the machine's time."""
    return parsedate_to_datetime(answer.headers["Date"]).timestamp() - Clock().now() / SECOND


async def created_at(client: Client) -> int:
    return parse_instant((await client.send("POST", TASKS, json={"title": "Now"})).json["createdAt"])


async def test_tokens_of_an_issuer_that_lags_have_expired_when_they_arrive(signed_in: Client, breaks: Break) -> None:
    before = signed_in.token
    await breaks("clock.skew", by="-2d", apply="issuing")
    assert (await signed_in.send("GET", ME)).status == 200
    await signed_in.sign_in()
    claims = jwt.decode(signed_in.token, options={"verify_signature": False})
    assert claims["iat"] * 1000 < signed_in.sandbox.clock.now() - 2 * DAY + 2 * SECOND
    assert told(await signed_in.send("GET", ME)) == (401, "token_expired")
    assert (await signed_in.send("GET", ME, headers={"Authorization": f"Bearer {before}"})).status == 200
    await heal(signed_in)
    await signed_in.sign_in()
    assert (await signed_in.send("GET", ME)).status == 200


async def test_tokens_of_an_issuer_that_is_ahead_are_not_valid_yet(signed_in: Client, breaks: Break) -> None:
    await breaks("clock.skew", by="5m", apply="issuing")
    await signed_in.sign_in()
    assert told(await signed_in.send("GET", ME)) == (401, "token_invalid")
    signed_in.sandbox.clock.advance(5 * MINUTE)
    assert (await signed_in.send("GET", ME)).status == 200


async def test_a_validator_that_is_ahead_refuses_good_tokens(signed_in: Client, breaks: Break) -> None:
    await breaks("clock.skew", by="25h", apply="validating")
    assert told(await signed_in.send("GET", ME)) == (401, "token_expired")
    await signed_in.sign_in()
    assert told(await signed_in.send("GET", ME)) == (401, "token_expired")
    async with signed_in.http.ws_connect("/ws") as socket:
        assert (await socket.receive_json())["error"] == "token_expired"
    await heal(signed_in)
    assert (await signed_in.send("GET", ME)).status == 200


async def test_a_validator_that_lags_refuses_new_tokens_and_accepts_expired_ones(
    signed_in: Client, breaks: Break
) -> None:
    await breaks("clock.skew", by="-2h", apply="validating")
    assert told(await signed_in.send("GET", ME)) == (401, "token_invalid")
    signed_in.sandbox.clock.advance(25 * HOUR)
    assert (await signed_in.send("GET", ME)).status == 200


async def test_only_the_date_header_is_off(signed_in: Client, breaks: Break) -> None:
    assert abs(seconds_off(await signed_in.send("GET", ME))) < 60
    await breaks("clock.skew", by="-5m", apply="date_header")
    answer = await signed_in.send("GET", ME)
    assert (answer.status, round(seconds_off(answer) / 10)) == (200, -30)
    assert abs(await created_at(signed_in) - Clock().now()) < MINUTE
    await heal(signed_in)
    assert abs(seconds_off(await signed_in.send("GET", ME))) < 60


async def test_time_stands_still_where_it_is_told_to(signed_in: Client, breaks: Break) -> None:
    at = parse_instant("2030-01-20T10:00:00Z")
    await breaks("clock.freeze", at="2030-01-20T10:00:00Z")
    await signed_in.sign_in()
    assert [await created_at(signed_in) for _ in range(2)] == [at, at]
    assert (await signed_in.send("GET", ME)).headers["Date"] == "Sun, 20 Jan 2030 10:00:00 GMT"
    await heal(signed_in)
    await signed_in.sign_in()
    assert abs(await created_at(signed_in) - Clock().now()) < MINUTE


async def test_time_stands_still_where_it_is(signed_in: Client, breaks: Break) -> None:
    await breaks("clock.freeze")
    first = await created_at(signed_in)
    signed_in.sandbox.clock.advance(HOUR)
    assert await created_at(signed_in) == first
    await heal(signed_in)
    assert await created_at(signed_in) >= first + HOUR


async def test_a_frozen_clock_does_not_keep_its_own_scenario_on(signed_in: Client) -> None:
    rules = (
        {"fault": {"type": "clock.freeze"}},
        {"fault": {"type": "http.abort", "status": 503}, "when": {"after": "1m"}},
    )
    await signed_in.sandbox.engine.use(scenario(*rules), ttl=2 * MINUTE)
    assert (await signed_in.send("GET", ME)).status == 200
    signed_in.sandbox.clock.advance(MINUTE)
    assert (await signed_in.send("GET", ME)).status == 503
    signed_in.sandbox.clock.advance(MINUTE)
    assert (await signed_in.send("GET", ME)).status == 200
    assert signed_in.sandbox.engine.active() == []


async def test_time_runs_fast(signed_in: Client, breaks: Break) -> None:
    await breaks("clock.rate", factor=24)
    first = await created_at(signed_in)
    signed_in.sandbox.clock.advance(30 * MINUTE)
    assert await created_at(signed_in) - first >= DAY / 2
    signed_in.sandbox.clock.advance(30 * MINUTE)
    assert told(await signed_in.send("GET", ME)) == (401, "token_expired")
    await heal(signed_in)
    assert (await signed_in.send("GET", ME)).status == 200
    assert abs(await created_at(signed_in) - Clock().now() - HOUR) < MINUTE


async def test_the_fastest_clock_stops_at_the_end_of_time(signed_in: Client, breaks: Break) -> None:
    await breaks("clock.rate", factor=1_000_000)
    signed_in.sandbox.clock.advance(365 * DAY)
    assert (await signed_in.send("GET", "/api/health")).json["timestamp"] == "9999-12-31T23:59:59.999Z"


async def test_time_jumps_back(signed_in: Client, breaks: Break) -> None:
    first = await created_at(signed_in)
    await breaks("clock.backwards", by="1h")
    answer = await signed_in.send("GET", ME)
    assert told(answer) == (401, "token_invalid")
    assert answer.json["message"] == "The token is not valid yet"
    await signed_in.sign_in()
    assert await created_at(signed_in) < first - HOUR + 10 * SECOND
    await heal(signed_in)
    assert await created_at(signed_in) >= first


async def test_other_rules_of_the_scenario_go_on_when_time_jumps_back(signed_in: Client) -> None:
    rules = {"fault": {"type": "clock.backwards", "by": "1d"}}, {"fault": {"type": "http.abort", "status": 503}}
    await signed_in.sandbox.engine.use(scenario(*rules))
    assert (await signed_in.send("GET", ME)).status == 503


async def test_clocks_of_several_scenarios_add_up_and_are_put_back_in_any_order(signed_in: Client) -> None:
    engine = signed_in.sandbox.engine
    for name in ("one", "two"):
        await engine.use(scenario({"fault": {"type": "clock.backwards", "by": "1h"}}, name=name))
    await signed_in.sign_in()
    off = [seconds_off(await signed_in.send("GET", ME))]
    for name in ("one", "two"):
        await engine.off(name)
        off.append(seconds_off(await signed_in.send("GET", "/api/health")))
    assert [round(seconds / 100) for seconds in off] == [-72, -36, 0]


async def test_a_reset_puts_the_clock_right(signed_in: Client, breaks: Break) -> None:
    await breaks("clock.backwards", by="1h")
    await signed_in.sandbox.reset()
    assert abs(seconds_off(await signed_in.send("GET", "/api/health"))) < 60


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("clock.skew", {"by": "-5 minutes", "apply": "issuing"}),
        ("clock.skew", {"by": "--5m", "apply": "issuing"}),
        ("clock.skew", {"by": "40000d", "apply": "issuing"}),
        ("clock.skew", {"by": "5m", "apply": "sometimes"}),
        ("clock.backwards", {"by": "-5m"}),
        ("clock.freeze", {"at": "yesterday"}),
        ("clock.freeze", {"at": "2026-01-20T10:00:00"}),
        ("clock.rate", {"factor": 0}),
    ],
)
async def test_bad_parameters_are_refused(
    signed_in: Client, breaks: Break, kind: str, parameters: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=r"rule|fault|by|at|factor"):
        await breaks(kind, **parameters)


@pytest.mark.parametrize(
    ("change", "zone", "before", "after"),
    [
        ("autumn", "Europe/Berlin", "+02:00", "+01:00"),
        ("spring", "Europe/Berlin", "+01:00", "+02:00"),
        ("spring", "America/New_York", "-05:00", "-04:00"),
    ],
)
async def test_the_clock_runs_into_a_change_of_clocks(
    signed_in: Client, breaks: Break, change: str, zone: str, before: str, after: str
) -> None:
    signed_in.sandbox.clock.freeze()
    ZoneInfo(zone)
    await breaks("clock.dst", zone=zone, change=change, lead="10m")
    assert told(await signed_in.send("GET", ME)) == (401, "token_expired")
    await signed_in.sign_in()

    async def offset() -> str:
        instant = datetime.fromtimestamp(await created_at(signed_in) / 1000, ZoneInfo(zone))
        return instant.isoformat()[-6:]

    assert await offset() == before
    signed_in.sandbox.clock.advance(11 * MINUTE)
    assert await offset() == after


@pytest.mark.parametrize(("zone", "hint"), [("Europe/Berln", "there is no time zone"), ("UTC", "are not changed")])
def test_a_zone_must_be_one_whose_clocks_change(zone: str, hint: str) -> None:
    with pytest.raises(ValidationError, match=hint):
        fault_of({"type": "clock.dst", "zone": zone})
