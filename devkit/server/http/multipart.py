"""Multipart bodies: a stream of parts, of which the files are handed on as they arrive."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import BodyPartReader, MultipartReader, hdrs, web
from aiohttp.http_exceptions import BadHttpMessage
from multidict import CIMultiDict, CIMultiDictProxy

from devkit.contract.errors import DomainError, invalid
from devkit.dialects.raw import SentFile
from devkit.faults.matter import Arrival
from devkit.server.http.body import Tap, expect_continue, require_media
from devkit.server.http.disposition import FormField, read_form_field
from devkit.server.wire.tcp import narrow_connection

FIELD = "file"
"""What the contract calls the field that files come in."""
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}(; ?[\w-]{1,40}=[\w\"./+-]{1,100})*", re.ASCII)
_AS_THEY_ARE = ("", "7bit", "8bit", "binary")
"""Transfer encodings that change no byte (RFC 2045, section 6.2)."""
_CHUNK = 1024 * 1024
_TAPPED_CHUNK = 16 * 1024
"""Bytes of a piece of an upload that a tap is told of: small, so that a slow upload is slow evenly."""
_MAX_FILES = 20
_MAX_FIELD = 16 * 1024
"""Bytes of one header field of a part."""
_MAX_TEXT = 1024 * 1024
"""Bytes of a field that is no file."""
_ENVELOPE = 64 * 1024
"""Bytes that the multipart form may add around each file."""
_SHOWN = 100
"""Characters of a client's own words that a message repeats."""
_BREAKS = (
    ValueError,
    AssertionError,
    BadHttpMessage,
    web.RequestPayloadError,
    asyncio.IncompleteReadError,
    ConnectionError,
    RuntimeError,
)
"""What aiohttp raises where a multipart body is broken, or its client gone: the last one where that is seen between two
looks at a line.
"""


class _Reader(MultipartReader):
    """aiohttp's reader of parts, which would read the names of fields and files otherwise than browsers write them."""

    field: FormField

    async def fetch_next_part(self) -> MultipartReader | BodyPartReader:
        part = await super().fetch_next_part()
        headers = CIMultiDict(part.headers)
        self.field = read_form_field(headers.pop(hdrs.CONTENT_DISPOSITION, None))
        part.headers = CIMultiDictProxy(headers)
        return part


