from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import Answer, Client
from tests.faults.conftest import Break
from tests.faults.listening import hear, listen

KIB = 1024
BOUNDARY = "a-boundary"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
    "Content-Type: application/octet-stream\r\n\r\n"
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


class Sending:
    """An upload under way; `sent` counts what the client could give away so far."""

    def __init__(self, client: Client, size: int, *, stops_at: int | None = None) -> None:
        self.size, self.sent, self.stops_at = size, 0, stops_at
        self.content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        self.task = asyncio.create_task(self._send(client))

    async def _send(self, client: Client) -> Answer:
        headers = {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(len(HEAD) + self.size + len(TAIL)),
        }
        return await client.send("POST", "/api/uploads", data=self._body(), headers=headers)

    async def _body(self) -> AsyncIterator[bytes]:
        yield HEAD
        for start in range(0, self.size, 16 * KIB):
            piece = self.content[start : start + 16 * KIB]
            yield piece
            self.sent += len(piece)
            if self.stops_at is not None and self.sent >= self.stops_at:
                await asyncio.Event().wait()
        yield TAIL

    async def answer(self) -> Answer:
        return await asyncio.wait_for(self.task, 10)


async def upload(client: Client, size: int = 64) -> Answer:
    return await Sending(client, size).answer()


async def stored(client: Client) -> int:
    total: int = (await client.send("GET", "/api/uploads")).json["total"]
    return total


async def heals(client: Client, before: int) -> None:
    """With the scenario off, an upload works, and no broken one left anything behind."""
    await client.sandbox.engine.off("broken")
    sending = Sending(client, 1000)
    answer = await sending.answer()
    assert (answer.status, answer.json["sha256"]) == (201, hashlib.sha256(sending.content).hexdigest())
    assert await stored(client) == before + 1


async def events(client: Client, kind: str, size: int = 64) -> list[Any]:
    """The messages of that type that an upload causes."""
    ws = await listen(client, "uploads")
    await upload(client, size)
    found = []
    while True:
        message = await hear(ws)
        if message["type"] == kind:
            found.append(message)
        if message["type"] in {"upload_complete", "upload_failed"}:
            return found


@pytest.mark.parametrize("size", [10 * KIB, 200 * KIB])
async def test_a_throttled_upload_takes_its_time(signed_in: Client, breaks: Break, size: int) -> None:
    await breaks("upload.throttle", kbps=size * 8 / 300)
    began = asyncio.get_running_loop().time()
    assert (await upload(signed_in, size)).status == 201
    assert asyncio.get_running_loop().time() - began >= 0.29


async def test_a_throttled_upload_is_told_step_by_step(signed_in: Client, breaks: Break) -> None:
    await breaks("upload.throttle", kbps=12_000)
    percents = [message["percent"] for message in await events(signed_in, "upload_progress", 800 * KIB)]
    assert percents[0] == 0
    assert percents[-1] == 100
    assert len(percents) > 8


async def test_a_stalled_upload_is_felt_by_the_client_and_goes_on_when_switched_off(
    signed_in: Client, breaks: Break
) -> None:
    before = await stored(signed_in)
    await breaks("upload.stall", at=0.25)
    sending = Sending(signed_in, 9 * KIB * KIB)
    await asyncio.sleep(0.5)
    stalled = sending.sent
    assert 0.2 * sending.size < stalled < 0.8 * sending.size
    await asyncio.sleep(0.2)
    assert sending.sent == stalled
    await signed_in.sandbox.engine.off("broken")
    answer = await sending.answer()
    assert (answer.status, answer.json["sha256"]) == (201, hashlib.sha256(sending.content).hexdigest())
    assert await stored(signed_in) == before + 1


async def test_a_small_upload_stalls_too(signed_in: Client, breaks: Break) -> None:
    await breaks("upload.stall", at=1)
    sending = Sending(signed_in, 10)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(sending.task), 0.15)
    await signed_in.sandbox.engine.off("broken")
    assert (await sending.answer()).status == 201


@pytest.mark.parametrize("size", [10 * KIB, 9 * KIB * KIB])
async def test_a_client_that_gives_up_a_stalled_upload_leaves_nothing_behind(
    signed_in: Client, breaks: Break, size: int
) -> None:
    before = await stored(signed_in)
    ws = await listen(signed_in, "uploads")
    await breaks("upload.stall", at=0.25)
    sending = Sending(signed_in, size)
    await asyncio.sleep(0.2)
    sending.task.cancel()
    if size > KIB * KIB:
        await signed_in.sandbox.engine.off("broken")
    while (message := await hear(ws))["type"] != "upload_failed":
        assert message["type"] == "upload_progress"
    await heals(signed_in, before)


@pytest.mark.parametrize(("size", "at"), [(10, 0), (10, 1), (3 * KIB * KIB, 0.5)])
async def test_an_upload_is_reset(signed_in: Client, breaks: Break, size: int, at: float) -> None:
    before = await stored(signed_in)
    await breaks("upload.reset", at=at)
    with pytest.raises(aiohttp.ClientConnectionError):
        await upload(signed_in, size)
    await heals(signed_in, before)


async def test_an_early_answer_comes_before_all_is_sent(signed_in: Client, breaks: Break) -> None:
    before = await stored(signed_in)
    ws = await listen(signed_in, "uploads")
    await breaks("upload.early_response", status=507, at=0.1)
    sending = Sending(signed_in, 9 * KIB * KIB)
    answer = await sending.answer()
    assert (answer.status, answer.json["error"]) == (507, "insufficient_storage")
    while (message := await hear(ws))["type"] != "upload_failed":
        assert message["percent"] < 60
    assert message["error"] == "insufficient_storage"
    await heals(signed_in, before)


