"""What is said on a WebSocket, as data. A frame is a dataclass: its JSON and its description both come from its fields,
so a protocol is described where its frames are defined.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from devkit.dialects.spelling import Json, Spelling, WireContext, hints_of, snake
from devkit.records import dataclass

_PLAIN = Spelling(snake, ())
_NOWHERE = WireContext(base_url="", prefix="")

ENVELOPE = ("id", "type", "topic", "timestamp")
"""Fields that say what a message is; all others are its payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A kind of message that the server sends: all fields of `frame` are there, and no others."""

    name: str
    summary: str
    frame: type


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A kind of message that a client may send: fields of `frame` that have a default may be left out, except `type`.

    `replies` names what the server may say to it, beside the protocol's `error`.
    """

    name: str
    summary: str
    frame: type
    replies: tuple[str, ...]
    example: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A way to sign a socket in: a query parameter, or a header of the handshake."""

    name: str
    where: Literal["query", "header"]
    summary: str


TOKEN = Credential(name="token", where="query", summary="An access token")
API_KEY = Credential(name="api_key", where="query", summary="An API key")
SUBPROTOCOL = Credential(
    name="Sec-WebSocket-Protocol",
    where="header",
    summary="`bearer, ` and an access token: `new WebSocket(url, ['bearer', token])`; the server selects `bearer`",
)
BEARER = Credential(name="Authorization", where="header", summary="`Bearer` and an access token; browsers cannot")
KEY_HEADER = Credential(name="X-API-Key", where="header", summary="An API key; browsers cannot")


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketProtocol:
    """What is said on a WebSocket, by whom.

    `name` is what documents call it. `says` and `hears` are the server's and the client's messages; `events` says that
    the events of the contract are told here too. `error` names what the server says to a message that makes no sense.
    `closes` are the codes that the server closes with. `credentials` are the ways to sign in beside the dialect's
    cookies; where there are none, nobody signs in, and everybody may come. `payload` is the field in which each message
    of the server has its payload once more, for clients that read it there.
    """

    name: str
    title: str
    summary: str
    says: tuple[Said, ...]
    hears: tuple[Heard, ...]
    error: str | None = None
    events: bool = False
    credentials: tuple[Credential, ...] = (TOKEN, API_KEY, BEARER, KEY_HEADER)
    closes: Mapping[int, str] = field(default_factory=dict)
    payload: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether everybody may come in, as nobody."""
        return not self.credentials


def written(frame: Any, protocol: SocketProtocol) -> dict[str, Json]:
    """A frame as a JSON object, instants as ISO 8601."""
    return enveloped(_PLAIN.write(frame, _NOWHERE), protocol)


def enveloped(message: dict[str, Json], protocol: SocketProtocol) -> dict[str, Json]:
    """A message of the server with its payload once more, where the protocol has it so."""
    return message if protocol.payload is None else message | {protocol.payload: _payload(message)}


def said_schema(frame: type, protocol: SocketProtocol) -> Json:
    """JSON Schema of a frame that the server sends."""
    return enveloped_schema(_object(frame, required=[])["properties"], protocol)


def enveloped_schema(properties: dict[str, Json], protocol: SocketProtocol) -> Json:
    """JSON Schema of a message of the server that has these fields, and of its payload beside them."""
    if protocol.payload is not None:
        properties = properties | {protocol.payload: _closed(_payload(properties))}
    return _closed(properties)


def _payload(message: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in message.items() if name not in ENVELOPE}


def _closed(properties: dict[str, Json]) -> Json:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def heard_schema(frame: type) -> Json:
    """JSON Schema of a message that a client sends; what it has besides is passed over."""
    needed = [item.name for item in dataclasses.fields(frame) if item.default is dataclasses.MISSING]
    return _object(frame, required=["type", *needed])


def _object(frame: type, *, required: list[str]) -> Json:
    hints = hints_of(frame)
    properties = {item.name: _PLAIN.schema(hints[item.name], {}) for item in dataclasses.fields(frame)}
    return {"type": "object", "properties": properties, "required": required}
