"""Heads of requests: addresses, fields, credentials, what is broken, and several requests in one piece."""

from __future__ import annotations

import base64
import json

from tests.chance import Chance
from tests.reliability.fuzzing.inputs import (
    Call,
    Input,
    calls,
    cut,
    host,
    length,
    mutated,
    request,
    secret_of,
    signed_in,
)

_IDS = (
    "1", "-1", "null", "undefined", "NaN", "%00", "a%00b", "a%2Fb", "%2e%2e", "..", ".", "%ff", "%", "%zz",
    "'%20OR%201=1", "*", "x" * 300, "%F0%9F%8E%89", "00000000-0000-4000-8000-00000000dead",
    "00000000-0000-4000-8000-00000000DEAD", "a;b=c", "~", "+", "@", ":", "google", "github", "llama2", "me",
    "%0d%0aX:%20y", "", "0", "1e9", "9" * 400,
)  # fmt: skip

_VALUES = (
    *_IDS, "true", "1.5", "0x10", "-createdAt", "title", "high", "2026-01-20T10:00:00.000Z", "%ed%a0%80", "a=b",
    "a%26b", "%25", "x" * 4000, "http://localhost:3000", "http://evil.example", "javascript:alert(1)", "//", "\\",
    "1&page=2",
)  # fmt: skip

_FIELD_VALUES = (
    b"", b" ", b"*", b"0", b"-1", b"1", b"9" * 30, b"a", b'"', b'""', b'W/"x"', b'"a", "b"', b"bytes=0-",
    b"bytes=-1", b"bytes=5-2", b"bytes=0-0,2-3,-1", b"bytes=99999999999999999999-", b"gzip", b"gzip;q=0, *;q=0",
    b"br, gzip;q=1.0001", b"identity;q=0", b"close", b"keep-alive, close", b"upgrade", b"websocket", b"h2c",
    b"100-continue", b"null", b"file://", b"http://localhost:3000", b"http://localhost:3000, http://localhost:3000",
    b"http://evil.example", b"PATCH", b"patch", b"X-A, X-B, " * 40, b"text/html", b"application/json",
    b"application/json; charset=utf-16", b"multipart/form-data", b"Sun, 06 Nov 1994 08:49:37 GMT",
    b"Sun, 32 Foo 0000 99:99:99 GMT", b"\xff\xfe", b"\xc3\xa9", b"a\tb", b"x" * 9000, b"for=127.0.0.1;proto=https",
    b"1.2.3.4, 5.6.7.8", b"chunked", b"gzip, chunked", b"trailers", b"localhost:99999", b"[::1]:80", b"[::1",
    b"a.b.c", b"user@localhost", b"no-cache", b"max-age=99999999999", b"=", b"a=b; a=c", b"{}",
)  # fmt: skip

_NAMES = (
    b"Accept", b"Accept-Encoding", b"Accept-Language", b"Access-Control-Request-Headers",
    b"Access-Control-Request-Method", b"Authorization", b"Cache-Control", b"Connection", b"Content-Encoding",
    b"Content-Type", b"Cookie", b"Date", b"Expect", b"Forwarded", b"From", b"Host", b"Idempotency-Key", b"If-Match",
    b"If-Modified-Since", b"If-None-Match", b"If-Range", b"If-Unmodified-Since", b"Origin", b"Pragma", b"Range",
    b"Referer", b"Sec-Fetch-Mode", b"Sec-Fetch-Site", b"TE", b"Trailer", b"Upgrade", b"User-Agent", b"Via",
    b"X-Devkit-Scenario", b"X-Devkit-Token", b"X-Forwarded-For", b"X-Forwarded-Host", b"X-Forwarded-Proto",
    b"X-Request-ID", b"X-Upload-Id", b"X-Client-Version", b"x", b"Max-Forwards",
)  # fmt: skip

