"""The port at which a replica tells a proxy how much room it has, beside the one that it serves at."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from devkit.fleet.agent import state
from devkit.server.hosting import ports

if TYPE_CHECKING:
    from devkit.server.hosting.app import App, Running


@contextlib.asynccontextmanager
async def telling(app: App, _: Running) -> AsyncIterator[None]:
    """Tell until the block is left. Raises PortTaken and other OperatorErrors."""

    async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sandboxes = app.sandboxes
        with contextlib.suppress(ConnectionError):
            writer.write(state(sandboxes.room, draining=sandboxes.draining).encode())
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    listeners = await asyncio.to_thread(ports.listen, app.settings.host, app.settings.fleet_agent_port)
    servers = [await asyncio.start_server(tell, sock=listener) for listener in listeners]
    try:
        yield
    finally:
        for server in servers:
            server.close()
            await server.wait_closed()
