"""What the real backend is, learned while it is called: faults find its operations without a contract."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from devkit.dialects.shipped import BACKEND
from devkit.dialects.yours.backend import backend_of
from devkit.learning.facts import Facts, media_type, value_in
from devkit.learning.operations import Learner

if TYPE_CHECKING:
    from devkit.dialects.backend import Backend
    from devkit.recording.base import Fields

log = logging.getLogger("devkit")


class Lessons:
    """Sees what passes, and has the server go on with what it tells."""

    def __init__(self, adopt: Callable[[Backend], Awaitable[None]]) -> None:
        """`adopt` is given each backend that is learned."""
        self._adopt = adopt
        self._learner = Learner("upstream")
        self._adopting: asyncio.Task[None] | None = None
        self._news = False

    @property
    def cookies(self) -> set[str]:
        """Names of cookies that signing in sets: one set, which grows."""
        return self._learner.cookies

    def wants(self, method: str, target: str) -> bool:
        """Whether a call may tell something new."""
        return self._learner.wants(method, target)

    def see(
        self,
        method: str,
        target: str,
        status: int,
        request: tuple[Fields, bytes | None],
        answer: tuple[Fields, bytes | None],
    ) -> str:
        """Learn from a call: header fields and bodies, None where one was not kept as a whole. Returns the operation
        that it was of, by what is known now; empty for none.
        """
        facts = Facts(
            method=method,
            target=target,
            status=status,
            request_fields=request[0],
            answer_fields=answer[0],
            request=value_in(request[1], media_type(request[0])) if request[1] else None,
            answer=value_in(answer[1], media_type(answer[0])) if answer[1] else None,
        )
        if self._learner.see(facts):
            self._news = True
            if self._adopting is None:
                self._adopting = asyncio.create_task(self._tell(), name="devkit-lessons")
        found = self._learner.find(method, target)
        return found.id if found else ""

    async def _tell(self) -> None:
        try:
            while self._news:
                self._news = False
                await self._adopt(replace(backend_of(self._learner.blueprint(), BACKEND), is_open=True))
        except Exception:
            log.exception("what was learned of the real backend could not be taken in")
        finally:
            self._adopting = None

    async def close(self) -> None:
        if self._adopting is not None:
            self._adopting.cancel()
            await asyncio.gather(self._adopting, return_exceptions=True)
