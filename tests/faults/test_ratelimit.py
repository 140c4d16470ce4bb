from __future__ import annotations

import asyncio
import json
from email.utils import parsedate_to_datetime

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from devkit.effects import SECOND, machine_now, parse_instant
from devkit.journal import RequestEntry
from tests.conftest import Answer, Client
from tests.faults.conftest import Break
from tests.node import node_modules, run_node


@pytest.fixture
async def at_ten(signed_in: Client) -> Client:
    """A client at 10:00, where the time stands still."""
    signed_in.sandbox.clock.freeze(parse_instant("2026-01-20T10:00:00.000Z"))
    await signed_in.sign_in()
    return signed_in


async def tasks(client: Client) -> Answer:
    return await client.send("GET", "/api/tasks", headers={"Origin": "http://localhost:3000"})


def requested(client: Client, operation: str) -> list[RequestEntry]:
    entries = [entry for entry in client.sandbox.journal if isinstance(entry, RequestEntry)]
    return [entry for entry in entries if entry.operation == operation]


async def test_calls_beyond_the_limit_answer_429_until_the_window_is_over(at_ten: Client, breaks: Break) -> None:
    await breaks("ratelimit", limit=2, window="10s", match={"operation": "tasks.*"})
    first = await tasks(at_ten)
    assert (first.status, first.headers["RateLimit"]) == (200, '"default";r=1;t=10')
    assert first.headers["RateLimit-Policy"] == '"default";q=2;w=10'
    assert first.headers["Access-Control-Expose-Headers"].endswith("RateLimit-Policy, RateLimit")
    at_ten.sandbox.clock.advance(4 * SECOND)
    assert (await tasks(at_ten)).headers["RateLimit"] == '"default";r=0;t=6'

    refused = await tasks(at_ten)
    assert (refused.status, refused.json["error"], refused.headers["Retry-After"]) == (429, "rate_limited", "6")
    assert (await at_ten.send("GET", "/api/auth/me")).status == 200

    at_ten.sandbox.clock.advance(6 * SECOND)
    assert (await tasks(at_ten)).headers["RateLimit"] == '"default";r=1;t=10'


@pytest.mark.parametrize(
    ("style", "sent"), [("seconds", "10"), ("none", None), ("invalid", "soon"), ("fractional", "10.0")]
)
async def test_retry_after_is_written_in_every_way(at_ten: Client, breaks: Break, style: str, sent: str | None) -> None:
    await breaks("ratelimit", limit=0, window="10s", retry_after=style, headers="none")
    refused = await tasks(at_ten)
    assert (refused.status, refused.headers.get("Retry-After")) == (429, sent)
    assert not [name for name in refused.headers if "RateLimit" in name]


async def test_moments_are_told_by_the_clock_that_the_client_has(at_ten: Client, breaks: Break) -> None:
    """axios-retry, ky, got and urllib3 compare both with their own clock; the sandbox's stands at another day."""
    await breaks("ratelimit", limit=0, window="10s", retry_after="date", headers="x")
    before = machine_now()
    refused = await tasks(at_ten)
    after = machine_now()
    retry = parsedate_to_datetime(refused.headers["Retry-After"]).timestamp()
    assert before / SECOND + 10 <= retry <= after / SECOND + 11
    assert before / SECOND + 10 <= int(refused.headers["X-RateLimit-Reset"]) <= after / SECOND + 11
    assert (refused.headers["X-RateLimit-Limit"], refused.headers["X-RateLimit-Remaining"]) == ("0", "0")


async def test_a_page_may_read_the_date_where_the_clock_is_another_than_its_own(at_ten: Client) -> None:
    assert (await tasks(at_ten)).headers["Access-Control-Expose-Headers"].endswith(", Date")
    unknown = await at_ten.send("GET", "/api/nothing", headers={"Origin": "http://localhost:3000"})
    assert unknown.headers["Access-Control-Expose-Headers"].endswith(", Date")


async def test_older_headers_tell_how_many_calls_are_left(at_ten: Client, breaks: Break) -> None:
    await breaks("ratelimit", limit=5, window="10s", headers="x")
    found = (await tasks(at_ten)).headers
    assert (found["X-RateLimit-Limit"], found["X-RateLimit-Remaining"]) == ("5", "4")