_METHODS = ("GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def filled(chance: Chance, call: Call) -> str:
    """The path of a call, with something in the place of its fields."""
    parts = call.path.split("/")
    return "/".join(chance.choice(_IDS) if part.startswith("{") else part for part in parts)


def target(chance: Chance, call: Call) -> bytes:
    """Its path, often with a query."""
    path = filled(chance, call)
    if chance.happens(0.5):
        names = [*call.query, "page", "q", "token", "devkit_sandbox", "x", ""]
        pairs = [f"{chance.choice(names)}={chance.choice(_VALUES)}" for _ in range(chance.between(1, 4))]
        path += "?" + chance.choice(("&", "&", "&", ";", "&&")).join(pairs)
    return path.encode()


def address(chance: Chance) -> Input:
    """Addresses in every form, well framed."""
    call = chance.choice(calls())
    to = target(chance, call)
    form = chance.randrange(6)
    if form == 0:
        to = mutated(chance, to)
        to = bytes(byte for byte in to if byte not in b"\r\n \t\0")
        to = to if to.startswith(b"/") else b"/" + to
    elif form == 1:
        to = (
            chance.choice((b"http://localhost", b"HTTP://LOCALHOST:80", b"http://[::1]:8000", b"https://x", b"http://"))
            + to
        )
    elif form == 2:
        to = (
            chance.choice((b"/", b"//", b"/.", b"/..;", b"/~main", b"/~nobody", b"/_devkit/api/status", b"/_devkit/"))
            + to
        )
    method = chance.choice(_METHODS) if chance.happens(0.3) else call.method
    body = b"{}" if method in {"POST", "PUT", "PATCH"} else b""
    fields = [host(chance), signed_in(), b"Content-Type: application/json", length(body)]
    data = request(method, to, *fields, body=body)
    # Bytes beyond ASCII and the like are refused by the parser: an answer comes all the same.
    return Input("address", cut(chance, data), (method,))


def fields(chance: Chance) -> Input:
    """Header fields with odd values, a well-framed request around them."""
    call = chance.choice(calls())
    method = chance.choice(_METHODS) if chance.happens(0.2) else call.method
    body = b'{"title": "x"}' if method in {"POST", "PUT", "PATCH"} else b""
    names = [chance.choice(_NAMES) for _ in range(chance.between(1, 5))]
    odd = [name + b": " + chance.choice(_FIELD_VALUES) for name in names]
    told = [host(chance), signed_in(), b"Content-Type: application/json", length(body), *odd]
    if chance.happens(0.3):
        told += [chance.choice(odd)]
    if chance.happens(0.03):
        told += [b"X-%d: y" % number for number in range(chance.choice((50, 240, 260)))]
    version = chance.choice((b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0"))
    data = request(method, target(chance, call), *told, body=body, version=version)
    upgrades = any(name in {b"Upgrade", b"Connection", b"Expect", b"Trailer"} for name in names)
    return Input("fields", cut(chance, data), () if upgrades else (method,))


def broken(chance: Chance) -> Input:
    """A request with some bytes that are not as they were."""
    call = chance.choice(calls())
    body = b'{"title": "x"}' if call.media else b""
    data = request(call.method, target(chance, call), host(chance), signed_in(), length(body), body=body)
    if chance.happens(0.05):
        data = chance.bytes(chance.choice((1, 10, 100, 5000)))
    if chance.happens(0.05):
        data = (
            chance.choice((b"\r\n" * 5, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET /\r\n\r\n"))
            + data
        )
    return Input("broken", cut(chance, mutated(chance, data, 6)))


def credentials(chance: Chance) -> Input:
    """Credentials of every kind that are none, wherever they may stand; none of them may be shown anywhere."""
    secret = secret_of(chance)
    marked = secret.encode()
    call = chance.choice(calls())
    to = target(chance, call)
    body, told = b"", []
    where = chance.randrange(9)
    if where == 0:
        scheme = chance.choice((b"Bearer ", b"bearer ", b"Basic ", b"Digest ", b"", b"Bearer  ", b"Token ", b"Bearer,"))
        told = [b"Authorization: " + scheme + marked]
    elif where == 1:
        told = [b"X-API-Key: " + chance.choice((b"", b"dk_", b"dk_test_")) + marked]
    elif where == 2:
        told = [b"Cookie: " + _cookies(chance, marked)]
    elif where == 3:
        separator = b"&" if b"?" in to else b"?"
        name = chance.choice((b"token", b"access_token", b"api_key", b"code", b"state", b"refreshToken", b"password"))
        to += separator + name + b"=" + marked
    elif where == 4:
        told = [b"Authorization: Bearer " + _jwt(chance, secret).encode()]
    elif where == 5:
        told = [b"X-Devkit-Token: " + marked]
    elif where == 6:
        to = b"/api/auth/reset-password/" + marked
    elif where == 7:
        told = [
            b"Cookie: a=b",
            b"Cookie: " + _cookies(chance, marked),
            b"Authorization: Basic " + base64.b64encode(marked),
        ]
    else:
        name = chance.choice((b"password", b"refreshToken", b"token", b"currentPassword", b"api_key", b"client_secret"))
        body = b'{"%s": "%s", "email": "a@example.com"%s' % (name, marked, chance.choice((b"}", b"", b",}", b"} x")))
    method = "POST" if body else call.method
    told = [host(chance), *told, b"Content-Type: application/json", length(body)]
    return Input("credentials", cut(chance, request(method, to, *told, body=body)), (method,), (secret,))


def _cookies(chance: Chance, marked: bytes) -> bytes:
    name = chance.choice(
        (b"auth-token", b"refresh-token", b"better-auth.session_token", b"refresh", b'"auth-token"', b"")
    )
    value = chance.choice((b"%s", b'"%s"', b"%s.sig%%3D", b" %s ", b"%s=x", b'"%s')) % marked
    pairs = [name + b"=" + value]
    others = (
        b"a",
        b"=",
        b"; ;",
        b"a=b;;c=d",
        b"$Version=1",
        b'x="a;b"',
        b"auth-token=",
        b"\xff=\xff",
        b"a=" + b"y" * 3000,
    )
    pairs += [chance.choice(others) for _ in range(chance.randrange(4))]
    return chance.choice((b"; ", b";", b", ")).join(pairs if chance.happens(0.5) else pairs[::-1])


def _jwt(chance: Chance, secret: str) -> str:
    claims = (
        {},
        {"sub": 1},
        {"sub": secret, "exp": 1e400 if False else 9**20},
        {"exp": "x"},
        {"sub": None, "iat": -1},
        [],
    )
    heads = (
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "EdDSA", "kid": secret},
        {"alg": 1},
        {},
        {"alg": "HS256", "crit": ["x"]},
    )
    parts = [_b64(json.dumps(chance.choice(heads))), _b64(json.dumps(chance.choice(claims))), secret]
    if chance.happens(0.3):
        parts[chance.randrange(2)] = chance.choice(("", "e30", "!!!", _b64("\0"), "eyJ" * 50))
    return ".".join(parts[: chance.choice((2, 3, 3, 3, 3))] + ([secret] if chance.happens(0.1) else []))


def _b64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def pipelined(chance: Chance) -> Input:
    """Several requests in one piece, of which one may be broken."""
    requests, methods = [], []
    for _ in range(chance.between(2, 7)):
        call = chance.choice(calls())
        body = b'{"title": "pipelined"}' if call.media else b""
        told = [host(chance), signed_in(), b"Content-Type: application/json", *([length(body)] if body else [])]
        requests.append(request(call.method, filled(chance, call).encode(), *told, body=body))
        methods.append(call.method)
    if chance.happens(0.3):
        at = chance.randrange(len(requests))
        requests[at] = mutated(chance, requests[at])
        methods = []
    return Input("pipelined", cut(chance, b"".join(requests)), tuple(methods))
