"""The protocol over streamable HTTP: on loopback, behind the project's token, to hosts and origins of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from devkit.control.guard import TOKEN_HEADER, token_fits
from devkit.mcp.answering import SESSION, Answering

PATH = "/mcp"

Scope = dict[str, Any]


class _Quiet(uvicorn.Server):
    """Signals are caught by whoever serves."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    answering: Answering, listeners: list[socket.socket], token: str, ready: Callable[[], None], stop: asyncio.Event
) -> None:
    """Serve on those sockets until `stop` is set. `ready` is called when the first request can come."""
    app = Door(answering.server.streamable_http_app(streamable_http_path=PATH), answering, token)
    config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=2, access_log=False)
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve(sockets=listeners))
    stopped = asyncio.create_task(stop.wait())
    try:
        # The sockets listen already: who comes before uvicorn does waits that long.
        ready()
        await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        await answering.close()
        await serving
        stopped.cancel()


class Door:
    """Lets in who brings the token, and hears who leaves."""

    def __init__(self, app: Any, answering: Answering, token: str) -> None:
        self._app, self._answering, self._token = app, answering, token

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        brought = bearer.strip() if kind.lower() == "bearer" else headers.get(TOKEN_HEADER.lower())
        if not token_fits(brought, self._token):
            await _refuse(
                send,
                401,
                f"This needs the project's control token, as `Authorization: Bearer …` or {TOKEN_HEADER}. It stands in "
                "the file control-token of the state folder (.devkit), on the machine that serves.",
            )
            return
        if scope["path"] != PATH:
            await _refuse(send, 404, f"There is nothing at {scope['path'][:200]}: the address is {PATH}.")
            return
        await self._app(scope, receive, send)
        if scope["method"] == "DELETE" and (session := headers.get(SESSION)):
            await self._answering.seats.leave(session)


async def _refuse(send: Any, status: int, message: str) -> None:
    body = json.dumps({"error": "unauthorized" if status == 401 else "not_found", "message": message}).encode()
    fields = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        fields.append((b"www-authenticate", b'Bearer realm="devkit"'))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
