"""What is said on `/ws` (CONTRACT.md, "`/ws`"): the server's own frames, the client's, and events as frames."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from devkit.contract.base import EventKind
from devkit.contract.entities import Identifier, Timestamp
from devkit.contract.resources import Changed
from devkit.dialects.sockets import (
    API_KEY,
    BEARER,
    KEY_HEADER,
    SUBPROTOCOL,
    TOKEN,
    Heard,
    Said,
    SocketProtocol,
    enveloped,
    enveloped_schema,
)
from devkit.dialects.spelling import Json, Spelling, WireContext, hints_of
from devkit.effects import Instant, isoformat
from devkit.records import dataclass
from devkit.schemas.base import Components, gathered

TOPICS_LIMIT = 100
"""Topics that one message may name."""

_Topics = Annotated[tuple[str, ...], Field(min_length=1, max_length=TOPICS_LIMIT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    type: Literal["connection"] = "connection"
    status: Literal["connected"] = "connected"
    connection_id: Identifier
    user_id: Identifier
    timestamp: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The same where nobody signs in."""

    type: Literal["connection"] = "connection"
    status: Literal["connected"] = "connected"
    connection_id: Identifier
    timestamp: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    type: Literal["subscription"] = "subscription"
    status: Literal["subscribed", "unsubscribed"]
    topics: tuple[str, ...]
    timestamp: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    type: Literal["pong"] = "pong"
    timestamp: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    type: Literal["heartbeat"] = "heartbeat"
    server_time: Timestamp
    timestamp: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """`error` is a machine code."""

    type: Literal["error"] = "error"
    error: str
    message: str
    timestamp: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The contract gives it no timestamp."""

    type: Literal["error"] = "error"
    error: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resync:
    type: Literal["resync"] = "resync"


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`since`: the id of the last event that the client has, where it wants what it missed."""

    topics: _Topics
    since: Annotated[int, Field(ge=0)] | None = None
    type: Literal["subscribe"] = "subscribe"


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    topics: _Topics
    type: Literal["unsubscribe"] = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Ping:
    type: Literal["ping"] = "ping"


TROUBLE = (
    Said(name="error", summary="A message made no sense, or the session ended", frame=Error),
    Said(name="refusal", summary="Who may not come in is told why, then closed with 4401", frame=Refusal),
)
"""What every socket may have to say."""

CLOSES = {
    1001: "The server stops",
    1002: "A frame broke the protocol: it was not masked, or a close frame had a code that none may have",
    1007: "A text was not UTF-8",
    1009: "A frame was larger than 16 MiB",
    1011: "Something went wrong in the server",
    1013: "The client read too slowly: a thousand frames were waiting for it",
    4401: "No valid session, or it ended, or its token expired; the frame before says which",
}
"""Codes that every socket may be closed with (RFC 6455, section 7.4; CONTRACT.md, "`/ws`")."""

EVENT_SOCKET = SocketProtocol(
    name="events",
    title="Events",
    summary="Subscribe to topics and hear what happens on them",
    says=(
        Said(name="connection", summary="The socket is open, and whose it is", frame=Connected),
        Said(name="subscription", summary="The topics were subscribed to, or given up", frame=Subscription),
        Said(name="resync", summary="What was missed is kept no longer: read everything anew", frame=Resync),
        Said(name="pong", summary="The answer to a ping", frame=Pong),
        Said(name="heartbeat", summary="The server is still there", frame=Heartbeat),
        *TROUBLE,
    ),
    hears=(
        Heard(
            name="subscribe",
            summary="Hear of these topics; all of them or none",
            frame=Subscribe,
            replies=("subscription", "resync"),
            example={"type": "subscribe", "topics": ["tasks", "uploads"]},
        ),
        Heard(
            name="unsubscribe",
            summary="Hear no more of these topics",
            frame=Unsubscribe,
            replies=("subscription",),
            example={"type": "unsubscribe", "topics": ["uploads"]},
        ),
        Heard(
            name="ping",
            summary="Ask whether the server is there",
            frame=Ping,
            replies=("pong",),
            example={"type": "ping"},
        ),
    ),
    error="error",
    events=True,
    credentials=(TOKEN, API_KEY, SUBPROTOCOL, BEARER, KEY_HEADER),
    closes=CLOSES,
    payload="data",
)


OPEN_EVENT_SOCKET = dataclasses.replace(
    EVENT_SOCKET,
    says=(
        Said(name="connection", summary="The socket is open", frame=Opened),
        *(said for said in EVENT_SOCKET.says if said.name not in {"connection", "refusal"}),
    ),
    credentials=(),
    closes={code: reason for code, reason in CLOSES.items() if code != 4401},
)
"""The same where nobody signs in."""


class Told(Protocol):
    """An event that happened (`devkit.realtime.event.Event`)."""

    @property
    def id(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def payload(self) -> Any: ...
    @property
    def at(self) -> Instant: ...


def event_frame(event: Told, topic: str, spelling: Spelling, context: WireContext) -> dict[str, Json]:
    """The frame of an event on a topic. The payload's own names stand as the contract has them; the entities in it are
    spelled as the dialect spells them everywhere.
    """
    frame: dict[str, Json] = {"id": event.id, "type": event.type, "topic": topic, "timestamp": isoformat(event.at)}
    if isinstance(event.payload, Changed) and spelling.envelope is not None:
        from devkit.dialects.envelopes import filled

        told = {"event": event.type, "resource": event.payload.singular, "data": dict(event.payload.values)}
        made: dict[str, Json] = filled(spelling.envelope, frame | told)
        return made
    if isinstance(event.payload, Changed):
        frame[event.payload.singular] = dict(event.payload.values)
        return enveloped(frame, EVENT_SOCKET)
    for field in dataclasses.fields(event.payload):
        value = getattr(event.payload, field.name)
        frame[field.name] = spelling.write(value, context) if dataclasses.is_dataclass(value) else value
    return enveloped(frame, EVENT_SOCKET)


def event_schema(event: EventKind, spelling: Spelling, components: dict[str, Json], known: Components) -> Json:
    """JSON Schema of the frames that `event_frame` makes of such events. `known` are components of the contract."""
    properties: dict[str, Json] = {
        "id": {"type": "integer", "minimum": 1, "description": "Rises with every event"},
        "type": {"const": event.name},
        "topic": {"type": "string"},
        "timestamp": spelling.schema(Timestamp, components),
    }
    if event.schema is not None:
        gathered(event.schema, known, components)
        if spelling.envelope is not None:
            from devkit.dialects.envelopes import schema_of

            told = {"event": {"const": event.name}, "resource": {"const": event.singular}, "data": dict(event.schema)}
            return schema_of(spelling.envelope, properties | told)
        properties[event.singular] = dict(event.schema)
        return enveloped_schema(properties, EVENT_SOCKET)
    hints = hints_of(event.payload)
    for field in dataclasses.fields(event.payload):
        properties[field.name] = spelling.schema(hints[field.name], components)
    return enveloped_schema(properties, EVENT_SOCKET)
