"""What is done to a TCP connection itself."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from typing import Any

_NARROW = 128 * 1024
"""Bytes of a receive buffer that is kept small. Not smaller than a packet of the loopback (64 KiB): TCP then waits
hundreds of milliseconds for each.
"""


def reset_connection(transport: asyncio.BaseTransport) -> None:
    """End with a real RST: a close alone looks to the peer like a clean end."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        # SO_LINGER with a time of 0: what is unsent is thrown away, and the peer is told so.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if isinstance(transport, asyncio.Transport):
        transport.abort()


def narrow_connection(transport: asyncio.BaseTransport) -> None:
    """Let the kernel take in little that nobody has read yet; by itself it would take megabytes from a fast client."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _NARROW)


async def flushed(transport: asyncio.Transport, protocol: Any) -> None:
    """Wait until the kernel has all that was written: an RST throws away what is still here."""
    transport.set_write_buffer_limits(0)
    await protocol._drain_helper()


def unacknowledged(transport: asyncio.BaseTransport) -> int:
    """Bytes that were sent and that the peer's system has not taken, as far as this system tells: Linux does."""
    connection = transport.get_extra_info("socket")
    try:
        import fcntl
        import termios

        counted = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
    except (ImportError, AttributeError, OSError, ValueError):
        return 0
    return int.from_bytes(counted, sys.byteorder, signed=True)
