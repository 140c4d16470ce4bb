"""The bodies and the WebSockets of control calls."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from devkit.control.base import ControlError, Json
from devkit.control.upgrading import REQUIRED, is_key, upgrade_missing
from devkit.units import format_size

LIMIT = 1024 * 1024
"""Bytes of a control call's body."""

FILE_LIMIT = 512 * LIMIT
"""Of a file that one brings."""

_PULSE = 30.0
"""Seconds between two pings, which find a reader that is gone without a word."""


async def read_body(request: web.BaseRequest) -> dict[str, Json]:
    """The call's JSON object; no body is an empty one. Raises ControlError 400 or 413."""
    parts, size = [], 0
    try:
        async for chunk in request.content.iter_any():
            size += len(chunk)
            if size > LIMIT:
                raise ControlError(413, "payload_too_large", f"A control call may bring {LIMIT} bytes at most")
            parts.append(chunk)
    except (web.RequestPayloadError, ConnectionError):
        raise ControlError(400, "bad_request", "The body broke off, or its encoding is broken") from None
    if not size:
        return {}
    try:
        body = orjson.loads(b"".join(parts))
    except orjson.JSONDecodeError as error:
        raise ControlError(400, "invalid_json", f"The body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise ControlError(400, "validation_error", "The body must be a JSON object")
    return body


@contextlib.asynccontextmanager
async def brought_file(request: web.BaseRequest, media: str) -> AsyncIterator[Path]:
    """A call's body, of that media type, as a file: it is there until the block is left. Raises ControlError 400, 413
    or 415.
    """
    if request.content_type != media:
        raise ControlError(415, "unsupported_media_type", f"The body must be {media}, and is {request.content_type}")
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="devkit-")
    try:
        path, size = Path(folder) / "body", 0
        with await asyncio.to_thread(path.open, "wb") as file:
            async for chunk in request.content.iter_chunked(LIMIT):
                size += len(chunk)
                if size > FILE_LIMIT:
                    raise ControlError(413, "payload_too_large", f"A file may have {format_size(FILE_LIMIT)} at most")
                await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(file.flush)
        yield path
    except (web.RequestPayloadError, ConnectionError):
        raise ControlError(400, "bad_request", "The body broke off, or its encoding is broken") from None
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def send_all(request: web.BaseRequest, messages: AsyncGenerator[Json, None]) -> web.StreamResponse:
    """Send each message over a WebSocket, until they end or the caller leaves. Raises ControlError 426."""
    socket = web.WebSocketResponse(heartbeat=_PULSE, compress=False, max_msg_size=LIMIT, timeout=1.0)
    if missing := upgrade_missing(request):
        raise ControlError(426, "upgrade_required", missing, headers=dict(REQUIRED))
    if not is_key(request.headers.get("Sec-WebSocket-Key", "")) or not socket.can_prepare(request):
        raise ControlError(400, "bad_request", "The handshake has no Sec-WebSocket-Key of 16 bytes")
    await socket.prepare(request)
    sender = asyncio.create_task(_send(socket, messages))
    reader = asyncio.create_task(_until_left(socket))
    try:
        await asyncio.wait({sender, reader}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended = sender.done()
        for task in (sender, reader):
            task.cancel()
        await asyncio.wait({sender, reader})
        if ended:
            await socket.close(code=WSCloseCode.GOING_AWAY)
    return socket


async def _send(socket: web.WebSocketResponse, messages: AsyncGenerator[Json, None]) -> None:
    try:
        with contextlib.suppress(ConnectionError):
            async for message in messages:
                await socket.send_str(orjson.dumps(message).decode())
    finally:
        await messages.aclose()


async def _until_left(socket: web.WebSocketResponse) -> None:
    """What a follower says is of no interest; that it leaves is."""
    while (await socket.receive()).type in {WSMsgType.TEXT, WSMsgType.BINARY}:
        pass
