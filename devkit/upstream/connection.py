"""One connection to the real backend, and how it ends."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import ClientOSError
from aiohttp.client_proto import ResponseHandler

if TYPE_CHECKING:
    from aiohttp.http import RawResponseMessage
    from aiohttp.streams import StreamReader

_MOST_LINE = 256 * 1024
"""Bytes of one field of an answer: nginx's and Node's limits for all of them together are far below."""
_MOST_FIELDS = 5_000


class BrokeOff(Exception):
    """The real backend ended the connection before its answer was whole; with a `reset`, or a plain close."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__("reset" if reset else "closed")
        self.reset = reset

    @property
    def failure(self) -> str:
        return str(self)


class Connection(ResponseHandler):
    """One connection to it. Where somebody waits for the next head by `told`, it is told that as soon as it has come,
    with the body behind it; by `lost`, that none comes. Either is told once.

    `knows` is asked before, with the first bytes that come: whether they are the whole answer to what is no HEAD, and
    need not be parsed.
    """

    told: Callable[[RawResponseMessage, StreamReader], None] | None = None
    lost: Callable[[BaseException], None] | None = None
    knows: Callable[[bytes], bool] | None = None

    def data_received(self, data: bytes) -> None:
        knows = self.knows
        if knows is not None:
            self.knows = None
            told, lost = self.told, self.lost
            # Whoever takes the answer may ask for the next one with it.
            self.told = self.lost = None
            if knows(data):
                return
            self.told, self.lost = told, lost
            prepare(self, b"GET")
        super().data_received(data)

    def forget(self) -> None:
        """Nobody waits any more."""
        self.told = self.lost = self.knows = None

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        told = self.told
        if told is None:
            super().feed_data(data, size)
            return
        self.told = self.lost = None
        told(*data)

    def set_exception(self, exc: Any, *given: Any) -> None:
        super().set_exception(exc, *given)
        lost = self.lost
        if lost is not None:
            self.forget()
            lost(exc)


def prepare(connection: Connection, method: bytes) -> None:
    """Have it read the answer to a request with that method."""
    connection.set_response_params(
        skip_payload=method == b"HEAD",
        read_until_eof=True,
        auto_decompress=False,
        max_line_size=_MOST_LINE,
        max_field_size=_MOST_LINE,
        max_headers=_MOST_FIELDS,
    )


def was_reset(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionResetError) or (
            isinstance(cause, ClientOSError | OSError) and cause.errno == errno.ECONNRESET
        ):
            return True
        cause = cause.__cause__
    return "Connection reset" in str(error)
