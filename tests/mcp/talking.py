"""A client of the tools, as the SDK has it, and what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from devkit.cli.measuring import judged, measure
from devkit.control.client import Client as Control
from devkit.mcp import web
from devkit.mcp.answering import Answering
from devkit.mcp.base import Means
from devkit.mcp.home import Home
from devkit.server.hosting import ports

TOKEN = "0123456789abcdef0123456789abcdef0123456789abcdef"


class Talk:
    """`await talk("call", path="/api/tasks")` is a tool's answer; `await talk.refused(…)` the sentence of one that
    failed.
    """

    def __init__(self, client: Client) -> None:
        self.client = client

    async def __call__(self, tool: str, /, **arguments: Any) -> Any:
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, result.content[0]
        return result.structured_content

    async def refused(self, tool: str, /, **arguments: Any) -> str:
        result = await self.client.call_tool(tool, arguments)
        assert result.is_error, result.structured_content
        [content] = result.content
        text: str = content.text  # type: ignore[union-attr]
        assert "Traceback" not in text
        return text


def answering(url: str, *, saves: bool = True, measuring: Any = measure) -> Answering:
    """The tools of a server that runs."""
    return Answering(Home(lambda: Control(url), None), Means(measure=measuring, judge=judged, saves=saves))


@asynccontextmanager
async def talking(url: str, *, mode: str = "legacy", **means: Any) -> AsyncIterator[Talk]:
    """In this process, as its only client. The protocol's versions differ in who begins: `legacy`, or `auto`."""
    made = answering(url, **means)
    async with Client(made.server, mode=mode) as client:
        yield Talk(client)
    await made.close()


Join = Callable[..., Any]


@asynccontextmanager
async def over_http(url: str, **means: Any) -> AsyncIterator[tuple[str, Join]]:
    """Streamable HTTP: its address, and a way to be a client of it: `async with join(mode="auto") as talk`."""
    made, stop = answering(url, **means), asyncio.Event()
    listeners = ports.listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listeners[0].getsockname()[1]}{web.PATH}"
    serving = asyncio.create_task(web.serve(made, listeners, TOKEN, lambda: None, stop))

    @asynccontextmanager
    async def join(*, mode: str = "legacy", token: str = TOKEN) -> AsyncIterator[Talk]:
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, trust_env=False) as http:
            async with Client(streamable_http_client(address, http_client=http), mode=mode) as client:
                yield Talk(client)

    try:
        yield address, join
    finally:
        stop.set()
        await serving
        ports.close(listeners)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Wait for what nobody tells of."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


def files(folder: Path) -> dict[str, str]:
    """Names and texts of what lies in a folder."""
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir() if path.is_file()}
