"""What breaks RFC 6455 itself, on the wire of a real server: how each ends, and that it ends nothing else."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from devkit.journal import SocketEntry
from tests.conftest import Client
from tests.wire import HOST, Wire

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
HELLO = b'{"type": "ping"}'


def frame(opcode: int, payload: bytes = b"", *, masked: bool = True, first: int = 0x80) -> bytes:
    """A client's frame; `first` are the other bits of its first byte (0x80: it is the last of its message)."""
    length, flag = len(payload), 0x80 if masked else 0
    if length < 126:
        size = bytes([flag | length])
    elif length < 65_536:
        size = bytes([flag | 126]) + struct.pack(">H", length)
    else:
        size = bytes([flag | 127]) + struct.pack(">Q", length)
    if not masked:
        return bytes([first | opcode]) + size + payload
    mask = os.urandom(4)
    return bytes([first | opcode]) + size + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def close(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, struct.pack(">H", code) + reason)


def handshake(client: Client, *, path: str = "/ws") -> bytes:
    return (
        f"GET {path}?token={client.token} HTTP/1.1\r\n".encode()
        + HOST
        + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )


class Peer(Wire):
    """A client that sends what it likes."""

    async def heard(self) -> tuple[int, bytes]:
        """The opcode and payload of the server's next frame."""
        async with asyncio.timeout(10):
            first, size = await self.reader.readexactly(2)
            assert not size & 0x80, "a server masks nothing (RFC 6455, section 5.1)"
            if size == 126:
                [size] = struct.unpack(">H", await self.reader.readexactly(2))
            return first & 0x0F, await self.reader.readexactly(size)

    async def ended(self) -> int:
        """The code that the server closes with; nothing comes behind that."""
        opcode = TEXT
        while opcode != CLOSE:
            opcode, payload = await self.heard()
        self.writer.write_eof()
        async with asyncio.timeout(10):
            assert await self.reader.read() == b""
        return int.from_bytes(payload, "big")

    async def lives(self) -> bool:
        await self.send(frame(TEXT, HELLO))
        return b'"pong"' in (await self.heard())[1]


@asynccontextmanager
async def connected(client: Client, *right_behind: bytes, path: str = "/ws") -> AsyncIterator[Peer]:
    async with Peer(client.ready.port) as peer:
        await peer.send(handshake(client, path=path) + b"".join(right_behind))
        assert b" 101 " in await peer.reader.readuntil(b"\r\n\r\n")
        assert (await peer.heard())[0] == TEXT
        yield peer


@pytest.mark.parametrize("path", ["/ws", "/ws/health/"])
@pytest.mark.parametrize("cut", [0, 1, 2, 5])
async def test_a_frame_that_is_not_masked_ends_the_socket_with_1002(signed_in: Client, path: str, cut: int) -> None:
    # RFC 6455, section 5.1: "The server MUST close the connection upon receiving a frame that is not masked."
    async with connected(signed_in, path=path) as peer:
        data = frame(TEXT, HELLO, masked=False)
        await peer.send(data[:cut])
        await asyncio.sleep(0)
        await peer.send(data[cut:])
        assert await peer.ended() == 1002


async def test_what_came_masked_before_it_is_answered_first(signed_in: Client) -> None:
    before = frame(TEXT, b'{"type": "ping", "more": "' + b"x" * 70_000 + b'"}') + frame(PING, b"hi")
    async with connected(signed_in) as peer:
        await peer.send(before + frame(TEXT, HELLO, masked=False) + frame(TEXT, HELLO))
        assert b'"pong"' in (await peer.heard())[1]
        assert await peer.heard() == (PONG, b"hi")
        assert await peer.ended() == 1002


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 300_000])
async def test_masked_frames_of_every_length_pass_however_they_are_cut(signed_in: Client, size: int) -> None:
    async with connected(signed_in) as peer:
        data = frame(BINARY, bytes(size)) * 2
        for at in range(4):
            await peer.send(data[at : at + 1])
            await asyncio.sleep(0)
        await peer.send(data[4:])
        for _ in range(2):
            assert b"unsupported_frame" in (await peer.heard())[1]
        assert await peer.lives()


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535])
async def test_a_close_code_that_none_may_send_is_answered_with_1002(signed_in: Client, code: int) -> None:
    # RFC 6455, sections 7.4.1 and 7.4.2; IANA's "WebSocket Close Code Number Registry" ends at 1014 and begins at 3000.
    async with connected(signed_in) as peer:
        await peer.send(close(code))
        assert await peer.ended() == 1002


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4000, 4999])
async def test_any_other_close_code_is_answered_with_itself(signed_in: Client, code: int) -> None:
    async with connected(signed_in) as peer:
        await peer.send(close(code, b"bye"))
        assert await peer.ended() == code


@pytest.mark.parametrize(
    "frames",
    [
        frame(TEXT, b'{"type": "\xff\xfe"}'),
        frame(TEXT, b"\xed\xa0\x80"),
        frame(TEXT, "é".encode("latin-1") * 2),
        frame(TEXT, b'{"type": "\xc3', first=0) + frame(0, b'\x28"}'),
        frame(CLOSE, b"\x03\xe8\xff\xfe"),
    ],
    ids=["nonsense", "half of a surrogate pair", "latin-1", "in pieces", "a reason"],
)
async def test_text_that_is_not_utf8_ends_the_socket_with_1007(signed_in: Client, frames: bytes) -> None:
    # RFC 6455, section 8.1: an endpoint "MUST _Fail the WebSocket Connection_"; 7.4.1 has the code.
    async with connected(signed_in) as peer:
        await peer.send(frames)
        assert await peer.ended() == 1007


