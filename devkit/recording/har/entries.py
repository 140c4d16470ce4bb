"""One entry of a HAR file as the exchange that it tells of, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Literal
from urllib.parse import urlsplit

from devkit.effects import parse_instant
from devkit.recording.base import Content, Fields, Recorded, Timing
from devkit.recording.har import streams
from devkit.recording.har.bodies import Beside, Unknowable, answer_body, content_of, field, request_body

Warn = Callable[[str], None]

_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_FAILURES = {
    "RESET": "reset", "EMPTY_RESPONSE": "closed", "CONNECTION_CLOSED": "closed", "REFUSED": "refused",
    "TIMED_OUT": "timeout", "TIMEOUT": "timeout", "SOCKET_NOT_CONNECTED": "closed", "CONTENT_LENGTH_MISMATCH": "closed",
    "INCOMPLETE_CHUNKED": "closed",
}  # fmt: skip
"""Why there was no answer, by what Chromium's, Firefox' and others' words for it have in them."""
_SPACE = re.compile(r"[\t\n\r ]")


class Odd(Exception):
    """No exchange can be made of the entry; the text says why."""


class Elsewhere(Exception):
    """The entry is of what never went to a backend: a page's own data, an extension's file."""


def recorded_of(entry: Any, number: int, beside: Beside, again: Callable[[], Any], warn: Warn) -> Recorded:
    """The exchange; `again` reads the entry once more. Raises Odd or Elsewhere; what is lost without harm is told to
    `warn`, as the end of a sentence that names the entry.
    """
    try:
        return _recorded(entry, number, beside, again, warn)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Odd(_why(error)) from None


def name_of(entry: Any) -> str:
    """What an entry is called in a warning."""
    try:
        return f"{entry['request']['method']} {entry['request']['url']}"[:200]
    except (KeyError, TypeError):
        return "without a request"


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]!r}"
    return str(error) or "it is not as HAR 1.2 says"


def _recorded(entry: Any, number: int, beside: Beside, again: Callable[[], Any], warn: Warn) -> Recorded:
    if not isinstance(entry, dict):
        raise TypeError("it is no object")
    request, response = entry["request"], entry.get("response") or {}
    origin, target = _address(request["url"])
    at = _instant(entry["startedDateTime"])
    sent, said = fields_of(request.get("headers")), fields_of(response.get("headers"))
    lost = entry.get("_unknown") or ()
    sides: tuple[Literal["request", "answer"], ...] = ("request", "answer")
    unknown = {side for side in sides if side in lost}
    status, failure = _status(entry, response)
    asked: Content | None = None
    try:
        data = request_body(request, sent, beside)
        asked = (
            None if data is None else content_of(data, lambda: request_body(again()["request"], sent, beside) or b"")
        )
    except Unknowable as why:
        unknown.add("request")
        warn(f"{why}: it is matched by method and address alone")
    timing = _timing(entry.get("timings"))
    given: dict[str, Any] = {}
    if status == 101 or _is_socket(entry, request):
        messages = streams.messages_of(entry, response.get("content") or {}, beside)
        if messages is None and status == 101:
            if "websocket" not in field(said, "upgrade").lower() and "websocket" not in field(sent, "upgrade").lower():
                raise Odd("its status is 101, and it is no WebSocket")
            warn("its messages were not recorded: a WebSocket that says nothing")
        if messages is not None and status not in {0, 101} and not 400 <= status < 600:
            status = 101
        given["frames"] = streams.frames_of(messages or (), at * 1000 + max(0.0, timing.connect + timing.wait))
    elif status:
        given |= _answered(
            entry, response, said, beside, again, at * 1000 + timing.connect + timing.wait, unknown, warn
        )
    return Recorded(
        number=number,
        at=at,
        method=str(request["method"]),
        origin=origin,
        target=target,
        request_fields=sent,
        request_body=asked,
        status=status,
        reason=str(response.get("statusText") or ""),
        answer_fields=said,
        timing=timing,
        failure=failure,
        unknown=frozenset(unknown),
        **given,
    )


