"""A contract of the user's own, followed while it is served: what is edited counts at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

from devkit.config import Settings
from devkit.dialects.backend import Backend
from devkit.errors import OperatorError
from devkit.server.hosting.backends import backend_for

log = logging.getLogger("devkit")

_DEBOUNCE = 50
"""Milliseconds that changes are gathered: an editor writes a file in several steps."""
_LOOK_EVERY = 1_000
"""Milliseconds after which the files are looked at, whatever the system tells of them (see `scenario.library`)."""

Stamps = dict[Path, tuple[int, ...]]


async def follow(
    settings: Settings, backend: Backend, adopt: Callable[[Backend], Awaitable[None]], after: asyncio.Event
) -> None:
    """Give `adopt` the backend anew whenever one of its files changes, until cancelled; where they cannot be read, the
    last good ones go on, and the log says why. What changes meanwhile counts `after` that.
    """
    files, seen = backend.files, await asyncio.to_thread(_stamps, backend.files)
    await after.wait()
    async for _ in _changes({path.parent for path in files}):
        now = await asyncio.to_thread(_stamps, files)
        if now == seen:
            continue
        seen = now
        try:
            backend = await asyncio.to_thread(backend_for, settings)
            await adopt(backend)
        except OperatorError as error:
            for mistake in error.mistakes:
                log.warning("%s", mistake)
            log.warning("The contract goes on as it was before that.")
            continue
        if backend.files != files:
            files = backend.files
            seen = await asyncio.to_thread(_stamps, files)
        names = len(backend.contract.operations)
        log.info("The contract %s was read anew: %d operations.", backend.contract.name, names)


async def _changes(folders: Iterable[Path]) -> AsyncIterator[object]:
    from watchfiles import awatch

    watch = awatch(
        *folders,
        debounce=_DEBOUNCE,
        step=_DEBOUNCE,
        rust_timeout=_LOOK_EVERY,
        yield_on_timeout=True,
        recursive=False,
    )
    async for changes in watch:
        yield changes


def _stamps(files: Iterable[Path]) -> Stamps:
    found: Stamps = {}
    for path in files:
        try:
            status = path.stat()
        except OSError:
            found[path] = ()
            continue
        found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found