async def test_text_whose_characters_are_cut_by_frames_is_good(signed_in: Client) -> None:
    euro = '{"type": "ping", "price": "€"}'.encode()
    at = euro.index("€".encode()) + 1
    async with connected(signed_in) as peer:
        await peer.send(frame(TEXT, euro[:at], first=0) + frame(PING, b"between") + frame(0, euro[at:]))
        assert {(await peer.heard())[0] for _ in range(2)} == {TEXT, PONG}
        assert await peer.lives()


@pytest.mark.parametrize(
    "frames",
    [
        frame(3, b"x"),
        frame(11, b"x"),
        frame(TEXT, HELLO, first=0xC0),
        frame(PING, b"x", first=0),
        frame(PING, b"x" * 126),
        frame(0, b"x"),
        frame(TEXT, b"x", first=0) + frame(TEXT, b"y"),
        frame(CLOSE, b"\x03"),
    ],
    ids=[
        "opcode 3",
        "opcode 11",
        "a bit that nobody agreed on",
        "a ping in pieces",
        "a long ping",
        "goes on with nothing",
        "begins in the middle",
        "a close of one byte",
    ],
)
async def test_every_other_breach_of_the_framing_ends_the_socket_with_1002(signed_in: Client, frames: bytes) -> None:
    # RFC 6455, sections 5.2, 5.4, 5.5 and 5.5.1.
    async with connected(signed_in) as peer:
        await peer.send(frames)
        assert await peer.ended() == 1002


async def test_the_code_arrives_although_the_client_goes_on_sending(signed_in: Client) -> None:
    # What a system gets for a connection that was closed makes it throw away what it has not handed out yet.
    async with connected(signed_in) as peer:
        await peer.send(frame(TEXT, HELLO, masked=False) + frame(TEXT, b"x" * 60_000) * 50)
        assert await peer.ended() == 1002


async def test_the_journal_has_the_code_and_others_do_not_notice(signed_in: Client) -> None:
    async with connected(signed_in) as other, connected(signed_in) as peer:
        await peer.send(frame(TEXT, HELLO, masked=False))
        assert await peer.ended() == 1002
        assert await other.lives()
    [code] = [
        entry.code
        for entry in signed_in.sandbox.journal
        if isinstance(entry, SocketEntry) and entry.direction == "close" and entry.code == 1002
    ]
    assert code == 1002


# Right behind the handshake


async def test_messages_right_behind_the_handshake_are_answered(signed_in: Client) -> None:
    async with connected(signed_in, frame(TEXT, HELLO), frame(PING, b"hi")) as peer:
        assert b'"pong"' in (await peer.heard())[1]
        assert await peer.heard() == (PONG, b"hi")


async def test_a_frame_right_behind_the_handshake_has_to_be_masked_too(signed_in: Client) -> None:
    async with Peer(signed_in.ready.port) as peer:
        await peer.send(handshake(signed_in) + frame(TEXT, HELLO, masked=False))
        await peer.reader.readuntil(b"\r\n\r\n")
        assert await peer.ended() == 1002


@pytest.mark.parametrize(
    "behind",
    [b"", frame(TEXT, HELLO), b"GET / HTTP/1.1\r\n\r\n", bytes(range(40)), b"x" * 200_000],
    ids=["nothing", "a message", "a request", "rubbish", "a lot of it"],
)
@pytest.mark.parametrize("token", ["good", "bad", "control"])
async def test_whoever_is_gone_right_behind_a_handshake_leaves_no_traceback(
    signed_in: Client, behind: bytes, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    if token == "bad":
        signed_in.token = "wrong"
    for _ in range(10):
        async with Peer(signed_in.ready.port) as peer:
            # A request before it keeps the server busy, so that the client is gone when the handshake's turn comes.
            path = "/_devkit/api/journal/follow" if token == "control" else "/ws"
            await peer.send(b"GET /api/health HTTP/1.1\r\n" + HOST + b"\r\n" + handshake(signed_in, path=path) + behind)
    assert (await signed_in.send("GET", "/api/health")).status == 200
    assert [record for record in caplog.records if record.levelname in {"ERROR", "WARNING"}] == []


async def test_a_refusal_has_one_close_frame_whatever_came_behind_the_handshake(signed_in: Client) -> None:
    # RFC 6455, section 5.5.1: nothing is sent after a close frame.
    signed_in.token = "wrong"
    async with connected(signed_in, frame(3, b"x"), b"rubbish") as peer:
        assert await peer.ended() == 4401


# What is offered as a subprotocol


@pytest.mark.parametrize("offered", [["bearer", "not-a-token"], ["not-a-token"], ["v1.chat", "bearer", "x"]])
async def test_no_subprotocol_that_is_offered_gets_into_the_log(
    signed_in: Client, offered: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    # aiohttp warns of protocols that it does not know, and writes out what was offered.
    for path in ("/ws/health/", "/ws"):
        async with signed_in.http.ws_connect(path, protocols=offered) as socket:
            await socket.receive()
            assert socket.protocol in {"bearer", None}
            assert "not-a-token" not in str(socket._response.headers)
    assert caplog.records == []
