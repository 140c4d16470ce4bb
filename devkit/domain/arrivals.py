"""Who is busy with an upload's file: whoever sends it, or whoever removes it, and never both."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from devkit.contract.errors import DomainError
from devkit.records import dataclass

T = TypeVar("T")


class IncomingFile(Protocol):
    """A file that is still arriving."""

    filename: str
    content_type: str

    def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes, in pieces of a bounded size. Raises DomainError where the body breaks off."""


class IncomingBody(Protocol):
    """The request's body: `received` of its `total` bytes are here (None: its length was not sent)."""

    total: int | None

    @property
    def received(self) -> int: ...

    def files(self) -> AsyncIterator[IncomingFile]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Arriving:
    """An upload under way; `upload_id` is that of its first file. `overtaken` is done where it comes to nothing."""

    upload_id: str
    user_id: str
    body: IncomingBody
    overtaken: asyncio.Future[None]

    async def unless_overtaken(self, source: AsyncIterator[T]) -> AsyncIterator[T]:
        """What comes from there. Raises DomainError `conflict` once the upload is overtaken, however long the next
        would take to come; whatever else is under way then is finished.
        """
        while True:
            step = asyncio.ensure_future(_next(source))
            step.add_done_callback(_heard)
            waited: set[asyncio.Future[Any]] = {step, self.overtaken}
            try:
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not step.done():
                    step.cancel()
                    await asyncio.wait({step})
            self.check()
            found = step.result()
            if not found:
                return
            yield found[0]

    def check(self) -> None:
        """Raises DomainError `conflict` where it was overtaken."""
        if self.overtaken.done():
            raise DomainError("conflict", "What is stored was reset, or restored, while the upload arrived: it is gone")


def _heard(step: asyncio.Future[Any]) -> None:
    """How a step ended that nobody waits for any more is nobody's business: asyncio would log it."""
    if not step.cancelled():
        step.exception()


async def _next(source: AsyncIterator[T]) -> tuple[T] | tuple[()]:
    try:
        return (await anext(source),)
    except StopAsyncIteration:
        return ()


class Arrivals:
    """All of a sandbox's uploads that arrive or are removed."""

    def __init__(self) -> None:
        self._arriving: dict[str, Arriving] = {}
        self._leaving: Counter[str] = Counter()
        self._paused = False
        self._changed = asyncio.Event()

    def find(self, upload_id: str) -> Arriving | None:
        return self._arriving.get(upload_id)

    def all(self) -> tuple[Arriving, ...]:
        """In the order they began."""
        return tuple(self._arriving.values())

    def is_busy(self, upload_id: str) -> bool:
        return upload_id in self._arriving or upload_id in self._leaving

    @contextmanager
    def arriving(self, upload_id: str, user_id: str, body: IncomingBody) -> Iterator[Arriving]:
        """The id is that upload's within the block. Raises DomainError `service_unavailable` in a pause."""
        self._require_running()
        overtaken = asyncio.get_running_loop().create_future()
        found = self._arriving[upload_id] = Arriving(upload_id, user_id, body, overtaken)
        try:
            yield found
        finally:
            del self._arriving[upload_id]
            self._changed.set()

    @contextmanager
    def leaving(self, upload_id: str) -> Iterator[None]:
        """Nobody can send an upload of that id within the block. Raises DomainError as `arriving` does."""
        self._require_running()
        self._leaving[upload_id] += 1
        try:
            yield
        finally:
            self._leaving -= Counter([upload_id])
            self._changed.set()

    async def pause(self) -> None:
        """Overtake everything that arrives, and wait until nobody is busy with any file; nobody will be before
        `resume`.
        """
        self._paused = True
        for one in self._arriving.values():
            if not one.overtaken.done():
                one.overtaken.set_result(None)
        while self._arriving or self._leaving:
            self._changed.clear()
            await self._changed.wait()

    def resume(self) -> None:
        self._paused = False

    def _require_running(self) -> None:
        if self._paused:
            raise DomainError("service_unavailable", "What is stored is being reset, or restored: try again")
