from __future__ import annotations

from typing import Any

from tests.verify.proofs.base import Proof

CREATE = {"operation": "uploads.create"}
CONTENT = {"operation": "uploads.content"}


def _status(says: str, to: int, match: dict[str, Any] = CREATE, **more: Any) -> Proof:
    return Proof("http.wrong_status", says, match=match, parameters={"to": to}, **more)


def _header(says: str, name: str, value: str | None = None) -> Proof:
    return Proof("http.header", says, match=CONTENT, parameters={"name": name, "value": value})


def _named(says: str, name: str) -> Proof:
    return Proof("field.add", says, match=CREATE, parameters={"path": "filename", "value": name})


PROOFS = {
    "uploads.bytes": Proof("upload.checksum_mismatch", "not those that were sent", match=CREATE),
    "uploads.size": Proof("field.range", "they are -1", match=CREATE, parameters={"path": "size", "value": -1}),
    "uploads.letters": _named("read as Latin-1", "R\u00c3\u00bcckblick.txt"),
    "uploads.path": _named("is kept", "../../verify.txt"),
    "uploads.quotes": _named("is cut off", "a"),
    "uploads.no-file": _status("without a file is answered with 201", 201),
    "uploads.empty": _status("answered with 500", 500),
    "uploads.not-a-form": _status("in place of a form is answered with 201", 201),
    "uploads.no-boundary": _status("names no boundary is answered with 500", 500),
    "uploads.unfinished": _status("taken for a whole one", 201),
    "uploads.given-up": Proof("upload.keeps_partial", "listed like any other", match=CREATE),
    "uploads.reads": Proof("upload.early_response", "413", match=CREATE, parameters={"at": 0.2}),
    "uploads.too-much": Proof("upload.reject", "answered with 500", match=CREATE, parameters={"status": 500}),
    "uploads.progress": Proof("preflight.status", "no progress can be shown", parameters={"status": 403}),
    "uploads.deleted": _status("given out all the same", 200, CONTENT),
    "uploads.private": _status("gets a user's file", 200, CONTENT),
    "uploads.part": _header("has the Content-Range", "Content-Range"),
    "uploads.last-part": _header("has the Content-Range", "Content-Range", "bytes 0-6/7 bytes"),
    "uploads.part-beyond": _header("a 416 has", "Content-Range", "bytes */1"),
    "uploads.if-range": _status("answered with 206", 206, CONTENT),
    "uploads.disposition": _header("cannot be read", "Content-Disposition", "attachment; filename=verify file.txt"),
    "uploads.page": _header("with its scripts", "Content-Disposition", "inline"),
    "uploads.nosniff": Proof(
        "http.header",
        "may be sniffed",
        match=CONTENT,
        parameters={"name": "X-Content-Type-Options"},
        more=({"match": CONTENT, "fault": {"type": "http.header", "name": "Content-Disposition"}},),
    ),
}
