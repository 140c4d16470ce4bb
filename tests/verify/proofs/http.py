from __future__ import annotations

from typing import Any

from tests.verify.proofs.base import Proof

EVERYWHERE = {"path": "*"}
CREATE = {"operation": "tasks.create"}


def _status(says: str, to: int, match: dict[str, Any] = EVERYWHERE) -> Proof:
    return Proof("http.wrong_status", says, match=match, parameters={"to": to})


def _header(says: str, name: str, value: str | None = None, match: dict[str, Any] = EVERYWHERE) -> Proof:
    return Proof("http.header", says, match=match, parameters={"name": name, "value": value})


KEPT = "public, max-age=600"

PROOFS = {
    "http.head": _status("HEAD", 202, {"method": "HEAD"}),
    "http.head-fields": _header("HEAD", "Content-Type", "text/plain", {"method": "HEAD"}),
    "http.slash": _status("answered with 500", 500, {"path": "*/"}),
    "http.slash-post": Proof(
        "http.redirect",
        "the body is lost",
        match={"method": "POST", "path": "*"},
        parameters={"status": 301, "to": "/api/tasks"},
    ),
    "http.escapes": _status("answered with 500", 500),
    "http.date": _header("has no Date", "Date"),
    "http.clock": Proof("clock.skew", "behind", parameters={"by": "-10m", "apply": "date_header"}),
    "http.unasked-304": Proof("http.bad_304", "nobody named a version"),
    "http.unasked-206": Proof("http.partial", "nobody asked for a range"),
    "http.whole": Proof("conn.truncate", "ends before", parameters={"fraction": 0.5}),
    "http.kept-open": Proof("conn.keepalive_drop", "is not answered"),
    "http.chunked": _status("answered with 400", 400, CREATE),
    "http.location": _header("answered with 404", "Location", "/api/tasks/none", CREATE),
    "http.compressed": Proof("body.encoding_mismatch", "is gzip, and it is not", match={"operation": "tasks.list"}),
    "http.not-compressed": Proof("body.encoding_mismatch", "gets gzip"),
    "http.vary": _header("Vary does not say so", "Vary"),
    "http.private": _header("kept for others", "Cache-Control", KEPT),
    "http.tokens": _header("kept by caches", "Cache-Control", KEPT),
    "http.missing": _header("kept by caches", "Cache-Control", KEPT),
    "http.refusals": _header("kept by caches", "Cache-Control", KEPT),
}
