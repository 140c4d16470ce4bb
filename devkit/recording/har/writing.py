"""An exchange as an entry of a HAR file, as browsers' tools read it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson

from devkit import __version__
from devkit.recording.base import Fields, RecordedEvent, RecordedFrame, Timing
from devkit.recording.har.bodies import field
from devkit.recording.har.scanning import END, OURS
from devkit.records import dataclass

INLINE = 64 * 1024
"""Bytes of a body that stands in the file itself; a larger one has a file of its own."""

HEAD = OURS + orjson.dumps(__version__).join((b'"version":', b"},")) + b'"pages":[],"entries":['
"""The first line of a file of ours; each further one is an entry, and the last one `END`."""


@dataclass(frozen=True, slots=True)
class Address:
    """Whom an exchange is sent to: the whole address, and what HAR says of its query."""

    url: str
    query: Any


@dataclass(frozen=True, slots=True)
class Head:
    """The fields of a request or an answer, as HAR says them, and what else is said of them there."""

    fields: Any
    kind: str
    location: str


@dataclass(frozen=True, slots=True)
class Body:
    """A body of so many bytes (-1: they are in a file), as HAR says it."""

    size: int
    said: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An exchange whose secrets are replaced. Of a body that is None there was none, or it is named in `unknown`."""

    at: float
    method: str
    address: Address
    request: Head
    request_body: Body | None
    status: int
    reason: str
    answer: Head
    answer_body: Body | None
    timing: Timing
    events: Sequence[RecordedEvent] = ()
    frames: Sequence[RecordedFrame] | None = None
    failure: str = ""
    unknown: Sequence[str] = ()


def address_of(origin: str, target: str) -> Address:
    query = parse_qsl(target.partition("?")[2], keep_blank_values=True)
    return Address(origin + target, [{"name": name, "value": value} for name, value in query])


def head_of(fields: Fields) -> Head:
    listed = [{"name": name, "value": _text(value)} for name, value in fields]
    return Head(listed, _text(field(fields, "content-type")), _text(field(fields, "location")))


def body_of(body: bytes, kind: str) -> Body:
    """A body that is called so (its Content-Type)."""
    if not kind.lower().startswith(("image/", "audio/", "video/", "font/", "application/octet-stream")):
        try:
            return Body(len(body), {"text": body.decode()})
        except UnicodeDecodeError:
            pass
    return Body(len(body), {"text": base64.b64encode(body).decode(), "encoding": "base64"})


def filed(name: str) -> Body:
    """A body that has a file of that name."""
    return Body(-1, {"text": "", "_file": name})


def line_of(written: Written) -> bytes:
    """The entry as one line, without its end."""
    return orjson.dumps(entry_of(written))


def entry_of(written: Written) -> dict[str, Any]:
    timing, request, answer = written.timing, written.request, written.answer
    sent, said = written.request_body, written.answer_body
    content: dict[str, Any] = {"size": said.size if said else 0, "mimeType": answer.kind}
    url = written.address.url
    entry: dict[str, Any] = {
        "startedDateTime": _iso(written.at),
        "time": round(timing.connect + timing.wait + timing.receive, 3),
        "request": {
            "method": written.method,
            "url": "ws" + url[4:] if written.frames is not None else url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": request.fields,
            "queryString": written.address.query,
            "headersSize": -1,
            "bodySize": -1,
        },
        "response": {
            "status": written.status,
            "statusText": written.reason,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": answer.fields,
            "content": {**content, **said.said} if said else content,
            "redirectURL": answer.location,
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {
            "connect": round(timing.connect, 3) if timing.connect else -1,
            "send": 0,
            "wait": round(timing.wait, 3),
            "receive": round(timing.receive, 3),
        },
    }
    if sent is not None:
        entry["request"]["postData"] = {"mimeType": request.kind, **sent.said}
    began = written.at * 1000 + timing.connect + timing.wait
    if written.events:
        entry["_resourceType"] = "eventsource"
        entry["_eventSourceMessages"] = [_message(event, began) for event in written.events]
    if written.frames is not None:
        entry["_resourceType"] = "websocket"
        entry["_webSocketMessages"] = [_frame(frame, began) for frame in written.frames]
    if written.failure:
        entry["_failure"] = written.failure
    if written.unknown:
        entry["_unknown"] = list(written.unknown)
    return entry


def whole(entries: Sequence[Mapping[str, Any]]) -> bytes:
    """A file with these entries."""
    return HEAD + b"\n" + b",\n".join(map(orjson.dumps, entries)) + b"\n" * bool(entries) + END + b"\n"


def _iso(at: float) -> str:
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")


def _text(value: str) -> str:
    """Without what UTF-8 cannot say: halves of characters."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def _message(event: RecordedEvent, began: float) -> dict[str, Any]:
    """A piece as DevTools shows it: name, id and data of a server-sent event."""
    values: dict[str, list[str]] = {"event": [], "id": [], "data": []}
    for line in event.data.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name in values:
            values[name].append(value.removeprefix(" "))
    return {
        "time": (began + event.after) / 1000,
        "eventName": values["event"][-1] if values["event"] else "message",
        "eventId": values["id"][-1] if values["id"] else "",
        "data": "\n".join(values["data"]),
        "_size": len(event.data),
    }


def _frame(frame: RecordedFrame, began: float) -> dict[str, Any]:
    is_text = isinstance(frame.data, str)
    found: dict[str, Any] = {
        "type": "send" if frame.direction == "sent" else "receive",
        "time": (began + frame.after) / 1000,
        "opcode": 8 if frame.code is not None else 1 if is_text else 2,
        "data": _text(frame.data) if isinstance(frame.data, str) else base64.b64encode(frame.data).decode(),
    }
    if frame.code is not None:
        found["_code"] = frame.code
    return found
