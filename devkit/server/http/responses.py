"""From a reply to bytes: JSON, conditional answers, compression, files with ranges."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping

import orjson
from aiohttp import hdrs, web
from multidict import CIMultiDict

from devkit.dialects.replies import BytesBody, FileBody, JsonBody, PassedBody, Reply, StreamBody, TextBody
from devkit.domain.preconditions import names_tag
from devkit.server.hosting.selection import root_of
from devkit.server.http import cookies
from devkit.server.http.files import FileResponse
from devkit.server.http.streaming import UNTRANSFORMED, StreamedResponse
from devkit.server.wire.strikes import NONE, Strikes

KEPT_UNASKED = frozenset({300, 301, 308, 404, 405, 410, 414, 501})
"""Statuses, besides those of success, whose answers caches may keep although nothing says so (RFC 9110, section 15.1).
Chromium does so with the first three and 410 for as long as it likes: a mended backend would not be asked again.
"""

NOBODY = 499
"""What is noted of a client that left: it does not wait for an answer, and repeats nothing by itself."""

COMPRESS_FROM = 1024
"""Bytes of JSON from which on gzip is worth it (CONTRACT.md, "Compression")."""


def respond(request: web.BaseRequest, reply: Reply, strikes: Strikes = NONE) -> web.StreamResponse:
    """The response to send, without what every answer carries (CORS, request id)."""
    tag = reply.headers.get("ETag")
    # A fault that struck would not be seen behind a 304, and its marks would stay in the client's cache, where the
    # fields of a 304 replace those of the answer that is kept (RFC 9111, section 4.3.4).
    if not strikes and is_unchanged(request, reply):
        return _with(request, web.Response(status=304), reply)
    if isinstance(reply.body, FileBody):
        # Ranges are defined for GET alone (RFC 9110, section 14.2).
        headers = request.headers if request.method == "GET" else {}
        file = FileResponse.of(reply.body, headers, tag)
        if reply.status != 200:
            file.set_status(reply.status)
        return _with(request, file, reply)
    if isinstance(reply.body, PassedBody):
        # Only where there is a real backend.
        from devkit.server.http.passed import PassedResponse

        return _with(request, PassedResponse(reply.body, reply.status), reply)
    if isinstance(reply.body, StreamBody):
        return _with(request, StreamedResponse(reply.body, reply.status, strikes.on_stream), reply)
    if not reply.has_body:
        return _with(request, web.Response(status=reply.status), reply)
    body, content_type = _written(reply)
    if strikes and request.method != "HEAD":
        whole, body = body, strikes.on_body(body)
        if body != whole:
            reply.drop("ETag")
    response = web.Response(status=reply.status, body=body, headers={hdrs.CONTENT_TYPE: content_type})
    if len(body) >= COMPRESS_FROM:
        response.headers["Vary"] = "Accept-Encoding"
        # A fault may already have said how the body is encoded.
        said = hdrs.CONTENT_ENCODING in reply.headers
        if not said and accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
            response.enable_compression(web.ContentCoding.gzip)
    return _with(request, response, reply)


def _written(reply: Reply) -> tuple[bytes, str]:
    """The body's bytes, and what they are called."""
    if isinstance(reply.body, BytesBody):
        return reply.body.data, reply.body.content_type
    if isinstance(reply.body, TextBody):
        return reply.body.text.encode(), f"{reply.body.content_type}; charset=utf-8"
    data = reply.body.data if isinstance(reply.body, JsonBody) else orjson.dumps(reply.body)
    return data, reply.media_type if reply.fields is not None else f"{reply.media_type}; charset=utf-8"


def keep_out_of_caches(headers: MutableMapping[str, str], *, even_if_told: bool = False) -> None:
    """Have no cache keep the answer, unless its headers (whose names are found in any case) say what caches may do, and
    it is not `even_if_told`.
    """
    said = None if even_if_told else headers.get(hdrs.CACHE_CONTROL)
    if said in {None, UNTRANSFORMED}:
        headers[hdrs.CACHE_CONTROL] = "no-store" if said is None else f"no-store, {said}"


def fields_of(reply: Reply) -> Mapping[str, str]:
    """The header fields that an answer has of itself, but for its cookies."""
    if reply.status not in KEPT_UNASKED:
        return reply.headers
    fields = CIMultiDict(reply.headers)
    keep_out_of_caches(fields)
    return fields


def _with(request: web.BaseRequest, response: web.StreamResponse, reply: Reply) -> web.StreamResponse:
    root = root_of(request)
    if reply.fields is not None:
        for name in {name.lower() for name, _ in reply.fields}:
            response.headers.popall(name, None)
        for name, value in reply.fields:
            response.headers.add(name, value)
        response.headers.update(reply.headers)
        return response
    response.headers.update(fields_of(reply))
    if root and reply.headers.get(hdrs.LOCATION, "").startswith("/"):
        response.headers[hdrs.LOCATION] = root + reply.headers[hdrs.LOCATION]
    for cookie in reply.cookies:
        response.headers.add(hdrs.SET_COOKIE, cookies.render(cookie, root))
    return response


def accepts_gzip(field: str) -> bool:
    """Whether `gzip` is named, and not with the weight 0 that refuses it (RFC 9110, section 12.5.3)."""
    for coding in field.lower().split(","):
        name, _, weight = (part.strip() for part in coding.partition(";"))
        if name == "gzip":
            return re.fullmatch(r"q\s*=\s*0(\.0*)?", weight) is None
    return False


def is_unchanged(request: web.BaseRequest, reply: Reply) -> bool:
    """Whether the client has that version already: then it is told so, and nothing else."""
    tag, condition = reply.headers.get("ETag"), request.headers.get("If-None-Match")
    if not tag or condition is None or request.method not in {"GET", "HEAD"}:
        return False
    return names_tag(condition, tag.strip('"'), weak=True)
