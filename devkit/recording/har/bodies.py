"""What a HAR file says of a body: the bytes that went over the wire, or that nobody can tell them any more."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

import orjson

from devkit.recording.base import Content, Fields

Beside = Callable[[str], bytes | None]
"""The bytes of a file that is named in the HAR file, and stands beside it; None where there is none."""

KEPT = 4 * 1024
"""Bytes of a body that are kept; a larger one is read from the file each time somebody wants it."""

_TEXTS = re.compile(r"text/|.*[/+](?:json|xml|javascript|x-www-form-urlencoded|graphql|csv)\b", re.IGNORECASE)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class Unknowable(Exception):
    """There was a body, and what it was cannot be told from the file; the text says why."""


def content_of(data: bytes, again: Callable[[], bytes]) -> Content:
    """A body; `again` reads it once more."""
    digest = hashlib.sha256(data).hexdigest()
    if len(data) > KEPT:
        return Content(len(data), digest, again)
    return Content(len(data), digest, lambda: data)


def field(fields: Fields, name: str) -> str:
    """The first value of that field (its name in small letters); empty where there is none."""
    return next((value for key, value in fields if key.lower() == name), "")


def request_body(request: Mapping[str, Any], fields: Fields, beside: Beside) -> bytes | None:
    """The request's body, or None where there was none. Raises Unknowable, or ValueError where that is no HAR."""
    post = request.get("postData")
    length = _length(fields)
    kind = field(fields, "content-type")
    if not isinstance(post, dict):
        if length == 0 or (not length and not kind and not field(fields, "transfer-encoding")):
            return None
        # Playwright: a form with a file in it, and whatever `page.request` sends.
        raise Unknowable("the body of its request was not recorded")
    kind = str(post.get("mimeType") or kind)
    if isinstance(name := post.get("_file"), str):
        return _file(name, beside, "request")
    text = post.get("text")
    if post.get("encoding") == "base64" and isinstance(text, str):
        return _base64(text)
    if not text and isinstance(params := post.get("params"), list) and params:
        if "multipart" in kind:
            raise Unknowable("the files in the form of its request were not recorded")
        return "&".join(f"{_form(one['name'])}={_form(one.get('value'))}" for one in params).encode()
    if not isinstance(text, str) or (not text and length):
        raise Unknowable("the body of its request was not recorded")
    return _bytes(text, length, textual=bool(_TEXTS.match(kind)), whose="request")


def answer_body(response: Mapping[str, Any], fields: Fields, beside: Beside) -> bytes | None:
    """The answer's body without its content coding; None where the file has none. Raises as `request_body` does."""
    content = response.get("content")
    if not isinstance(content, dict):
        return None
    if isinstance(name := content.get("_file"), str):
        return _file(name, beside, "answer")
    text = content.get("text")
    if not isinstance(text, str):
        return None
    coding = field(fields, "content-encoding").lower()
    if content.get("encoding") == "base64":
        return _decoded(_base64(text), coding)
    if coding and text.startswith('["'):
        # Polly: a compressed body in its pieces, each in hexadecimal or base64.
        found = _pieces(text)
        if found is not None:
            return _decoded(found, coding)
    kind = str(content.get("mimeType") or field(fields, "content-type"))
    length = None if coding else _length(fields)
    return _bytes(text, length, textual=bool(_TEXTS.match(kind)), whose="answer")


def _length(fields: Fields) -> int | None:
    text = field(fields, "content-length")
    return int(text) if text.isdecimal() else None


def _form(value: object) -> str:
    return quote_plus("" if value is None else str(value), safe="%+")


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=False)
    except binascii.Error:
        raise ValueError("its base64 is broken") from None


def _file(name: str, beside: Beside, whose: str) -> bytes:
    data = beside(name)
    if data is None:
        raise Unknowable(f"the body of its {whose} is in {name}, and that is not there")
    return data


def _bytes(text: str, length: int | None, *, textual: bool, whose: str) -> bytes:
    """The bytes that a text stands for. Chromium gives E9 and C3 A9 as one text, Firefox and mitmproxy a character for
    each byte: what tells them apart is the Content-Length, and else the media type.
    """
    written = text.encode("utf-8", "surrogatepass")
    if length == len(written) or text.isascii():
        return written
    narrow = all(character <= "\xff" for character in text)
    if narrow and (length == len(text) or (length is None and not textual)):
        return text.encode("latin-1")
    if _REPLACEMENT in text and (length is not None or not textual):
        raise Unknowable(f"the bytes of its {whose} that are no text were lost when it was written down")
    if length is not None and whose == "request":
        raise Unknowable(f"the body of its {whose} had {length:,} bytes, and what was written down has other ones")
    return written


def _pieces(text: str) -> bytes | None:
    try:
        found = orjson.loads(text)
        joined = "".join(found)
        if re.fullmatch(r"(?:[0-9a-f]{2})+", joined):
            return bytes.fromhex(joined)
        return b"".join(base64.b64decode(one, validate=True) for one in found)
    except (ValueError, TypeError):
        return None


def _decoded(data: bytes, coding: str) -> bytes:
    """Without the content coding, where a writer left it on."""
    gzip = coding in {"gzip", "x-gzip"} and data[:2] == b"\x1f\x8b"
    deflate = coding == "deflate" and data[:1] in {b"\x78", b"\x58", b"\x68"}
    if not (gzip or deflate):
        return data
    try:
        return zlib.decompress(data, zlib.MAX_WBITS | 32)
    except zlib.error:
        return data
