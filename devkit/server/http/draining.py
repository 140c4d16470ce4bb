"""The end of a server: what is under way is answered, bodies that are still arriving read to their end.

aiohttp drops what arrives on a connection once it is told to close, so it is told that last.
"""

from __future__ import annotations

import asyncio

from devkit.server.http.protocol import Connection, Server

_TURN = 0.02
"""Seconds between two looks at what is still under way."""


async def drain(server: Server, seconds: float) -> None:
    """Wait until everything is answered, for so long; each connection ends with the answer that comes next."""
    server.ending = True
    # It makes answers that keep their connection.
    server.express = None
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    # What has come by now is seen by the connections first.
    await asyncio.sleep(_TURN)
    # Looked at rather than told: what makes a connection busy changes with each request, and this is once.
    while loop.time() < until and _is_busy(server):  # noqa: ASYNC110
        await asyncio.sleep(_TURN)


def _is_busy(server: Server) -> bool:
    return any(one.is_busy for one in server.connections if isinstance(one, Connection))
