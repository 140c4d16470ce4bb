from __future__ import annotations

from typing import Any

from tests.verify.proofs.base import Proof

GET = {"operation": "tasks.get"}
WRITE = {"operation": "tasks.update"}


def _tag(says: str, value: str, **more: Any) -> Proof:
    return Proof("http.header", says, match=GET, parameters={"name": "ETag", "value": value, **more})


def _status(says: str, match: dict[str, Any], to: int, **more: Any) -> Proof:
    return Proof("http.wrong_status", says, match=match, parameters={"to": to}, **more)


NOT_304 = Proof("delay.fixed", "where 304 is right", match=GET, parameters={"delay": "1ms"})
"""What any fault has touched is never told to be unchanged."""

PROOFS = {
    "conditional.tag": _tag("is none", "version 7"),
    "conditional.tag-stays": Proof("etag", "nothing was changed", match=GET, parameters={"mode": "wrong"}),
    "conditional.tag-moves": _tag("as before", '"always-the-same"'),
    "conditional.not-modified": NOT_304,
    "conditional.several": NOT_304,
    "conditional.weak": NOT_304,
    "conditional.any": NOT_304,
    "conditional.modified": Proof(
        "http.bad_304", "where 200 is right", match={**GET, "headers": {"If-None-Match": "*"}}
    ),
    "conditional.tag-of-304": Proof(
        "http.bad_304",
        "has the ETag",
        match={**GET, "headers": {"If-None-Match": "*"}},
        more=({"match": {**GET, "headers": {"If-None-Match": "*"}}, "fault": {"type": "etag", "mode": "wrong"}},),
    ),
    "conditional.fields-of-304": Proof(
        "http.bad_304",
        "in the 304",
        match={**GET, "headers": {"If-None-Match": "*"}},
        more=({"match": GET, "fault": {"type": "http.header", "name": "Vary", "only": 304}},),
    ),
    "conditional.malformed": _status("answered with 500", {**GET, "headers": {"If-None-Match": "not-quoted"}}, 500),
    "conditional.fits": _status("answered with 412", WRITE, 412),
    "conditional.stale": _status("answered with 200", WRITE, 200),
    "conditional.overtaken": _status("answered with 200", WRITE, 200),
    "conditional.at-once": _status("were told that they did", WRITE, 200),
    "conditional.stale-delete": _status("answered with 204", {"operation": "tasks.delete"}, 204),
}
