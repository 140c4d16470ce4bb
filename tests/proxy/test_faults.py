"""What faults do to the traffic of a real backend of which nobody has said how it is built: that is learned as it
passes. `test_matrix.py` compares with the mock, kind by kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import Answer, Client, StartServer
from tests.faults.conftest import scenario
from tests.proxy.backend import Backend, backend


@pytest.fixture
async def real() -> AsyncIterator[Backend]:
    async with backend() as found:
        yield found


@pytest.fixture
async def proxy(start: StartServer, real: Backend) -> AsyncIterator[Client]:
    """In front of it, and what matters here is learned."""
    async with start(upstream=real.url) as client:
        for path in ("/orders?page=1&per_page=10", "/orders?page=2&per_page=10", "/orders/3"):
            await client.send("GET", path)
        await client.send("POST", "/orders", json={"title": "first"})
        await client.send("POST", "/login", json={"email": "a@b.test", "password": "x"})
        client.http.cookie_jar.clear()
        await client.send("GET", "/me", headers={"Cookie": "sid=s-1"})
        await upload(client)
        async with asyncio.timeout(5):
            while len([*client.sandbox.contract.operations]) < 6:
                await asyncio.sleep(0.01)
        real.seen.clear()
        yield client


async def broken(client: Client, kind: str, /, *, phase: str = "before", when: Any = None, **parameters: Any) -> None:
    rule = {"fault": {"type": kind, **parameters}, "phase": phase, **({"when": when} if when else {})}
    await client.sandbox.engine.use(scenario(rule))


async def page(client: Client, number: int) -> Answer:
    return await client.send("GET", f"/orders?page={number}&per_page=10")


def ids(answer: Answer) -> list[int]:
    return [row["id"] for row in answer.json["data"]]


async def entry(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = (await client.send("GET", "/_devkit/api/journal")).json["data"][0]
    return found


async def test_pages_overlap_as_where_rows_came_in_front(proxy: Client) -> None:
    await broken(proxy, "page.duplicate", count=2)
    second = await page(proxy, 2)
    assert (ids(second), second.json["total"]) == ([9, 10, *range(11, 19)], 31)
    assert ids(await page(proxy, 1)) == [*range(1, 11)]


async def test_pages_miss_rows(proxy: Client) -> None:
    await broken(proxy, "page.skip", count=2)
    assert ids(await page(proxy, 2)) == [*range(13, 23)]


async def test_pages_that_cursors_lead_to_overlap_and_miss_rows_too(proxy: Client) -> None:
    for cursor in ("", "10", "20"):
        await proxy.send("GET", f"/feed?cursor={cursor}")
    async with asyncio.timeout(5):
        while not any(one.id == "feed.list" for one in proxy.sandbox.contract.operations):
            await asyncio.sleep(0.01)

    async def feed(cursor: str) -> list[int]:
        return [row["id"] for row in (await proxy.send("GET", f"/feed?cursor={cursor}")).json["items"]]

    await broken(proxy, "page.duplicate", count=2)
    assert await feed("") == [*range(1, 11)]
    assert await feed("10") == [9, 10, *range(11, 19)]
    await broken(proxy, "page.skip", count=2)
    assert await feed("10") == [*range(13, 23)]
    # Behind the last row there are no others.
    assert (await feed("20"))[0] == 25


async def test_of_a_page_only_what_is_wrong_is_changed(proxy: Client) -> None:
    whole = (await page(proxy, 1)).json
    await broken(proxy, "page.total_wrong", delta=5)
    assert (await page(proxy, 1)).json == {**whole, "total": whole["total"] + 5}
    await broken(proxy, "page.short", size=3)
    assert (await page(proxy, 1)).json == {**whole, "data": whole["data"][:3]}


async def test_what_a_list_showed_is_gone(proxy: Client) -> None:
    await broken(proxy, "http.vanish")
    assert (await proxy.send("GET", "/orders/3")).status == 200
    assert 3 in ids(await page(proxy, 1))
    assert (await proxy.send("GET", "/orders/3")).status == 404
    assert 3 not in ids(await page(proxy, 1))


async def test_a_write_is_done_twice(proxy: Client, real: Backend) -> None:
    await broken(proxy, "write.duplicate")
    made = await proxy.send("POST", "/orders", json={"title": "twice"})
    assert made.status == 201
    assert [row["title"] for row in real.rows[-2:]] == ["twice", "twice"]
    assert made.json["id"] == real.rows[-2]["id"]


async def test_the_answer_to_a_write_is_lost_behind_it(proxy: Client, real: Backend) -> None:
    await broken(proxy, "write.ack_lost")
    with pytest.raises(aiohttp.ClientError):
        await proxy.send("POST", "/orders", json={"title": "stored"})
    assert real.rows[-1]["title"] == "stored"


async def test_a_write_is_accepted_and_done_later(proxy: Client, real: Backend) -> None:
    await broken(proxy, "async.pending", delay="20ms")
    before = len(real.rows)
    assert (await proxy.send("POST", "/orders", json={"title": "later"})).status == 202
    async with asyncio.timeout(5):
        while len(real.rows) == before:
            await asyncio.sleep(0.01)
    assert real.rows[-1]["title"] == "later"


async def test_what_comes_after_the_work_comes_after_the_backends(proxy: Client, real: Backend) -> None:
    await broken(proxy, "http.abort", status=503, phase="after_commit")
    assert (await proxy.send("POST", "/orders", json={"title": "done"})).status == 503
    assert real.rows[-1]["title"] == "done"


async def test_reads_are_as_old_as_what_was_read_then(proxy: Client, real: Backend) -> None:
    await broken(proxy, "read.stale", lag="1h")
    assert (await proxy.send("GET", "/orders/3")).json["title"] == "Row 3"
    real.rows[2]["title"] = "changed"
    assert (await proxy.send("GET", "/orders/3")).json["title"] == "Row 3"
    made = (await proxy.send("POST", "/orders", json={"title": "new"})).json["id"]
    assert (await proxy.send("GET", f"/orders/{made}")).status == 404
    proxy.sandbox.clock.advance(7_200_000)
    assert (await proxy.send("GET", "/orders/3")).json["title"] == "changed"


async def test_faults_of_frames_and_bytes_strike_what_the_backend_says(proxy: Client) -> None:
    await broken(proxy, "field.drop", path="title")
    assert "title" not in (await proxy.send("GET", "/orders/3")).json
    await broken(proxy, "conn.truncate", fraction=0.5)
    with pytest.raises(aiohttp.ClientPayloadError):
        await proxy.send("GET", "/orders/3")


async def test_a_session_that_has_ended_is_one_the_backend_does_not_know(proxy: Client, real: Backend) -> None:
    """It answers itself, in its own shape; a new sign-in is good."""
    cookies = {"Cookie": "theme=dark; sid=s-1"}
    assert (await proxy.send("GET", "/me", headers=cookies)).status == 200
    await broken(proxy, "token.expired", when={"times": 1})
    refused = await proxy.send("GET", "/me", headers=cookies)
    assert (refused.status, refused.json) == (401, {"detail": "sign in"})
    assert real.fields("Cookie") == ["theme=dark"]
    assert "withheld from the real backend, since it has ended: the cookie sid" in (await entry(proxy))["note"]
    await proxy.sandbox.engine.off("broken")
    assert (await proxy.send("GET", "/me", headers=cookies)).status == 401
    assert real.fields("Cookie") == ["theme=dark"]
    assert (await proxy.send("GET", "/me", headers={"Cookie": "sid=s-1x"})).status == 200


@pytest.mark.parametrize("kind", ["token.revoked", "session.evicted"])
async def test_who_is_signed_out_cannot_refresh_either(proxy: Client, real: Backend, kind: str) -> None:
    session = {"Cookie": "sid=s-1; refresh_token=r-1"}
    await broken(proxy, kind)
    assert (await proxy.send("GET", "/me", headers=session)).status == 401
    await proxy.sandbox.engine.off("broken")
    await proxy.send("POST", "/orders", json={"title": "x"}, headers=session)
    assert real.fields("Cookie") == []


@pytest.mark.parametrize("sent", [{"Authorization": "Bearer a.b.c"}, {"X-API-Key": "k-1"}])
async def test_tokens_in_header_fields_are_withheld_too(proxy: Client, real: Backend, sent: dict[str, str]) -> None:
    await proxy.send("GET", "/me", headers=sent)
    await broken(proxy, "token.revoked")
    await proxy.send("GET", "/me", headers=sent)
    assert [real.fields(name) for name in sent] == [[]]


async def test_sessions_live_as_long_as_a_fault_says_by_the_clock_of_the_sandbox(proxy: Client) -> None:
    await broken(proxy, "token.lifetime", access="30s")
    signed_in = await proxy.send("POST", "/login", json={"email": "a@b.test", "password": "x"})
    assert "Max-Age=30" in signed_in.set_cookies[0]
    cookies = {"Cookie": "sid=s-1"}
    assert (await proxy.send("GET", "/me", headers=cookies)).status == 200
    proxy.sandbox.clock.advance(31_000)
    assert (await proxy.send("GET", "/me", headers=cookies)).status == 401


async def test_which_cookie_is_the_sessions_is_learned_of_a_sign_in(proxy: Client, real: Backend) -> None:
    await proxy.send("POST", "/enter", json={"name": "a", "password": "x"})
    cookies = {"Cookie": "other=1; zebra=z-1"}
    for _ in range(2):
        assert (await proxy.send("GET", "/den", headers=cookies)).json == {"in": True}
    async with asyncio.timeout(5):
        while not any(one.id == "GET /den" for one in proxy.sandbox.contract.operations):
            await asyncio.sleep(0.01)
    await broken(proxy, "token.expired")
    assert (await proxy.send("GET", "/den", headers=cookies)).json == {"in": False}
    assert real.fields("Cookie") == ["other=1"]


async def test_sandboxes_end_sessions_of_their_own(proxy: Client) -> None:
    await broken(proxy, "token.expired")
    made = (await proxy.send("POST", "/_devkit/api/sandboxes", json={})).json["id"]
    cookies = {"Cookie": "sid=s-1"}
    assert (await proxy.send("GET", "/me", headers=cookies)).status == 401
    assert (await proxy.send("GET", "/me", headers={**cookies, "X-Devkit-Sandbox": made})).status == 200


async def test_an_upload_waits_for_faults_before_the_backend_has_all_of_it(proxy: Client, real: Backend) -> None:
    for _ in range(2):
        await upload(proxy)
    real.seen.clear()
    await broken(proxy, "upload.finalize_fail", status=500)
    assert (await upload(proxy)).status == 500
    assert not real.seen
    await broken(proxy, "upload.finalize_slow", delay="20ms")
    assert (await upload(proxy)).json == {"size": 100_000}
    await broken(proxy, "upload.early_response", at=0.2)
    assert (await upload(proxy)).status == 413


async def test_a_file_is_damaged_on_its_way_and_the_form_around_it_is_not(proxy: Client, real: Backend) -> None:
    await upload(proxy)
    await broken(proxy, "upload.checksum_mismatch")
    assert (await upload(proxy)).json == {"size": 100_000}
    sent = real.seen[-1][3]
    head, _, rest = sent.partition(b"\r\n\r\n")
    assert b'filename="a.bin"' in head
    assert rest.startswith(b"\x87")
    assert rest.count(b"x") > 99_000
    assert rest.endswith(b"--\r\n")


async def upload(client: Client) -> Answer:
    form = aiohttp.FormData()
    form.add_field("file", b"x" * 100_000, filename="a.bin", content_type="application/octet-stream")
    return await client.send("POST", "/files", data=form)


async def test_what_only_the_mock_can_do_is_refused_with_the_reason(proxy: Client) -> None:
    draft = {"name": "off", "title": "Off", "rules": [{"id": "one", "fault": {"type": "clock.freeze"}}]}
    refused = await proxy.send("POST", "/_devkit/api/scenarios/try", json={"scenario": draft})
    assert (refused.status, refused.json["error"]) == (409, "needs_mock")
    assert "the real backend has a clock of its own" in refused.json["message"]
    forced = await proxy.send("POST", "/_devkit/api/scenarios/try", json={"scenario": draft, "force": True})
    assert forced.status == 200
    checked = await proxy.send("POST", "/_devkit/api/scenarios/check", json={"scenario": draft})
    for told in (forced, checked):
        assert any("a clock of its own" in warning for warning in told.json["warnings"])


async def test_where_it_was_forced_it_does_nothing_and_says_so(proxy: Client) -> None:
    await broken(proxy, "write.lost")
    assert (await proxy.send("POST", "/orders", json={"title": "kept"})).status == 201
    assert "the real backend stores what it is sent" in (await entry(proxy))["note"]
