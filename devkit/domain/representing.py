"""A value in a media type that is no JSON: as a text or bytes."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import urlencode

import orjson

from devkit.contract.shapes import is_json
from devkit.schemas.base import Json

_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A PNG of one pixel."""


def represented(value: Json, media_type: str) -> Json:
    """JSON values as they are where that is what they are called; else a text, or bytes."""
    name = media_type.partition(";")[0].strip().lower()
    if is_json(name):
        return value
    if name in {"text/event-stream", "application/jsonl", "application/x-ndjson", "application/json-seq"}:
        return _sequence(value, name)
    if isinstance(value, (str, bytes)) and not name.startswith("image/"):
        return value
    if name == "image/png":
        return _PIXEL
    if name == "application/x-www-form-urlencoded" and isinstance(value, Mapping):
        return urlencode({key: one if isinstance(one, str) else _written(one) for key, one in value.items()})
    return value if isinstance(value, (str, bytes)) else _written(value)


def _written(value: Json) -> str:
    return orjson.dumps(value).decode()


def _sequence(value: Json, name: str) -> str:
    """Items one after the other (OpenAPI 3.2, "Sequential Media Types"): each the data of an event (WHATWG HTML,
    section 9.2.5), a line, or a text of its own (RFC 7464). One that is an object with `data` is an event itself.
    """
    if isinstance(value, str):
        return value
    items = value if isinstance(value, list) else [value]
    if name == "text/event-stream":
        return "".join(_event(item) for item in items)
    start = "\x1e" if name.endswith("seq") else ""
    return "".join(f"{start}{_written(item)}\n" for item in items)


def _event(item: Json) -> str:
    fields = {"data": item}
    if isinstance(item, Mapping) and "data" in item and item.keys() <= {"data", "event", "id", "retry", "comment"}:
        fields = {name: item[name] for name in ("event", "id", "retry", "data") if name in item}
    lines = []
    for name, said in fields.items():
        text = said if isinstance(said, str) else _written(said)
        lines += [f"{name}: {line}" for line in text.split("\n")]
    return "\n".join(lines) + "\n\n"
