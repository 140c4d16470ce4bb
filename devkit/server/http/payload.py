"""Bodies of any kind, where an operation's `Shape` says which it takes: read as far as their media type alone tells."""

from __future__ import annotations

import asyncio
from email.message import Message
from typing import Any

from aiohttp import hdrs, web

from devkit.contract.errors import DomainError
from devkit.contract.shapes import Body, is_json
from devkit.dialects.raw import Payload
from devkit.dialects.told import FORM, MULTIPART, media_of
from devkit.server.http.body import Reader, Tap, parse_pairs, parse_value, read_raw, require_media
from devkit.server.http.multipart import MultipartBody

PARSED_AT_ONCE = 64 * 1024
"""Bytes of a body that is parsed in the loop's thread; what is larger would hold others up."""


async def read_bytes(request: web.BaseRequest, body: Body, limit: int, tap: Tap | None = None) -> bytes:
    """The bytes of a body that is no multipart form; none for no body at all.

    Raises DomainError `payload_too_large`, `unsupported_media_type`, `bad_request`.
    """
    try:
        media_of(body, _given(request))
    except DomainError as error:
        # What is no body needs no type (RFC 9110, section 8.3), and then this one raises nothing.
        if not await require_media(request, tuple(body.media)):
            return b""
        raise error from None
    given = _given(request).partition(";")[0].strip().lower()
    reader = Reader("JSON" if is_json(given) else "form" if given == FORM else given, parse_value)
    return await read_raw(request, (request.content_type,), reader, limit, tap)


async def parsed(request: web.BaseRequest, raw: bytes) -> Payload | None:
    """What the bytes say; None where there is no body. Raises DomainError `invalid_json`, `bad_request`."""
    if not raw:
        return None
    given = _given(request)
    media_type = given.partition(";")[0].strip().lower()
    value: Any
    if is_json(media_type):
        value = await asyncio.to_thread(parse_value, raw) if len(raw) > PARSED_AT_ONCE else parse_value(raw)
    elif media_type == FORM:
        value = tuple(parse_pairs(raw))
    elif media_type.startswith("text/"):
        value = _text(raw, given)
    else:
        value = raw
    return Payload(given, value)


async def read_multipart(request: web.BaseRequest, limit: int, tap: Tap | None = None) -> Payload | None:
    """A multipart form; None where there is no body. Raises DomainError as MultipartBody does."""
    body = await MultipartBody.begun(request, (MULTIPART,), limit, tap)
    pairs = [pair async for pair in body.pairs()]
    return Payload(MULTIPART, tuple(pairs)) if pairs or body.received else None


def is_multipart(request: web.BaseRequest, body: Body) -> bool:
    """Whether it brings a multipart form where one may come."""
    return request.content_type == MULTIPART and media_of(body, MULTIPART) != ""


def _given(request: web.BaseRequest) -> str:
    return request.headers.get(hdrs.CONTENT_TYPE, "")


def _text(raw: bytes, content_type: str) -> str:
    told = Message()
    told["Content-Type"] = content_type
    try:
        return raw.decode(told.get_content_charset("utf-8"))
    except (UnicodeDecodeError, LookupError):
        raise DomainError("bad_request", "The body is not the text that its Content-Type says") from None
