from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from aiohttp import FormData
from pydantic import ValidationError

from devkit.faults import bandwidth
from devkit.faults.registry import fault_of
from tests.conftest import Client
from tests.faults.conftest import Break
from tests.faults.raw import call

TASKS = "/api/tasks"


async def seconds(work: Awaitable[Any]) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await work
    return loop.time() - began


async def test_an_answer_trickles_at_the_lines_pace(signed_in: Client, breaks: Break) -> None:
    await breaks("bandwidth", down_kbps=200)
    received = await call(signed_in, "GET", TASKS)
    assert received.pieces[-1][0] >= len(received.data) * 8 / 200_000
    # At no moment is more here than the line can have carried by then, in slices of 20 ms.
    here = 0
    for at, size in received.pieces:
        here += size
        assert here <= 200_000 / 8 * (at + 0.02)
    assert len(received.pieces) > 1
    assert received.end == "open"
    assert received.json["page"] == 1


async def test_two_calls_share_the_line(signed_in: Client, breaks: Break) -> None:
    await breaks("bandwidth", down_kbps=250)
    one, other = await asyncio.gather(call(signed_in, "GET", TASKS), call(signed_in, "GET", TASKS))
    last = max(one.pieces[-1][0], other.pieces[-1][0])
    # They begin one after the other, by less than a tenth of what both take.
    assert last >= 0.9 * (len(one.data) + len(other.data)) * 8 / 250_000


async def test_whoever_is_woken_late_does_not_slow_the_line(
    signed_in: Client, breaks: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine each of many short sleeps lasts a little longer; added up, the line was slower than it says.
    Here time stands still but for these sleeps, each of which lasts 7 ms too long.
    """
    now = 1_000.0
    monkeypatch.setattr(bandwidth, "_now", lambda: now)

    async def oversleep(_: object, milliseconds: float) -> bool:
        nonlocal now
        now += milliseconds + 7 if milliseconds > 0 else 0
        return True

    monkeypatch.setattr("devkit.faults.hit.Hit.sleep", oversleep)
    await breaks("bandwidth", up_kbps=1_600)
    await _upload(signed_in, 900_000)
    # 900 kB are 4.5 s on this line, and the multipart around them is little; only the last sleep may be too long.
    assert 4_500 <= now - 1_000 < 4_500 + 20


async def test_a_download_trickles_and_healing_lets_it_rush(signed_in: Client, breaks: Break) -> None:
    upload = await _upload(signed_in, 60_000)
    await breaks("bandwidth", down_kbps=1_600, match={"operation": "uploads.content"})
    path = f"/api/uploads/{upload['id']}/content"
    assert await seconds(signed_in.send("GET", path)) >= 0.3
    # Five minutes.
    await breaks("bandwidth", down_kbps=1.6)
    slow = asyncio.create_task(signed_in.send("GET", path))
    await asyncio.sleep(0.1)
    assert not slow.done()
    await signed_in.sandbox.engine.off("broken")
    assert len((await asyncio.wait_for(slow, 60)).body) == 60_000


async def test_an_upload_takes_its_time(signed_in: Client, breaks: Break) -> None:
    await breaks("bandwidth", up_kbps=1_600)
    assert await seconds(_upload(signed_in, 60_000)) >= 0.3
    body = b'{"title": "Slow", "description": "' + b"x" * 900 + b'"}'
    await breaks("bandwidth", up_kbps=40)
    received = await call(signed_in, "POST", TASKS, body)
    assert received.head.startswith(b"HTTP/1.1 201")
    assert received.pieces[0][0] >= 0.17
    await breaks("bandwidth", up_kbps=1.6)
    await signed_in.sandbox.engine.off("broken")
    await asyncio.wait_for(_upload(signed_in, 60_000), 60)


async def test_an_upload_is_not_read_faster_than_the_line_carries(signed_in: Client, breaks: Break) -> None:
    await breaks("bandwidth", up_kbps=800)
    total, sent = 12_000_000, 0

    async def body() -> Any:
        nonlocal sent
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
        yield head
        while sent < total:
            yield b"x" * 50_000
            sent += 50_000
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    upload = asyncio.create_task(signed_in.send("POST", "/api/uploads", data=body(), headers=headers))
    await asyncio.sleep(0.5)
    # 50 kB would be through; the rest that left the client fills the kernel's buffers.
    assert sent < 9_000_000
    upload.cancel()
    await asyncio.gather(upload, return_exceptions=True)


async def _upload(client: Client, size: int) -> Any:
    form = FormData()
    form.add_field("file", b"x" * size, filename="a.bin", content_type="application/octet-stream")
    answer = await client.send("POST", "/api/uploads", data=form)
    assert answer.status == 201
    return answer.json


def test_one_direction_at_least_is_named() -> None:
    for written in ({}, {"down_kbps": 0}, {"up_kbps": "fast"}):
        with pytest.raises(ValidationError):
            fault_of({"type": "bandwidth", **written})
