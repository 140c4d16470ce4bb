"""What passes to a real backend and back is recorded, by whichever way it went, and whatever faults made of it."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from devkit.recording.reading import open_recording
from tests.conftest import StartServer
from tests.proxy.backend import backend


async def test_what_passes_is_recorded(start: StartServer, tmp_path: Path) -> None:
    folder = tmp_path / "recording"
    async with backend() as real, start(upstream=real.url, record=folder, contract=("agreed",)) as client:
        await client.send("POST", "/orders", json={"title": "x", "password": "hush-hush"})
        for _ in range(2):
            # The second one goes by the express lane.
            await client.send("GET", "/orders/1")
        await client.send("GET", "/packed")
        await client.send("POST", "/_devkit/api/scenarios/truncated-json/use", json={})
        await client.send("GET", "/orders?page=2")
        url = client.url
    found = list(open_recording(folder))
    assert [(one.method, one.target, one.status) for one in found] == [
        ("POST", "/orders", 201),
        ("GET", "/orders/1", 200),
        ("GET", "/orders/1", 200),
        ("GET", "/packed", 200),
        ("GET", "/orders?page=2", 200),
    ]
    assert {one.origin for one in found} == {url}
    bodies = [one.answer_body.read() if one.answer_body else b"" for one in found]
    assert bodies[1] == bodies[2] == b'{"id": 1, "title": "Row 1"}'
    assert bodies[3] == b'{"title": "packed"}'
    assert bodies[4].endswith(b"}"), "what a fault makes of an answer is not the backend's"
    sent = found[0].request_body
    assert sent is not None
    assert b"hush" not in sent.read()


async def test_an_answer_that_breaks_off_is_recorded_so(start: StartServer, tmp_path: Path) -> None:
    folder = tmp_path / "recording"
    async with backend() as real, start(upstream=real.url, record=folder) as client:
        with pytest.raises(aiohttp.ClientError):
            await client.send("POST", "/mute")
    (one,) = open_recording(folder)
    assert (one.status, one.failure) == (0, "closed")
