"""Files as answers: streamed from disk in constant memory, with single ranges (RFC 9110, section 14)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from devkit.contract.errors import DomainError
from devkit.dialects.replies import FileBody
from devkit.server.http.disposition import write_disposition

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")
_DIGITS = 18
"""Of a position in a file; more are a position beyond any file."""
_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")


class RangeNotSatisfiable(DomainError):
    """The range lies outside the content, which has `size` bytes."""

    def __init__(self, size: int) -> None:
        super().__init__("range_not_satisfiable", f"The content has {size} bytes")
        self.size = size


class FileResponse(web.StreamResponse):
    """The bytes of a file from `start` to before `stop`.

    aiohttp's own class makes entity tags of the file's time and answers 416 without a body; the contract wants both
    otherwise.
    """

    def __init__(self, path: Path, start: int, stop: int, *, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(status=status, headers=headers)
        self._path, self._first, self._end = path, start, stop
        self.content_length = stop - start

    @classmethod
    def of(cls, body: FileBody, headers: Mapping[str, str], tag: str | None) -> FileResponse:
        """The answer to a request with these headers. Raises RangeNotSatisfiable, or DomainError `not_found`."""
        path = Path(body.path)
        try:
            size = path.stat().st_size
        except OSError:
            raise DomainError("not_found", "The content is gone") from None
        answer = {
            "Content-Type": body.content_type,
            "Content-Disposition": _disposition(body),
            # The type is what the uploader said: it must never run as a page of ours.
            "X-Content-Type-Options": "nosniff",
            "Accept-Ranges": "bytes",
        }
        wanted = headers.get("Range")
        if_range = headers.get("If-Range")
        span = parse_range(wanted, size) if wanted and if_range in {None, tag} else None
        if span is None:
            return cls(path, 0, size, status=200, headers=answer)
        start, stop = span
        answer["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        return cls(path, start, stop, status=206, headers=answer)

    async def content(self) -> bytes:
        """All that it would send, at once."""
        return await asyncio.to_thread(self._read_all)

    def _read_all(self) -> bytes:
        with self._path.open("rb") as file:
            file.seek(self._first)
            return file.read(self._end - self._first)

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        if request.method == "HEAD":
            return await super().prepare(request)
        try:
            file = await asyncio.to_thread(self._path.open, "rb")
        except FileNotFoundError:
            # Deleted since the answer was made, which told of it already: it breaks off.
            raise ConnectionResetError("the content is gone") from None
        try:
            writer = await super().prepare(request)
            file.seek(self._first)
            remaining = self._end - self._first
            while remaining and (chunk := await asyncio.to_thread(_read, file, min(_CHUNK, remaining))):
                await self.write(chunk)
                remaining -= len(chunk)
        finally:
            file.close()
        return writer


def parse_range(field: str, size: int) -> tuple[int, int] | None:
    """`(start, stop)` of a single range; None where the field is to be ignored. Raises RangeNotSatisfiable."""
    match = _RANGE.fullmatch(field.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(0, size - _position(last)), size
    else:
        start, stop = _position(first), min(_position(last) + 1, size) if last else size
        if last and _position(last) < _position(first):
            return None
    if start >= size or start >= stop:
        raise RangeNotSatisfiable(size)
    return start, stop


def _position(digits: str) -> int:
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= _DIGITS else 10**_DIGITS


def _read(file: BinaryIO, count: int) -> bytes:
    return file.read(count)


def _disposition(body: FileBody) -> str:
    kind = "inline" if body.content_type in _INLINE else "attachment"
    return write_disposition(kind, body.filename)
