"""A request's body on its way to the real backend, as faults of uploads see it: which bytes of it are a file's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from aiohttp import hdrs, web
from aiohttp.helpers import parse_mimetype

from devkit.faults.matter import Arrival
from devkit.server.http.body import Tap
from devkit.server.wire.tcp import narrow_connection

PIECE = 16 * 1024
"""Bytes that a fault is told of at a time: few, so that a slow upload is slow evenly."""

_MOST_HEAD = 64 * 1024
"""Bytes of the header of a part, behind which it is taken for none."""


class Files:
    """Tells the bytes of files from those around them, as they come; all of a body that is no form are a file's."""

    def __init__(self, request: web.BaseRequest) -> None:
        kind = parse_mimetype(request.headers.get(hdrs.CONTENT_TYPE, ""))
        boundary = kind.parameters.get("boundary", "") if kind.type == "multipart" else ""
        self._mark = f"\r\n--{boundary}".encode("utf-8", "surrogateescape") if boundary else b""
        # The first boundary has no line before it (RFC 2046, section 5.1.1).
        self._rest, self._in_head, self._is_file = b"\r\n" if boundary else b"", True, False
        self._ours = len(self._rest)

    def fed(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """Pieces that are known by now, each with whether it is a file's."""
        if not self._mark:
            yield data, True
            return
        self._rest += data
        while self._rest:
            if self._in_head:
                end = self._rest.find(b"\r\n\r\n")
                if end < 0 and len(self._rest) < _MOST_HEAD:
                    return
                head, self._rest = (self._rest[: end + 4], self._rest[end + 4 :]) if end >= 0 else (self._rest, b"")
                self._in_head = end < 0
                self._is_file = b"filename" in head.lower()
                yield self._sent(head), False
                continue
            end = self._rest.find(self._mark)
            known = end if end >= 0 else max(0, len(self._rest) - len(self._mark) + 1)
            if known:
                yield self._rest[:known], self._is_file
                self._rest = self._rest[known:]
            if end < 0:
                return
            self._in_head = True

    def left(self) -> bytes:
        """What is left at the end."""
        rest, self._rest = self._rest, b""
        return self._sent(rest)

    def _sent(self, data: bytes) -> bytes:
        """Without the line that nobody sent."""
        data, self._ours = data[self._ours :], 0
        return data


async def tapped(request: web.BaseRequest, tap: Tap) -> AsyncIterator[bytes]:
    """A body as faults let it through. Its last piece waits until they are done with all of it: what upstream has as a
    whole it stores.
    """
    if request.transport is not None:
        narrow_connection(request.transport)
    files, received, total, last = Files(request), 0, request.content_length, b""
    async for come in request.content.iter_any():
        for start in range(0, len(come), PIECE):
            for data, is_file in files.fed(come[start : start + PIECE]):
                received += len(data)
                arrival = Arrival(received, total, data if is_file else b"")
                await tap(arrival)
                if last:
                    yield last
                last = arrival.data if is_file else data
    last += files.left()
    await tap(Arrival(received, total, complete=True))
    if last:
        yield last
