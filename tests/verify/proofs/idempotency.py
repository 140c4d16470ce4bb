from __future__ import annotations

from tests.verify.proofs.base import Proof

CREATE = {"operation": "tasks.create"}
DELETE = {"operation": "tasks.delete"}
IGNORED = {"fault": "idempotency.ignored", "match": CREATE}
SECOND = {"skip": 1}

PROOFS = {
    "idempotency.once": Proof("idempotency.ignored", "was done 2 times", match=CREATE),
    "idempotency.same-answer": Proof("idempotency.ignored", "of another row", match=CREATE),
    "idempotency.at-once": Proof("idempotency.ignored", "4 were done", match=CREATE),
    "idempotency.lost-answer": Proof("idempotency.ignored", "2 rows are there", match=CREATE),
    "idempotency.other-body": Proof("idempotency.ignored", "did another thing", match=CREATE),
    "idempotency.other-key": Proof("write.lost", "made 1 rows", match=CREATE, when=SECOND),
    "idempotency.strange-key": Proof("http.wrong_status", "answered with 500", match=CREATE, parameters={"to": 500}),
    "idempotency.delete-twice": Proof(
        "http.wrong_status", "answered with 500", match=DELETE, when=SECOND, parameters={"to": 500}
    ),
    "idempotency.delete-at-once": Proof(
        "http.wrong_status", "answered with 500", match=DELETE, when=SECOND, parameters={"to": 500}
    ),
    "idempotency.deleted": Proof("write.lost", "answered with 200", match=DELETE),
    "idempotency.put-twice": Proof(
        "http.abort", "answered with 409", match={"operation": "tasks.replace"}, when=SECOND, parameters={"status": 409}
    ),
    "idempotency.get-safe": Proof(
        "field.add",
        "another one after it was read",
        match={"operation": "tasks.get"},
        when=SECOND,
        parameters={"path": "title", "value": "read"},
    ),
}
