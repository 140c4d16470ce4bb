"""Bodies: how they are framed, JSON of every kind, and forms with files."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.chance import Chance
from tests.reliability.fuzzing.heads import filled
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

_JSON = b"Content-Type: application/json"


def _writing(chance: Chance, media: str = "application/json") -> Call:
    return chance.choice([call for call in calls() if call.media == media])


# Framing


def _chunked(chance: Chance, body: bytes) -> bytes:
    """The body in chunks, with extensions and trailers where they may be (RFC 9112, section 7.1)."""
    parts = []
    while body:
        size = chance.between(1, len(body))
        piece, body = body[:size], body[size:]
        digits = b"%x" % size if chance.happens(0.5) else b"%05X" % size
        extension = chance.choice((b"", b"", b"", b";a", b";a=b", b';a="b c"', b"; a = b"))
        parts.append(digits + extension + b"\r\n" + piece + b"\r\n")
    trailers = chance.choice((b"", b"", b"X-Trailer: 1\r\n", b"Content-Length: 3\r\n", b"X-A: 1\r\nX-B: 2\r\n"))
    return b"".join([*parts, b"0\r\n", trailers, b"\r\n"])


_FRAMINGS = (
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: Chunked", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding : chunked", b"Transfer-Encoding:\tchunked", b"Content-Length: 5", b"Content-Length: 0",
    b"Content-Length: +5", b"Content-Length: -1", b"Content-Length: 0x5", b"Content-Length: 5, 5",
    b"Content-Length: 5,6", b"Content-Length: 99999999999999999999999", b"Content-Length: 1000000",
    b"Content-Length: ", b"Content-Length: 5 5", b"Expect: 100-continue", b"Expect: 200-ok",
    b"Content-Encoding: gzip", b"Trailer: X-Trailer",
)  # fmt: skip


def framing(chance: Chance) -> Input:
    """Bodies of a right length, in chunks, in both, in neither; and what follows them."""
    call = _writing(chance)
    body = _json(chance, call).encode(errors="surrogatepass")[:4000]
    told = [host(chance), signed_in(), _JSON]
    to = filled(chance, call).encode()
    way = chance.randrange(4)
    if way == 0:
        data = request(call.method, to, *told, length(body), body=body)
        return Input("framing", cut(chance, data), (call.method,))
    if way == 1:
        told += [b"Transfer-Encoding: chunked"]
        data = request(call.method, to, *told, body=_chunked(chance, body))
        return Input("framing", cut(chance, data), (call.method,))
    told += [chance.choice(_FRAMINGS) for _ in range(chance.between(1, 2))]
    sent = _chunked(chance, body) if chance.happens(0.6) else body
    data = request(call.method, to, *told, body=sent)
    if chance.happens(0.5):
        data += request("GET", b"/api/health", host(chance))
    if way == 3:
        data = mutated(chance, data)
    return Input("framing", cut(chance, data))


# JSON

_TEXTS = (
    "", " ", "x", "x" * 201, "x" * 1001, "x" * 70_000, "\\u0000", "\\ud800", "\\udc00\\ud800", "\\ud83d\\ude00",
    "é" * 200, "e\\u0301", "\\u202e", "\\u2028", "\\u0085", "<script>alert(1)</script>", "'; DROP TABLE tasks; --",
    "%s%n", "{{7*7}}", "../../etc/passwd", "2026-01-20T10:00:00.000Z", "2026-02-30T00:00:00Z", "0000-00-00",
    "10000-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "1969-12-31T23:59:59.999Z", "2026-01-20T10:00:00+99:99",
    "2026-01-20", "-1", "1e400", "NaN", "test@example.com", "TEST@EXAMPLE.COM", "a@b", "@", "a@xn--.com",
    "a@[127.0.0.1]", '\\"a b\\"@example.com', "ü@exämple.com", "low", "HIGH", "urgent",
    "00000000-0000-4000-8000-00000000dead", "llama2", "true", "null", "http://localhost:3000/x",
    "http://evil.example", "TestPass123!", "password", "x@" + "y" * 300 + ".com",
)  # fmt: skip

_NUMBERS = (
    "0", "-0", "1", "-1", "1.5", "1e2", "1e400", "-1e400", "1E-400", "9007199254740993", "9223372036854775807",
    "9223372036854775808", "-9223372036854775809", "1" * 400, "1" * 5000, "0.1", "2147483648", "1.0", "00", "+1",
    ".5", "1.", "0x10", "NaN", "Infinity", "-Infinity",
)  # fmt: skip


def _value(chance: Chance, depth: int = 0) -> str:
    what = chance.randrange(9 if depth < 3 else 6)
    if what < 3:
        return f'"{chance.choice(_TEXTS)}"'
    if what == 3:
        return chance.choice(_NUMBERS)
    if what < 6:
        return chance.choice(("null", "true", "false", "[]", "{}"))
    if what == 6:
        return f"[{', '.join(_value(chance, depth + 1) for _ in range(chance.randrange(4)))}]"
    if what == 7:
        pairs = (f'"{chance.choice(_TEXTS[:3])}": {_value(chance, depth + 1)}' for _ in range(chance.randrange(4)))
        return f"{{{', '.join(pairs)}}}"
    levels = chance.choice((10, 100, 1000, 20_000))
    return chance.choice(("[", '{"a":')) * levels + "1" + ("]" * levels if chance.happens(0.5) else "}" * levels)


def _json(chance: Chance, call: Call) -> str:
    """An object with the call's own fields in it, some of which have odd values."""
    names = [name for name in call.fields if chance.happens(0.7)]
    if chance.happens(0.2):
        names += [chance.choice(("x", "__proto__", "id", "userId", "", "role", "token"))]
    if names and chance.happens(0.1):
        names += [chance.choice(names)]
    return "{" + ", ".join(f"{json.dumps(name)}: {_value(chance)}" for name in names) + "}"


