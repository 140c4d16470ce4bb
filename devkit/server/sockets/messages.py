"""The messages of `/ws` as bytes: reading what a client says, and writing what the server says by itself.

Knows no socket. What a frame consists of stands in `devkit.dialects.frames`; events come rendered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import orjson

from devkit.dialects.frames import EVENT_SOCKET, TOPICS_LIMIT, Heartbeat, Ping, Subscribe, Unsubscribe
from devkit.dialects.sockets import SocketProtocol, written
from devkit.effects import Instant
from devkit.excerpts import FRAME_KEPT, cut
from devkit.masking import mask_text
from devkit.realtime.hub import Event
from devkit.records import dataclass

MESSAGE_LIMIT = 1024 * 1024
"""Bytes of one message from a client."""

_SHOWN = 60
"""Characters of a client's own text that an error message repeats."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How one client is told of events: `dialect` is the name of the one that it speaks (None: the socket's own),
    `base_url` the address that it called (empty: the sandbox's).
    """

    dialect: str | None = None
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame on its way to the client. `event` is the event it tells, if any: rules of scenarios match on it.

    `noted` is what the journal keeps of it. None for frames that come by the machine's clock: they would make two runs
    of the same requests differ.
    """

    data: bytes
    kind: Literal["text", "binary", "ping", "pong"] = "text"
    event: Event | None = None
    noted: str | None = None
    fragment: int = 0
    """Bytes of each fragment that it is sent in; 0 for a whole."""
    raw: bytes = b""
    """Of the real backend's: how it came, in its fragments, and goes out where nothing changes it."""


def text_frame(data: bytes, event: Event | None = None) -> Frame:
    """A text frame that the journal notes."""
    # Copied, because what orjson makes keeps the 4 KiB it was written into, and a thousand frames may wait in a queue.
    return Frame(bytes(memoryview(data)), event=event, noted=excerpt(data))


def excerpt(data: bytes, size: int | None = None) -> str:
    """A text frame without the secrets that a client may have put into it, cut where it is long; `size` is its own,
    where `data` is its beginning.
    """
    # A character may take several bytes.
    begun = mask_text(data[: 4 * FRAME_KEPT].decode("utf-8", "replace"))
    return cut(begun, FRAME_KEPT, f"{len(data) if size is None else size} bytes")


def is_utf8(data: bytes) -> bool:
    """Whether a text frame is what RFC 6455, section 8.1, demands."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class BadMessage(Exception):
    """A message that gets an `error` frame; the socket lives on. `code` is for machines, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


EVENT_MESSAGES = ("subscribe", "unsubscribe", "ping")


def read_message(data: bytes, known: tuple[str, ...] = EVENT_MESSAGES) -> Subscribe | Unsubscribe | Ping:
    """What the client says; `known` are the types that its protocol has.

    Raises BadMessage: `message_too_large`, `invalid_json`, `validation_error` (a shape the protocol does not have),
    `unknown_type`.
    """
    if len(data) > MESSAGE_LIMIT:
        raise BadMessage("message_too_large", f"A message has at most {MESSAGE_LIMIT} bytes; this one has {len(data)}")
    message = _parse(data)
    if not isinstance(message, dict):
        raise BadMessage("validation_error", "A message must be a JSON object")
    match message.get("type"):
        case "ping" if "ping" in known:
            return Ping()
        case "subscribe" if "subscribe" in known:
            return Subscribe(_topics(message), _since(message))
        case "unsubscribe" if "unsubscribe" in known:
            return Unsubscribe(_topics(message))
        case None if "type" not in message:
            raise BadMessage("unknown_type", f"A message needs a type: {_listed(known)}")
        case str(other):
            raise BadMessage("unknown_type", f"There is no message type {shown(other)}: {_listed(known)}")
        case _:
            raise BadMessage("unknown_type", f"The type of a message must be a text: {_listed(known)}")


def _listed(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def shown(text: str) -> str:
    """A client's text as an error message repeats it: quoted, and not the whole of it if it is long."""
    return f'"{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"}"'


def _parse(data: bytes) -> Any:
    try:
        # The first parser refuses what the second would let pass: NaN, lone surrogates, depths without end; the second
        # sees names that come twice, and whole numbers of any size.
        orjson.loads(data)
        return json.loads(data, object_pairs_hook=_unique)
    except RecursionError:
        raise BadMessage("invalid_json", "The message is nested too deeply") from None
    except ValueError:
        raise BadMessage("invalid_json", "The message is not valid JSON") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise BadMessage("invalid_json", "The message has the same name twice in one object")
    return result


def _topics(message: Mapping[str, Any]) -> tuple[str, ...]:
    topics = message.get("topics")
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        raise BadMessage("validation_error", "topics must be a list of texts")
    if not 1 <= len(topics) <= TOPICS_LIMIT:
        raise BadMessage("validation_error", f"topics must have 1 to {TOPICS_LIMIT} entries")
    return tuple(topics)


def _since(message: Mapping[str, Any]) -> int | None:
    since = message.get("since")
    # A bool is an int to Python, not to JSON.
    if since is not None and (not isinstance(since, int) or isinstance(since, bool) or since < 0):
        raise BadMessage("validation_error", "since must be the id of an event: a whole number, 0 or more")
    return since


def frame_of(frame: object, protocol: SocketProtocol) -> Frame:
    """A frame of a protocol (`devkit.dialects.sockets.Said`) as it is sent."""
    return text_frame(orjson.dumps(written(frame, protocol)))


def heartbeat_frame(now: Instant) -> Frame:
    return Frame(orjson.dumps(written(Heartbeat(server_time=now, timestamp=now), EVENT_SOCKET)))


PROTOCOL_PING = Frame(b"", "ping")
