"""What passes to a real backend and back is recorded, by whichever way it went, and whatever faults made of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from devkit.recording.base import Recorded
from devkit.recording.reading import open_recording
from devkit.upstream.sockets import frame
from tests.conftest import StartServer
from tests.faults.conftest import scenario
from tests.proxy.backend import backend
from tests.proxy.sockets import MASK, asks, closes, fronting, opened, raw_backend, said


async def read(folder: Path) -> list[Recorded]:
    """All that was recorded: a server reads in a thread too."""
    return await asyncio.to_thread(lambda: list(open_recording(folder)))


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
    found = await read(folder)
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


async def test_while_it_is_recorded_bodies_come_in_codings_that_can_be_undone(
    start: StartServer, tmp_path: Path
) -> None:
    """As browsers ask, a server that has Brotli sends it (RFC 9110, section 12.5.3)."""
    asked = {"Accept-Encoding": "gzip, deflate, br, zstd"}
    async with backend() as real, start(upstream=real.url) as client:

        async def coding() -> list[str]:
            """By the pipeline, and by the lane: the second time all is known of the address."""
            async with client.http.get("/negotiated", headers=asked, auto_decompress=False) as one:
                found = [one.headers["Content-Encoding"]]
            async with client.http.get("/negotiated", headers=asked, auto_decompress=False) as other:
                return [*found, other.headers["Content-Encoding"]]

        assert await coding() == ["br", "br"]
        await client.send("POST", "/_devkit/api/recording", json={"name": "shop"})
        assert await coding() == ["gzip", "gzip"]
        await client.send("DELETE", "/_devkit/api/recording")
        assert await coding() == ["br", "br"]
    found = await read(tmp_path / ".devkit" / "recordings" / "shop")
    bodies = [one.answer_body.read() if one.answer_body else b"" for one in found]
    assert bodies == [b'{"title": "packed"}'] * 2


async def test_an_answer_that_breaks_off_is_recorded_so(start: StartServer, tmp_path: Path) -> None:
    folder = tmp_path / "recording"
    async with backend() as real, start(upstream=real.url, record=folder) as client:
        with pytest.raises(aiohttp.ClientError):
            await client.send("POST", "/mute")
    (one,) = await read(folder)
    assert (one.status, one.failure) == (0, "closed")


async def test_a_socket_is_recorded_with_all_that_it_said_whatever_faults_made_of_it(
    start: StartServer, tmp_path: Path
) -> None:
    folder = tmp_path / "recording"
    async with raw_backend() as real, fronting(start, real.url, record=folder) as client:
        near, far = await opened(client, real)
        near.write(asks("x" * 50_000))
        assert len(await far.text()) == 50_000
        await client.sandbox.engine.use(scenario({"fault": {"type": "ws.msg_drop"}}))
        far.write(said("first") + said("second") + frame("binary", b"\x00\xff") + closes(4001, "bye"))
        assert (await near.message()).kind == "close"
        near.write(closes(4001, "", MASK))
        assert (await far.message()).code == 4001
        far.close()
        assert await near.rest() == b""
        near, far = await opened(client, real)
        far.reset()
        with pytest.raises(ConnectionResetError):
            await near.rest()
    whole, broken = await read(folder)
    assert (whole.status, whole.target, whole.failure) == (101, "/live", "")
    assert [(one.direction, one.data, one.code) for one in whole.frames] == [
        ("sent", "x" * 50_000, None),
        ("received", "first", None),
        ("received", "second", None),
        ("received", b"\x00\xff", None),
        ("received", "bye", 4001),
        ("sent", "", 4001),
    ]
    assert (broken.status, broken.frames, broken.failure) == (101, (), "reset")


async def test_it_is_begun_and_ended_while_the_server_runs(start: StartServer, tmp_path: Path) -> None:
    address = "/_devkit/api/recording"
    async with backend() as real, start(upstream=real.url, contract=("agreed",)) as client:
        assert (await client.send("GET", f"{address}/first/zip")).status == 404
        await client.send("GET", "/orders/1")
        begun = (await client.send("POST", address, json={"name": "first"})).json
        assert begun == {
            "upstream": True,
            "running": True,
            "folder": str(tmp_path / ".devkit" / "recordings" / "first"),
            "exchanges": 0,
        }
        assert (await client.send("POST", address, json={})).status == 409
        await client.send("GET", "/orders/2")
        ended = (await client.send("DELETE", address)).json
        assert (ended["running"], ended["exchanges"]) == (False, 1)
        await client.send("GET", "/orders/3")
        packed = await client.send("GET", f"{address}/first/zip")
        assert (await client.send("DELETE", address)).status == 409
        assert (await client.send("POST", address, json={"name": "../x"})).status == 400
    assert packed.headers["Content-Type"].startswith("application/zip")
    (tmp_path / "taken.zip").write_bytes(packed.body)
    found = await asyncio.to_thread(lambda: [one.target for one in open_recording(tmp_path / "taken.zip")])
    assert found == ["/orders/2"]


async def test_without_a_real_backend_there_is_nothing_to_record(start: StartServer) -> None:
    async with start() as client:
        shown = (await client.send("GET", "/_devkit/api/recording")).json
        refused = await client.send("POST", "/_devkit/api/recording", json={})
    assert shown == {"upstream": False, "running": False, "folder": None, "exchanges": 0}
    assert (refused.status, refused.json["error"]) == (409, "no_upstream")
