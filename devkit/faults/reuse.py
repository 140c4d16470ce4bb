"""Connections that are kept for the next call, and are not what they seem to be then."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from devkit.faults.base import Fault
from devkit.faults.connection import closed
from devkit.faults.matter import Abandon
from devkit.faults.parameters import Duration

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from devkit.faults.hit import Hit
    from devkit.faults.matter import Step, Wire


class KeepAliveDrop(Fault):
    """The answer is complete and the connection stays open, but the next request on it is met by an RST, as when a
    server gives up an idle connection just then. Browsers repeat such a request on a new connection without a word;
    clients with a pool of their own often fail.
    """

    kind = "conn.keepalive_drop"
    silent: ClassVar = False

    def on_wire(self, hit: Hit, wire: Wire) -> AsyncIterator[Step] | None:
        wire.set_header("Connection", "keep-alive")
        return self._abandon(hit, wire.steps())

    async def _abandon(self, hit: Hit, steps: AsyncIterator[Step]) -> AsyncIterator[Step]:
        # First, so that a quick client's next request finds it so.
        yield Abandon(hit, self.silent)
        async for step in steps:
            yield step


class HalfOpen(KeepAliveDrop):
    """The answer is complete and the connection stays open, but it is dead from then on without either side being told,
    as behind a balancer that has forgotten it: the next request on it is never answered, until the client gives up or
    the scenario is switched off. Calls on a new connection work; a browser goes on using the dead one.
    """

    kind = "conn.half_open"
    silent = True


class SlowClose(Fault):
    """The answer has no Content-Length and ends where the connection does (RFC 9112, section 6.3), and that is closed
    only this much later: all bytes are there, and the client waits for the end of them.
    """

    kind = "conn.slow_close"
    example = {"delay": "5s"}

    delay: Duration = 5_000

    def on_wire(self, hit: Hit, wire: Wire) -> AsyncIterator[Step] | None:
        wire.set_header("Content-Length", None)
        wire.set_header("Transfer-Encoding", None)
        wire.set_header("Connection", "close")
        return closed(wire.steps(), after=self.delay)


KINDS = (KeepAliveDrop, HalfOpen, SlowClose)
