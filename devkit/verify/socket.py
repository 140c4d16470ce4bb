"""A WebSocket of a client that shows every frame, and can send any (RFC 6455, section 5)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Literal
from urllib.parse import urlencode

import orjson

from devkit.dialects.sockets import API_KEY, SUBPROTOCOL, TOKEN
from devkit.effects import fresh_secret, stopwatch
from devkit.records import dataclass
from devkit.verify.exchange import Answer, Exchange
from devkit.verify.target import Target
from devkit.verify.verdicts import skip
from devkit.verify.visitor import Visitor
from devkit.verify.wire import Line, WireError

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MOST = 16 * 1024 * 1024
Kind = Literal["text", "binary", "ping", "pong", "close", "gone", "silence"]
_KINDS: Mapping[int, Kind] = {1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


@dataclass(frozen=True, slots=True)
class Heard:
    """What came: a message or a control frame; `gone`: the connection ended; `silence`: nothing, for so long."""

    kind: Kind
    data: bytes = b""

    @property
    def code(self) -> int:
        """Of a close frame: 1005 where it has none; 1006 where there is no frame."""
        if self.kind != "close":
            return 1006
        return int.from_bytes(self.data[:2]) if len(self.data) >= 2 else 1005

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The message as JSON; None where it is none."""
        try:
            return orjson.loads(self.data) if self.kind == "text" else None
        except orjson.JSONDecodeError:
            return None

    @property
    def ended(self) -> bool:
        return self.kind in {"close", "gone"}


class Socket:
    """An attempt to open one; `answer` is that to the handshake, and where it `is_open`, frames go to and fro. Pings of
    the server are answered.
    """

    def __init__(self, line: Line, exchange: Exchange, key: str) -> None:
        self._line, self._exchange, self._key = line, exchange, key
        # Frames may come with the handshake's answer.
        self._buffer = line.stream[2] if self.is_open else b""

    @property
    def answer(self) -> Answer:
        assert self._exchange.answer is not None  # noqa: S101 - `opened` has waited for it
        return self._exchange.answer

    @property
    def is_open(self) -> bool:
        return self.answer.status == 101

    @property
    def accepts(self) -> bool:
        """Whether the server has shown that it read the key (section 4.2.2)."""
        right = base64.b64encode(hashlib.sha1(f"{self._key}{_GUID}".encode()).digest())  # noqa: S324 - RFC 6455 has it so
        return self.answer.get("Sec-WebSocket-Accept") == right.decode()

    async def __aenter__(self) -> Socket:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Close the connection, as it is."""
        await self._line.close()

    # To the server

    async def send(self, message: Any) -> None:
        """As JSON."""
        await self.frame(TEXT, orjson.dumps(message))

    async def frame(
        self, opcode: int, data: bytes = b"", *, fin: bool = True, masked: bool = True, rsv: int = 0
    ) -> None:
        """Raises WireError."""
        shown = data.decode("utf-8", "backslashreplace") if opcode in {0, TEXT} else f"({_KINDS.get(opcode)}) {data!r}"
        self._exchange.frames.append(("client", shown))
        await self._line.write(written(opcode, data, fin=fin, masked=masked, rsv=rsv))

    async def close(self, code: int | None = 1000) -> None:
        await self.frame(CLOSE, code.to_bytes(2) if code is not None else b"")

    # From the server

    async def hear(self, seconds: float = 5.0) -> Heard:
        """The next message, or the end. A message in several frames is put together (section 5.4)."""
        pieces, first = b"", 0
        until = stopwatch() + seconds
        while True:
            try:
                async with asyncio.timeout(max(0.001, until - stopwatch())):
                    fin, opcode, data = await self._frame()
            except TimeoutError:
                return Heard("silence")
            except (OSError, EOFError):
                self._exchange.frames.append(("server", "(the connection ended)"))
                return Heard("gone")
            if opcode >= CLOSE:
                self._exchange.frames.append(("server", f"({_KINDS.get(opcode)}) {data!r}"))
                if opcode == PING:
                    await self._line.write(written(PONG, data))
                    continue
                return Heard(_KINDS.get(opcode, "gone"), data)
            first = opcode or first
            pieces += data
            if fin or len(pieces) > _MOST:
                heard = Heard(_KINDS.get(first, "binary"), pieces)
                self._exchange.frames.append(("server", heard.text[:2_000]))
                return heard

    async def hear_of(self, *types: str, seconds: float = 5.0, about: Iterable[str] = ()) -> Heard:
        """The next message of one of these types, or the end; only of those that name one of the rows that it is
        `about`: others may make some meanwhile.
        """
        rows = [*about]
        until = stopwatch() + seconds
        while True:
            heard = await self.hear(max(0.001, until - stopwatch()))
            if heard.ended or heard.kind == "silence":
                return heard
            said = heard.json if isinstance(heard.json, dict) else {}
            if said.get("type") in types and (not rows or any(row in heard.text for row in rows)):
                return heard

    async def hear_kind(self, *kinds: Kind, seconds: float = 5.0) -> Heard:
        """The next frame of one of these kinds, or the end."""
        until = stopwatch() + seconds
        while True:
            heard = await self.hear(max(0.001, until - stopwatch()))
            if heard.ended or heard.kind == "silence" or heard.kind in kinds:
                return heard

    async def end(self, seconds: float = 5.0) -> Heard:
        """How it ends; silence where it does not."""
        return await self.hear_kind("close", seconds=seconds)

    async def _frame(self) -> tuple[bool, int, bytes]:
        head = await self._read(2)
        size = head[1] & 0x7F
        if size >= 126:
            size = int.from_bytes(await self._read(2 if size == 126 else 8))
        if size > _MOST:
            raise EOFError
        mask = await self._read(4) if head[1] & 0x80 else b""
        data = await self._read(size)
        return bool(head[0] & 0x80), head[0] & 0x0F, _masked(data, mask) if mask else data

    async def _read(self, count: int) -> bytes:
        reader = self._line.stream[0]
        while len(self._buffer) < count:
            data = await reader.read(65_536)
            if not data:
                raise EOFError
            self._buffer += data
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found


def written(opcode: int, data: bytes, *, fin: bool = True, masked: bool = True, rsv: int = 0) -> bytes:
    """A frame's bytes."""
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if masked else 0
    if len(data) < 126:
        head += bytes([bit | len(data)])
    elif len(data) < 65_536:
        head += bytes([bit | 126]) + len(data).to_bytes(2)
    else:
        head += bytes([bit | 127]) + len(data).to_bytes(8)
    if not masked:
        return head + data
    mask = fresh_secret(4)
    return head + mask + _masked(data, mask)


