"""What a server that runs needs of the machine, and somebody may take away: each is told once."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from typing import TYPE_CHECKING, Any

from devkit.storage.failures import NO_DESCRIPTORS

if TYPE_CHECKING:
    from devkit.storage.database import Database

log = logging.getLogger("devkit")

LOOK_SECONDS = 2.0
"""Between two looks."""

_USED_UP = {errno.EMFILE, errno.ENFILE}


class Surroundings:
    """Looks whether the database's file is in its place, and whether another file could be opened."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told = False

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        asyncio.get_running_loop().set_exception_handler(self._failed)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not await asyncio.to_thread(_can_open):
                self._tell()
            await self._database.look_for_removal()

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            log.error("%s", NO_DESCRIPTORS)

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What fails in the loop and is nobody's. Of a connection that it cannot accept asyncio tells each second."""
        failure = context.get("exception")
        if isinstance(failure, OSError) and failure.errno in _USED_UP:
            self._tell()
        else:
            loop.default_exception_handler(context)


def _can_open() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno not in _USED_UP
    return True