_ENCODED: tuple[Callable[[str], bytes], ...] = (
    lambda text: text.encode("utf-16"),
    lambda text: text.encode("utf-32-le"),
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.encode("latin-1", "replace"),
)

_TYPES = (
    b"application/json; charset=utf-8", b"application/json; charset=utf-16", b"APPLICATION/JSON", b"text/plain",
    b"application/x-www-form-urlencoded", b"application/problem+json", b"multipart/form-data", b"", b"json", b"*/*",
    b"application/json, application/json", b"application/json;", b"application/json; charset=\xff",
)  # fmt: skip


def json_body(chance: Chance) -> Input:
    """JSON that nearly is what was asked for, in a well-framed request."""
    call = _writing(chance)
    text = _json(chance, call)
    way = chance.randrange(8)
    body = text.encode(errors="surrogatepass")
    if way == 0:
        body = mutated(chance, body)
    elif way == 1:
        body = chance.choice(_ENCODED)(text)
    elif way == 2:
        body = _value(chance).encode()
    secrets: tuple[str, ...] = ()
    if chance.happens(0.2):
        secret = secret_of(chance)
        name = chance.choice(("password", "refresh_token", "apiKey", "newPassword", "secret"))
        body, secrets = b'{"%s": "%s", ' % (name.encode(), secret.encode()) + body.removeprefix(b"{"), (secret,)
    media = b"Content-Type: " + (chance.choice(_TYPES) if chance.happens(0.15) else b"application/json")
    told = [host(chance), media, length(body)]
    if chance.happens(0.8):
        told += [signed_in()]
    if chance.happens(0.1):
        told += [b"Idempotency-Key: " + chance.choice((b"a", b"b", b"x" * 300, b"\xff"))]
    data = request(call.method, filled(chance, call).encode(), *told, body=body)
    return Input("json", cut(chance, data), (call.method,), secrets)


# Forms

