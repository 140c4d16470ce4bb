"""Events as WebSocket frames: `{id, type, topic, timestamp, …payload}` (CONTRACT.md, "`/ws`")."""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol

from devkit.dialects.spelling import Json, Spelling, WireContext
from devkit.effects import Instant, isoformat


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
    for field in dataclasses.fields(event.payload):
        value = getattr(event.payload, field.name)
        frame[field.name] = spelling.write(value, context) if dataclasses.is_dataclass(value) else value
    return frame