def _masked(data: bytes, mask: bytes) -> bytes:
    long = (mask * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data) ^ int.from_bytes(long)).to_bytes(len(data))


def path_of(target: Target) -> str:
    """Skips where the contract has no socket."""
    return target.dialect.socket_path or skip("the contract has no WebSocket")


async def opened(
    visitor: Visitor,
    *,
    headers: Mapping[str, str | None] | None = None,
    query: Mapping[str, str] | None = None,
    protocols: tuple[str, ...] = (),
) -> Socket:
    """Knock, as a page would: with its cookies, and with its token where the protocol takes one. Raises WireError."""
    target = visitor.target
    ways = target.dialect.socket_protocol.credentials
    path, query = path_of(target), dict(query or {})
    if visitor.token and not visitor.by_cookie:
        if TOKEN in ways or API_KEY in ways:
            query.setdefault("token", visitor.token)
        elif SUBPROTOCOL in ways:
            protocols = ("bearer", visitor.token, *protocols)
    key = base64.b64encode(fresh_secret(16)).decode()
    fields: dict[str, str | None] = {
        "Authorization": None,
        "Accept": None,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Protocol": ", ".join(protocols) or None,
        **(headers or {}),
    }
    place = path if path.startswith(target.base) else target.base + path
    address = target.root + place + (f"?{urlencode(query)}" if query else "")
    request = visitor.request("GET", address, fields)
    exchange = visitor.note(Exchange(request=request))
    line = await visitor.line()
    try:
        head = await line.ask(request)
        exchange.answer = head if head.status == 101 else await line.whole(head)
    except WireError as error:
        exchange.trouble = str(error)
        await line.close()
        raise
    return Socket(line, exchange, key)
