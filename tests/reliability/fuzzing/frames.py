"""WebSockets: handshakes, and frames as RFC 6455 has them or forbids them."""

from __future__ import annotations

import json

from tests.chance import Chance
from tests.reliability.fuzzing.inputs import API_KEY, Input, cut, host, mutated, request, secret_of, signed_in

_KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
_USUAL = (b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", _KEY)

_ODD = (
    b"Connection: keep-alive, Upgrade", b"Connection: close", b"Upgrade: WebSocket", b"Upgrade: h2c",
    b"Upgrade: h2c, websocket", b"Sec-WebSocket-Version: 8", b"Sec-WebSocket-Version: x", b"Sec-WebSocket-Key: x",
    b"Sec-WebSocket-Key: ", b"Sec-WebSocket-Key: \xff", b"Sec-WebSocket-Protocol: bearer",
    b"Sec-WebSocket-Protocol: , ,", b"Sec-WebSocket-Protocol: a, a",
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99", b"Sec-WebSocket-Extensions: \xff;;=",
    b"Origin: http://localhost:3000", b"Origin: http://evil.example", b"Origin: null", b"Content-Length: 5",
    b"Transfer-Encoding: chunked", b"Cookie: auth-token=x", b"Authorization: Bearer x",
)  # fmt: skip

_PATHS = (b"/ws", b"/ws", b"/ws", b"/ws/health/", b"/ws/", b"/_devkit/api/journal/follow", b"/api/tasks", b"/~main/ws")


def handshake(chance: Chance) -> Input:
    """Handshakes that lack something, or have too much."""
    told = [field for field in _USUAL if chance.happens(0.85)]
    told += [chance.choice(_ODD) for _ in range(chance.randrange(4))]
    to, secrets = chance.choice(_PATHS), ()
    if chance.happens(0.4):
        secret = secret_of(chance)
        secrets = (secret,)
        if chance.happens(0.5):
            to += chance.choice((b"?token=", b"?api_key=", b"?api_key=dk_", b"?x=1&token=")) + secret.encode()
        else:
            told += [b"Sec-WebSocket-Protocol: bearer, " + secret.encode()]
    else:
        to += chance.choice((b"", b"?token=", b"?api_key=" + API_KEY, b"?token=x&api_key=" + API_KEY, b"?api_key=%ff"))
    data = request("GET", to, host(chance), *told)
    if chance.happens(0.4):
        data += chance.choice((b"early", _frame(chance, 1, b"{}"), b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 20))
    return Input(
        "handshake", cut(chance, mutated(chance, data) if not secrets and chance.happens(0.2) else data), (), secrets
    )


def frames(chance: Chance) -> Input:
    """A good handshake, and frames behind it: in the same piece, or later."""
    path = chance.choice((b"/ws", b"/ws", b"/ws", b"/ws/health/", b"/_devkit/api/journal/follow"))
    told = [signed_in()] if chance.happens(0.2) else []
    data = request("GET", path + b"?api_key=" + API_KEY, host(chance), *_USUAL, *told)
    made = [_any(chance) for _ in range(chance.between(1, 12))]
    if chance.happens(0.3):
        made[-1] = mutated(chance, made[-1])
    pieces = (data, *cut(chance, b"".join(made))) if chance.happens(0.7) else cut(chance, data + b"".join(made))
    return Input("frames", pieces, is_socket=True)


def _any(chance: Chance) -> bytes:
    what = chance.randrange(10)
    if what < 5:
        return _frame(chance, 1, _message(chance))
    if what == 5:
        # A message in fragments, a ping between them perhaps.
        text = _message(chance)
        middle = len(text) // 2
        first, rest = _frame(chance, 1, text[:middle], fin=False), _frame(chance, 0, text[middle:])
        return first + (_frame(chance, 9, b"p") if chance.happens(0.5) else b"") + rest
    if what == 6:
        codes = (0, 999, 1000, 1001, 1004, 1005, 1006, 1007, 1015, 1016, 2999, 3000, 4000, 4999, 5000, 65535)
        code = chance.choice(codes).to_bytes(2, "big")
        return _frame(chance, 8, chance.choice((b"", code[:1], code, code + b"bye", code + b"\xff", code + b"x" * 123)))
    if what == 7:
        return _frame(chance, chance.choice((9, 10)), chance.bytes(chance.choice((0, 1, 125, 126))))
    if what == 8:
        return _frame(chance, 2, chance.bytes(chance.choice((0, 1, 1000))))
    opcode, reserved = chance.randrange(16), chance.choice((0, 0, 0x40, 0x20, 0x10, 0x70))
    return _frame(chance, opcode, b"x", fin=chance.happens(0.5), reserved=reserved, masked=chance.happens(0.7))


def _frame(
    chance: Chance, opcode: int, payload: bytes, *, fin: bool = True, reserved: int = 0, masked: bool = True
) -> bytes:
    """A frame of a client's (RFC 6455, section 5.2); its length is sometimes written longer than it must, or wrong."""
    size, way = len(payload), chance.randrange(40)
    if way == 0:
        size = chance.choice((0, 1, 126, 127, 65_535, 2**31, 2**62, 2**63 + 1))
    if size < 126 and way != 1:
        told = bytes([size])
    elif size < 1 << 16 and way != 2:
        told = b"\x7e" + size.to_bytes(2, "big")
    else:
        told = b"\x7f" + size.to_bytes(8, "big")
    head = bytes([(0x80 if fin else 0) | reserved | opcode, told[0] | (0x80 if masked else 0)]) + told[1:]
    if not masked:
        return head + payload
    mask = chance.bytes(4)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


_TOPICS = (
    "tasks", "uploads", "models", "notifications", "model:llama2", "upload:00000000-0000-4000-8000-00000000dead",
    "upload:x", "conversation:x", "", "x" * 5000, "\u0000", "tasks\n", "*", ":", "upload:", "Tasks",
)  # fmt: skip


def _message(chance: Chance) -> bytes:
    what = chance.randrange(12)
    if what < 4:
        topics = [chance.choice(_TOPICS) for _ in range(chance.choice((0, 1, 2, 2, 200)))]
        message: dict[str, object] = {
            "type": chance.choice(("subscribe", "subscribe", "unsubscribe")),
            "topics": topics,
        }
        if chance.happens(0.5):
            message["since"] = chance.choice((0, 1, -1, 2**63, 2**70, 1.5, "1", None, True, []))
        return json.dumps(message).encode()
    if what < 6:
        return b'{"type": "ping"}'
    if what == 6:
        return mutated(chance, b'{"type": "subscribe", "topics": ["tasks"]}')
    if what == 7:
        return chance.choice((b"[" * 5000, b'{"a":' * 2000, b"[" * 100_000))
    odd = (
        b"", b"{", b"[]", b"1", b"null", b"{}", b'{"type": 7}', b'{"type": "dance"}', b"\xff\xfe", b'"\\ud800"',
        b"\0", b'{"type": "ping", "type": "ping"}', b'{"type": "subscribe", "topics": "tasks"}',
        b'{"type": "subscribe", "topics": [1]}', b"NaN", b"1e400", b"1" * 5000, b"x" * 70_000,
        b'{"type": "connection"}', b"\xed\xa0\x80", b"\xc3", b'{"type":"heartbeat"}',
    )  # fmt: skip
    return chance.choice(odd)
