"""How fast models are, and the waiting that this takes."""

from __future__ import annotations

import asyncio
from dataclasses import field

from devkit.contract.errors import DomainError
from devkit.records import dataclass


@dataclass(slots=True)
class Pace:
    """`start_delay` in milliseconds; `tokens_per_second` 0 means as fast as it goes; `memory` in bytes."""

    start_delay: int = 2_000
    tokens_per_second: int = 50
    memory: int = 16 * 1024**3
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    def due(self, began: float, tokens: int) -> float:
        """When that many tokens are there, on the loop's clock, of an answer that began at `began`."""
        return began + tokens / self.tokens_per_second if self.tokens_per_second else began

    async def until(self, due: float) -> None:
        """Let real time pass, up to `due` on the loop's clock.

        Raises DomainError `service_unavailable` where the sandbox is reset, or stops, meanwhile.
        """
        ended = self._ended
        if due > asyncio.get_running_loop().time():
            try:
                # Not `wait_for`: Python 3.11's can forget that it was cancelled.
                async with asyncio.timeout_at(due):
                    await ended.wait()
            except TimeoutError:
                return
        if ended.is_set():
            raise DomainError("service_unavailable", "The model was shut down in the middle of its answer")

    def end(self) -> None:
        """What waits now waits no longer; later waits are not touched."""
        self._ended.set()
        self._ended = asyncio.Event()
