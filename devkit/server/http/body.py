"""Request bodies: JSON and forms read strictly, multipart as a stream."""

from __future__ import annotations

import asyncio
import json
import re
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.multipart import BadContentDispositionHeader, BadContentDispositionParam, parse_content_disposition

from devkit.contract.errors import DomainError, invalid
from devkit.contract.operations import Media
from devkit.faults.matter import Arrival
from devkit.records import dataclass
from devkit.server.wire.tcp import narrow_connection

_MAX_FIELDS = 200
"""Fields of a form."""
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}(; ?[\w-]{1,40}=[\w\"./+-]{1,100})*", re.ASCII)
_CHUNK = 1024 * 1024
_MAX_FILES = 20
_BREAKS = (
    ValueError,
    AssertionError,
    BadHttpMessage,
    web.RequestPayloadError,
    asyncio.IncompleteReadError,
    ConnectionError,
    # A field `_charset_` (RFC 7578, section 4.6) of nonsense gets this one.
    RuntimeError,
)
"""What aiohttp raises where a multipart body is broken, or its client gone."""
_MAX_FIELD = 16 * 1024
"""Bytes of one header field of a part."""
_ENVELOPE = 64 * 1024
"""Bytes that the multipart form may add around each file."""


Tap = Callable[[Arrival], Awaitable[None]]
"""Told of each piece of a body that arrived, and of an upload's end; nothing is read before it returns."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How a small body is read: what it is called, its media type, and what else passes for that.

    `parse` raises DomainError.
    """

    name: str
    media_type: str
    parse: Callable[[bytes], dict[str, Any]]
    alias: Callable[[str], bool] = lambda _: False


async def read_raw(request: web.BaseRequest, reader: Reader, limit: int, tap: Tap | None = None) -> bytes:
    """The bytes of a body that claims to be what the reader reads; none for no body at all.

    Raises DomainError `payload_too_large`, `unsupported_media_type`, `bad_request`.
    """
    if not request.body_exists:
        return b""
    if request.content_length is not None and request.content_length > limit:
        raise DomainError("payload_too_large", f"A {reader.name} body may have {limit} bytes at most")
    if request.content_length == 0:
        return b""
    media_type = request.content_type if "Content-Type" in request.headers else ""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise DomainError("unsupported_media_type", "Send the body without a Content-Encoding")
    if media_type != reader.media_type and not reader.alias(media_type):
        raise DomainError("unsupported_media_type", f"Send the body as {reader.media_type}")
    await expect_continue(request)
    return await _read(request, reader, limit, tap)


async def expect_continue(request: web.BaseRequest) -> None:
    """Tell a client that asked first (`Expect: 100-continue`, RFC 9110, section 10.1.1) to send its body."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request["continued"] = True
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


async def _read(request: web.BaseRequest, reader: Reader, limit: int, tap: Tap | None) -> bytes:
    parts, size = [], 0
    try:
        async for chunk in request.content.iter_any():
            size += len(chunk)
            if size > limit:
                raise DomainError("payload_too_large", f"A {reader.name} body may have {limit} bytes at most")
            parts.append(chunk)
            if tap is not None:
                await tap(Arrival(size, request.content_length))
    except (web.RequestPayloadError, ConnectionError):
        raise DomainError("bad_request", "The body broke off, or its encoding is broken") from None
    return b"".join(parts)


def parse_json(raw: bytes) -> dict[str, Any]:
    """Strict JSON (RFC 8259): no duplicate keys, no NaN. Raises DomainError `invalid_json` or `validation_error`."""
    try:
        value = _DECODER.decode(raw.decode())
    except UnicodeDecodeError:
        raise DomainError("invalid_json", "The body is not UTF-8") from None
    except RecursionError:
        raise DomainError("invalid_json", "The body is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise DomainError("invalid_json", f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except _Refused as error:
        raise DomainError("invalid_json", str(error)) from None
    except ValueError:
        # Python reads no integer of more than 4,300 digits, since that takes quadratic time.
        raise DomainError("invalid_json", "A number has too many digits") from None
    if not isinstance(value, dict):
        raise DomainError("validation_error", "The body must be a JSON object", fields={"body": "Must be an object"})
    return value


def parse_form(raw: bytes) -> dict[str, Any]:
    """The fields of a form, as texts (WHATWG URL, section 5).

    Raises DomainError `bad_request` or `validation_error`.
    """
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise DomainError("bad_request", "The form is broken: it is not UTF-8, percent-encoded") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        twice = next(name for index, (name, _) in enumerate(pairs) if name in dict(pairs[:index]))
        raise DomainError("validation_error", fields={twice[:100]: "Was given more than once"})
    return fields


READERS: Mapping[Media, Reader] = {
    Media.JSON: Reader(
        "JSON", "application/json", parse_json, lambda given: given == "text/json" or given.endswith("+json")
    ),
    Media.FORM: Reader("form", "application/x-www-form-urlencoded", parse_form),
}
"""What bodies are read as a whole."""


class _Refused(ValueError):
    """What `json` would have taken, but is not JSON; the text is for the client."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _Refused(f"The key {json.dumps(twice[:100])} stands twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not JSON")


# Made once: `json.loads` makes one for each text.
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)

