"""What may answer a request as soon as its bytes are here, before anybody has made a request of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from aiohttp.http_parser import RawRequestMessage


class Waiting(Protocol):
    """The connection of a client that waits for its answer. `transport` is None once it is gone."""

    @property
    def transport(self) -> asyncio.Transport | None: ...

    def gone(self) -> asyncio.Future[None]:
        """Done when it is."""

    def end_answer(self, answer: bytes | None) -> None:
        """These bytes are the answer, or the end of it; None: the connection ends."""

    def give_back(self, data: bytes) -> None:
        """The request, all of it, is for the pipeline after all."""


class Passage(Protocol):
    """An answer of somebody else's that is on its way."""

    def begin(self, connection: Waiting) -> None:
        """Ask for it, and write it there as it comes; its last bytes by `end_answer`."""


Answer = bytes | Coroutine[Any, Any, bytes] | Callable[[Callable[[bytes], None]], None] | Passage
"""The whole of an answer; or what gives it in the end; or what will hand it to a function that sends it."""


class ExpressLane(Protocol):
    """Gives the answer to a request, or None where it must be looked at otherwise."""

    def answer(self, message: RawRequestMessage, body: bytes | None, /) -> Answer | None:
        """To a request that was parsed; the body is None where it has none."""

    def answer_again(self, data: bytes, /) -> Answer | None:
        """To bytes that are a whole request, if one was answered before that had the same fields, byte for byte."""

    def learn(self, message: RawRequestMessage, data: bytes, /) -> None:
        """A request that was answered had just these bytes."""
