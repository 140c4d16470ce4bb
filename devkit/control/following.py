"""The client's side of a control WebSocket, apart from the other calls: only a command that follows needs aiohttp."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import orjson

from devkit.control.runtime import START
from devkit.errors import NotRunning, ServerRefused


async def follow(
    url: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    context: ssl.SSLContext | None,
    refused: Callable[[int, bytes], Any],
    tell: Callable[[Any], None],
) -> None:
    """Call `tell` with each message until the server ends it. `refused` raises for the answer to a refused handshake.

    Raises NotRunning where nobody answers.
    """
    async with aiohttp.ClientSession(headers=headers) as http:
        try:
            async with http.ws_connect(url, params=query, ssl=True if context is None else context) as socket:
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        tell(orjson.loads(message.data))
        except aiohttp.WSServerHandshakeError as error:
            # A handshake that is refused comes without its body; the same call without one says why.
            async with http.get(url, params=query, ssl=True if context is None else context) as response:
                refused(response.status, await response.read())
            raise ServerRefused(f"The server refused to be followed (status {error.status}).") from None
        except aiohttp.ClientError as error:
            raise NotRunning(
                f"No devkit server answers at {url.partition('/_devkit')[0]} ({error}).", remedy=START
            ) from None
