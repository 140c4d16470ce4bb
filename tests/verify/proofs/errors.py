from __future__ import annotations

from typing import Any

from tests.verify.proofs.base import EVERYWHERE, Proof

CREATE, GET = {"operation": "tasks.create"}, {"operation": "tasks.get"}


def status(to: int, says: str, match: dict[str, Any], **more: Any) -> Proof:
    """All is as it should be but for the status."""
    return Proof("http.wrong_status", says, match=match, parameters={"to": to}, **more)


PROOFS = {
    "errors.unknown-address": status(200, "answered with 200", EVERYWHERE),
    "errors.json": Proof("http.html_error", "text/html and no JSON", match=EVERYWHERE),
    "errors.shape": Proof("error.shape", "not as the contract", match=EVERYWHERE, parameters={"shape": "problem"}),
    "errors.no-trace": Proof(
        "http.abort",
        "the backend's inside: Traceback",
        match=EVERYWHERE,
        parameters={"status": 500, "body": {"error": 'Traceback (most recent call last):\n  File "app.py", line 1'}},
    ),
    "errors.same-twice": Proof(
        "http.wrong_status", "404 and then 500", match=EVERYWHERE, when={"skip": 1}, parameters={"to": 500}
    ),
    "errors.malformed": status(500, "malformed JSON", CREATE),
    "errors.wrong-shape": status(500, "that is no object", CREATE),
    "errors.encoding": status(500, "not UTF-8", CREATE),
    "errors.media-type": status(500, "where 415 is right", CREATE),
    "errors.fields": Proof("error.shape", "does not tell that", parameters={"shape": "string"}),
    "errors.types": status(500, "answered with 500", CREATE),
    "errors.bodies": status(500, "answered with 500", CREATE),
    "errors.unknown-member": status(500, "answered with 500", CREATE),
    "errors.too-large": status(500, "where 413 is right", CREATE),
    "errors.method": Proof("http.header", "no Allow", match=EVERYWHERE, parameters={"name": "Allow"}),
    "errors.absent-row": status(500, "answered 500", GET),
    "errors.odd-ids": status(500, "where 404 is right", GET),
    "errors.absent-delete": status(500, "answered with 500", {"operation": "tasks.delete"}),
    "errors.odd-query": status(500, "answered with 500", EVERYWHERE),
    "errors.long-address": status(500, "where 414 is right", {"query": {"q": "aaaaaaaaaa*"}}),
    "errors.not-acceptable": status(500, "answered with 500", {"headers": {"Accept": "image/png"}}),
    "errors.rate-limit": Proof("http.header", "no Retry-After", parameters={"name": "Retry-After"}),
}