_DISPOSITIONS = (
    b'form-data; name="file"; filename="a.txt"', b'form-data; name="file"', b'form-data; name="other"; filename="a"',
    b"form-data; name=file; filename=a.txt", b'form-data; name="file"; filename=""', b"form-data", b"",
    b"attachment", b'form-data; name="file"; filename="../../x"', b'form-data; name="file"; filename="a\\"b.txt"',
    b"form-data; name=", b"form-data; name=\"file\"; filename*=UTF-8''%e2%82%ac.txt",
    b"form-data; name=\"file\"; filename*=utf-16''x", b'form-data; name="file"; filename="%00.txt"',
    b'form-data; name="file"; filename="\xff\xfe"', b'form-data; name="fi le',
    b'form-data; name="file"; name="file"; filename="a"', b'FORM-DATA; NAME="file"; FILENAME="a"', b";;;", b'"',
    b'form-data; name="file"; filename="' + b"x" * 5000 + b'"',
    b'form-data; name="file"; filename*0="a"; filename*1="b"',
)  # fmt: skip

_PART_FIELDS = (
    b"Content-Type: text/plain", b"Content-Type: image/png", b"Content-Type: ",
    b"Content-Type: multipart/mixed; boundary=y", b"Content-Type: x", b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: quoted-printable", b"Content-Transfer-Encoding: binary", b"Content-Encoding: gzip",
    b"Content-Encoding: deflate", b"Content-Length: 3", b"Content-Length: -1", b"Content-Length: 99999999", b"X: y",
    b"no colon", b": x", b"X-" + b"y" * 9000 + b": z", b"\xff: y",
)  # fmt: skip

_BOUNDARIES = (
    b"x",
    b"x",
    b"x",
    b"----WebKitFormBoundaryAbC123",
    b"a'()+_,-./:=?",
    b"x" * 70,
    b"x" * 71,
    b"",
    b"a b",
    b"\xff",
    b'"x"',
)


def multipart(chance: Chance) -> Input:
    """Forms with files, whose parts and boundaries are not always what they should be."""
    call = _writing(chance, "multipart/form-data")
    boundary = chance.choice(_BOUNDARIES)
    parts = []
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 25))):
        told = [b"Content-Disposition: " + chance.choice(_DISPOSITIONS[:2] if chance.happens(0.5) else _DISPOSITIONS)]
        told += [chance.choice(_PART_FIELDS) for _ in range(chance.choice((0, 0, 1, 2)))]
        content = chance.choice(
            (b"", b"x", b"hello\r\n", b"\r\n--", b"\r\n--" + boundary, b"\0\xff" * 50, b"y" * 70_000)
        )
        parts.append(b"--" + boundary + b"\r\n" + b"\r\n".join([*told, b"", content]) + b"\r\n")
    end = chance.choice((b"--" + boundary + b"--\r\n",) * 5 + (b"", b"--" + boundary, b"--" + boundary + b"--epilogue"))
    body = chance.choice((b"", b"", b"preamble\r\n")) + b"".join(parts) + end
    if chance.happens(0.3):
        body = mutated(chance, body)
    written = b"multipart/form-data; boundary=" + boundary
    media = chance.choice(
        (written,) * 6 + (b'multipart/form-data; boundary="%s"' % boundary, b"multipart/form-data", b"multipart/mixed")
    )
    told = [host(chance), signed_in(), b"Content-Type: " + media]
    if chance.happens(0.1):
        given = chance.choice((chance.uuid().encode(), b"x", b"", b"46584a49-908a-404c-abc1-1cfb3d531169"))
        told += [b"X-Upload-Id: " + given]
    if chance.happens(0.3):
        data = request(
            call.method,
            filled(chance, call).encode(),
            *told,
            b"Transfer-Encoding: chunked",
            body=_chunked(chance, body),
        )
    else:
        data = request(call.method, filled(chance, call).encode(), *told, length(body), body=body)
    if chance.happens(0.1):
        # The client leaves in the middle.
        return Input("multipart", (data[: chance.between(1, len(data))],))
    return Input("multipart", cut(chance, data), (call.method,))
