"""HAR files as tests want them: what a writer would have written, in a few words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STARTED = "2026-01-20T10:00:{:06.3f}Z"


def fields(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def entry(
    method: str = "GET",
    url: str = "http://shop.test/orders",
    *,
    second: float = 0.0,
    status: int = 200,
    sent: Mapping[str, str] | None = None,
    said: Mapping[str, str] | None = None,
    body: str | None = None,
    kind: str = "application/json",
    answer: str | None = None,
    answer_kind: str = "application/json",
    content: Mapping[str, Any] | None = None,
    response: Mapping[str, Any] | None = None,
    **others: Any,
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "headers": fields(*(sent or {}).items()),
        "queryString": [],
        "cookies": [],
        "headersSize": -1,
        "bodySize": -1,
    }
    if body is not None:
        request["headers"] += fields(("Content-Type", kind)) if "Content-Type" not in (sent or {}) else []
        request["postData"] = {"mimeType": kind, "text": body}
    held: dict[str, Any] = {"size": -1, "mimeType": answer_kind if answer is not None else ""}
    headers = fields(*(said or {}).items())
    if answer is not None:
        held["text"] = answer
        if "Content-Type" not in (said or {}):
            headers += fields(("Content-Type", answer_kind))
    return {
        "startedDateTime": STARTED.format(second),
        "time": 5,
        "request": request,
        "response": {
            "status": status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "headers": headers,
            "cookies": [],
            "content": {**held, **(content or {})},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
            **(response or {}),
        },
        "cache": {},
        "timings": {"send": 0, "wait": 3, "receive": 2},
        **others,
    }


def har(*entries: Any, creator: str = "WebInspector") -> dict[str, Any]:
    return {"log": {"version": "1.2", "creator": {"name": creator, "version": "1"}, "entries": list(entries)}}


def write(path: Path, *entries: Any, creator: str = "WebInspector") -> Path:
    path.write_text(json.dumps(har(*entries, creator=creator)))
    return path
