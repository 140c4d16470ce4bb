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
from devkit.recording.har.scanning import END, OURS
from devkit.records import dataclass

INLINE = 64 * 1024
"""Bytes of a body that stands in the file itself; a larger one has a file of its own."""

HEAD = OURS + orjson.dumps(__version__).join((b'"version":', b"},")) + b'"pages":[],"entries":['
"""The first line of a file of ours; each further one is an entry, and the last one `END`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An exchange whose secrets are replaced. Of a body that is None there was none, or it is named in `unknown`; a
    body that has a file is its name, a text.
    """

    at: float
    method: str
    origin: str
    target: str
    request_fields: Fields
    request_body: bytes | str | None
    status: int
    reason: str
    answer_fields: Fields
    answer_body: bytes | str | None
    timing: Timing
    events: Sequence[RecordedEvent] = ()
    frames: Sequence[RecordedFrame] | None = None
    failure: str = ""
    unknown: Sequence[str] = ()


def line_of(written: Written) -> bytes:
    """The entry as one line, without its end."""
    return orjson.dumps(entry_of(written))


def entry_of(written: Written) -> dict[str, Any]:
    timing = written.timing
    began = written.at * 1000 + timing.connect + timing.wait
    url = written.origin + written.target
    query = written.target.partition("?")[2]
    entry: dict[str, Any] = {
        "startedDateTime": _iso(written.at),
        "time": round(timing.connect + timing.wait + timing.receive, 3),
        "request": {
            "method": written.method,
            "url": "ws" + url[4:] if written.frames is not None else url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _fields(written.request_fields),
            "queryString": [{"name": name, "value": value} for name, value in parse_qsl(query, keep_blank_values=True)],
            "headersSize": -1,
            "bodySize": -1,
        },
        "response": {
            "status": written.status,
            "statusText": written.reason,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _fields(written.answer_fields),
            "content": {"size": _size(written.answer_body), "mimeType": _kind(written.answer_fields)},
            "redirectURL": _value(written.answer_fields, "location"),
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
    if written.request_body is not None:
        entry["request"]["postData"] = {
            "mimeType": _kind(written.request_fields),
            **_body(written.request_body, _kind(written.request_fields)),
        }
    if written.answer_body is not None:
        entry["response"]["content"] |= _body(written.answer_body, _kind(written.answer_fields))
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


def _fields(fields: Fields) -> list[dict[str, str]]:
    return [{"name": name, "value": _text(value)} for name, value in fields]


def _text(value: str) -> str:
    """Without what UTF-8 cannot say: halves of characters."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def _value(fields: Fields, name: str) -> str:
    return next((_text(value) for key, value in fields if key.lower() == name), "")


def _kind(fields: Fields) -> str:
    return _value(fields, "content-type")


def _size(body: bytes | str | None) -> int:
    return len(body) if isinstance(body, bytes) else -1 if body else 0


def _body(body: bytes | str, kind: str) -> dict[str, Any]:
    if isinstance(body, str):
        return {"text": "", "_file": body}
    if not kind.lower().startswith(("image/", "audio/", "video/", "font/", "application/octet-stream")):
        try:
            return {"text": body.decode()}
        except UnicodeDecodeError:
            pass
    return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


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
