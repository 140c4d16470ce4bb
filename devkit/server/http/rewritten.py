"""The real backend's answer with our address where its own stood (`--rewrite-body`), piece by piece as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from devkit.upstream.bodies import Rewriting, Undecodable
from devkit.upstream.connection import BrokeOff

if TYPE_CHECKING:
    from devkit.upstream.client import Answer, Pairs


class Rewritten:
    """Stands for the answer. Its body has no coding any more."""

    fields: Pairs = ()

    def __init__(self, answer: Answer, rewriting: Rewriting) -> None:
        self.reason = answer.reason
        self._answer, self._rewriting = answer, rewriting
        self._making: Iterator[bytes] = iter(())
        self._ended = False

    async def piece(self) -> bytes:
        """What has come; nothing at the end. Raises BrokeOff, also where the body is not what it says it is."""
        while True:
            try:
                made = next(self._making, b"")
            except Undecodable:
                self._answer.close()
                raise BrokeOff(reset=False) from None
            if made or self._ended:
                return made
            data = await self._answer.piece()
            self._ended = not data
            self._making = self._rewriting.feed(data) if data else iter((self._rewriting.end(),))

    def ready(self) -> bool:
        return self._ended or self._answer.ready()

    def close(self) -> None:
        self._answer.close()
