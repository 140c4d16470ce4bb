"""Request bodies that are read as a whole: JSON and forms, strictly."""

from __future__ import annotations

import asyncio
import codecs
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.helpers import BaseTimerContext, TimerNoop
from aiohttp.streams import StreamReader

from devkit.contract.errors import DomainError
from devkit.contract.operations import Media
from devkit.dialects.base import MEDIA_TYPES, Route
from devkit.faults.matter import Arrival
from devkit.records import dataclass
from devkit.units import format_duration

_MAX_FIELDS = 200
"""Fields of a form."""
_SHOWN = 100
"""Characters of a client's own words that a message repeats."""


Tap = Callable[[Arrival], Awaitable[None]]
"""Told of each piece of a body that arrived, and of an upload's end; nothing is read before it returns."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How a small body is read, and what it is called. `parse` raises DomainError."""

    name: str
    parse: Callable[[bytes], dict[str, Any]]


async def read_raw(
    request: web.BaseRequest, media_types: Sequence[str], reader: Reader, limit: int, tap: Tap | None = None
) -> bytes:
    """The bytes of a body of one of these types; none for no body at all, however that is framed.

    Raises DomainError `payload_too_large`, `unsupported_media_type`, `bad_request`.
    """
    if request.content_length is not None and request.content_length > limit:
        raise DomainError("payload_too_large", f"A {reader.name} body may have {limit} bytes at most")
    if not await require_media(request, media_types):
        return b""
    await expect_continue(request)
    return await _read(request, reader, limit, tap)


async def require_media(request: web.BaseRequest, media_types: Sequence[str]) -> bool:
    """Whether the request may have a body, of one of these types. What is no body needs no type (RFC 9110, section
    8.3); whether there is one, only its bytes tell where it comes in chunks.

    Raises DomainError `unsupported_media_type`, `bad_request`.
    """
    if not request.body_exists or request.content_length == 0:
        return False
    wrong = _wrong_media(request, media_types)
    if wrong is None:
        return True
    if request.content_length is None and not expects_leave(request):
        try:
            if not await request.content.readany():
                return False
        except (web.RequestPayloadError, ConnectionError):
            raise broke_off() from None
    raise DomainError("unsupported_media_type", wrong)


