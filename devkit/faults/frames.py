"""WebSocket messages that are lost, late, doubled, out of order, or not what was agreed."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any

from pydantic import Field

from devkit.contract.operations import Need
from devkit.faults.base import Fault, Proceed
from devkit.faults.hit import Hit
from devkit.faults.matter import Frame
from devkit.faults.parameters import Duration, Size

HEAD_START = 200
"""Milliseconds that an event has before the answer: enough for a busy page to hear it first."""
PATIENCE = 1000
"""Milliseconds that a message waits for others to change places with."""

TELLING = ("health_check",)
"""Messages that tell something, though no event."""

_LARGEST = 64 * 1024 * 1024
_EVERY_MESSAGE = (*TELLING, "connection", "subscription", "pong", "heartbeat", "resync", "error")

Count = Annotated[int, Field(ge=1, le=10_000)]


def changed(frame: Frame, **fields: Any) -> Frame:
    """Give the message other values in some fields; it stays as it is where an earlier fault left no JSON object."""
    try:
        message = json.loads(frame.text)
    except ValueError:
        return frame
    if not isinstance(message, dict):
        return frame
    frame.text = json.dumps(message | fields, ensure_ascii=False, separators=(",", ":"))
    return frame


class MessageDrop(Fault):
    """The event never arrives. Its id is missing between those before and after; who subscribes again with `since` gets
    it after all, if the rule lets it pass then.
    """

    kind = "ws.msg_drop"
    messages = TELLING

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        return []


class MessageDuplicate(Fault):
    """The event arrives twice, with the same id."""

    kind = "ws.msg_duplicate"
    messages = TELLING

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        return [frame, dataclasses.replace(frame)]


class MessageDelay(Fault):
    """The event arrives this much later. Others that the rule does not match go before it."""

    kind = "ws.msg_delay"
    messages = TELLING
    example = {"delay": "3s"}

    delay: Duration

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        frame.delay += self.delay
        return [frame]


class MessageReorder(Fault):
    """Events arrive out of order: of each `window` of them the last comes first, and the others in any order. An event
    that has waited a second for its window to fill is sent.
    """

    kind = "ws.msg_reorder"
    messages = TELLING
    example = {"window": 3}

    window: Annotated[int, Field(ge=2, le=100)] = 3

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        held: list[Frame] = [each for each in hit.subject.shared.get(hit.name, ()) if not each.done]
        if len(held) + 1 < self.window:
            frame.delay += PATIENCE
            hit.subject.shared[hit.name] = [*held, frame]
            return [frame]
        others = []
        while held:
            taken = held.pop(hit.chance.integer(0, len(held) - 1))
            taken.done = True
            others.append(dataclasses.replace(taken, delay=taken.delay - PATIENCE, done=False))
        hit.subject.shared[hit.name] = []
        return [frame, *others]


class MessageMalformed(Fault):
    """The message breaks off in the middle: `JSON.parse` throws."""

    kind = "ws.msg_malformed"
    messages = TELLING

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        frame.text = frame.text[: max(1, len(frame.text) * 2 // 3)]
        return [frame]


class UnknownType(Fault):
    """Before each event comes a message of a type that nobody agreed on, as from a server that is newer than the
    frontend.
    """

    kind = "ws.unknown_type"
    messages = TELLING

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        told = hit.subject.payload
        stranger = {"type": "presence_changed", "timestamp": told.get("timestamp"), "payload": {"version": 2}}
        return [Frame(json.dumps(stranger), delay=frame.delay), frame]


class Rename(Fault):
    """The event arrives under another name: its `type` is `to`."""

    kind = "ws.rename"
    messages = TELLING
    example = {"to": "task.created"}

    to: str

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        return [changed(frame, type=self.to)]


class Binary(Fault):
    """The message is a binary frame: a browser hands out a Blob (or an ArrayBuffer) instead of a text."""

    kind = "ws.binary"
    messages = TELLING

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        frame.binary = frame.text.encode()
        return [frame]


class Oversize(Fault):
    """The message has at least so many bytes: valid JSON, with a field `padding` that nobody asked for."""

    kind = "ws.oversize"
    messages = TELLING
    example = {"bytes": "1MiB"}

    bytes: Annotated[Size, Field(le=_LARGEST)]

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        return [changed(frame, padding="x" * max(0, self.bytes - len(frame.text.encode())))]


class Fragment(Fault):
    """The message comes in frames of so many bytes (RFC 6455, section 5.4), cut wherever that falls, within a character
    too. A browser puts them together and shows nothing of it; libraries of one's own often take the first for all.
    """

    kind = "ws.fragment"
    messages = TELLING
    example = {"size": 16}

    size: Annotated[int, Field(ge=1, le=65_536)] = 16

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        frame.fragment = self.size
        return [frame]


class StaleReplay(Fault):
    """Behind each event come the last `count` before it once more, with their old ids, as from a broker that delivers
    at least once, or a replica that lags: who takes what comes last for what is true goes back in time.
    """

    kind = "ws.stale_replay"
    example = {"count": 2}

    count: Annotated[int, Field(ge=1, le=100)] = 1

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        told: list[str] = hit.subject.shared.get(hit.name, [])
        hit.subject.shared[hit.name] = [*told, frame.text][-self.count :]
        return [frame, *(Frame(text, delay=frame.delay) for text in told)]


class Burst(Fault):
    """Right behind the event come so many more like it, all at once, each with an id of its own."""

    kind = "ws.burst"
    example = {"count": 200}

    count: Count

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        if not hit.subject.kept_by_real:
            first = hit.levers.take_event_ids(self.count)
        elif isinstance(own := hit.subject.payload.get("id"), int):
            first = own + 1
        else:
            # Whatever a real backend tells its messages apart by, they are as many.
            return [frame, *(dataclasses.replace(frame) for _ in range(self.count))]
        return [frame, *(changed(dataclasses.replace(frame), id=first + number) for number in range(self.count))]


class Gap(Fault):
    """The ids of events jump: after this one so many are missing, as if as many events had been lost. Asked for with
    `since`, they are not there.
    """

    kind = "ws.gap"
    of_mock = "ids of the real backend's messages are its own"
    example = {"count": 5}

    count: Count

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        # An event goes to many sockets, and must leave one gap only.
        event = hit.subject.payload["id"] if not hit.subject.kept_by_real else 0
        if event > hit.memory.get("event", 0):
            hit.memory["event"] = event
            hit.levers.take_event_ids(self.count)
        return [frame]


class BeforeHttp(Fault):
    """The event is heard before the answer to the call that caused it: a list that adds what both tell shows the new
    row twice.
    """

    kind = "ws.before_http"
    needs = (Need.EVENT,)

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        result = await proceed()
        await hit.sleep(HEAD_START)
        return result


class Slow(Fault):
    """Messages of every kind trickle in at so many kilobits a second, one behind the other. What a busy server has to
    say piles up meanwhile; when 1,000 messages wait, it closes the socket with 1013.
    """

    kind = "ws.slow"
    messages = _EVERY_MESSAGE
    example = {"kbps": 16}

    kbps: Annotated[float, Field(gt=0)]

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        size = len(frame.text.encode()) if frame.binary is None else len(frame.binary)
        # Bits by kilobits a second are milliseconds.
        await hit.sleep(size * 8 / self.kbps)
        return [frame]


KINDS = (
    MessageDrop, MessageDuplicate, MessageDelay, MessageReorder, MessageMalformed, UnknownType, Rename, Binary,
    Oversize, Fragment, StaleReplay, Burst, Gap, BeforeHttp, Slow,
)  # fmt: skip
