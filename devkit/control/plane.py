"""The control plane's HTTP side: everything below `/_devkit/`. No fault ever reaches it, no other origin reads it."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING

from devkit.control import guard
from devkit.control.drillroom import DrillRoom
from devkit.effects import stopwatch

if TYPE_CHECKING:
    from aiohttp import web

    from devkit.config import Settings
    from devkit.control.answering import Answering
    from devkit.control.hosting import Gone, Host, Shelf
    from devkit.dialects.base import Dialect
    from devkit.sandbox import Sandbox


class ControlPlane:
    """Answers what is sent to `/_devkit` and below; `token` is what calls from other machines must bring."""

    def __init__(self, settings: Settings, *, dialects: tuple[Dialect, ...], host: Host, library: Shelf) -> None:
        """`dialects` are those that are served. Raises StorageError where a token is needed and cannot be kept."""
        self._settings = settings
        self._dialects, self._host, self._library = dialects, host, library
        self.drills = DrillRoom(host.room_for_drills)
        self._started = stopwatch()
        self.token = guard.control_token(settings)
        self._answering: Answering | None = None

    def adopt(self, dialects: tuple[Dialect, ...]) -> None:
        """From now on those are served."""
        self._dialects = dialects
        if self._answering is not None:
            self._answering.dialects = dialects

    async def handle(self, request: web.BaseRequest, sandbox: Sandbox, gone: Gone) -> web.StreamResponse:
        """Answer a call that means this sandbox."""
        answering = self._answering or await self.open()
        return await answering.handle(request, sandbox, gone)

    async def close(self) -> None:
        """The server stops: what was begun here ends."""
        await self.drills.close()
        if self._answering is not None:
            await self._answering.verifying.close()

    async def open(self) -> Answering:
        """Load what answers, unless it is there."""
        await asyncio.to_thread(importlib.import_module, "devkit.control.answering")
        from devkit.control.answering import Answering

        # Another call may have come here meanwhile.
        self._answering = self._answering or Answering(
            self._settings,
            dialects=self._dialects,
            host=self._host,
            library=self._library,
            drills=self.drills,
            started=self._started,
            token=self.token,
        )
        return self._answering