async def test_each_user_has_a_limit_of_their_own(at_ten: Client, breaks: Break) -> None:
    await breaks("ratelimit", limit=1, window="10s", match={"operation": "tasks.list"})
    assert [(await tasks(at_ten)).status for _ in range(2)] == [200, 429]
    await at_ten.sign_in("other@example.com")
    assert (await tasks(at_ten)).status == 200


@pytest.mark.parametrize(
    ("key", "statuses"), [("sandbox", [200, 429]), ("operation", [200, 200]), ("path", [200, 200])]
)
async def test_the_key_says_what_counts_together(at_ten: Client, breaks: Break, key: str, statuses: list[int]) -> None:
    await breaks("ratelimit", limit=1, window="10s", key=key)
    assert [(await tasks(at_ten)).status, (await at_ten.send("GET", "/api/auth/me")).status] == statuses
    assert (await tasks(at_ten)).status == 429


async def test_a_clock_that_is_turned_back_begins_a_new_window(at_ten: Client, breaks: Break) -> None:
    at_ten.sandbox.clock.advance(10 * SECOND)
    await breaks("ratelimit", limit=1, window="10s")
    assert [(await tasks(at_ten)).status for _ in range(2)] == [200, 429]
    at_ten.sandbox.clock.advance(-5 * SECOND)
    assert (await tasks(at_ten)).status == 200


async def test_switching_off_forgets_what_was_counted(at_ten: Client, breaks: Break) -> None:
    await breaks("ratelimit", limit=1, window="10s")
    assert [(await tasks(at_ten)).status for _ in range(2)] == [200, 429]
    await at_ten.sandbox.engine.off("broken")
    assert (await tasks(at_ten)).status == 200
    await breaks("ratelimit", limit=1, window="10s")
    assert (await tasks(at_ten)).status == 200


# A number of seconds that is not whole is no Retry-After (RFC 9110, section 10.2.3: `delay-seconds` is `1*DIGIT`)


async def test_a_fraction_of_a_second_is_rounded_up_to_a_tenth(at_ten: Client, breaks: Break) -> None:
    await breaks("ratelimit", limit=0, window="1450ms", retry_after="fractional")
    assert (await tasks(at_ten)).headers["Retry-After"] == "1.5"
    at_ten.sandbox.clock.advance(SECOND)
    assert (await tasks(at_ten)).headers["Retry-After"] == "0.5"


async def test_requests_raises_at_a_fraction_though_it_has_tries_left(at_ten: Client, breaks: Break) -> None:
    await breaks("ratelimit", limit=0, window="1500ms", retry_after="fractional")

    def get() -> None:
        with requests.Session() as session:
            session.mount("http://", HTTPAdapter(max_retries=Retry(2, status_forcelist=[429])))
            session.get(f"{at_ten.url}/api/health")

    with pytest.raises(requests.exceptions.InvalidHeader, match=r"1\.5"):
        await asyncio.to_thread(get)
    assert [entry.status for entry in requested(at_ten, "health.get")] == [429]


KY = """
    import ky from "ky";
    const begun = performance.now();
    let pause = null;
    const hooks = {beforeRetry: [() => { pause ??= performance.now() - begun; }]};
    const {response} = await ky.get(process.argv[1], {hooks, retry: {limit: 1}, timeout: false}).catch(error => error);
    console.log(JSON.stringify({status: response.status, pause}));
"""


@pytest.mark.slow
async def test_ky_comes_back_sooner_than_a_fraction_asks(at_ten: Client, breaks: Break, cache: pytest.Cache) -> None:
    """ky 2.1.0 ignores it, and waits its own first pause, 0.3 s. (Its own rule: to V8's `Date.parse` alone "12.5" is a
    day in 2001.)
    """
    await breaks("ratelimit", limit=0, window="12500ms", retry_after="fractional")
    folder = node_modules(cache, "ky", "ky@2.1.0")
    found = json.loads(await asyncio.to_thread(run_node, folder, KY, f"{at_ten.url}/api/health"))
    assert found["status"] == 429
    assert found["pause"] < 12_500
    assert [entry.status for entry in requested(at_ten, "health.get")] == [429, 429]
