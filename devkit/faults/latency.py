"""Answers that come late, or never."""

from __future__ import annotations

from devkit.faults.base import Duration, Fault
from devkit.faults.hit import Hit


class Fixed(Fault):
    """The answer comes this much later than it would."""

    kind = "delay.fixed"
    example = {"delay": "300ms"}

    delay: Duration

    async def on_request(self, hit: Hit) -> None:
        await hit.sleep(self.delay)


class Hang(Fault):
    """No answer comes, and the connection stays open, until the client gives up or the scenario is switched off."""

    kind = "hang"
    terminal = True

    async def on_request(self, hit: Hit) -> None:
        await hit.hang()


KINDS = (Fixed, Hang)
