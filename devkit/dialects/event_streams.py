"""Events as server-sent ones (WHATWG HTML, "Server-sent events")."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from devkit.contract.shapes import Outcome
from devkit.dialects.frames import EVENT_SOCKET, Resync, Told, event_frame
from devkit.dialects.replies import Reply, StreamBody, StreamEvent
from devkit.dialects.sockets import written
from devkit.dialects.spelling import Json, Spelling, WireContext
from devkit.records import dataclass

MEDIA_TYPE = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, the topic that it is told on, and whose it is; empty for everybody's."""

    event: Told
    topic: str
    owner: str


@dataclass(frozen=True, slots=True)
class Begun:
    """From here on all is told: events with ids above this one. What was `lost` before cannot be told any more."""

    id: int
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Beat:
    """Nothing has happened, and the server is still there."""


Heard = Happened | Begun | Beat
"""What a stream of events consists of: an asynchronous generator of these."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EventStream:
    """What somebody hears, in frames as they are on the WebSocket. A client that has heard nothing yet is told an id
    all the same: it begins there when it comes back.
    """

    outcome: Outcome
    status: int = 200

    def reply(self, result: AsyncGenerator[Heard, None], context: WireContext, spelling: Spelling) -> Reply:
        return Reply(self.status, StreamBody(_events(result, context, spelling), MEDIA_TYPE, endless=True))

    def media_type(self) -> str:
        return MEDIA_TYPE

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json | None:
        return {"type": "string"}

    def headers(self) -> Mapping[str, str]:
        return {}


async def _events(
    heard: AsyncGenerator[Heard, None], context: WireContext, spelling: Spelling
) -> AsyncGenerator[StreamEvent, None]:
    async with contextlib.aclosing(heard):
        async for one in heard:
            match one:
                case Happened(event, topic, owner):
                    frame: Any = event_frame(event, topic, spelling, replace(context, owner=owner))
                    yield StreamEvent(_written(event.id, event.type, frame), "token")
                case Begun(identifier, lost=True):
                    yield StreamEvent(_written(identifier, "resync", written(Resync(), EVENT_SOCKET)), "aside")
                case Begun(identifier):
                    yield StreamEvent(b"id: %d\n\n" % identifier, "aside")
                case Beat():
                    yield StreamEvent(b": heartbeat\n\n", "aside")


def _written(identifier: int, name: str, data: Json) -> bytes:
    # A line's end in a name would end the field.
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (identifier, " ".join(name.split()).encode(), orjson.dumps(data))
