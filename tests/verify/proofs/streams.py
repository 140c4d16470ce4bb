from __future__ import annotations

from typing import Any

from tests.verify.proofs.base import Proof

STREAM = {"operation": "chat.complete"}


def _stream(fault: str, says: str, **parameters: Any) -> Proof:
    return Proof(fault, says, dialect="webplus", match=STREAM, parameters=parameters)


PROOFS = {
    "streams.type": _stream("http.header", "is right", name="Content-Type", value="text/plain"),
    "streams.first-byte": _stream("stream.buffered", "held back"),
    "streams.pieces": _stream("stream.bad_frame", "is no JSON", after=2),
    "streams.ends": _stream("stream.cut", "breaks off", after=2),
    "streams.done": _stream("stream.no_done", "ends without [DONE]"),
    "streams.last-event": _stream("stream.no_last_blank", "no empty line"),
    "streams.no-error": _stream("stream.error_event", "ends with an error", after=2),
    "streams.utf8": _stream(
        "http.header", "says that it is", name="Content-Type", value="text/event-stream; charset=latin1"
    ),
    "streams.refused": _stream("http.wrong_status", "answered with 200", to=200),
    "streams.readable": _stream("cors.origin", "cannot read it", mode="missing"),
    "streams.not-kept": _stream("http.header", "kept by caches", name="Cache-Control", value="public, max-age=60"),
    "streams.given-up": Proof(
        "stream.cut", "has no event", dialect="webplus", match=STREAM, when={"skip": 1}, parameters={"after": 0}
    ),
}
