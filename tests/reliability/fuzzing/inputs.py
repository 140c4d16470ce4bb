"""What the fuzzer sends: each input follows from the seed and its number alone, so it can be sent again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from devkit.dialects.openapi.document import document
from devkit.dialects.shipped import DIALECTS
from tests.chance import Chance

API_KEY = b"dk_test_0000_not_a_secret_0000"
"""The seeded key, which is printed at each start."""

_NEVER = ("auth_logout", "auth_revoke", "auth_delete_user", "api_keys_revoke")
"""How the ids begin of operations that would end what the other inputs are signed in with."""


@dataclass(frozen=True, slots=True)
class Input:
    """`pieces` are written one after the other. `methods` are those of the requests in them, where all of these are
    framed well: each must be answered. `secrets` must never be shown.
    """

    family: str
    pieces: tuple[bytes, ...]
    methods: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    is_socket: bool = False


Maker = Callable[[Chance], Input]


@dataclass(frozen=True, slots=True)
class Call:
    """One row of a dialect: where it is, and what it reads."""

    method: str
    path: str
    media: str | None
    fields: tuple[str, ...]
    query: tuple[str, ...]


@cache
def calls() -> tuple[Call, ...]:
    """All that the dialects speak, by their own OpenAPI documents."""
    found = []
    for dialect in DIALECTS:
        described = document([dialect])
        for path, operations in described["paths"].items():
            for method, operation in operations.items():
                if not operation["operationId"].startswith(_NEVER):
                    found.append(_call(described, path, method, operation))
    return tuple(found)


def _call(described: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Call:
    content = operation.get("requestBody", {}).get("content", {})
    media = next(iter(content), None)
    schema = content[media]["schema"] if media else {}
    query = [parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"]
    return Call(method.upper(), path, media, tuple(_fields(described, schema)), tuple(query))


def _fields(described: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    while "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        schema = described["components"]["schemas"][name]
    found = list(schema.get("properties", ()))
    for key in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(key, ()):
            found += _fields(described, part)
    return found


def secret_of(chance: Chance) -> str:
    """What looks like a credential: letters of both cases and digits, 40 of them (24 bytes and more in base64url)."""
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_"
    return "Zq7" + "".join(chance.choice(alphabet) for _ in range(36)) + "x"


def made(seed: int, number: int) -> Input:
    """The input of that number."""
    from tests.reliability.fuzzing import bodies, frames, heads

    families: dict[Maker, float] = {
        heads.address: 12,
        heads.fields: 12,
        heads.broken: 10,
        heads.credentials: 10,
        heads.pipelined: 6,
        bodies.framing: 12,
        bodies.json_body: 18,
        bodies.multipart: 12,
        frames.handshake: 4,
        frames.frames: 12,
    }
    chance = Chance(seed, f"fuzz {number}")
    maker = chance.weighted(families)
    found = maker(chance)
    return replace(found, pieces=tuple(piece for piece in found.pieces if piece))


# What several families are made of


def request(method: str, target: bytes, *fields: bytes, body: bytes = b"", version: bytes = b"HTTP/1.1") -> bytes:
    """A request; `Host` and the length are the caller's to give."""
    return b"\r\n".join([b"%s %s %s" % (method.encode(), target, version), *fields, b"", body])


def host(chance: Chance) -> bytes:
    return b"Host: " + chance.choice((b"localhost", b"localhost", b"127.0.0.1", b"localhost:8000"))


def signed_in() -> bytes:
    return b"X-API-Key: " + API_KEY


def length(body: bytes) -> bytes:
    return b"Content-Length: %d" % len(body)


_BITS = (
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"=", b";", b",", b"%", b"%00", b"%ff", b"%2f", b"/", b"//",
    b"..", b"?", b"#", b"&", b"\\", b'"', b"'", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"\x7f", b"\x80", b"{", b"}",
    b"[", b"]", b"-", b"--", b"0", b"-1", b"99999999999999999999", b"HTTP/1.1", b"GET / HTTP/1.1\r\n\r\n",
    b"Host: localhost\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n",
    b"5\r\nhello\r\n", b"*", b"~", b"@",
)  # fmt: skip


def mutated(chance: Chance, data: bytes, most: int = 4) -> bytes:
    """Some bytes flipped, put in, taken out, doubled or swapped."""
    found = bytearray(data)
    for _ in range(chance.between(1, most)):
        at = chance.randrange(len(found) + 1)
        end = min(len(found), at + chance.choice((1, 1, 2, 4, 16, 64)))
        what = chance.randrange(6)
        if what == 0 and at < len(found):
            found[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            found[at:at] = chance.choice(_BITS)
        elif what == 2:
            del found[at:end]
        elif what == 3:
            found[at:at] = found[at:end] * chance.choice((1, 1, 2, 50))
        elif what == 4:
            found[at:end] = chance.bytes(end - at)
        else:
            found[at:end] = chance.choice(_BITS)
    return bytes(found)


def cut(chance: Chance, data: bytes) -> tuple[bytes, ...]:
    """The bytes in one piece, or in a few."""
    if len(data) < 2 or chance.happens(0.7):
        return (data,)
    places = sorted(chance.between(1, len(data) - 1) for _ in range(chance.between(1, 4)))
    return tuple(data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True))
