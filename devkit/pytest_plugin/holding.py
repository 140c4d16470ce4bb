"""How a server knows whether anybody needs it still: each worker of the suite holds a connection to it, which ends with
the worker, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

HELD = b"held\n"
PATIENCE = 60.0
"""Seconds that a server waits for the first to come."""
_GRACE = 0.5
"""The same once the last one has left: another worker may be about to come."""


class Hold:
    """A worker's end. `lost` says whether the server has gone meanwhile."""

    def __init__(self, port: int) -> None:
        """Raises OSError where there is no server, or one that is about to go."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        try:
            said = self._socket.recv(len(HELD), socket.MSG_WAITALL)
        except OSError:
            self._socket.close()
            raise
        if said != HELD:
            self._socket.close()
            raise ConnectionRefusedError("it is about to end")

    @property
    def lost(self) -> bool:
        # Nothing more is ever said: what can be read is the end.
        return bool(select.select([self._socket], [], [], 0)[0])

    def lost_within(self, seconds: float) -> bool:
        """The same, once it is so, or the time is over."""
        return bool(select.select([self._socket], [], [], seconds)[0])

    def close(self) -> None:
        self._socket.close()


class Holders:
    """The server's end: calls `end` once, when nobody holds it any more."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end, self._count, self._ending = end, 0, False
        self._timer: asyncio.TimerHandle | None = None

    async def open(self) -> int:
        """The port at which it is held, from now on."""
        server = await asyncio.start_server(self._held, "127.0.0.1", 0)
        self._server = server
        self._wait(PATIENCE)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def close(self) -> None:
        self._server.close()

    def _wait(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._nobody)

    def _nobody(self) -> None:
        self._ending = True
        self._end()

    async def _held(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._ending:
                return
            if self._timer is not None:
                self._timer.cancel()
            self._count += 1
            writer.write(HELD)
            with contextlib.suppress(OSError):
                await reader.read()
            self._count -= 1
            if not self._count:
                self._wait(_GRACE)
        finally:
            writer.close()


def end_this_process() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[IO[bytes]]:
    """Nobody else is in here meanwhile who names the same file; whoever is killed in here leaves."""
    with path.open("ab") as file:
        _lock(file)
        yield file


def _lock(file: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(file, fcntl.LOCK_EX)
