"""Node's `ws` behind devkit: what most backends in JavaScript speak WebSocket with."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conftest import StartServer
from tests.node import node_modules

WS = "ws@8.23.0"


@pytest.fixture
async def server(request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, Callable[[], Any]]]:
    """Its address, and what waits for the next thing that it says."""
    folder = await asyncio.to_thread(node_modules, request.config.cache, "ws", WS)  # type: ignore[arg-type]
    script = folder / "ws-server.js"
    shutil.copy(Path(__file__).with_name("ws-server.js"), script)
    process = await asyncio.create_subprocess_exec("node", str(script), stdout=asyncio.subprocess.PIPE)
    output = process.stdout
    assert output is not None

    async def says() -> Any:
        return json.loads(await asyncio.wait_for(output.readline(), 20))

    try:
        yield f"http://127.0.0.1:{(await says())[1]}", says
    finally:
        process.terminate()
        await process.communicate()


@pytest.mark.slow
async def test_ws_talks_through_it(start: StartServer, server: tuple[str, Callable[[], Any]]) -> None:
    url, says = server
    async with start(upstream=url) as client:
        headers = {"Origin": "http://localhost:5173"}
        async with client.http.ws_connect("/live", protocols=("a", "b"), compress=15, headers=headers) as ws:
            assert await says() == ["open", url, "", "b"]
            for text in ("", "ü" * 100_000):
                await ws.send_str(text)
                assert await ws.receive_str(timeout=20) == text
            assert await says() == ["pong"]
            await ws.close(code=4005, message=b"done")
            assert ws.close_code == 4005
        assert await says() == ["close", 4005, "done"]
        ws = await client.http.ws_connect("/live", protocols=("a",))
        assert (await says())[0] == "open"
        # It answers pings only while somebody reads.
        reading = asyncio.create_task(ws.receive())
        assert await says() == ["pong"]
        reading.cancel()
        assert ws._response.connection is not None
        assert ws._response.connection.transport is not None
        ws._response.connection.transport.abort()
        assert await says() == ["close", 1006, ""]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await client.http.ws_connect("/refused")
        assert refusal.value.status == 403
        assert refusal.value.headers is not None
        assert refusal.value.headers["X-Why"] == "not today"
