"""An event that happened, and the topics it is told on."""

from __future__ import annotations

import re
from operator import attrgetter

from devkit.contract.base import EventKind
from devkit.effects import Instant
from devkit.records import dataclass

_FIELD = re.compile(r"<([\w.]+)>")


# Not frozen, though nobody changes one: that would make each take three times as long to make.
@dataclass(slots=True, eq=False)
class Event:
    """Something that happened. Equal only to itself, so that it can be a key whatever its payload holds.

    `id` rises with every event of a hub. `topics` are concrete, such as `("upload:<uuid>", "uploads")`. `user_id` is
    whose event it is; None means everybody's. `payload` is of the class that the contract names for `type`.
    """

    id: int
    type: str
    topics: tuple[str, ...]
    user_id: str | None
    payload: object
    at: Instant

    def concerns(self, user_id: str | None) -> bool:
        return self.user_id is None or self.user_id == user_id


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """An event on its way to a subscriber, told on `topic`: the first of the event's that was subscribed to."""

    event: Event
    topic: str


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """Deliveries that were missed, oldest first. It takes one place in a queue, however many they are."""

    deliveries: tuple[Delivery, ...]


def concrete_topics(kind: EventKind, payload: object) -> tuple[str, ...]:
    """The topics that an event with this payload is told on. Raises TypeError for a payload of another class than the
    contract promises.
    """
    if not isinstance(payload, kind.payload):
        raise TypeError(f"the payload of {kind.name} is a {kind.payload.__name__}, not a {payload.__class__.__name__}")
    if not kind.names_fields:
        return kind.topics
    return tuple(_FIELD.sub(lambda field: str(attrgetter(field[1])(payload)), template) for template in kind.topics)