def _wrong_media(request: web.BaseRequest, media_types: Sequence[str]) -> str | None:
    """What is wrong with what the header fields say of the body."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        return "Send the body without a Content-Encoding"
    given = request.content_type if hdrs.CONTENT_TYPE in request.headers else ""
    if given in media_types:
        return None
    wanted = " or ".join(media_types)
    return f"The body is {given[:_SHOWN]}: send it as {wanted}" if given else f"Send the body as {wanted}"


def expects_leave(request: web.BaseRequest) -> bool:
    """Whether the client asks first whether it may send its body (RFC 9110, section 10.1.1). One of HTTP/1.0 would take
    the leave for the answer.
    """
    return request.version >= HttpVersion11 and request.headers.get(hdrs.EXPECT, "").lower() == "100-continue"


CONTINUED = web.RequestKey("continued", bool)
"""Whether it was told to send its body."""


async def expect_continue(request: web.BaseRequest) -> None:
    """Tell a client that asked first (`Expect: 100-continue`, RFC 9110, section 10.1.1) to send its body."""
    if expects_leave(request) and request.transport is not None:
        request[CONTINUED] = True
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
        raise broke_off() from None
    return b"".join(parts)


def broke_off() -> DomainError:
    """What a client is told of a body that ends too early, or whose chunks are none."""
    return DomainError("bad_request", "The body broke off, or its encoding is broken")


class _Silence(BaseTimerContext):
    """What a stream enters when it waits for more, and leaves when that is there. What counts is how long nothing comes
    while it is waited for, as with nginx's `client_body_timeout`: a slow upload takes its time, and so does a fault
    that reads on only later.
    """

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
    """Let reading its body raise DomainError `request_timeout` where nothing comes for so long (RFC 9110, section
    15.5.9); 0: never.
    """
    body = request.content
    if milliseconds and request.body_exists and not body.is_eof():
        body._timer = _Silence(body, milliseconds, asyncio.get_running_loop())
        # The two hold each other: not longer than it takes.
        body.on_eof(partial(allow_silence, body))


def allow_silence(body: StreamReader) -> None:
    """From now on, whoever reads it looks at the time."""
    body._timer = TimerNoop()


def parse_json(raw: bytes) -> dict[str, Any]:
    """A JSON object, strictly read. Raises DomainError `invalid_json` or `validation_error`."""
    value = parse_value(raw)
    if not isinstance(value, dict):
        raise DomainError("validation_error", "The body must be a JSON object", fields={"body": "Must be an object"})
    return value


def parse_value(raw: bytes) -> Any:
    """Strict JSON (RFC 8259) of any kind: no duplicate keys, no NaN. Raises DomainError `invalid_json`."""
    try:
        return _DECODER.decode(raw.decode())
    except UnicodeDecodeError as error:
        told = _foreign(raw) or f"The body is not UTF-8: byte {error.start + 1} is 0x{raw[error.start]:02X}"
        raise DomainError("invalid_json", f"{told}. {_UTF_8}") from None
    except RecursionError:
        raise DomainError("invalid_json", "The body is nested too deeply") from None
    except json.JSONDecodeError as error:
        if foreign := _foreign(raw):
            raise DomainError("invalid_json", f"{foreign}. {_UTF_8}") from None
        raise DomainError("invalid_json", f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except _Refused as error:
        raise DomainError("invalid_json", str(error)) from None
    except ValueError:
        # Python reads no integer of more than 4,300 digits, since that takes quadratic time.
        raise DomainError("invalid_json", "A number has too many digits") from None


def parse_form(raw: bytes) -> dict[str, Any]:
    """The fields of a form, as texts (WHATWG URL, section 5).

    Raises DomainError `bad_request` or `validation_error`.
    """
    pairs = parse_pairs(raw)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        twice = next(name for index, (name, _) in enumerate(pairs) if name in dict(pairs[:index]))
        raise DomainError("validation_error", fields={twice[:_SHOWN]: "Was given more than once"})
    return fields


def parse_pairs(raw: bytes) -> list[tuple[str, str]]:
    """The pairs of a form. Raises DomainError `bad_request`."""
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise DomainError("bad_request", "The form is broken: it is not UTF-8, percent-encoded") from None


READERS: Mapping[Media, Reader] = {Media.JSON: Reader("JSON", parse_json), Media.FORM: Reader("form", parse_form)}
"""What bodies are read as a whole."""


def reader_of(route: Route, media_type: str) -> Reader | None:
    """What reads a body of that type there; None where there is none to read as a whole."""
    form = route.row.forms and media_type == MEDIA_TYPES[Media.FORM]
    return READERS[Media.FORM] if form else READERS.get(route.media)


_UTF_8 = "Send JSON as UTF-8 without a byte order mark (RFC 8259, section 8.1)"
_MARKS = (
    (codecs.BOM_UTF8, "The body begins with a byte order mark"),
    (codecs.BOM_UTF32_LE, "The body is UTF-32"),
    (codecs.BOM_UTF32_BE, "The body is UTF-32"),
    (codecs.BOM_UTF16_LE, "The body is UTF-16"),
    (codecs.BOM_UTF16_BE, "The body is UTF-16"),
)
"""The longer ones first: one begins like another."""


def _foreign(raw: bytes) -> str | None:
    """What a JSON text looks like that is not plain UTF-8: a mark tells, or where its first characters have zeros (RFC
    4627, section 3).
    """
    for mark, told in _MARKS:
        if raw.startswith(mark):
            return told
    zeros = tuple(byte == 0 for byte in raw[:4])
    if zeros in {(True, True, True, False), (False, True, True, True)}:
        return "The body is UTF-32"
    return "The body is UTF-16" if zeros in {(True, False, True, False), (False, True, False, True)} else None


class _Refused(ValueError):
    """What `json` would have taken, but is not JSON; the text is for the client."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _Refused(f"The key {json.dumps(twice[:_SHOWN])} stands twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not JSON")


# Made once: `json.loads` makes one for each text.
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)
