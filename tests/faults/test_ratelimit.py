from __future__ import annotations

import pytest

from devkit.effects import SECOND, parse_instant
from tests.conftest import Answer, Client
from tests.faults.conftest import Break


@pytest.fixture
async def at_ten(signed_in: Client) -> Client:
    """A client at 10:00, where the time stands still."""
    signed_in.sandbox.clock.freeze(parse_instant("2026-01-20T10:00:00.000Z"))
    await signed_in.sign_in()
    return signed_in


async def tasks(client: Client) -> Answer:
    return await client.send("GET", "/api/tasks", headers={"Origin": "http://localhost:3000"})


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
    ("style", "sent"),
    [("seconds", "10"), ("date", "Tue, 20 Jan 2026 10:00:10 GMT"), ("none", None), ("invalid", "soon")],
)
async def test_retry_after_is_written_in_every_way(at_ten: Client, breaks: Break, style: str, sent: str | None) -> None:
    await breaks("ratelimit", limit=0, window="10s", retry_after=style, headers="none")
    refused = await tasks(at_ten)
    assert (refused.status, refused.headers.get("Retry-After")) == (429, sent)
    assert not [name for name in refused.headers if "RateLimit" in name]


async def test_older_headers_tell_when_the_window_ends(at_ten: Client, breaks: Break) -> None:
    await breaks("ratelimit", limit=5, window="10s", headers="x")
    found = {name: value for name, value in (await tasks(at_ten)).headers.items() if name.startswith("X-RateLimit")}
    assert found == {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "4", "X-RateLimit-Reset": "1768903210"}


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
