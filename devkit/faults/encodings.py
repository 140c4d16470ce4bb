"""Bodies whose bytes are not what the header fields say, or break off where only decoding can tell."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from devkit.faults.base import Fault
from devkit.faults.reshaping import in_one_piece

if TYPE_CHECKING:
    from devkit.dialects.replies import Reply
    from devkit.faults.hit import Hit


class EncodingMismatch(Fault):
    """Content-Encoding says gzip, and the body is not compressed: browsers fail to decode it
    (ERR_CONTENT_DECODING_FAILED).
    """

    kind = "body.encoding_mismatch"
    breaks = True

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        if reply.has_body:
            reply.headers["Content-Encoding"] = "gzip"
            # A 304 would tell the client that what it could not decode is still good.
            reply.headers.pop("ETag", None)
        return reply


class GzipCut(Fault):
    """The body is compressed and ends in the middle of the gzip stream, although the message itself is whole
    (Content-Length fits): some clients hand out what they could decode, as if it were all; others fail.
    """

    kind = "body.gzip_cut"
    breaks = True
    example = {"fraction": 0.5}

    fraction: Annotated[float, Field(ge=0, lt=1)] = 0.5

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        if in_one_piece(hit, reply):
            reply.headers["Content-Encoding"] = "gzip"
        return reply

    def on_body(self, hit: Hit, body: bytes) -> bytes:
        packed = gzip.compress(body, 6, mtime=0)
        return packed[: int(len(packed) * self.fraction)]


class Charset(Fault):
    """The body is encoded in this charset, and Content-Type says so. JSON is UTF-8 (RFC 8259, section 8.1): `fetch`
    decodes it as that whatever the header says, so that letters beyond ASCII are replaced or nothing can be parsed,
    while XMLHttpRequest and many clients follow the header. What the charset cannot write becomes `?`.
    """

    kind = "body.charset"
    example = {"value": "iso-8859-1"}

    value: Literal["iso-8859-1", "windows-1252", "utf-16le", "utf-16be"] = "iso-8859-1"

    def on_body(self, hit: Hit, body: bytes) -> bytes:
        try:
            return body.decode().encode(self.value, "replace")
        except UnicodeDecodeError:
            # An earlier fault has left no text.
            return body

    def on_headers(self, hit: Hit, headers: Any) -> None:
        media = headers.get("Content-Type", "").partition(";")[0]
        if media:
            headers["Content-Type"] = f"{media}; charset={self.value}"


class ByteOrderMark(Fault):
    """The body begins with a byte order mark (EF BB BF): `response.json()` of `fetch` passes over it, `JSON.parse` of a
    text that still has it throws.
    """

    kind = "body.bom"

    def on_body(self, hit: Hit, body: bytes) -> bytes:
        return b"\xef\xbb\xbf" + body


KINDS = (EncodingMismatch, GzipCut, Charset, ByteOrderMark)
