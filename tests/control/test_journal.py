"""The journal over the control API: filters, details, the live feed, the wait."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from devkit.journal import BODY_KEPT, DETAILS_KEPT, QUEUED, Journal, SocketEntry
from tests.conftest import EMAIL, PASSWORD, Client
from tests.control.conftest import Control, until
from tests.faults.conftest import scenario
from tests.wire import HOST, Wire

ABORT = {"fault": {"type": "http.abort", "status": 503}, "match": {"operation": "tasks.list"}}


@pytest.fixture
async def busy(signed_in: Client) -> Client:
    """After a sign-in: a list that a fault struck, a profile, a path that is not there, and a mail."""
    await signed_in.sandbox.engine.use(scenario(ABORT))
    await signed_in.send("GET", "/api/tasks?page=1")
    await signed_in.send("GET", "/api/auth/me")
    await signed_in.send("GET", "/api/nothing")
    await signed_in.send("POST", "/api/auth/forgot", json={"email": EMAIL})
    return signed_in


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"operation": "tasks.*"}, ["tasks.list"]),
        ({"operation": "auth.*", "status": "2xx"}, ["auth.forgot", "auth.me", "auth.login"]),
        ({"status": "503"}, ["tasks.list"]),
        ({"status": "4xx"}, [None]),
        ({"fault": "http.*"}, ["tasks.list"]),
        ({"fault": "broken/*"}, ["tasks.list"]),
        ({"fault": "conn.*"}, []),
        ({"path": "/api/tasks*"}, ["tasks.list"]),
        ({"user": EMAIL.upper(), "type": "request"}, ["auth.me", "tasks.list"]),
        ({"type": "mail"}, ["mail"]),
        ({"user": EMAIL, "type": "mail"}, ["mail"]),
        ({"after": "3", "type": "request"}, ["auth.forgot", None]),
    ],
)
async def test_filters_can_be_combined(
    busy: Client, control: Control, filters: dict[str, str], found: list[str | None]
) -> None:
    entries = (await control("GET", "/journal", **filters)).json["data"]
    assert [entry.get("operation", entry["type"]) for entry in entries] == found


@pytest.mark.parametrize("filters", [{"type": "letter"}, {"status": "4x"}, {"after": "-1"}, {"operations": "tasks.*"}])
async def test_a_filter_that_is_none_is_refused_everywhere(
    client: Client, control: Control, filters: dict[str, str]
) -> None:
    assert (await control("GET", "/journal", **filters)).status == 400
    assert (await control("POST", "/journal/wait", **filters)).status == 400
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.http.ws_connect("/_devkit/api/journal/follow", params=filters)
    assert refused.value.status == 400


async def test_an_entry_tells_which_rule_struck_how_often_and_what_it_drew(busy: Client, control: Control) -> None:
    (entry,) = (await control("GET", "/journal", fault="*")).json["data"]
    assert entry["faults"] == [{"rule": "broken/rule-1", "kind": "http.abort", "number": 1, "draw": None}]


async def test_a_detail_has_headers_bodies_and_both_clocks_with_secrets_masked(
    client: Client, control: Control
) -> None:
    await control("POST", "/clock/freeze", at="2026-01-20T10:00:00Z")
    secrets = {"Authorization": "Bearer abc.def.ghi", "X-API-Key": "key-123", "Cookie": "auth-token=tok; theme=dark"}
    answer = await client.send(
        "POST", "/api/auth/login?token=in-the-address", json={"email": EMAIL, "password": PASSWORD}, headers=secrets
    )
    shown = await control("GET", f"/journal/{client.sandbox.journal.newest}")
    detail = shown.json
    assert detail["at"] == detail["began_at"] == "2026-01-20T10:00:00.000Z"
    assert detail["machine_at"] > detail["at"]
    sent, received = dict(detail["request"]["headers"]), dict(detail["response"]["headers"])
    assert sent["Authorization"] == "Bearer ***"
    assert sent["X-API-Key"] == "***"
    assert sent["Cookie"] == "auth-token=***; theme=***"
    assert received["Set-Cookie"].startswith(("auth-token=***;", "refresh-token=***;"))
    assert "HttpOnly" in received["Set-Cookie"]
    assert EMAIL in detail["request"]["body"]
    assert detail["response"]["body"]
    text = shown.body.decode()
    hidden = [PASSWORD, "abc.def", "key-123", "=tok", "dark", "in-the-address", *answer.cookies.values()]
    assert [secret for secret in hidden if secret in text] == []


async def test_of_long_bodies_only_the_beginning_is_kept(signed_in: Client, control: Control) -> None:
    await signed_in.send("POST", "/api/tasks", json={"title": "T", "description": "x" * 20_000})
    detail = (await control("GET", f"/journal/{signed_in.sandbox.journal.newest}")).json
    assert len(detail["request"]["body"]) == BODY_KEPT
    assert detail["request"]["cut"]
    assert detail["request"]["size"] > 20_000


async def test_an_entry_that_is_not_there_is_404(control: Control) -> None:
    assert (await control("GET", "/journal/99")).status == 404
    assert (await control("GET", "/journal/first")).status == 400


async def test_clearing_empties_it_and_numbers_go_on(client: Client, control: Control) -> None:
    await client.send("GET", "/api/health")
    assert (await control("DELETE", "/journal")).json["deleted"] == 1
    await client.send("GET", "/api/health")
    found = (await control("GET", "/journal")).json
    assert ([entry["number"] for entry in found["data"]], found["newest"]) == ([2], 2)


async def test_the_feed_tells_what_fits_as_it_happens(signed_in: Client) -> None:
    async with signed_in.http.ws_connect(
        "/_devkit/api/journal/follow", params={"operation": "tasks.*", "status": "200"}
    ) as feed:
        await signed_in.send("GET", "/api/auth/me")
        await signed_in.send("GET", "/api/tasks")
        entry = await asyncio.wait_for(feed.receive_json(), 2)
        assert (entry["type"], entry["operation"]) == ("request", "tasks.list")
        await signed_in.send("GET", "/api/tasks")
        assert (await asyncio.wait_for(feed.receive_json(), 2))["number"] == entry["number"] + 1
    await until(lambda: not signed_in.sandbox.journal._followers)


async def test_the_feed_begins_after_a_number_without_a_gap(signed_in: Client) -> None:
    for _ in range(3):
        await signed_in.send("GET", "/api/health")
    first = signed_in.sandbox.journal.newest - 3
    async with signed_in.http.ws_connect("/_devkit/api/journal/follow", params={"after": str(first)}) as feed:
        await signed_in.send("GET", "/api/health")
        numbers = [(await asyncio.wait_for(feed.receive_json(), 2))["number"] for _ in range(4)]
    assert numbers == [first + 1, first + 2, first + 3, first + 4]


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.test"}, {"Origin": "null"}])
async def test_a_page_of_another_origin_hears_nothing(client: Client, headers: dict[str, str]) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.http.ws_connect("/_devkit/api/journal/follow", headers=headers)
    assert refused.value.status == 403


async def test_a_follower_that_leaves_at_once_leaves_nothing_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    fields = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    handshake = HOST + fields + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    for _ in range(20):
        async with Wire(client.ready.port) as wire:
            await wire.send(b"GET /_devkit/api/journal/follow HTTP/1.1\r\n" + handshake)
    # What comes behind them was begun when they had ended.
    assert (await client.send("GET", "/_devkit/api/status")).status == 200
    await until(lambda: not client.sandbox.journal._followers)
    assert "failed" not in caplog.text


async def test_our_own_page_may_follow(client: Client) -> None:
    async with client.http.ws_connect("/_devkit/api/journal/follow", headers={"Origin": client.url}):
        pass


async def test_the_feed_without_a_websocket_says_what_it_wants(client: Client) -> None:
    assert (await client.send("GET", "/_devkit/api/journal/follow")).status == 426


async def test_waiting_ends_when_something_fits(client: Client, control: Control) -> None:
    waiting = asyncio.create_task(control("POST", "/journal/wait", operation="health.*", timeout="5s"))
    await asyncio.sleep(0.05)
    await client.send("GET", "/api/nothing")
    assert not waiting.done()
    await client.send("GET", "/api/health")
    assert (await asyncio.wait_for(waiting, 2)).json["operation"] == "health.get"


async def test_waiting_finds_what_is_there_already_but_not_before_a_number(client: Client, control: Control) -> None:
    await client.send("GET", "/api/health")
    found = await control("POST", "/journal/wait", operation="health.get", timeout="0")
    assert found.json["number"] == 1
    missing = await control("POST", "/journal/wait", operation="health.get", after=1, timeout="20ms")
    assert (missing.status, missing.json["error"]) == (408, "request_timeout")


@pytest.mark.parametrize("time", ["5 seconds", "-1s", 5, "1h"])
async def test_waiting_takes_no_nonsense(control: Control, time: Any) -> None:
    assert (await control("POST", "/journal/wait", timeout=time)).status == 400


async def test_whoever_stops_waiting_leaves_nothing_behind(client: Client, control: Control) -> None:
    waiting = asyncio.create_task(control("POST", "/journal/wait", operation="none", timeout="1m"))
    await asyncio.sleep(0.05)
    assert client.sandbox.journal._followers
    waiting.cancel()
    await until(lambda: not client.sandbox.journal._followers)


def _frame(journal: Journal, text: str = "") -> SocketEntry:
    return SocketEntry(
        number=journal.next_number(), at=0, sandbox="main", connection_id="c", direction="in", frame=text
    )


async def test_a_follower_that_does_not_read_is_told_how_much_it_missed() -> None:
    journal = Journal()
    follower = journal.follow(lambda entry: entry.number % 2 == 0)
    for _ in range(2 * QUEUED + 20):
        journal.add(_frame(journal))
    journal.close()
    assert len([entry async for entry in follower]) == QUEUED
    assert (follower.missed(), follower.missed()) == (10, 0)


def test_details_have_a_bound() -> None:
    from devkit.journal import Message, Passed

    journal = Journal()
    for _ in range(1_000):
        body = Message.of({}, b"x" * 100_000)
        journal.add(_frame(journal), Passed(0, 0, body, body))
    kept = [number for number in range(1, 1_001) if journal.detail(number)]
    assert kept[-1] == 1_000
    assert len(kept) * 2 * BODY_KEPT <= DETAILS_KEPT
    journal.clear()
    assert journal.detail(1_000) is None