_TAPPED_CHUNK = 16 * 1024
"""Bytes of a piece of an upload that a tap is told of: small, so that a slow upload is slow evenly."""


class _Reader(MultipartReader):
    """aiohttp's reader, strict about what it would only warn of: which part is a file must not be a guess."""

    async def fetch_next_part(self) -> MultipartReader | BodyPartReader:
        part = await super().fetch_next_part()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                parse_content_disposition(part.headers.get("Content-Disposition"))
            except (BadContentDispositionHeader, BadContentDispositionParam):
                raise ValueError("broken Content-Disposition") from None
        return part


class MultipartBody:
    """A multipart/form-data body whose parts named `file` are read one after the other, as they arrive."""

    def __init__(self, request: web.BaseRequest, upload_limit: int, tap: Tap | None = None) -> None:
        """Raises DomainError `unsupported_media_type`, `bad_request` (no boundary) or `payload_too_large`."""
        if request.content_type != "multipart/form-data":
            raise DomainError("unsupported_media_type", "Send the files as multipart/form-data")
        self._limit = upload_limit
        self._most = (upload_limit + _ENVELOPE) * _MAX_FILES
        if request.content_length is not None and request.content_length > self._most:
            raise self._too_large()
        self._request = request
        self._tap = tap
        self._let_in = None if tap is None else 0
        if tap is not None and request.transport is not None:
            narrow_connection(request.transport)
        self.total = request.content_length
        try:
            self._reader = _Reader(request.headers, request.content, max_field_size=_MAX_FIELD)
        except ValueError:
            raise DomainError("bad_request", "The Content-Type names no usable boundary") from None

    @property
    def received(self) -> int:
        # What a fault has not let through yet has not arrived, though it may wait in a buffer of ours.
        return self._request.content.total_bytes if self._let_in is None else self._let_in

    async def files(self) -> AsyncIterator[FilePart]:
        await expect_continue(self._request)
        count = 0
        while (part := await self._next()) is not None:
            if part.name == "file" and part.filename is not None:
                count += 1
                if count > _MAX_FILES:
                    raise invalid(file=f"At most {_MAX_FILES} files at once")
                yield FilePart(part, self._arrived if self._tap else None)
            await self._skip(part)
        if self._tap is not None:
            self._let_in = None
            await self._tap(Arrival(self.received, self.total, complete=True))

    async def _arrived(self, piece: bytes) -> bytes:
        arrival = Arrival((self._let_in or 0) + len(piece), self.total, piece)
        if self._tap is not None:
            await self._tap(arrival)
        self._let_in = arrival.received
        return arrival.data

    async def _next(self) -> BodyPartReader | None:
        try:
            part = await self._reader.next()
        except _BREAKS:
            raise _broken() from None
        if isinstance(part, MultipartReader):
            raise DomainError("bad_request", "A multipart body inside another is not understood")
        return part

    async def _skip(self, part: BodyPartReader) -> None:
        try:
            while not part.at_eof():
                await part.read_chunk(_CHUNK)
                if self._request.content.total_bytes > self._most:
                    raise self._too_large()
        except _BREAKS:
            raise _broken() from None

    def _too_large(self) -> DomainError:
        return DomainError("payload_too_large", f"A file may have {self._limit} bytes at most")


class FilePart:
    """One file of the form."""

    def __init__(self, part: BodyPartReader, arrived: Callable[[bytes], Awaitable[bytes]] | None = None) -> None:
        self._part = part
        self._arrived = arrived
        self.filename = part.filename or ""
        declared = part.headers.get("Content-Type", "")
        self.content_type = declared if _MEDIA_TYPE.fullmatch(declared) else "application/octet-stream"

    async def chunks(self) -> AsyncIterator[bytes]:
        """Pieces of 1 MiB at most: few enough that a thread for each costs nothing, small enough for any memory."""
        parts: list[bytes] = []
        size = 0
        while True:
            try:
                chunk = await self._part.read_chunk(_CHUNK if self._arrived is None else _TAPPED_CHUNK)
            except _BREAKS:
                raise _broken() from None
            if not chunk:
                break
            if self._arrived is not None:
                chunk = await self._arrived(bytes(chunk))
            parts.append(chunk)
            size += len(chunk)
            if size >= _CHUNK:
                yield b"".join(parts)
                parts, size = [], 0
        if parts:
            yield b"".join(parts)
        if not self._part.at_eof():
            raise _broken()


def _broken() -> DomainError:
    return DomainError("bad_request", "The multipart body is broken, or broke off")
