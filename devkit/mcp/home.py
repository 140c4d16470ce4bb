"""The devkit server that the tools use: the one that runs, else one of their own for as long as they live."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from devkit.config import Settings
from devkit.control.client import Client
from devkit.errors import NotRunning, OperatorError

T = TypeVar("T")

_THREADS = 32
"""Calls that may be under way at once; further ones wait."""


class Home:
    """Finds the server when it is first needed, and ends what it started itself.

    `find` gives a client of the running server and raises NotRunning where there is none; `settings` are those of one
    that has to be started, on a free port and in memory. None: none is started.
    """

    def __init__(self, find: Callable[[], Client], settings: Settings | None) -> None:
        self._find, self._settings = find, settings
        self._lock = asyncio.Lock()
        self._main: Client | None = None
        self._own: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[str] | None = None
        self._stop = asyncio.Event()
        # Calls wait in threads of their own: a server in this process needs the loop's to answer them.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="devkit-mcp")

    async def ask(self, call: Callable[..., T], *arguments: Any) -> T:
        """What a call of the server answers, awaited in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(call, *arguments))

    @property
    def is_own(self) -> bool:
        """Whether the server lives as long as the tools do."""
        return self._own is not None

    async def main(self) -> Client:
        """A client of the server. Raises OperatorError where none runs and none can be started."""
        async with self._lock:
            if self._main is None:
                self._main = await self._found()
            return self._main

    async def sandbox(self, name: str) -> Client:
        """A client that steers that sandbox."""
        return (await self.main()).of(name)

    def forget(self) -> None:
        """The server is gone: the next call looks for one again."""
        if self._own is None:
            self._main = None

    async def close(self) -> None:
        """End the server, if it is our own."""
        self._stop.set()
        if self._own is not None:
            await asyncio.wait({self._own})
        self._threads.shutdown(wait=False)

    async def _found(self) -> Client:
        try:
            client = await self.ask(self._find)
            await self.ask(client.get, "/status")
        except NotRunning:
            if self._settings is None:
                raise
            return await self._start(self._settings)
        return client

    async def _start(self, settings: Settings) -> Client:
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_future()
            # In a task of its own: what it holds open must not hang on the one call that needed it first.
            self._own = asyncio.create_task(self._serve(settings, self._ready), name="devkit-mcp-server")
        try:
            return Client(await asyncio.shield(self._ready))
        except OperatorError:
            self._own = self._ready = None
            raise

    async def _serve(self, settings: Settings, ready: asyncio.Future[str]) -> None:
        from devkit.server.hosting.app import running

        try:
            async with running(settings) as (_, described):
                ready.set_result(described.url)
                await self._stop.wait()
        except OperatorError as error:
            if ready.done():
                raise
            ready.set_exception(error)
