"""Answers on their way out: those of one turn of the loop leave together, at its end."""

from __future__ import annotations

import asyncio
import logging

log = logging.getLogger("devkit")

_MOST = 1024 * 1024
"""Bytes of answers from which on they are not kept back any more."""


class Outbox:
    """Holds answers back until everything that came in with their requests is answered too.

    To send is to wake a client that waits. One that is woken for each answer goes back to sleep in between, and is
    woken again: that costs more than the sending. Woken once, it finds them all.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[asyncio.Transport, bytes]] = []
        self._size = 0
        self._scheduled = False

    def expect(self) -> None:
        """Send after what is scheduled so far: what that answers will leave with it."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._send_scheduled)

    def put(self, transport: asyncio.Transport, answer: bytes) -> None:
        """Send an answer soon: after those that were put before, and before what is scheduled from now on."""
        self.expect()
        self._waiting.append((transport, answer))
        self._size += len(answer)
        if self._size >= _MOST:
            self.send()

    def _send_scheduled(self) -> None:
        self._scheduled = False
        self.send()

    def send(self) -> None:
        """Send all of them now."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        for transport, answer in waiting:
            if transport.is_closing():
                continue
            try:
                transport.write(answer)
            except Exception:
                # One connection that breaks keeps no other from its answer.
                log.debug("an answer could not be sent", exc_info=True)
                transport.abort()
