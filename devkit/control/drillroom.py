"""The server's drills, loaded when the first is asked for: a start need not wait for what judges them."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devkit.drill.running import Drills

_MODULES = ("devkit.drill.running", "devkit.drill.report", "devkit.drill.html", "devkit.drill.junit")


class DrillRoom:
    """Where the drills of one server are."""

    def __init__(self, room: int) -> None:
        """`room` are the bytes that they may take, roughly."""
        self.room = room
        self._drills: Drills | None = None

    @property
    def opened(self) -> Drills | None:
        """Them, where anybody has asked for one yet."""
        return self._drills

    async def open(self) -> Drills:
        if self._drills is None:
            for module in _MODULES:
                await asyncio.to_thread(importlib.import_module, module)
            from devkit.drill.running import Drills

            # Another call may have come here meanwhile.
            self._drills = self._drills or Drills(self.room)
        return self._drills

    async def close(self) -> None:
        """The server stops: what is under way is switched off."""
        if self._drills is not None:
            await self._drills.close()
