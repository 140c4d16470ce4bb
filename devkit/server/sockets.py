"""What is done to a TCP connection itself."""

from __future__ import annotations

import asyncio
import socket
import struct


def reset_connection(transport: asyncio.BaseTransport) -> None:
    """End with a real RST: a close alone looks to the peer like a clean end."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        # SO_LINGER with a time of 0: what is unsent is thrown away, and the peer is told so.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if isinstance(transport, asyncio.Transport):
        transport.abort()


def narrow(transport: asyncio.BaseTransport | None, room: int) -> None:
    """Let the system take no more than about `room` bytes from the peer ahead of us: so a stall is felt at once."""
    raw = transport.get_extra_info("socket") if transport is not None else None
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
