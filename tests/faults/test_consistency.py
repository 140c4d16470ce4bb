from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.conftest import PASSWORD, Answer, Client
from tests.faults.conftest import Break


async def create(client: Client, title: str = "A task", **headers: str) -> Answer:
    return await client.send("POST", "/api/tasks", json={"title": title}, headers=headers)


async def total(client: Client) -> int:
    found: int = (await client.send("GET", "/api/tasks")).json["total"]
    return found


async def test_count_mismatch_lets_header_and_body_disagree(signed_in: Client, breaks: Break) -> None:
    await breaks("count.mismatch", delta=3)
    answer = await signed_in.send("GET", "/api/tasks")
    assert (answer.headers["X-Total-Count"], answer.json["total"]) == ("60", 57)


async def test_write_lost_answers_and_stores_nothing(signed_in: Client, breaks: Break) -> None:
    async with signed_in.http.ws_connect(f"/ws?token={signed_in.token}") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "topics": ["tasks"]})
        await socket.receive_json()
        await breaks("write.lost")
        lost = await create(signed_in, "Lost")
        assert lost.status == 201
        assert (await signed_in.send("GET", lost.headers["Location"])).status == 404
        await signed_in.sandbox.engine.off("broken")
        await create(signed_in, "Kept")
        assert (await socket.receive_json())["task"]["title"] == "Kept"
    assert await total(signed_in) == 58


async def test_write_lost_keeps_the_files_of_an_account_that_is_deleted_in_vain(
    signed_in: Client, breaks: Break
) -> None:
    form = aiohttp.FormData()
    form.add_field("file", b"mine", filename="mine.txt")
    sent = (await signed_in.send("POST", "/api/uploads", data=form)).json
    await breaks("write.lost")
    gone = await signed_in.send("POST", "/api/auth/delete-user", json={"password": PASSWORD}, headers=signed_in.bearer)
    assert (gone.status, gone.json["success"]) == (200, True)
    await signed_in.sandbox.engine.off("broken")
    kept = await signed_in.send("GET", sent["url"], headers=signed_in.bearer)
    assert (kept.status, kept.body) == (200, b"mine")


async def test_write_ack_lost_stores_and_resets(signed_in: Client, breaks: Break) -> None:
    await breaks("write.ack_lost", when={"times": 1})
    with pytest.raises(aiohttp.ClientError):
        await create(signed_in, "Stored all the same")
    assert (await signed_in.send("GET", "/api/tasks")).json["data"][0]["title"] == "Stored all the same"


async def test_write_duplicate_stores_twice(signed_in: Client, breaks: Break) -> None:
    await breaks("write.duplicate", match={"operation": "tasks.create"})
    await create(signed_in)
    assert await total(signed_in) == 59


@pytest.mark.parametrize(
    ("path", "body"), [("/api/chat/conversations", {"title": "Garden"}), ("/auth/api-keys", {"name": "Import"})]
)
async def test_whatever_is_created_can_be_stored_twice(
    signed_in: Client, breaks: Break, path: str, body: dict[str, str]
) -> None:
    before = (await signed_in.send("GET", path)).json["total"]
    await breaks("write.duplicate")
    assert (await signed_in.send("POST", path, json=body)).status == 201
    assert (await signed_in.send("GET", path)).json["total"] == before + 2


async def test_idempotency_ignored_makes_a_repeated_call_happen_again(signed_in: Client, breaks: Break) -> None:
    await breaks("idempotency.ignored")
    first, second = [await create(signed_in, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert first.json["id"] != second.json["id"]
    await signed_in.sandbox.engine.off("broken")
    first, second = [await create(signed_in, **{"Idempotency-Key": "l"}) for _ in range(2)]
    assert first.json["id"] == second.json["id"]


async def test_write_conflict_refuses_with_409(signed_in: Client, breaks: Break) -> None:
    await breaks("write.conflict")
    answer = await create(signed_in)
    assert (answer.status, answer.json["error"]) == (409, "conflict")
    assert await total(signed_in) == 57


async def test_readonly_refuses_writes_for_a_while(signed_in: Client, breaks: Break) -> None:
    await breaks("readonly", **{"for": "30s"})
    answer = await create(signed_in)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert await total(signed_in) == 57
    signed_in.sandbox.clock.advance(31_000)
    assert (await create(signed_in)).status == 201


async def test_quota_full_refuses_what_needs_room(signed_in: Client, breaks: Break) -> None:
    await breaks("quota.full")
    assert (await create(signed_in)).status == 507
    some = (await signed_in.send("GET", "/api/tasks")).json["data"][0]["id"]
    assert (await signed_in.send("DELETE", f"/api/tasks/{some}")).status == 204


async def test_etag_is_wrong_or_missing(signed_in: Client, breaks: Break) -> None:
    path = (await create(signed_in)).headers["Location"]
    await breaks("etag", mode="wrong")
    tags = [(await signed_in.send("GET", path)).headers["ETag"] for _ in range(2)]
    assert tags[0] != tags[1]
    refused = await signed_in.send("PATCH", path, json={"title": "x"}, headers={"If-Match": tags[0]})
    assert refused.status == 412
    await breaks("etag", mode="missing")
    assert "ETag" not in (await signed_in.send("GET", path)).headers


async def test_async_pending_accepts_and_does_it_later(signed_in: Client, breaks: Break) -> None:
    await breaks("async.pending", delay="100ms")
    answer = await create(signed_in, "Later")
    assert (answer.status, answer.json["status"]) == (202, "pending")
    assert await total(signed_in) == 57
    await asyncio.sleep(0.3)
    assert await total(signed_in) == 58
