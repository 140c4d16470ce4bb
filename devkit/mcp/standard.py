"""The protocol over this process's standard streams.

The SDK's own streams wait in threads that cannot be called off: Ctrl-C would be heard when the next line comes. These
wait in threads too, but nobody waits for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import sys
import threading
from collections.abc import Iterator
from typing import Any, cast

from mcp.server.stdio import stdio_server

from devkit.mcp.answering import Answering
from devkit.server.hosting.signals import stopping

_CHUNK = 65_536
_LAST_WORDS = 2.0
"""Seconds that what was said last may take to be read."""


async def serve(answering: Answering) -> bool:
    """Serve until standard input ends, or SIGINT or SIGTERM comes: then it is False."""
    stop = asyncio.Event()
    with stopping(stop), _private() as (incoming, outgoing):
        lines, writer = Lines(incoming), Writer(outgoing)
        try:
            serving = asyncio.create_task(_speak(answering, lines, writer))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not serving.done():
                serving.cancel()
            with contextlib.suppress(asyncio.CancelledError, BrokenPipeError):
                await serving
        finally:
            await answering.close()
            await asyncio.to_thread(writer.close)
    return not stop.is_set()


async def _speak(answering: Answering, lines: Lines, writer: Writer) -> None:
    server = answering.server
    async with stdio_server(cast(Any, lines), cast(Any, writer)) as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


@contextlib.contextmanager
def _private() -> Iterator[tuple[int, int]]:
    """The streams for the protocol alone: what else is printed within goes to standard error."""
    sys.stdout.flush()
    incoming, outgoing = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    try:
        yield incoming, outgoing
    finally:
        sys.stdout.flush()
        os.dup2(outgoing, 1)


class Lines:
    """Lines of a file descriptor, as they come."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        threading.Thread(target=self._read, name="devkit-mcp-stdin", daemon=True).start()

    def __aiter__(self) -> Lines:
        return self

    async def __anext__(self) -> str:
        line = await self._lines.get()
        if line is None:
            raise StopAsyncIteration
        return line

    def _read(self) -> None:
        rest = b""
        # The loop may have ended meanwhile: then nobody listens any more.
        with contextlib.suppress(RuntimeError, OSError):
            while chunk := os.read(self._descriptor, _CHUNK):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._tell(line)
            if rest:
                self._tell(rest)
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._lines.put_nowait, None)

    def _tell(self, line: bytes) -> None:
        if line.strip():
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line.decode("utf-8", "replace"))


class Writer:
    """Writes to a file descriptor, one text after the other."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._texts: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="devkit-mcp-stdout", daemon=True)
        self._thread.start()

    async def write(self, text: str) -> None:
        self._texts.put(text)

    async def flush(self) -> None:
        """Each text goes by itself."""

    def close(self) -> None:
        """Wait until all is written, as long as last words may take."""
        self._texts.put(None)
        self._thread.join(_LAST_WORDS)

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            while (text := self._texts.get()) is not None:
                rest = memoryview(text.encode())
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
