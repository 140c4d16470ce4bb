from __future__ import annotations

from typing import Any

from tests.verify.proofs.base import Proof

HALF_OPEN = "ws.half_open"


def _event(fault: str, says: str, **parameters: Any) -> Proof:
    return Proof(fault, says, match={"event": "task_created"}, parameters=parameters)


def _refused(says: str) -> Proof:
    return Proof("ws.reject", says, parameters={"status": 503})


PROOFS = {
    "sockets.greets": Proof("ws.msg_malformed", "knows no such message", dialect="promptcraft"),
    "sockets.opens": _refused("refused with 503"),
    "sockets.stays": Proof("ws.close", "is closed with 1012", parameters={"code": 1012}),
    "sockets.subprotocol": Proof("ws.subprotocol_mismatch", "was not offered"),
    "sockets.several": _refused("refused with 503"),
    "sockets.ping": Proof("ws.no_pong", "a ping is not answered"),
    "sockets.own-ping": Proof("ws.no_pong", "is not answered"),
    "sockets.unknown": Proof("ws.no_pong", "answers no ping any more"),
    "sockets.unknown-told": Proof(HALF_OPEN, "promises an error"),
    "sockets.no-json": Proof("ws.no_pong", "answers no ping any more"),
    "sockets.binary": Proof("ws.no_pong", "answers no ping any more"),
    "sockets.pieces": Proof("ws.no_pong", "between two pieces"),
    "sockets.close": Proof(HALF_OPEN, "not answered with one"),
    "sockets.close-bare": Proof(HALF_OPEN, "not answered with one"),
    "sockets.unmasked": Proof(HALF_OPEN, "does not end the connection"),
    "sockets.utf8": Proof(HALF_OPEN, "does not end the connection"),
    "sockets.reserved": Proof(HALF_OPEN, "does not end the connection"),
    "sockets.long-ping": Proof(HALF_OPEN, "does not end the connection"),
    "sockets.bad-close": Proof(HALF_OPEN, "does not end the connection"),
    "sockets.event": _event("ws.msg_drop", "is not told"),
    "sockets.order": _event("ws.msg_reorder", "another order", window=4),
    "sockets.once": _event("ws.msg_duplicate", "told twice"),
    "sockets.ids": _event("ws.msg_reorder", "do not rise", window=3),
    "sockets.resume": Proof(
        "ws.msg_drop", "of the 2 that were missed", match={"event": "task_created"}, when={"skip": 1}
    ),
    "sockets.unsubscribe": Proof(HALF_OPEN, "not answered"),
}