async def test_an_upload_is_rejected_unread(signed_in: Client, breaks: Break) -> None:
    before = await stored(signed_in)
    await breaks("upload.reject", status=413)
    ws = await listen(signed_in, "uploads")
    assert (await upload(signed_in, 200 * KIB)).json["error"] == "payload_too_large"
    with pytest.raises(TimeoutError):
        await ws.receive(0.05)
    await heals(signed_in, before)


async def test_an_upload_hangs_at_the_end(signed_in: Client, breaks: Break) -> None:
    await breaks("upload.finalize_slow", delay="2s")
    ws = await listen(signed_in, "uploads")
    began = asyncio.get_running_loop().time()
    sending = Sending(signed_in, 10 * KIB)
    while (await hear(ws)).get("percent") != 100:
        pass
    # All bytes are there, and it is not over.
    with pytest.raises(TimeoutError):
        await ws.receive(0.05)
    assert (await hear(ws))["type"] == "upload_complete"
    assert asyncio.get_running_loop().time() - began >= 2
    assert (await sending.answer()).status == 201


async def test_an_upload_fails_at_the_end(signed_in: Client, breaks: Break) -> None:
    before = await stored(signed_in)
    await breaks("upload.finalize_fail", status=503)
    (failed,) = await events(signed_in, "upload_failed", 300 * KIB)
    assert failed["error"] == "service_unavailable"
    assert (await upload(signed_in)).status == 503
    await heals(signed_in, before)


async def test_an_upload_is_stored_and_the_answer_lost(signed_in: Client, breaks: Break) -> None:
    before = await stored(signed_in)
    await breaks("upload.ack_lost")
    with pytest.raises(aiohttp.ClientConnectionError):
        await upload(signed_in)
    assert await stored(signed_in) == before + 1
    await heals(signed_in, before + 1)


async def test_what_arrived_of_an_upload_that_is_given_up_is_kept_as_if_it_were_whole(
    signed_in: Client, breaks: Break
) -> None:
    before = await stored(signed_in)
    ws = await listen(signed_in, "uploads")
    await breaks("upload.keeps_partial")
    sending = Sending(signed_in, 600 * KIB, stops_at=300 * KIB)
    while (await hear(ws)).get("percent", 0) < 20:
        pass
    sending.task.cancel()
    while (message := await hear(ws))["type"] != "upload_complete":
        assert message["type"] == "upload_progress"
    (row,) = [row for row in (await signed_in.send("GET", "/api/uploads")).json["data"] if row["filename"] == "a.bin"]
    content = (await signed_in.send("GET", f"/api/uploads/{row['id']}/content")).body
    assert 0 < row["size"] == len(content) < sending.size
    assert sending.content.startswith(content)
    await heals(signed_in, before + 1)


async def test_a_damaged_upload_has_another_checksum(signed_in: Client, breaks: Break) -> None:
    before = await stored(signed_in)
    await breaks("upload.checksum_mismatch")
    sending = Sending(signed_in, 1000)
    answer = (await sending.answer()).json
    content = (await signed_in.send("GET", f"/api/uploads/{answer['id']}/content")).body
    assert answer["size"] == len(content) == 1000
    assert answer["sha256"] == hashlib.sha256(content).hexdigest() != hashlib.sha256(sending.content).hexdigest()
    await heals(signed_in, before + 1)


@pytest.mark.parametrize(
    ("defect", "percents"),
    [("stalls", [0]), ("backwards", [0, 0, 100, 50]), ("over_100", [0, 150]), ("missing", [])],
)
async def test_the_progress_that_is_told_is_wrong(
    signed_in: Client, breaks: Break, defect: str, percents: list[int]
) -> None:
    await breaks("upload.progress", defect=defect)
    assert [message["percent"] for message in await events(signed_in, "upload_progress")] == percents
    await signed_in.sandbox.engine.off("broken")
    assert [message["percent"] for message in await events(signed_in, "upload_progress")] == [0, 100]


async def test_the_progress_tells_of_an_upload_that_nobody_knows(signed_in: Client, breaks: Break) -> None:
    await breaks("upload.progress", defect="wrong_id")
    strangers = {message["upload_id"] for message in await events(signed_in, "upload_progress")}
    for stranger in strangers:
        assert (await signed_in.send("GET", f"/api/uploads/{stranger}")).status == 404


async def test_a_file_is_scanned_before_anybody_gets_it(signed_in: Client, breaks: Break) -> None:
    upload = (await signed_in.send("GET", "/api/uploads")).json["data"][0]
    path = f"/api/uploads/{upload['id']}/content"
    signed_in.sandbox.clock.freeze()
    await breaks("upload.scan", state="pending", **{"for": "10s"})
    answer = await signed_in.send("GET", path)
    assert (answer.status, answer.json["error"], answer.headers["Retry-After"]) == (409, "scan_pending", "10")
    signed_in.sandbox.clock.advance(10_000)
    assert (await signed_in.send("GET", path)).status == 200
    await breaks("upload.scan", state="infected")
    answer = await signed_in.send("GET", path)
    assert (answer.status, answer.json["error"]) == (403, "infected")
    assert (await signed_in.send("GET", f"/api/uploads/{upload['id']}")).status == 200
