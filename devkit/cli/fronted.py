"""A server in front of a real backend for as long as a command takes: `devkit drill --upstream URL`."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING

from devkit.cli.told import loaded
from devkit.errors import OperatorError

if TYPE_CHECKING:
    from devkit.config import Settings


@contextlib.contextmanager
def fronted(url: str) -> Iterator[str]:
    """The address of a server in front of that backend; it ends with the block. Other settings are those of the folder,
    but what it stores is in memory; where their port is taken, it has another. Raises OperatorError.
    """
    settings = dataclasses.replace(loaded({"upstream": url, "memory": True}).settings, open=False)
    ready: Future[str] = Future()
    stop: Future[None] = Future()
    thread = threading.Thread(target=_served, args=(_with_free_port(settings), ready, stop), name="devkit-upstream")
    thread.start()
    try:
        yield ready.result()
    finally:
        stop.set_result(None)
        thread.join()


def _served(settings: Settings, ready: Future[str], stop: Future[None]) -> None:
    async def serve() -> None:
        from devkit.server.hosting.app import running

        async with running(settings) as (_, told):
            ready.set_result(told.url)
            await asyncio.wrap_future(stop)

    try:
        asyncio.run(serve())
    except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits
        if not ready.done():
            ready.set_exception(error)


def _with_free_port(settings: Settings) -> Settings:
    from devkit.server.hosting import ports

    try:
        ports.close(ports.listen(settings.host, settings.port))
    except OperatorError:
        return dataclasses.replace(settings, port=0)
    return settings