class MultipartBody:
    """A multipart/form-data body whose parts named `file` are read one after the other, as they arrive."""

    def __init__(self, request: web.BaseRequest, upload_limit: int, tap: Tap | None = None) -> None:
        """Raises DomainError `payload_too_large` where the length alone says so."""
        self._limit = upload_limit
        self._most = (upload_limit + _ENVELOPE) * _MAX_FILES
        if request.content_length is not None and request.content_length > self._most:
            raise self._too_large()
        self._request = request
        self._tap = tap
        self._let_in = None if tap is None else 0
        self._number = 0
        self._has_text = self._ended = False
        self._reader: _Reader | None = None
        self.total = request.content_length

    @classmethod
    async def begun(
        cls, request: web.BaseRequest, media_types: tuple[str, ...], upload_limit: int, tap: Tap | None = None
    ) -> MultipartBody:
        """The body of a request that was let in. An empty one has no parts.

        Raises DomainError `unsupported_media_type`, `bad_request` (no boundary) or `payload_too_large`.
        """
        body = cls(request, upload_limit, tap)
        if not await require_media(request, media_types):
            return body
        try:
            body._reader = _Reader(request.headers, request.content, max_field_size=_MAX_FIELD)
        except ValueError:
            raise DomainError(
                "bad_request",
                "The Content-Type names no usable boundary: leave that field to the client that makes the form",
            ) from None
        if tap is not None and request.transport is not None:
            narrow_connection(request.transport)
        return body

    @property
    def received(self) -> int:
        # What a fault has not let through yet has not arrived, though it may wait in a buffer of ours.
        return self._request.content.total_bytes if self._let_in is None else self._let_in

    async def files(self) -> AsyncIterator[FilePart]:
        """Raises DomainError `validation_error` where a file came in another field, or none but a text in that one."""
        if self._reader is not None:
            await expect_continue(self._request)
        count = 0
        while (part := await self._next()) is not None:
            file = await self._file(*part)
            if file is not None:
                count += 1
                if count > _MAX_FILES:
                    raise invalid(file=f"At most {_MAX_FILES} files at once")
                yield file
            await self._skip(part[0])
        if not count and self._has_text:
            raise invalid(file=f"The field {FIELD!r} came as a text, without a filename: send a file")
        if self._tap is not None and not self._ended:
            self._let_in = None
            await self._tap(Arrival(self.received, self.total, complete=True))

    async def pairs(self) -> AsyncIterator[tuple[str, str | SentFile]]:
        """All fields of the form, of whatever name. Of a file, only how large it was is kept."""
        if self._reader is not None:
            await expect_continue(self._request)
        while (found := await self._next()) is not None:
            part, field = found
            sent = FilePart(part, field, self._where(field), self._arrived if self._tap else None)
            if field.filename is None:
                yield field.name or "", await self._text(sent)
            elif field.filename or not await sent.is_empty():
                yield field.name or "", SentFile(field.filename, sent.content_type, await self._size(sent))
            await self._skip(part)
        if self._tap is not None:
            self._let_in = None
            await self._tap(Arrival(self.received, self.total, complete=True))

    async def _text(self, sent: FilePart) -> str:
        pieces, size = [], 0
        async for piece in sent.chunks():
            size += len(piece)
            if size > _MAX_TEXT:
                raise DomainError("payload_too_large", f"A text in a form may have {_MAX_TEXT} bytes at most")
            pieces.append(piece)
        return b"".join(pieces).decode(errors="replace")

    async def _size(self, sent: FilePart) -> int:
        size = 0
        async for piece in sent.chunks():
            size += len(piece)
            if size > self._limit:
                raise self._too_large()
        return size

    async def _file(self, part: BodyPartReader, field: FormField) -> FilePart | None:
        """The part as a file; None for a text of another field, and for a file input that was left empty."""
        if field.filename is None:
            self._has_text = self._has_text or field.name == FIELD
            return None
        coding = part.headers.get(hdrs.CONTENT_TRANSFER_ENCODING, "").strip().lower()
        if coding not in _AS_THEY_ARE:
            raise DomainError(
                "unsupported_media_type",
                f"{self._where(field)} has the Content-Transfer-Encoding {coding[:_SHOWN]!r}: "
                "send its bytes as they are (RFC 7578, section 4.7)",
            )
        taps = (self._arrived, self._broke_off) if self._tap else ()
        file = FilePart(part, field, self._where(field), *taps)
        if not field.filename and await file.is_empty():
            return None
        if field.name != FIELD:
            given = "no field" if field.name is None else f"the field {field.name[:_SHOWN]!r}"
            raise invalid(file=f"The file {field.filename[:_SHOWN]!r} came in {given}: name the field {FIELD!r}")
        return file

    async def _arrived(self, piece: bytes) -> bytes:
        arrival = Arrival((self._let_in or 0) + len(piece), self.total, piece)
        if self._tap is not None:
            await self._tap(arrival)
        self._let_in = arrival.received
        return arrival.data

    async def _broke_off(self) -> bool:
        """Whether what is here of a file counts as all of it."""
        arrival = Arrival(self.received, self.total, broken=True)
        if self._tap is not None:
            await self._tap(arrival)
        self._ended = arrival.whole
        return self._ended

    async def _next(self) -> tuple[BodyPartReader, FormField] | None:
        if self._reader is None or self._ended:
            return None
        self._number += 1
        try:
            part = await self._reader.next()
        except _BREAKS:
            if not self._request.content.total_bytes and self._request.content.is_eof():
                return None
            raise _broken(f"Part {self._number} of the form") from None
        if isinstance(part, MultipartReader):
            raise DomainError(
                "bad_request", f"{self._where(self._reader.field)} is a form itself: send each file as a part"
            )
        return None if part is None else (part, self._reader.field)

    async def _skip(self, part: BodyPartReader) -> None:
        try:
            while not (part.at_eof() or self._ended):
                await part.read_chunk(_CHUNK)
                if self._request.content.total_bytes > self._most:
                    raise self._too_large()
        except _BREAKS:
            raise _broken(f"Part {self._number} of the form") from None

    def _where(self, field: FormField) -> str:
        named = "" if field.name is None else f" ({field.name[:_SHOWN]!r})"
        return f"Part {self._number} of the form{named}"

    def _too_large(self) -> DomainError:
        return DomainError("payload_too_large", f"A file may have {self._limit} bytes at most")


class FilePart:
    """One file of the form."""

    def __init__(
        self,
        part: BodyPartReader,
        field: FormField,
        where: str,
        arrived: Callable[[bytes], Awaitable[bytes]] | None = None,
        broke_off: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self._part, self._where, self._arrived, self._broke_off = part, where, arrived, broke_off
        self._ended = False
        self._first: bytes | None = None
        self.filename = field.filename or ""
        declared = part.headers.get(hdrs.CONTENT_TYPE, "")
        self.content_type = declared if _MEDIA_TYPE.fullmatch(declared) else "application/octet-stream"

    async def is_empty(self) -> bool:
        """Whether it has no bytes."""
        if self._first is None:
            self._first = await self._read()
        return not self._first

    async def chunks(self) -> AsyncIterator[bytes]:
        """Pieces of 1 MiB at most: few enough that a thread for each costs nothing, small enough for any memory."""
        parts: list[bytes] = []
        size = 0
        while chunk := await self._read() if self._first is None else self._first:
            self._first = None
            if self._arrived is not None:
                chunk = await self._arrived(bytes(chunk))
            parts.append(chunk)
            size += len(chunk)
            if size >= _CHUNK:
                yield b"".join(parts)
                parts, size = [], 0
        if parts:
            yield b"".join(parts)
        if not (self._part.at_eof() or self._ended):
            raise _broken(self._where)

    async def _read(self) -> bytes:
        try:
            return await self._part.read_chunk(_CHUNK if self._arrived is None else _TAPPED_CHUNK)
        except _BREAKS:
            self._ended = self._broke_off is not None and await self._broke_off()
            if self._ended:
                return b""
            raise _broken(self._where) from None


def _broken(where: str) -> DomainError:
    return DomainError("bad_request", f"{where} is broken, or broke off")
