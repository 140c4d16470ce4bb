"""A client that falls silent in the middle of a body is waited for only so long (RFC 9110, section 15.5.9).

What counts is how long nothing comes while it is waited for, as with nginx's `client_body_timeout`: a slow upload takes
its time, and so does a fault that reads on only later.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

from aiohttp import web
from aiohttp.helpers import BaseTimerContext, TimerNoop
from aiohttp.streams import StreamReader

from devkit.contract.errors import DomainError
from devkit.units import format_duration


class _Silence(BaseTimerContext):
    """What a stream enters when it waits for more, and leaves when that is there."""

    def __init__(self, stream: StreamReader, milliseconds: int, loop: asyncio.AbstractEventLoop) -> None:
        self._stream, self._milliseconds, self._loop = stream, milliseconds, loop
        self._timer: asyncio.TimerHandle | None = None

    def assert_timeout(self) -> None:
        """Only waiting takes time."""

    def __enter__(self) -> BaseTimerContext:
        self._timer = self._loop.call_later(self._milliseconds / 1000, self._over)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        if self._timer is not None:
            self._timer.cancel()
        return None

    def _over(self) -> None:
        # Only whoever waits is told: what comes later can still be read, and dropped.
        waiter = self._stream._waiter
        if waiter is not None and not waiter.done():
            told = f"Nothing of the body came for {format_duration(self._milliseconds)} (limits.body_timeout)"
            waiter.set_exception(DomainError("request_timeout", told))


def limit_silence(request: web.BaseRequest, milliseconds: int) -> None:
    """Let reading its body raise DomainError `request_timeout` where nothing comes for so long; 0: never."""
    if milliseconds and request.body_exists:
        request.content._timer = _Silence(request.content, milliseconds, asyncio.get_running_loop())


def allow_silence(body: StreamReader) -> None:
    """From now on, whoever reads it looks at the time."""
    body._timer = TimerNoop()