def _answered(
    entry: Mapping[str, Any],
    response: Mapping[str, Any],
    said: Fields,
    beside: Beside,
    again: Callable[[], Any],
    head: float,
    unknown: set[Literal["request", "answer"]],
    warn: Warn,
) -> dict[str, Any]:
    """The answer's body and its events."""
    data: bytes | None = None
    try:
        data = answer_body(response, said, beside)
    except Unknowable as why:
        unknown.add("answer")
        warn(f"{why}: it is answered without one")
    messages = entry.get("_eventSourceMessages")
    is_stream = field(said, "content-type").lower().startswith("text/event-stream")
    found: dict[str, Any] = {}
    if isinstance(messages, list) and (messages or is_stream):
        try:
            found["events"] = streams.events_of(messages, data, head)
        except streams.Sanitized:
            unknown.add("answer")
            warn("a sanitized export has no data of a stream: export it with its sensitive data")
        if data is None and found.get("events"):
            data = b"".join(event.data for event in found["events"])
    if data is not None:
        found["answer_body"] = content_of(data, partial(_answer_again, again, said, beside, data[:0]))
    elif not unknown & {"answer"} and _should_have_body(entry, response, said):
        unknown.add("answer")
        what = "a stream that was open still" if is_stream else "its body"
        warn(f"{what} was not recorded: it is answered without one")
    return found


def _answer_again(again: Callable[[], Any], said: Fields, beside: Beside, none: bytes) -> bytes:
    entry = again()
    data = answer_body(entry["response"], said, beside)
    if data is None:
        messages = entry.get("_eventSourceMessages") or ()
        data = b"".join(event.data for event in streams.events_of(messages, None, 0.0))
    return data or none


def _should_have_body(entry: Mapping[str, Any], response: Mapping[str, Any], said: Fields) -> bool:
    status, length = response.get("status", 0), field(said, "content-length")
    if entry["request"]["method"] == "HEAD" or status in {204, 205, 304} or 300 <= status < 400 or length == "0":
        return False
    content = response.get("content") or {}
    return bool(length or field(said, "transfer-encoding") or field(said, "content-type") or content.get("size", 0) > 0)


def _status(entry: Mapping[str, Any], response: Mapping[str, Any]) -> tuple[int, str]:
    """The status, and why there is none: 0 for Chromium, Firefox and mitmproxy, −1 for Playwright. An `_error` beside
    a status says nothing: a 204 whose body nobody read has one, too.
    """
    status = response.get("status", 0)
    if not isinstance(status, int) or isinstance(status, bool):
        raise TypeError(f"its status is {status!r}")
    if status > 0:
        if not 100 <= status <= 999:
            raise ValueError(f"its status is {status}")
        if status < 200 and status != 101:
            raise ValueError(f"its status is {status}, which is no end of an exchange")
        return status, str(entry.get("_failure") or "")
    text = str(
        entry.get("_failure")
        or response.get("_failureText")
        or response.get("_error")
        or entry.get("_error")
        or "closed"
    )
    return 0, next((known for word, known in _FAILURES.items() if word in text.upper()), text)


def _is_socket(entry: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    return entry.get("_resourceType") == "websocket" or "_webSocketMessages" in entry or request["url"][:2] == "ws"


def _address(url: str) -> tuple[str, str]:
    # Not `queryString`: Chromium has it encoded there, Firefox and Playwright decoded.
    parts = urlsplit(_SPACE.sub("", url))
    if parts.scheme not in _SCHEMES:
        if not parts.scheme or not url:
            raise ValueError("its URL is no address")
        raise Elsewhere
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return f"{_SCHEMES[parts.scheme]}://{parts.netloc.rpartition('@')[2].lower()}", _encoded(target)


def _encoded(target: str) -> str:
    """As it is sent: whatever is no ASCII, percent-encoded."""
    if target.isascii():
        return target
    from urllib.parse import quote

    return quote(target, safe="%/?:@!$&'()*+,;=-._~[]")


def fields_of(given: object) -> Fields:
    """Header fields, one pair for each line. What some writers join by a newline are several; what HTTP/2 has for the
    request line is none.
    """
    if not isinstance(given, list):
        return ()
    found = []
    for one in given:
        name = one["name"]
        if not name.startswith(":"):
            found += [(name, line.strip()) for line in str(one.get("value") or "").split("\n")]
    return tuple(found)


def _instant(text: object) -> float:
    if not isinstance(text, str):
        raise TypeError("its startedDateTime is no text")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"its startedDateTime is {text[:60]!r}") from None
    if moment.tzinfo is None:
        return parse_instant(text + "Z") / 1000
    return moment.timestamp()


def _timing(given: object) -> Timing:
    if not isinstance(given, dict):
        return Timing()

    def of(*names: str) -> float:
        values = (given.get(name) for name in names)
        return sum(value for value in values if isinstance(value, int | float) and value > 0)

    # `ssl` is part of `connect` (HAR 1.2, "timings"), and -1 is "does not apply".
    return Timing(connect=of("blocked", "dns", "connect"), wait=of("wait"), receive=of("receive"))
