"""What the journal has, as a HAR file: for browsers' tools, and to be replayed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from devkit.errors import FileError
from devkit.recording.base import Fields, RecordedFrame, Timing
from devkit.recording.har.writing import Body, Written, address_of, body_of, entry_of, head_of, whole

_LEFT = 499
"""What the journal notes where the client did not wait for the answer."""
_FRAMES = {"in": "sent", "out": "received"}


class Journal(Protocol):
    """The running server."""

    url: str

    def get(self, path: str, /) -> Any: ...


def write(path: Path, journal: Journal, entries: Iterable[dict[str, Any]]) -> int:
    """Write what of these entries is a request, or a socket; how many exchanges that are. Raises FileError."""
    oldest_first = [*entries]
    requests = [one for one in oldest_first if one["type"] == "request"]
    found = [_exchange(journal.url, journal.get(f"/journal/{one['number']}")) for one in requests]
    found += _sockets(journal.url, [one for one in oldest_first if one["type"] == "socket"])
    found.sort(key=lambda one: one["startedDateTime"])
    try:
        path.write_bytes(whole(found))
    except OSError as error:
        raise FileError(path, f"cannot be written: {error.strerror or error}") from None
    return len(found)


def _exchange(url: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    request, response = entry.get("request") or {}, entry.get("response") or {}
    fields, said = _fields(request), _fields(response)
    leg = entry.get("leg") or {}
    wait = leg.get("wait", entry["duration"] * 1000)
    written = entry_of(
        Written(
            at=_seconds(entry.get("began_at") or entry["at"]),
            method=entry["method"],
            address=address_of(_origin(url, fields), entry["path"]),
            request=head_of(fields),
            request_body=_body(request),
            status=0 if entry["status"] == _LEFT else entry["status"],
            reason="",
            answer=head_of(said),
            answer_body=_body(response),
            timing=Timing(connect=leg.get("connect", 0.0), wait=wait, receive=leg.get("receive", 0.0)),
            failure="the client left" if entry["status"] == _LEFT else "",
            unknown=[side for side, one in (("request", request), ("answer", response)) if one.get("cut")],
        )
    )
    note = [entry["note"]] if entry.get("note") else []
    note += [f"{side}: the first of {one['size']} bytes" for side, one in (("request", request), ("answer", response))
             if one.get("cut")]  # fmt: skip
    return {**written, "comment": "; ".join(note)} if note else written


def _sockets(url: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    connections: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        connections.setdefault(entry["connection_id"], []).append(entry)
    return [_socket(url, one) for one in connections.values()]


def _socket(url: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    began = _seconds(entries[0]["at"])
    frames = []
    for entry in entries:
        after, way = (_seconds(entry["at"]) - began) * 1000, entry["direction"]
        if way in _FRAMES and entry["frame"] is not None:
            frames.append(RecordedFrame(after, _FRAMES[way], entry["frame"]))  # type: ignore[arg-type]
        elif way == "close":
            frames.append(RecordedFrame(after, "received", "", entry["code"] or 1005))
    return entry_of(
        Written(
            at=began,
            method="GET",
            address=address_of(url, "/ws"),
            request=head_of((("Upgrade", "websocket"),)),
            request_body=None,
            status=101,
            reason="Switching Protocols",
            answer=head_of((("Upgrade", "websocket"),)),
            answer_body=None,
            timing=Timing(),
            frames=frames,
        )
    )


def _fields(message: Mapping[str, Any]) -> Fields:
    return tuple((name, value) for name, value in message.get("headers") or ())


def _body(message: Mapping[str, Any]) -> Body | None:
    body = message.get("body")
    return body_of(body.encode(), head_of(_fields(message)).kind) if isinstance(body, str) and body else None


def _origin(url: str, fields: Fields) -> str:
    host = next((value for name, value in fields if name.lower() == "host"), "")
    parts = urlsplit(url)
    return f"{parts.scheme}://{host or parts.netloc}"


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
